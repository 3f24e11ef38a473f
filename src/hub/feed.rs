//! One tenant's log, told in order: N+1 waits for N, and a hole is closed by reading the log.
//!
//! The feed is the only teller. It waits for a customer's actor to have queued an entry before it tells the next, so a session that
//! watches two customers gets both in one order.

use super::Shared;
use super::bus::{Notice, Published};
use super::clock;
use crate::domain::ids::TenantId;
use crate::store;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How long N+1 waits for N before the log is read.
const GAP: Duration = Duration::from_millis(50);
/// The most entries that wait behind a hole.
const MAX_WAITING: usize = 1_000;
/// A quiet feed looks this often whether the log went on: the loss of the last entry leaves no hole.
const LOOK: Duration = Duration::from_secs(7);
/// Entries read from the log at once.
const PAGE: i64 = 1_000;
/// Notices that may wait for the feed.
pub(super) const CAPACITY: usize = 4_096;

pub(super) struct Feed {
    shared: Arc<Shared>,
    tenant: TenantId,
    /// The entry to tell next.
    next: i64,
    waiting: BTreeMap<i64, Published>,
    /// The log is known to reach this far.
    reached: i64,
}

impl Feed {
    /// Tells the tenant's log from `next` on, until the bus lets go of it.
    pub(super) async fn run(shared: Arc<Shared>, tenant: TenantId, next: i64, mut notices: mpsc::Receiver<Notice>) {
        let mut feed = Self { shared, tenant, next, waiting: BTreeMap::new(), reached: next - 1 };
        let mut look_at = Instant::now() + LOOK;
        let mut gap_at: Option<Instant> = None;
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Some(notice) => feed.take_in(notice).await,
                    None => return,
                },
                () = sleep_until(gap_at.unwrap_or(look_at)) => {
                    if gap_at.is_some() || feed.log_went_on().await {
                        feed.read_log().await;
                    }
                    look_at = Instant::now() + LOOK;
                }
            }
            let behind = feed.reached >= feed.next;
            gap_at = if behind { gap_at.filter(|at| *at > Instant::now()).or_else(|| Some(Instant::now() + GAP)) } else { None };
            if feed.waiting.len() >= MAX_WAITING {
                gap_at = Some(Instant::now());
            }
        }
    }

    async fn take_in(&mut self, notice: Notice) {
        match notice {
            Notice::Reached(seq) => self.reached = self.reached.max(seq),
            Notice::Entry(entry) if entry.seq < self.next => {}
            Notice::Entry(entry) => {
                self.reached = self.reached.max(entry.seq);
                if entry.seq == self.next || self.waiting.len() < MAX_WAITING {
                    self.waiting.insert(entry.seq, entry);
                }
                self.tell_waiting().await;
            }
        }
    }

    async fn tell_waiting(&mut self) {
        while let Some(entry) = self.waiting.remove(&self.next) {
            self.tell(entry).await;
        }
    }

    async fn tell(&mut self, entry: Published) {
        self.next = entry.seq + 1;
        let late_ms = u32::try_from(clock::now().since(entry.event.received_at)).unwrap_or(u32::MAX);
        metrics::histogram!("hub_event_told_ms").record(f64::from(late_ms));
        self.shared.tell(self.tenant, entry).await;
    }

    async fn log_went_on(&mut self) -> bool {
        match store::events::head(&self.shared.store, self.tenant).await {
            Ok(head) => self.reached = self.reached.max(head),
            Err(error) => tracing::warn!(%error, "cannot look whether a log went on"),
        }
        self.reached >= self.next
    }

    /// Reads and tells what is missing. What the log does not give now, it gives at the next try.
    async fn read_log(&mut self) {
        metrics::counter!("hub_feed_log_reads_total").increment(1);
        loop {
            let page = match self.shared.entries_after(self.tenant, self.next - 1, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the log to close a hole; trying again");
                    return;
                }
            };
            let is_last = page.is_empty();
            for entry in page {
                if entry.seq == self.next {
                    self.tell(entry).await;
                }
            }
            self.waiting.retain(|seq, _| *seq >= self.next);
            self.tell_waiting().await;
            if is_last || self.reached < self.next {
                return;
            }
        }
    }
}
