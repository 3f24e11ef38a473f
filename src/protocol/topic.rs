//! What a socket can subscribe to.

use crate::domain::ids::JobId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// A topic, on the wire `schedule`, `map`, `portal`, `worker` or `job/<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ts_rs::TS, schemars::JsonSchema)]
#[ts(type = "string")]
pub enum Topic {
    /// Dispatchers: every job event of the tenant.
    Schedule,
    /// Dispatchers: positions by viewport.
    Map,
    /// A portal user: events, positions and ETA of the jobs they may see.
    Portal,
    /// A worker: their own jobs.
    Worker,
    /// Who may see the job: its events, its worker's position while the gate is open, ETA.
    Job(JobId),
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule => f.write_str("schedule"),
            Self::Map => f.write_str("map"),
            Self::Portal => f.write_str("portal"),
            Self::Worker => f.write_str("worker"),
            Self::Job(id) => write!(f, "job/{id}"),
        }
    }
}

impl FromStr for Topic {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "schedule" => Ok(Self::Schedule),
            "map" => Ok(Self::Map),
            "portal" => Ok(Self::Portal),
            "worker" => Ok(Self::Worker),
            other => {
                let id = other.strip_prefix("job/").and_then(|id| id.parse().ok()).ok_or(())?;
                Ok(Self::Job(JobId(id)))
            }
        }
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::custom("expected schedule, map, portal, worker or job/<id>"))
    }
}
