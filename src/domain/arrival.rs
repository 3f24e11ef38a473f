//! Whether a worker is at an address: a circle around it, an accuracy gate, dwell and hysteresis, by the fixes' own times.
//!
//! A phone at rest wanders (product.md §8: p95 763 m raw, 14.6 m and at most 70 m with an accuracy of 50 m or better), and one in
//! traffic stops next door. So only accurate fixes count, arriving takes a stay, and leaving takes a larger circle and a stay too.

use super::At;
use super::fix::Fix;
use super::geo::Point;
use serde::{Deserialize, Serialize};

/// No circle is smaller.
pub const RADIUS_MIN_M: f64 = 75.0;
/// A fix less accurate than this says nothing about arriving or leaving.
pub const ACCURACY_MAX_M: f32 = 50.0;
/// Who has been inside for so long has arrived.
pub const ARRIVE_DWELL_MS: i64 = 60_000;
/// Who has been outside for so long has left.
pub const LEAVE_DWELL_MS: i64 = 60_000;
/// Who moves faster than this inside of the circle drives by.
const DRIVING_MPS: f32 = 7.0;
/// Two fixes this far apart in time are not one stay.
const SILENCE_MS: i64 = 60 * 60_000;
/// Outside begins at this multiple of the radius.
const HYSTERESIS: f64 = 2.0;
/// A region's border crossed on the phone itself was noticed at most this far outside of ours.
const REGION_SLACK_M: f64 = 250.0;

/// The circle around a step's address.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fence {
    centre: Point,
    radius_m: f64,
}

impl Fence {
    /// Never smaller than [`RADIUS_MIN_M`].
    pub fn new(centre: Point, radius_m: f64) -> Self {
        Self { centre, radius_m: radius_m.max(RADIUS_MIN_M) }
    }

    /// Its centre.
    pub const fn centre(&self) -> Point {
        self.centre
    }

    /// Its radius in metres.
    pub const fn radius_m(&self) -> f64 {
        self.radius_m
    }
}

/// A border was crossed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "crossing")]
pub enum Crossing {
    /// Inside since then.
    Arrived {
        /// The first fix of the stay.
        at: At,
    },
    /// Outside since then.
    Left {
        /// The first fix outside.
        at: At,
    },
}

/// A phone that knows the circle itself says on which side it now is (`OwnTracks` calls it `transition`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It entered.
    Inside,
    /// It left.
    Outside,
}

/// What is known of one worker and one fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detector {
    inside: bool,
    /// The time of the newest fix taken in; whatever is older came too late to count.
    newest: Option<At>,
    /// Fixes on the other side.
    streak: Option<Streak>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Streak {
    since: At,
    last: At,
}

impl Detector {
    /// A detector that begins on this side: after a restart, what was told before is not told again.
    pub const fn beginning(inside: bool) -> Self {
        Self { inside, newest: None, streak: None }
    }

    /// Whether the worker is there, as far as was told.
    pub const fn is_inside(&self) -> bool {
        self.inside
    }

    /// Takes in a fix, with what the phone says of its own regions. Repeats and late fixes change nothing.
    pub fn observe(&mut self, fence: &Fence, fix: &Fix, side: Option<Side>) -> Option<Crossing> {
        if self.newest.is_some_and(|newest| fix.at < newest || fix.at == newest && side.is_none()) {
            return None;
        }
        let distance_m = fence.centre.distance_m(fix.point);
        if let Some(side) = side
            && let Some(crossing) = self.told_by_phone(fence, fix, side, distance_m)
        {
            return Some(crossing);
        }
        if fix.accuracy_m.is_some_and(|accuracy_m| accuracy_m > ACCURACY_MAX_M) {
            return None;
        }
        self.newest = Some(fix.at);
        let is_inside = distance_m <= fence.radius_m;
        let is_outside = distance_m - f64::from(fix.accuracy_m.unwrap_or_default()) > fence.radius_m * HYSTERESIS;
        let (is_other, is_same, dwell_ms) =
            if self.inside { (is_outside, is_inside, LEAVE_DWELL_MS) } else { (is_inside && !drives(fix), is_outside, ARRIVE_DWELL_MS) };
        if is_same {
            self.streak = None;
        }
        if !is_other {
            return None;
        }
        let streak = self.streak.filter(|streak| fix.at.since(streak.last) <= SILENCE_MS);
        let since = streak.map_or(fix.at, |streak| streak.since);
        if fix.at.since(since) < dwell_ms {
            self.streak = Some(Streak { since, last: fix.at });
            return None;
        }
        Some(self.cross(since))
    }

    /// The phone watched the region with better means than single fixes: no dwell, but it must be this region.
    fn told_by_phone(&mut self, fence: &Fence, fix: &Fix, side: Side, distance_m: f64) -> Option<Crossing> {
        let reach_m = fence.radius_m * HYSTERESIS + REGION_SLACK_M;
        if distance_m > reach_m || self.inside == (side == Side::Inside) {
            return None;
        }
        self.newest = Some(fix.at);
        Some(self.cross(fix.at))
    }

    fn cross(&mut self, at: At) -> Crossing {
        self.inside = !self.inside;
        self.streak = None;
        if self.inside { Crossing::Arrived { at } } else { Crossing::Left { at } }
    }
}

fn drives(fix: &Fix) -> bool {
    fix.speed_mps.is_some_and(|speed_mps| speed_mps > DRIVING_MPS)
}

#[cfg(test)]
mod tests;
