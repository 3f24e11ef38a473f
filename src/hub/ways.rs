//! How long a way takes: by the router, or along the straight line if there is none or it does not answer in time.

use crate::domain::eta::{self, Pace, Way};
use crate::domain::geo::Point;
use crate::places::{NoWay, Router};
use std::sync::atomic::{AtomicBool, Ordering};

/// The router, if there is one.
pub(super) struct Ways(Option<Asked>);

/// With whether it failed the last time: its log is of changes, not of each question.
struct Asked {
    router: Router,
    silent: AtomicBool,
}

impl Ways {
    pub(super) fn new(router: Option<Router>) -> Self {
        Self(router.map(|router| Asked { router, silent: AtomicBool::new(false) }))
    }

    /// The way, and whether it is an estimate.
    pub(super) async fn find(&self, from: Point, to: Point, pace: Pace) -> (Way, bool) {
        let estimate = || (eta::straight_line(from, to, pace), true);
        let Some(Asked { router, silent }) = &self.0 else { return estimate() };
        match router.way(from, to).await {
            Ok(way) => {
                if silent.swap(false, Ordering::Relaxed) {
                    tracing::info!("the router answers again");
                }
                (way, false)
            }
            Err(no_way) => {
                metrics::counter!("hub_router_failures_total").increment(1);
                if matches!(no_way, NoWay::Unreachable(_)) && !silent.swap(true, Ordering::Relaxed) {
                    tracing::warn!("{no_way}: until it answers, arrivals are estimated from straight lines");
                }
                estimate()
            }
        }
    }
}
