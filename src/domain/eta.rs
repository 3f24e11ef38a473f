//! When a worker is expected: an estimate from the straight line while no router knows better, and which news of it are worth telling.
//!
//! How roads really go is `places`' to ask; whom it is told is the gate's to say.

use super::alert::rules::AlertRules;
use super::at::At;
use super::geo::Point;

/// A way by road is longer than the straight line by about this factor in towns (Ballou et al. 2002, "Selected country circuity factors").
const ROAD_FACTOR: f64 = 1.35;
/// Through a town, stops included, while nobody knows how fast this worker is.
const TOWN_MPS: f64 = 8.0;
/// Faster is no car, and slower is a stop: neither says anything about the way that is left.
const BELIEVED_MPS: std::ops::RangeInclusive<f64> = 1.5..=36.0;
/// How much of the pace each fix renews: about the last ten of them count.
const RENEWED: f64 = 0.1;
/// A fix older than this does not say when somebody will be there.
const STALE_MS: i64 = 2 * 60_000;
/// Another minute is news; a few seconds more or less are not.
const NEWS_MS: i64 = 60_000;
/// The same worker's way is asked for no more often than this.
pub const ASKED_EVERY_MS: i64 = 15_000;

/// What is left of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Time that it takes.
    pub seconds: u32,
    /// Length.
    pub distance_m: u32,
}

/// When somebody is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eta {
    /// The way that was left at `at`.
    pub way: Way,
    /// When the position was measured that it starts from.
    pub at: At,
    /// No router has said so: a straight line and a factor.
    pub estimated: bool,
}

impl Eta {
    /// The instant of arrival.
    pub fn arrival(&self) -> At {
        self.at.plus_ms(i64::from(self.way.seconds) * 1000)
    }

    /// Whether somebody who is that far is nearly there: by time, or by distance, as the company sees it.
    pub fn is_nearby(&self, rules: &AlertRules) -> bool {
        self.way.seconds <= rules.nearby_min * 60 || self.way.distance_m <= rules.nearby_m
    }

    /// Whether this is news to somebody who was told `last`.
    pub fn is_news_after(&self, last: Option<&Self>) -> bool {
        last.is_none_or(|last| self.arrival().since(last.arrival()).abs() > NEWS_MS)
    }
}

/// How fast a worker has been of late, on the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

impl Default for Pace {
    fn default() -> Self {
        Self(TOWN_MPS)
    }
}

impl Pace {
    /// Takes in the speed of a fix, if it is known and believable.
    pub fn take(&mut self, speed_mps: Option<f32>) {
        if let Some(speed) = speed_mps.map(f64::from).filter(|speed| BELIEVED_MPS.contains(speed)) {
            self.0 += (speed - self.0) * RENEWED;
        }
    }
}

/// The way between two places if all that is known is where they are.
pub fn straight_line(from: Point, to: Point, pace: Pace) -> Way {
    let distance = from.distance_m(to) * ROAD_FACTOR;
    Way { seconds: whole(distance / pace.0), distance_m: whole(distance) }
}

/// Whether a fix still says where somebody is.
pub fn is_fresh(fix_at: At, now: At) -> bool {
    now.since(fix_at) <= STALE_MS
}

/// Rounded into range; what is not a number is nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub fn whole(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_near_by_time_or_by_distance() {
        let eta = |seconds, distance_m| Eta { way: Way { seconds, distance_m }, at: At(0), estimated: false };
        for (seconds, distance_m, is_near) in [(301, 1_001, false), (300, 9_000, true), (900, 1_000, true), (0, 0, true)] {
            assert_eq!(eta(seconds, distance_m).is_nearby(&AlertRules::default()), is_near, "{seconds} s, {distance_m} m");
        }
    }
    use proptest::prelude::*;

    const STATION: (f64, f64) = (60.1710, 24.9414);

    fn point((latitude, longitude): (f64, f64)) -> Point {
        Point::parse(latitude, longitude).unwrap()
    }

    fn eta(seconds: u32, at: i64) -> Eta {
        Eta { way: Way { seconds, distance_m: 0 }, at: At(at), estimated: false }
    }

    #[test]
    fn a_kilometre_through_town_takes_about_three_minutes() {
        let north = point((STATION.0 + 1000.0 / 111_195.0, STATION.1));
        let way = straight_line(point(STATION), north, Pace::default());
        assert_eq!((way.distance_m, way.seconds), (1350, 169));
    }

    #[test]
    fn only_more_than_a_minute_is_news() {
        let told = eta(600, 0);
        for (later, is_news) in [
            (eta(600, 0), false),
            // Half a minute on, half a minute less to go: the same arrival.
            (eta(570, 30_000), false),
            (eta(630, 30_000), false),
            (eta(631, 30_000), true),
            (eta(509, 30_000), true),
        ] {
            assert_eq!(later.is_news_after(Some(&told)), is_news, "{later:?}");
        }
        assert!(told.is_news_after(None));
    }

    #[test]
    fn a_red_light_does_not_move_the_arrival_to_the_evening() {
        let mut pace = Pace::default();
        for speed in [Some(0.0), None, Some(0.3), Some(f32::NAN), Some(300.0)] {
            pace.take(speed);
        }
        assert_eq!(pace, Pace::default());
        (0..50).for_each(|_| pace.take(Some(20.0)));
        assert!((19.0..=20.0).contains(&pace.0), "{pace:?}");
    }

    #[test]
    fn an_old_fix_says_nothing() {
        assert!(is_fresh(At(0), At(STALE_MS)));
        assert!(!is_fresh(At(0), At(STALE_MS + 1)));
    }

    proptest! {
        #[test]
        fn every_way_is_finite_and_further_takes_longer(north in -80.0..80.0_f64, east in -179.0..179.0_f64, step in 0.001..1.0_f64) {
            let (from, near) = (point((north, east)), point((north + step, east)));
            let far = point(((north + step * 2.0).min(90.0), east));
            let (near, far) = (straight_line(from, near, Pace::default()), straight_line(from, far, Pace::default()));
            prop_assert!(near.seconds <= far.seconds && near.distance_m <= far.distance_m);
        }
    }
}
