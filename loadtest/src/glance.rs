//! A quick look at a frame: only what the crowd needs, so that the generator does not cost more than the hub.

use dispatch_hub::{
    client::{Error, Frame},
    domain::ids::JobId,
    protocol::{codec::Misfit, server::Position},
};
use serde::Deserialize;

/// What the crowd looks at.
#[derive(Debug)]
pub(crate) enum Glance {
    /// A part of a snapshot.
    Snapshot {
        /// Events go on after it.
        seq: i64,
        /// Not the last part.
        more: bool,
    },
    /// Something happened to a job.
    Event {
        /// Its number.
        seq: i64,
        /// What.
        kind: String,
        /// Which job.
        job_id: JobId,
        /// The job's notes.
        notes: Option<String>,
    },
    /// Somebody moved.
    Positions {
        /// Who, and when.
        list: Vec<Position>,
    },
    /// Something was refused.
    Refused {
        /// By name.
        problem: String,
    },
    /// Not looked at.
    Other,
}

#[derive(Deserialize)]
struct Tag {
    t: String,
}

#[derive(Deserialize)]
struct Snapshot {
    seq: i64,
    more: bool,
}

#[derive(Deserialize)]
struct Event {
    seq: i64,
    kind: String,
    job_id: JobId,
    job: Option<Notes>,
}

#[derive(Deserialize)]
struct Notes {
    notes: Option<String>,
}

#[derive(Deserialize)]
struct Positions {
    list: Vec<Position>,
}

#[derive(Deserialize)]
struct Refused {
    problem: Kind,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

impl Glance {
    /// Looks at a frame.
    pub(crate) fn at(frame: &Frame) -> Result<Self, Error> {
        Self::read(frame).map_err(|misfit| Error::Strange(format!("{}: {}", misfit.pointer, misfit.detail)))
    }

    fn read(frame: &Frame) -> Result<Self, Misfit> {
        Ok(match frame.decode::<Tag>()?.t.as_str() {
            "snapshot" => frame.decode().map(|Snapshot { seq, more }| Self::Snapshot { seq, more })?,
            "event" => {
                frame.decode().map(|Event { seq, kind, job_id, job }| Self::Event { seq, kind, job_id, notes: job.and_then(|job| job.notes) })?
            }
            "positions" => frame.decode().map(|Positions { list }| Self::Positions { list })?,
            "refused" => frame.decode().map(|Refused { problem }| Self::Refused { problem: problem.kind })?,
            _ => Self::Other,
        })
    }
}
