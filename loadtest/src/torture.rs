//! When the hub is killed: at random moments that a seed decides, so that a failure can be looked at again.

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::time::Duration;

/// The kills that are left.
#[derive(Debug)]
pub(crate) struct Torture {
    /// After how long, the last first.
    moments: Vec<Duration>,
}

impl Torture {
    /// So many kills within the steady part, never two within `apart`.
    pub(crate) fn new(kills: u32, seed: u64, within: Duration, apart: Duration) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let room = within.saturating_sub(apart * (kills + 1));
        let mut moments: Vec<Duration> = (0..kills).map(|_| room.mul_f64(rng.random_range(0.0..1.0))).collect();
        moments.sort_unstable();
        let mut moments: Vec<Duration> = (1..).zip(moments).map(|(number, moment)| moment + apart * number).collect();
        moments.reverse();
        Self { moments }
    }

    /// Whether the next kill is due; if so it counts as done.
    pub(crate) fn is_due(&mut self, elapsed: Duration) -> bool {
        self.moments.pop_if(|moment| *moment <= elapsed).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_the_same_for_the_same_seed_and_keep_their_distance() {
        let torture = |seed| Torture::new(5, seed, Duration::from_mins(1), Duration::from_secs(4)).moments;
        assert_eq!(torture(7), torture(7));
        assert_ne!(torture(7), torture(8));
        assert!(torture(7).windows(2).all(|pair| pair[0] >= pair[1] + Duration::from_secs(4)));
        assert!(torture(7)[0] <= Duration::from_mins(1));
    }
}
