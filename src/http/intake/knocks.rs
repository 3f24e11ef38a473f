//! How often a wrong secret may be tried from one address: sixty times a minute. Secrets that were right before pass all the same, so
//! that one phone with an old address does not stop its colleagues behind the same router.

use crate::domain::At;
use dashmap::DashSet;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const WRONG: usize = 60;
const WINDOW_MS: i64 = 60_000;
/// Addresses and right secrets that are remembered before old ones are thrown out.
const REMEMBERED: usize = 50_000;

/// Wrong secrets of all addresses, and right ones by their hash. Memory only.
#[derive(Debug, Default)]
pub(super) struct Knocks {
    wrong: Mutex<HashMap<IpAddr, VecDeque<At>>>,
    right: DashSet<Vec<u8>>,
}

impl Knocks {
    /// Whether a secret may be looked up, or in how many seconds one may be again.
    pub(super) fn may(&self, from: Option<IpAddr>, secret_hash: &[u8], now: At) -> Result<(), u32> {
        let Some(from) = from.map(network) else { return Ok(()) };
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = wrong.get_mut(&from) else { return Ok(()) };
        forget(times, now);
        match times.front() {
            Some(first) if times.len() >= WRONG && !self.right.contains(secret_hash) => {
                Err(u32::try_from((WINDOW_MS - now.since(*first)) / 1000 + 1).unwrap_or(1))
            }
            _ => Ok(()),
        }
    }

    /// The secret was wrong.
    pub(super) fn wrong(&self, from: Option<IpAddr>, secret_hash: &[u8], now: At) {
        self.right.remove(secret_hash);
        let Some(from) = from.map(network) else { return };
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= REMEMBERED {
            wrong.retain(|_, times| {
                forget(times, now);
                !times.is_empty()
            });
        }
        let times = wrong.entry(from).or_default();
        if times.len() < WRONG {
            times.push_back(now);
        }
    }

    /// The secret was right.
    pub(super) fn right(&self, secret_hash: &[u8]) {
        if self.right.contains(secret_hash) {
            return;
        }
        if self.right.len() >= REMEMBERED {
            self.right.clear();
        }
        self.right.insert(secret_hash.to_vec());
    }
}

fn forget(times: &mut VecDeque<At>, now: At) {
    while times.front().is_some_and(|first| now.since(*first) >= WINDOW_MS) {
        times.pop_front();
    }
}

/// One household has 2^64 addresses of version 6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(1_000_000_000);

    #[test]
    fn sixty_wrong_ones_a_minute_from_one_network() {
        let knocks = Knocks::default();
        let from = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        for nth in 0..60 {
            assert_eq!(knocks.may(from(nth), b"wrong", NOW), Ok(()));
            knocks.wrong(from(nth), b"wrong", NOW);
        }
        assert_eq!(knocks.may(from(99), b"other", NOW.plus_ms(30_000)), Err(31));
        assert_eq!(knocks.may(Some([192, 0, 2, 1].into()), b"other", NOW), Ok(()));
        assert_eq!(knocks.may(from(99), b"other", NOW.plus_ms(60_000)), Ok(()));
    }

    #[test]
    fn a_right_secret_passes_behind_the_same_router_until_it_is_revoked() {
        let knocks = Knocks::default();
        let from = Some(IpAddr::from([192, 0, 2, 1]));
        knocks.right(b"right");
        (0..90).for_each(|_| knocks.wrong(from, b"wrong", NOW));
        assert_eq!(knocks.may(from, b"right", NOW), Ok(()));
        assert!(knocks.may(from, b"wrong", NOW).is_err());
        knocks.wrong(from, b"right", NOW);
        assert!(knocks.may(from, b"right", NOW).is_err());
    }
}
