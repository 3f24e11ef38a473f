//! Fixes: one measured position each, parsed, and the rule that decides what a fix may change on the maps (product.md §8).

use super::{
    At,
    geo::{BadPlace, Point},
};
use serde::{Deserialize, Serialize};

/// A fix this much older than its arrival is history only.
pub const HISTORY_MS: i64 = 10 * 60_000;
/// A fix up to this far ahead of the hub's clock is shown at its arrival time; further ahead, it is put aside.
pub const AHEAD_MS: i64 = 5 * 60_000;
/// 2000-01-01T00:00:00Z: before it there was no phone to measure anything.
pub const EARLIEST: At = At(946_684_800_000);
/// A fix less accurate than this does not say which cell a worker is in.
pub const CELL_ACCURACY_M: f32 = 500.0;
/// A clock that is ahead still orders its own fixes: one that lies this little behind the last is late, not a corrected clock.
const DISORDER_MS: i64 = 60_000;
/// 0001-01-01 and 9999-12-31: outside, an instant has no date.
const DATED: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Why numbers are no fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFix {
    /// Coordinates out of range.
    #[error(transparent)]
    Place(#[from] BadPlace),
    /// The time has no date.
    #[error("time must lie in the years 1 to 9999")]
    Time,
}

/// A fix as it comes from outside: any numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawFix {
    /// Milliseconds since 1970, by the phone's clock.
    pub time_ms: i64,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Radius of the error in metres; absent or negative: unknown.
    pub accuracy_m: Option<f32>,
    /// Metres per second; absent or negative: unknown.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north; absent, negative or above 360: unknown.
    pub heading_deg: Option<f32>,
    /// 0 to 1; absent or outside: unknown.
    pub battery: Option<f32>,
}

/// One measured position. Unknown is `None`, never zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// When it was measured, by the phone's clock.
    pub at: At,
    /// Where.
    pub point: Point,
    /// Radius of the error in metres.
    pub accuracy_m: Option<f32>,
    /// Metres per second.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north, 0 up to but not 360.
    pub heading_deg: Option<f32>,
    /// 0 to 1.
    pub battery: Option<f32>,
}

impl Fix {
    /// Refuses what has no place or date; turns sentinels into unknown.
    pub fn parse(raw: RawFix) -> Result<Self, BadFix> {
        if !DATED.contains(&raw.time_ms) {
            return Err(BadFix::Time);
        }
        Ok(Self {
            at: At(raw.time_ms),
            point: Point::parse(raw.latitude, raw.longitude)?,
            accuracy_m: known(raw.accuracy_m, f32::MAX),
            speed_mps: known(raw.speed_mps, f32::MAX),
            heading_deg: known(raw.heading_deg, 360.0).map(|degrees| if degrees >= 360.0 { 0.0 } else { degrees }),
            battery: known(raw.battery, 1.0),
        })
    }

    /// Whether it is accurate enough to say which cell a worker is in; an unknown accuracy is taken as good.
    pub fn says_cell(&self) -> bool {
        self.accuracy_m.is_none_or(|accuracy_m| accuracy_m <= CELL_ACCURACY_M)
    }

    /// What it may change, given the arrival time `now` and the position shown last.
    pub fn plausible(&self, now: At, last: Option<Shown>) -> Plausible {
        if self.at < EARLIEST || self.at.since(now) > AHEAD_MS {
            return Plausible::Aside;
        }
        if now.since(self.at) > HISTORY_MS {
            return Plausible::HistoryOnly;
        }
        let candidate = Shown { shown_at: self.at.min(now), fix_at: self.at };
        if last.is_none_or(|last| candidate.follows(last)) { Plausible::Shown(candidate) } else { Plausible::HistoryOnly }
    }
}

fn known(value: Option<f32>, max: f32) -> Option<f32> {
    value.filter(|value| (0.0..=max).contains(value))
}

/// The two times of a shown position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The time it is shown with: the fix's own, or its arrival if the phone's clock is ahead. Never goes back.
    pub shown_at: At,
    /// The time by the phone's clock.
    pub fix_at: At,
}

impl Shown {
    fn follows(self, last: Self) -> bool {
        let behind_ms = last.fix_at.since(self.fix_at);
        if last.fix_at > last.shown_at && (0..=DISORDER_MS).contains(&behind_ms) {
            return false;
        }
        (self.shown_at, self.fix_at) > (last.shown_at, last.fix_at)
    }
}

/// What a fix may change. It is stored in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plausible {
    /// It is where the worker is now.
    Shown(Shown),
    /// It belongs to the track; the maps know something newer, or it is too old for them.
    HistoryOnly,
    /// Its time cannot be right: kept apart, never shown.
    Aside,
}

/// What a worker is doing, as a map marks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerStatus {
    /// Not working today; fixes are dropped.
    #[default]
    OffDuty,
    /// On duty, without a current job.
    Free,
    /// Travelling to a job.
    EnRoute,
    /// On a started job.
    Working,
    /// Their started job is paused.
    Paused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: At = At(1_790_000_000_000);

    fn raw(time_ms: i64) -> RawFix {
        RawFix {
            time_ms,
            latitude: 60.17,
            longitude: 24.94,
            accuracy_m: Some(9.0),
            speed_mps: Some(3.0),
            heading_deg: Some(90.0),
            battery: Some(0.5),
        }
    }

    fn fix(at: At) -> Fix {
        Fix::parse(raw(at.millis())).unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "as `plausible` takes it")]
    fn shown(shown_at: At, fix_at: At) -> Option<Shown> {
        Some(Shown { shown_at, fix_at })
    }

    #[test]
    fn sentinels_are_unknown_not_zero() {
        let fix = Fix::parse(RawFix {
            accuracy_m: Some(-1.0),
            speed_mps: Some(-1.0),
            heading_deg: Some(f32::NAN),
            battery: Some(85.0),
            ..raw(NOW.millis())
        })
        .unwrap();
        assert_eq!((fix.accuracy_m, fix.speed_mps, fix.heading_deg, fix.battery), (None, None, None, None));
        let north = Fix::parse(RawFix { heading_deg: Some(360.0), speed_mps: Some(0.0), ..raw(NOW.millis()) }).unwrap();
        assert_eq!((north.heading_deg, north.speed_mps), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn what_has_no_place_or_date_is_no_fix() {
        assert_eq!(Fix::parse(RawFix { latitude: 91.0, ..raw(0) }), Err(BadFix::Place(BadPlace::Latitude)));
        assert_eq!(Fix::parse(RawFix { longitude: f64::NAN, ..raw(0) }), Err(BadFix::Place(BadPlace::Longitude)));
        assert_eq!(Fix::parse(raw(i64::MAX)), Err(BadFix::Time));
        assert!(Fix::parse(raw(-2_147_483_648_000)).is_ok(), "1901 has a date; it is put aside later");
    }

    #[test]
    fn what_a_fix_may_change() {
        use Plausible::{Aside, HistoryOnly};
        let at = |ms| NOW.plus_ms(ms);
        let show = |shown_at, fix_at| Plausible::Shown(Shown { shown_at, fix_at });
        for (what, fix_at, last, verdict) in [
            ("the first", NOW, None, show(NOW, NOW)),
            ("newer than the last", at(-500), shown(at(-1000), at(-1000)), show(at(-500), at(-500))),
            ("older than the last", at(-2000), shown(at(-1000), at(-1000)), HistoryOnly),
            ("a repeat", at(-1000), shown(at(-1000), at(-1000)), HistoryOnly),
            ("ten minutes old", at(-HISTORY_MS), None, show(at(-HISTORY_MS), at(-HISTORY_MS))),
            ("older than that", at(-HISTORY_MS - 1), None, HistoryOnly),
            ("days old", at(-86_400_000 * 19), None, HistoryOnly),
            ("1901", At(-2_147_483_648_000), None, Aside),
            ("1999", EARLIEST.plus_ms(-1), None, Aside),
            ("a clock ahead: shown at its arrival", at(60_000), None, show(NOW, at(60_000))),
            ("five minutes ahead", at(AHEAD_MS), None, show(NOW, at(AHEAD_MS))),
            ("further ahead", at(AHEAD_MS + 1), None, Aside),
            ("the same batch of a clock ahead, in order", at(60_000), shown(NOW, at(59_000)), show(NOW, at(60_000))),
            ("the same batch, late", at(58_000), shown(NOW, at(59_000)), HistoryOnly),
            ("a repeat of a clock ahead, later", at(60_000), shown(at(-5000), at(60_000)), HistoryOnly),
            ("disorder of a clock slightly ahead", at(-1000), shown(at(-2000), at(0)), HistoryOnly),
            ("a clock that was far ahead and is corrected", NOW, shown(at(-1000), at(200_000)), show(NOW, NOW)),
        ] {
            assert_eq!(fix(fix_at).plausible(NOW, last), verdict, "{what}");
        }
    }

    #[test]
    fn inaccurate_fixes_say_no_cell() {
        assert!(Fix::parse(RawFix { accuracy_m: Some(500.0), ..raw(0) }).unwrap().says_cell());
        assert!(!Fix::parse(RawFix { accuracy_m: Some(603.0), ..raw(0) }).unwrap().says_cell());
        assert!(Fix::parse(RawFix { accuracy_m: None, ..raw(0) }).unwrap().says_cell());
    }

    proptest! {
        /// Any fixes, any order, a clock of ours that only goes on: what is shown never goes back, and is never in the future.
        #[test]
        fn the_shown_time_never_goes_back(arrivals in prop::collection::vec((0..5_000i64, -1_500_000..600_000i64), 1..200)) {
            let (mut now, mut last) = (NOW, None::<Shown>);
            for (later_ms, off_ms) in arrivals {
                now = now.plus_ms(later_ms);
                if let Plausible::Shown(next) = fix(now.plus_ms(off_ms)).plausible(now, last) {
                    prop_assert!(next.shown_at <= now);
                    prop_assert!(last.is_none_or(|last| next.shown_at >= last.shown_at));
                    last = Some(next);
                }
            }
        }

        /// A phone whose clock is off by a constant: the fix shown is the newest it sent, whatever the order of arrival.
        #[test]
        fn disorder_shows_the_newest(ahead_ms in 0..200_000i64, mut lags in prop::collection::vec(0..20_000i64, 1..50)) {
            let mut last = None::<Shown>;
            let mut newest = i64::MIN;
            for (i, lag) in lags.drain(..).enumerate() {
                let now = NOW.plus_ms(i64::try_from(i).unwrap() * 1000);
                let fix = fix(now.plus_ms(ahead_ms - lag));
                newest = newest.max(fix.at.millis());
                if let Plausible::Shown(next) = fix.plausible(now, last) {
                    last = Some(next);
                }
                prop_assert_eq!(last.map(|shown| shown.fix_at.millis()), Some(newest));
            }
        }
    }
}
