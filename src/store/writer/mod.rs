//! Group commit: lanes that turn many commands or many fixes into one durable statement.
//!
//! A lane writes what queued while its last batch committed; there is no timer. Command lanes go by hash of the tenant,
//! because the tenant's counter row lets one commit through at a time; fix lanes go by hash of the worker, which keeps
//! each worker's order. Nothing is answered before its COMMIT has returned. While Postgres is away a lane goes on trying
//! with the same ids, tells its callers `Busy`, and lets nobody new in.

mod command_lane;
mod commands;
mod fixes;
mod link;
mod statement;
#[cfg(test)]
mod tests;

pub use commands::{Change, CommandLanes, Committed, Outcome, Published};
pub use fixes::{FixLanes, FixRow, Stored};

/// The lane is full, or Postgres has been away for a while. Nothing is known about the change: it may still be
/// written, and asking again with the same command id gives the one true answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("busy, try again")]
pub struct Busy;

/// Metric names of the lanes, with what they count.
pub const METRICS: [(&str, &str); 6] = [
    (BATCH_SIZE, "histogram, by lane: commands or fixes in one commit"),
    (COMMIT_SECONDS, "histogram, by lane: how long one commit took"),
    (RETRIES, "counter, by lane and fault: commits that had to be tried again"),
    (BUSY, "counter, by lane: calls that were told to try again"),
    (REFUSED, "counter, by lane: commands or fixes that Postgres cannot store"),
    (QUEUED, "gauge, by lane: commands or fixes that wait for their commit"),
];

/// A number of things, as metrics want it.
fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).unwrap_or(u32::MAX))
}

const BATCH_SIZE: &str = "hub_store_batch_size";
const COMMIT_SECONDS: &str = "hub_store_commit_seconds";
const RETRIES: &str = "hub_store_retries_total";
const BUSY: &str = "hub_store_busy_total";
const REFUSED: &str = "hub_store_refused_total";
const QUEUED: &str = "hub_store_queued";
