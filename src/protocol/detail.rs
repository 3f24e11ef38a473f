//! What only dispatchers are told of an event: from where it came, when the hub learned of it, and both values of what changed.

use crate::domain::At;
use crate::domain::difference::{Difference, Worth};
use crate::domain::event::{Change, Event};
use crate::domain::job::Source;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An event's circumstances, for staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Detail<I> {
    /// From where: portal, dispatcher, api, worker, hub.
    pub source: Source,
    /// When the hub learned of it.
    pub received_at: I,
    /// The reason that was given for declining or cancelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
    /// Members of the job that changed.
    #[serde(default = "Vec::<Changed>::new", skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<Changed>>", optional)]
    pub changes: Vec<Changed>,
}

/// A member of a job before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Changed {
    /// A pointer into the job.
    pub member: String,
    /// The template's words for it; empty for the built-in parts.
    pub label: String,
    /// What it was; an instant in the spelling of its channel.
    #[ts(type = "unknown")]
    pub before: Value,
    /// What it became.
    #[ts(type = "unknown")]
    pub after: Value,
}

impl<I: From<At> + Serialize> Detail<I> {
    /// Of this event.
    pub fn of(event: &Event) -> Self {
        let reason = match &event.change {
            Change::Cancelled { reason } => reason.clone(),
            Change::Declined { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        let changes = event.differences.iter().map(changed::<I>).collect();
        Self { source: event.source, received_at: event.received_at.into(), reason, changes }
    }
}

fn changed<I: From<At> + Serialize>(difference: &Difference) -> Changed {
    let value = |worth: &Worth| match worth {
        Worth::At(at) => json!(I::from(*at)),
        Worth::Value(value) => value.clone(),
    };
    Changed { member: difference.member.clone(), label: difference.label.clone(), before: value(&difference.before), after: value(&difference.after) }
}
