//! What clients send on the socket, and the body of a command, which HTTP shares.

use super::codec::{Encoding, Misfit};
use super::instant::Millis;
use super::topic::Topic;
use crate::domain::field::TEXT_MAX;
use crate::domain::ids::{JobId, WorkerId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A message from a client. The tag is `t`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(tag = "t", rename_all = "snake_case")]
#[ts(export)]
pub enum ClientMessage {
    /// Join a topic.
    Subscribe(Subscribe),
    /// Leave a topic.
    Unsubscribe(Unsubscribe),
    /// What part of the earth the dispatcher's map shows.
    Viewport(Viewport),
    /// Ask something of a job.
    Command(CommandMessage),
    /// Measured positions of a worker.
    Fixes(Fixes),
    /// A worker goes on or off duty.
    Duty(Duty),
    /// The job that a dispatcher has open.
    Editing(Editing),
    /// The answer to a ping.
    Pong(Pong),
}

/// Join a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct Subscribe {
    /// Chosen by the client, echoed in the answer.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// Which.
    pub topic: Topic,
    /// The last `seq` that the client has: only what it missed is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// `schedule` only: start of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Millis>,
    /// `schedule` only: end of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Millis>,
}

/// Leave a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Unsubscribe {
    /// Chosen by the client, echoed in the answer.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// Which.
    pub topic: Topic,
}

/// What part of the earth a map shows: degrees of WGS 84, and its zoom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "the edges of a box")]
pub struct Viewport {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
    pub zoom: f64,
}

/// A command on the socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct CommandMessage {
    /// Chosen by the client, echoed in the answer.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// The idempotency key.
    pub id: Uuid,
    /// Of which job.
    pub job: JobId,
    /// What.
    #[serde(flatten)]
    pub body: CommandBody<Millis>,
}

/// The names of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
#[expect(missing_docs, reason = "product.md §2 describes each")]
pub enum Do {
    Allocate,
    Unallocate,
    Publish,
    Unpublish,
    Accept,
    Decline,
    EnRoute,
    CompleteStep,
    UndoStep,
    Pause,
    Resume,
    Cancel,
    Reopen,
    Reschedule,
    MarkSeen,
}

/// A command with its members, the same over HTTP and on the socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct CommandBody<I> {
    /// What.
    #[serde(rename = "do")]
    pub verb: Do,
    /// When it happened; counts for workers only.
    #[serde(default = "none::<I>", skip_serializing_if = "Option::is_none")]
    pub at: Option<I>,
    /// The version that the caller looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// For allocate and reschedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// For allocate and reschedule.
    #[serde(default = "none::<I>", skip_serializing_if = "Option::is_none")]
    pub start: Option<I>,
    /// For allocate and reschedule.
    #[serde(default = "none::<I>", skip_serializing_if = "Option::is_none")]
    pub end: Option<I>,
    /// For decline and cancel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_MAX))]
    pub reason: Option<String>,
    /// For `complete_step`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// For `complete_step`: values by field key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "Record<string, unknown>")]
    pub fields: Option<Map<String, Value>>,
}

impl<I> CommandBody<I> {
    /// The command alone, without any member.
    pub fn bare(verb: Do) -> Self {
        Self { verb, at: None, version: None, worker: None, start: None, end: None, reason: None, step: None, fields: None }
    }
}

fn none<I>() -> Option<I> {
    None
}

/// Measured positions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct Fixes {
    /// Rises per session; echoed in `stored`.
    pub n: i64,
    /// 1 to 500.
    pub fixes: Vec<RawFix>,
    /// Which device measured; `app` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// `[time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery 0..1]`; null is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct RawFix(pub i64, pub f64, pub f64, pub Option<f32>, pub Option<f32>, pub Option<f32>, pub Option<f32>);

/// A worker goes on or off duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Duty {
    /// Chosen by the client, echoed in the answer.
    #[serde(rename = "ref")]
    pub reference: i64,
    /// On duty or off.
    pub on: bool,
}

/// The job that a dispatcher has open, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Editing {
    /// Which.
    pub job: Option<JobId>,
}

/// The answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Pong {
    /// The client's clock.
    pub time_ms: i64,
}

/// Why a frame could not be taken as a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecodable {
    /// Not a map with `t` at all: the protocol itself is broken.
    Broken,
    /// A map with `t`, but `t` is none of ours.
    UnknownMessage {
        /// The client's `ref`, if there is one.
        reference: Option<i64>,
    },
    /// A member does not fit.
    Misfit {
        /// The client's `ref`, if there is one.
        reference: Option<i64>,
        /// What and why.
        misfit: Misfit,
    },
}

#[derive(Deserialize)]
struct Envelope {
    t: String,
    #[serde(default, rename = "ref")]
    reference: Option<Value>,
}

#[derive(Deserialize)]
struct CommandHead {
    #[serde(rename = "ref")]
    reference: i64,
    id: Uuid,
    job: JobId,
}

impl ClientMessage {
    /// Reads a frame. The tag first, then the message it names: errors point at members, and fixes are not buffered.
    pub fn decode(encoding: Encoding, frame: &[u8]) -> Result<Self, Undecodable> {
        if !encoding.begins_map(frame) {
            return Err(Undecodable::Broken);
        }
        let envelope: Envelope = encoding.decode(frame).map_err(|_not_a_map| Undecodable::Broken)?;
        let reference = envelope.reference.as_ref().and_then(Value::as_i64);
        let misfit = |misfit| Undecodable::Misfit { reference, misfit };
        Ok(match envelope.t.as_str() {
            "subscribe" => Self::Subscribe(encoding.decode(frame).map_err(misfit)?),
            "unsubscribe" => Self::Unsubscribe(encoding.decode(frame).map_err(misfit)?),
            "viewport" => Self::Viewport(encoding.decode(frame).map_err(misfit)?),
            "fixes" => Self::Fixes(encoding.decode(frame).map_err(misfit)?),
            "duty" => Self::Duty(encoding.decode(frame).map_err(misfit)?),
            "editing" => Self::Editing(encoding.decode(frame).map_err(misfit)?),
            "pong" => Self::Pong(encoding.decode(frame).map_err(misfit)?),
            "command" => {
                let head: CommandHead = encoding.decode(frame).map_err(misfit)?;
                let body = encoding.decode(frame).map_err(misfit)?;
                Self::Command(CommandMessage { reference: head.reference, id: head.id, job: head.job, body })
            }
            _ => return Err(Undecodable::UnknownMessage { reference }),
        })
    }
}
