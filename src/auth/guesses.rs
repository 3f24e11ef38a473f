//! How often a password may be guessed: ten times per account and quarter of an hour, however many addresses guess.
//!
//! An address from which the account was logged in to before has an allowance of its own, so that strangers cannot lock
//! the owner out. Memory only: a restart forgives.

use crate::domain::At;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

const GUESSES: usize = 10;
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Addresses that are remembered per account; the longest unused one makes room.
const FRIENDS: usize = 8;
/// Accounts that are looked at before forgotten ones are thrown out.
const ACCOUNTS: usize = 10_000;

/// Guesses of all accounts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Guesses(Arc<Mutex<HashMap<String, Account>>>);

#[derive(Debug, Default)]
struct Account {
    strangers: Window,
    /// Addresses that knew the password, the latest at the end.
    friends: VecDeque<(IpAddr, Window)>,
}

#[derive(Debug, Default)]
struct Window(VecDeque<At>);

/// Too many guesses: none is evaluated for this many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    /// At least 1.
    pub(super) retry_after_s: u32,
}

impl Guesses {
    /// Counts a guess before it is evaluated, so that guesses at the same moment count too.
    pub(super) fn begin(&self, email: &str, from: Option<IpAddr>, now: At) -> Result<(), TooMany> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS {
            accounts.retain(|_, account| account.is_worth_keeping(now));
        }
        accounts.entry(email.to_owned()).or_default().window(from).take(now)
    }

    /// The guess was right, so it was none.
    pub(super) fn right(&self, email: &str, from: Option<IpAddr>) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(account) = accounts.get_mut(email) else { return };
        account.window(from).0.pop_back();
        if let Some(from) = from {
            account.befriend(from);
        }
    }
}

impl Account {
    fn window(&mut self, from: Option<IpAddr>) -> &mut Window {
        let friend = self.friends.iter().position(|(friend, _)| Some(*friend) == from);
        match friend {
            Some(index) => &mut self.friends[index].1,
            None => &mut self.strangers,
        }
    }

    fn befriend(&mut self, from: IpAddr) {
        let window = match self.friends.iter().position(|(friend, _)| *friend == from) {
            Some(index) => self.friends.remove(index).map(|(_, window)| window).unwrap_or_default(),
            None => Window::default(),
        };
        self.friends.push_back((from, window));
        if self.friends.len() > FRIENDS {
            self.friends.pop_front();
        }
    }

    fn is_worth_keeping(&mut self, now: At) -> bool {
        self.strangers.forget(now);
        !self.friends.is_empty() || !self.strangers.0.is_empty()
    }
}

impl Window {
    fn forget(&mut self, now: At) {
        while self.0.front().is_some_and(|first| now.since(*first) >= WINDOW_MS) {
            self.0.pop_front();
        }
    }

    fn take(&mut self, now: At) -> Result<(), TooMany> {
        self.forget(now);
        if let (Some(first), true) = (self.0.front(), self.0.len() >= GUESSES) {
            let left_ms = WINDOW_MS - now.since(*first);
            return Err(TooMany { retry_after_s: u32::try_from(left_ms / 1000 + 1).unwrap_or(1) });
        }
        self.0.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(1_000_000_000);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn ten_guesses_from_many_addresses_and_no_more() {
        let guesses = Guesses::default();
        for guess in 0..10 {
            guesses.begin("a@example.com", Some(address(guess)), NOW.plus_ms(i64::from(guess))).unwrap();
        }
        assert_eq!(guesses.begin("a@example.com", Some(address(99)), NOW.plus_min(1)), Err(TooMany { retry_after_s: 14 * 60 + 1 }));
        guesses.begin("b@example.com", Some(address(1)), NOW).unwrap();
        guesses.begin("a@example.com", Some(address(1)), NOW.plus_min(15)).unwrap();
        assert_eq!(guesses.begin("a@example.com", Some(address(1)), NOW.plus_min(15)), Err(TooMany { retry_after_s: 1 }));
    }

    #[test]
    fn right_ones_do_not_count_and_the_owner_stays_in() {
        let guesses = Guesses::default();
        for _ in 0..50 {
            guesses.begin("a@example.com", Some(address(1)), NOW).unwrap();
            guesses.right("a@example.com", Some(address(1)));
        }
        while guesses.begin("a@example.com", Some(address(2)), NOW).is_ok() {}
        guesses.begin("a@example.com", Some(address(1)), NOW).unwrap();
    }

    #[test]
    fn memory_is_bounded_by_what_still_counts() {
        let guesses = Guesses::default();
        for account in 0..ACCOUNTS {
            guesses.begin(&account.to_string(), None, NOW).unwrap();
        }
        guesses.begin("late", None, NOW.plus_min(15)).unwrap();
        assert_eq!(guesses.0.lock().unwrap().len(), 1);
    }
}
