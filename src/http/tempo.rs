//! How often a program may ask: so many requests in each minute, by token. Memory only: each node counts its own.

use crate::domain::At;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const WINDOW_MS: i64 = 60_000;
/// Tokens that are counted before old ones are thrown out.
const KEYS: usize = 10_000;

/// Counts by token within the minute that began with its first request.
#[derive(Debug, Default)]
pub(super) struct Tempo(Mutex<HashMap<Vec<u8>, (At, u16)>>);

/// What is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// Requests.
    pub(super) requests: u16,
    /// Seconds until there are as many as before.
    pub(super) reset_s: u32,
}

impl Tempo {
    /// One more; or how many seconds to wait.
    pub(super) fn take(&self, token_hash: &[u8], most: u16, now: At) -> Result<Left, u32> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= KEYS {
            counted.retain(|_, (since, _)| now.since(*since) < WINDOW_MS);
        }
        let (since, count) = counted.entry(token_hash.to_vec()).or_insert((now, 0));
        if now.since(*since) >= WINDOW_MS {
            (*since, *count) = (now, 0);
        }
        let reset_s = u32::try_from((WINDOW_MS - now.since(*since) + 999) / 1000).unwrap_or(60);
        if *count >= most {
            return Err(reset_s);
        }
        *count += 1;
        Ok(Left { requests: most - *count, reset_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_its_own_minute() {
        let tempo = Tempo::default();
        let take = |token: u8, at: i64| tempo.take(&[token], 2, At(at)).map(|left| (left.requests, left.reset_s));
        assert_eq!((take(1, 0), take(1, 500), take(1, 30_000), take(2, 30_000)), (Ok((1, 60)), Ok((0, 60)), Err(30), Ok((1, 60))));
        assert_eq!(take(1, 60_000), Ok((1, 60)));
    }
}
