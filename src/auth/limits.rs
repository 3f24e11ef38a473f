//! How often strangers may ask for mail: so often per mailbox, so often per address they come from. Memory only.

use crate::domain::At;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

const WINDOW_MS: i64 = 60 * 60 * 1000;
/// Keys that are looked at before forgotten ones are thrown out.
const KEYS: usize = 20_000;

/// Counts by key within the last hour. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits(Arc<Mutex<HashMap<String, VecDeque<At>>>>);

impl Limits {
    /// Counts one more; false if `most` were counted in the last hour.
    pub(super) fn take(&self, key: String, most: usize, now: At) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |at: &At| now.since(*at) >= WINDOW_MS;
        if counted.len() >= KEYS {
            counted.retain(|_, times| times.back().is_some_and(|last| !is_old(last)));
        }
        let times = counted.entry(key).or_default();
        while times.front().is_some_and(is_old) {
            times.pop_front();
        }
        let has_room = times.len() < most;
        if has_room {
            times.push_back(now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_often_an_hour_and_each_key_for_itself() {
        let limits = Limits::default();
        let take = |key: &str, at: i64| limits.take(key.into(), 2, At(at));
        assert!(take("a", 0) && take("a", 1) && !take("a", 2) && take("b", 2));
        assert!(take("a", WINDOW_MS) && !take("a", WINDOW_MS), "only what was counted ages");
    }
}
