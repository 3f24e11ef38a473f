//! What the hub sends on the socket.

use super::caller::Caller;
use super::detail::Detail;
use super::instant::Millis;
use super::problem::Problem;
use super::topic::Topic;
use super::views::{By, Job};
use super::workers::{Rows, ScheduleWorker};
use crate::domain::event::Kind;
use crate::domain::fix::WorkerStatus;
use crate::domain::ids::{DispatcherId, JobId, WorkerId};
use crate::domain::refusal::Gone;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A message from the hub. The tag is `t`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
#[ts(export)]
pub enum ServerMessage {
    /// The first message of every session.
    Welcome(Welcome),
    /// A topic as it stands, in parts.
    Snapshot(Snapshot),
    /// Something happened to a job.
    Event(Box<EventMessage>),
    /// Where workers are.
    Positions(Positions),
    /// How many workers and open jobs are in each cell of a map zoomed out.
    Cells(Cells),
    /// When the worker is expected.
    Eta(Eta),
    /// A worker's state on the schedule; the latest wins.
    Worker(WorkerState),
    /// The schedule's rows anew.
    Rows(Rows),
    /// Dispatchers who are there; the latest wins.
    Presence(Presence),
    /// A request was done.
    Ok(Okay),
    /// A request was refused.
    Refused(Refused),
    /// All fixes up to `n` are stored.
    Stored(Stored),
    /// Answer with `pong`.
    Ping(Ping),
}

/// The first message of every session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Welcome {
    /// The session's id.
    pub session: Uuid,
    /// The hub's clock, to measure the offset of the phone's.
    pub time_ms: Millis,
    /// Seconds between pings.
    pub heartbeat_s: u32,
    /// Another than before: forget `after`, subscribe afresh.
    pub epoch: Uuid,
    /// Who is connected.
    pub caller: Caller,
}

/// A topic as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct Snapshot {
    /// Of the subscription.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// Which.
    pub topic: Topic,
    /// Live events go on after this.
    pub seq: i64,
    /// At most 500.
    pub jobs: Vec<Job<Millis>>,
    /// On `schedule` its rows (up to 2,000 in a part), on `worker` the worker's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<Vec<ScheduleWorker>>,
    /// On `schedule`, in the first part: days on which the company is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string[]")]
    pub holidays: Option<Vec<Date>>,
    /// More parts follow.
    #[ts(optional = false)]
    pub more: bool,
    /// Unasked for, in the first part: what this portal user may do has changed, and this is how things stand for them now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
}

/// Something happened to a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct EventMessage {
    /// Through which topic it is told.
    pub topic: Topic,
    /// Its place in the tenant's log.
    pub seq: i64,
    /// When it happened.
    pub at: Millis,
    /// What happened.
    pub kind: Kind,
    /// The job right after it, as this audience sees it; none once it left the audience.
    pub job: Option<Arc<Job<Millis>>>,
    /// Which job.
    pub job_id: JobId,
    /// Who made it.
    pub by: By,
    /// Why it left the audience, for `job_removed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<Gone>,
    /// Its circumstances, for dispatchers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<Detail<Millis>>,
}

/// Where workers are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Positions {
    /// Through which topic it is told.
    pub topic: Topic,
    /// The latest of each.
    pub list: Vec<Position>,
    /// Workers who left the viewport.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<WorkerId>>", optional)]
    pub gone: Vec<WorkerId>,
}

/// `[worker, time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, status]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Position(pub WorkerId, pub Millis, pub f64, pub f64, pub Option<f32>, pub Option<f32>, pub Option<f32>, pub WorkerStatus);

/// Counts per cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Cells {
    /// H3 resolution of the cells.
    pub resolution: u8,
    /// Cells with anything in them, or that changed.
    pub list: Vec<CellCount>,
}

/// `[cell, workers, open_jobs]`; the cell as hexadecimal H3 index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct CellCount(pub String, pub u32, pub u32);

/// When the worker is expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Eta {
    /// Through which topic it is told.
    pub topic: Topic,
    /// At which job.
    pub job: JobId,
    /// Seconds from `at`.
    pub seconds: u32,
    /// Metres left; none without "see the worker".
    pub distance_m: Option<u32>,
    /// Of which instant's position.
    pub at: Millis,
    /// No router has said so: a guess by the straight line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub estimated: bool,
}

/// A worker's state on the schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct WorkerState {
    /// Who.
    pub worker: WorkerId,
    /// Their name.
    pub name: String,
    /// Working.
    pub on_duty: bool,
    /// Has an open socket.
    pub connected: bool,
    /// 0 to 1, if known.
    pub battery: Option<f32>,
    /// The time of the position shown.
    pub last_fix_at: Option<Millis>,
    /// The job they are on the way to or at.
    pub current_job: Option<JobId>,
}

/// Dispatchers who are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Presence {
    /// Each once.
    pub dispatchers: Vec<PresentDispatcher>,
}

/// A dispatcher who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PresentDispatcher {
    /// Who.
    pub id: DispatcherId,
    /// Their name.
    pub name: String,
    /// The job they have open.
    pub editing: Option<JobId>,
}

/// A request was done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct Okay {
    /// Of the request.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// The job as it now is, for commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Box<Job<Millis>>>,
    /// The event's number, for commands; the number reached, for subscriptions with `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

/// A request was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Refused {
    /// Of the request; none if it had none.
    #[serde(rename = "ref")]
    pub reference: Option<i64>,
    /// Why.
    pub problem: Problem,
}

/// All fixes up to `n` are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Stored {
    /// Cumulative.
    pub n: i64,
}

/// Answer with `pong`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Ping {
    /// The hub's clock.
    pub time_ms: Millis,
}
