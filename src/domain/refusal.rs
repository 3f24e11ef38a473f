//! What the rules say no with: values, no words. `protocol::problem` puts them into words.

use super::job::Status;
use serde::{Deserialize, Serialize};

/// Why a command or a new job was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The caller's role never has this command, or the permission is missing.
    Forbidden,
    /// The job is not there, or not the caller's: the two look alike.
    Missing,
    /// The job's status does not allow it.
    IllegalTransition(Status),
    /// Steps are done in order; this one is next.
    WrongStep {
        /// Index of the step that is next, if any is left.
        expected: Option<usize>,
    },
    /// Nothing is done on a paused job but resuming it.
    Paused,
    /// A worker may undo for ten seconds only.
    UndoTooLate,
    /// The worker once had this job.
    NoLongerYours {
        /// The job's number.
        number: i64,
        /// Why it went.
        reason: Gone,
    },
    /// Fields that must be filled first.
    RequiredFields(Vec<Fault>),
    /// What was sent does not fit, member by member.
    Invalid(Vec<Fault>),
    /// Nobody is free at the requested time, or it is none that may be asked for.
    TimeNotAvailable,
    /// The caller looked at an older version than the one that now stands.
    Conflict,
}

/// Why a job left an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Another worker has it now.
    Reassigned,
    /// It was taken back from the worker.
    Unpublished,
    /// The worker declined it.
    Declined,
    /// It was called off.
    Cancelled,
    /// It was deleted.
    Deleted,
    /// The viewer's permission went.
    NotPermitted,
}

/// One member that does not fit: a JSON pointer into what was sent, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901), for example `/steps/0/address/text`.
    pub pointer: String,
    /// What is wrong there.
    pub why: Why,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn at(pointer: impl Into<String>, why: Why) -> Self {
        Self { pointer: pointer.into(), why }
    }
}

/// What can be wrong with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It must be there.
    Required,
    /// There is no such member here.
    Unknown,
    /// It names something that is not there, or not the caller's: the two look alike.
    NotFound,
    /// It may be seen, not changed.
    ReadOnly,
    /// Another JSON type is expected, named here.
    Expected(&'static str),
    /// More characters than allowed.
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// Outside of a range, given in words.
    OutOfRange(&'static str),
    /// Not one of the choices.
    NotAnOption,
    /// The end is not after the start.
    EndBeforeStart,
    /// It lies in the past.
    Past,
    /// A local time that the daylight-saving change skips.
    SkippedLocalTime,
    /// Control characters are not text.
    ControlCharacter,
    /// The same value twice.
    Repeated,
    /// Somebody else has it.
    Taken,
    /// Text of this colour cannot be read on white; its contrast there in hundredths.
    Contrast(u16),
    /// Who fills it in cannot: what it belongs to is not theirs to fill in.
    Unfillable,
}
