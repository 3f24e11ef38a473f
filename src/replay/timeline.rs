//! When each recorded fix is sent, and which time it then bears. Pure: the clock is an argument.

use super::tracks::Recorded;
use crate::protocol::client::RawFix;
use std::collections::{HashMap, HashSet};

/// One track's way from the past to now.
#[derive(Debug)]
pub struct Timeline {
    start_ms: i64,
    speed: f64,
    /// Which time a recorded time became, so that a duplicate stays a duplicate.
    stamps: HashMap<i64, i64>,
    /// Hurried times may fall on the same millisecond; two fixes may not, or the hub takes them for one.
    taken: HashSet<i64>,
}

impl Timeline {
    /// The track's first fix is sent at `start_ms`; waiting is divided by `speed`.
    pub fn new(start_ms: i64, speed: f64) -> Self {
        Self { start_ms, speed, stamps: HashMap::new(), taken: HashSet::new() }
    }

    /// When the fix is to be sent.
    pub fn due_ms(&self, recorded: &Recorded) -> i64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds of at most centuries")]
        let wait_ms = (recorded.arrival_ms as f64 / self.speed) as i64;
        self.start_ms.saturating_add(wait_ms)
    }

    /// The fix with its new time: as late before its sending as it was before its arrival.
    pub fn stamp(&mut self, recorded: &Recorded) -> RawFix {
        let Some(lateness_ms) = recorded.lateness_ms else { return recorded.fix };
        let due_ms = self.due_ms(recorded);
        let time_ms = *self.stamps.entry(recorded.fix.0).or_insert_with(|| {
            let mut time_ms = due_ms.saturating_sub(lateness_ms);
            while !self.taken.insert(time_ms) {
                time_ms += 1;
            }
            time_ms
        });
        RawFix(time_ms, recorded.fix.1, recorded.fix.2, recorded.fix.3, recorded.fix.4, recorded.fix.5, recorded.fix.6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000;

    fn recorded(arrival_ms: i64, lateness_ms: Option<i64>, time_ms: i64) -> Recorded {
        Recorded { arrival_ms, lateness_ms, fix: RawFix(time_ms, 60.0, 25.0, None, None, None, None) }
    }

    #[test]
    fn the_first_arrives_now_and_lateness_is_kept() {
        let mut timeline = Timeline::new(START, 1.0);
        assert_eq!(timeline.stamp(&recorded(0, Some(3000), 7)).0, START - 3000);
        assert_eq!(timeline.stamp(&recorded(60_000, Some(-200), 8)).0, START + 60_200);
        assert_eq!(timeline.due_ms(&recorded(60_000, None, 9)), START + 60_000);
    }

    #[test]
    fn speed_hurries_the_waiting_not_the_lateness() {
        let mut timeline = Timeline::new(START, 60.0);
        let late = recorded(60_000, Some(3000), 7);
        assert_eq!((timeline.due_ms(&late), timeline.stamp(&late).0), (START + 1000, START + 1000 - 3000));
    }

    #[test]
    fn a_duplicate_stays_one_and_others_stay_apart() {
        let mut timeline = Timeline::new(START, 100_000.0);
        let (first, again, other) = (recorded(0, Some(0), 7), recorded(50_000, Some(50_000), 7), recorded(1, Some(0), 8));
        assert_eq!(timeline.stamp(&first).0, timeline.stamp(&again).0);
        assert_ne!(timeline.stamp(&first).0, timeline.stamp(&other).0);
    }

    #[test]
    fn a_broken_clock_is_sent_as_it_is() {
        assert_eq!(Timeline::new(START, 2.0).stamp(&recorded(1000, None, -2_147_483_647_000)).0, -2_147_483_647_000);
    }
}
