//! How a node's commits reach the feeds of all nodes. The only place that knows other nodes exist.
//!
//! What a bus loses is noticed by the feed, which counts, and read from the log.

use crate::domain::event::Event;
use crate::domain::ids::{JobId, TenantId};
use crate::domain::job::Job;
use dashmap::DashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A committed entry of a tenant's log.
#[derive(Debug, Clone)]
pub(super) struct Published {
    /// Its place in the log.
    pub(super) seq: i64,
    /// What happened.
    pub(super) event: Arc<Event>,
    /// To which job.
    pub(super) job_id: JobId,
    /// The job right after it; none if it was deleted.
    pub(super) job: Option<Arc<Job>>,
}

/// What a feed gets.
#[derive(Debug, Clone)]
pub(super) enum Notice {
    /// An entry.
    Entry(Published),
    /// The log reaches at least this far.
    Reached(i64),
}

/// The way to the feeds.
pub(super) enum Bus {
    /// One node: straight into each tenant's feed.
    Local {
        /// By tenant.
        feeds: DashMap<TenantId, mpsc::Sender<Notice>>,
    },
}

impl Bus {
    /// One node.
    pub(super) fn local() -> Self {
        Self::Local { feeds: DashMap::new() }
    }

    /// Joins a tenant's feed to the bus.
    pub(super) fn attach(&self, tenant: TenantId, feed: mpsc::Sender<Notice>) {
        let Self::Local { feeds } = self;
        feeds.insert(tenant, feed);
    }

    /// Hands on what was committed, in order. Never waits: a full feed misses it, notices the hole and reads the log.
    pub(super) fn publish(&self, tenant: TenantId, notice: Notice) {
        let Self::Local { feeds } = self;
        let Some(feed) = feeds.get(&tenant) else { return };
        if feed.try_send(notice).is_err() {
            metrics::counter!("hub_bus_missed_total").increment(1);
        }
    }
}
