//! Where the crowd's workers go: along recorded tracks, or wandering around a town.

use dispatch_hub::{protocol::client::RawFix, replay::Recording};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{path::Path, sync::Arc};

/// The middle of the town, Helsinki, and how far out workers start.
const TOWN: (f64, f64) = (60.19, 24.94);
const TOWN_RADIUS_DEG: f64 = 0.08;
/// A step of about 40 m: five seconds in town.
const STEP_DEG: f64 = 0.000_4;

/// One worker's way.
#[derive(Debug)]
pub(crate) enum Way {
    /// Along a recorded track, again and again.
    Recorded {
        /// The points in order.
        track: Arc<[RawFix]>,
        /// The next of them.
        next: usize,
    },
    /// Here and there.
    Wandering {
        /// Latitude and longitude.
        at: (f64, f64),
        /// Degrees clockwise from north.
        heading_deg: f32,
        /// Their whims.
        rng: SmallRng,
    },
}

impl Way {
    /// Ways for so many workers: from the tracks of a recording, if there is one.
    pub(crate) fn many(count: usize, recording: Option<&Path>, seed: u64) -> anyhow::Result<Vec<Self>> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let Some(file) = recording else {
            return Ok((0..count).map(|_| Self::wandering(&mut rng)).collect());
        };
        let tracks: Vec<Arc<[RawFix]>> =
            Recording::read(file)?.tracks.iter().map(|track| track.fixes.iter().map(|recorded| recorded.fix).collect()).collect();
        let recorded = |number: usize| {
            let track = Arc::clone(&tracks[number % tracks.len()]);
            let next = rng.random_range(0..track.len());
            Self::Recorded { track, next }
        };
        Ok((0..count).map(recorded).collect())
    }

    fn wandering(rng: &mut SmallRng) -> Self {
        let mut off = || rng.random_range(-TOWN_RADIUS_DEG..TOWN_RADIUS_DEG);
        let at = (TOWN.0 + off() / 2.0, TOWN.1 + off());
        Self::Wandering { at, heading_deg: rng.random_range(0.0..360.0), rng: SmallRng::seed_from_u64(rng.random()) }
    }

    /// The next fix, measured at `time_ms`.
    pub(crate) fn step(&mut self, time_ms: i64) -> RawFix {
        match self {
            Self::Recorded { track, next } => {
                let fix = track[*next % track.len()];
                *next += 1;
                RawFix(time_ms, fix.1, fix.2, fix.3, fix.4, fix.5, Some(0.8))
            }
            Self::Wandering { at, heading_deg, rng } => {
                *heading_deg = (*heading_deg + rng.random_range(-20.0..20.0)).rem_euclid(360.0);
                let (sin, cos) = f64::from(*heading_deg).to_radians().sin_cos();
                at.0 += STEP_DEG * cos * 0.5;
                at.1 += STEP_DEG * sin;
                RawFix(time_ms, at.0, at.1, Some(rng.random_range(4.0..25.0)), Some(8.0), Some(*heading_deg), Some(0.8))
            }
        }
    }

    /// Where the worker is about now.
    pub(crate) fn place(&self) -> (f64, f64) {
        match self {
            Self::Recorded { track, next } => {
                let fix = track[*next % track.len()];
                (fix.1, fix.2)
            }
            Self::Wandering { at, .. } => *at,
        }
    }
}
