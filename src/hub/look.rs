//! What the hub looks after now and then, whether or not anybody tells it: rights, log-ins, links, jobs that nobody answers.

use super::Shared;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Looks again and again, with at least `pause` between two beginnings. Ends with the hub.
pub(super) fn every<Looking>(shared: &Arc<Shared>, pause: Duration, look: impl Fn(Arc<Shared>) -> Looking + Send + 'static)
where
    Looking: Future<Output = ()> + Send,
{
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        let mut looks = interval(pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let Some(shared) = shared.upgrade() else { return };
            look(shared).await;
        }
    });
}
