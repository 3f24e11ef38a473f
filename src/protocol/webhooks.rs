//! Webhooks on the wire: the addresses that are told of events, and the calls to them.

use super::instant::Rfc3339;
use crate::domain::ids::JobId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest name of a webhook, characters.
pub const NAME_MAX: usize = 80;
/// The longest address, bytes.
pub const URL_MAX: usize = 500;

/// A webhook of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Of which events it is told, for example `job.completed`.
    pub events: Vec<String>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why not, if nobody here wanted that.
    pub disabled_why: Option<String>,
    /// When it was made.
    pub created_at: Rfc3339,
    /// `whsec_…`, with which its calls are signed. Shown once: when it is made, and when it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub secret: Option<String>,
}

/// A new webhook, or a change of one; absent members stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
#[serde(default)]
pub struct WebhookBody {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = NAME_MAX))]
    pub name: Option<String>,
    /// Where it is: `https://`, on the public internet. Needed for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = URL_MAX))]
    pub url: Option<String>,
    /// Of which events it is told; of all, if absent in a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Whether it is told anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be made, or made again.
    Waiting,
    /// The receiver took it.
    Sent,
    /// It was given up.
    Dead,
}

/// A call to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Delivery {
    /// The event's place in the company's log; 0 for a test.
    pub seq: i64,
    /// Its type, for example `job.completed`.
    pub event: String,
    pub job: Option<JobId>,
    pub state: DeliveryState,
    pub tries: i16,
    /// The receiver's last HTTP status.
    pub status: Option<i16>,
    /// What the last attempt failed with.
    pub error: Option<String>,
    pub created_at: Rfc3339,
    pub sent_at: Option<Rfc3339>,
    /// When it is tried next.
    pub due_at: Option<Rfc3339>,
}

/// Since when to tell again what was not taken.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct ReplayBody {
    /// RFC 3339; at most 30 days ago.
    #[ts(type = "string")]
    pub since: String,
}

/// What a replay planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Replayed {
    /// So many calls, at most 10,000 at a time.
    pub calls: u64,
}
