//! Problems (RFC 9457): one object for HTTP answers and refusals on the socket, and the words for every refusal.

use crate::domain::job::Status;
use crate::domain::refusal::{Fault, Gone, Refusal, Why};
use serde::{Deserialize, Serialize};

/// The catalogue of problems. The last part of a problem's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the titles below are the documentation")]
pub enum Name {
    NotAuthenticated,
    Forbidden,
    Missing,
    Invalid,
    Conflict,
    IllegalTransition,
    WrongStep,
    RequiredFields,
    Paused,
    UndoTooLate,
    NoLongerYours,
    IdempotencyMismatch,
    TimeNotAvailable,
    PortalOff,
    TooManyRequests,
    Busy,
    Unreadable,
    Internal,
}

impl Name {
    /// As in `/problems/<name>`.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::Forbidden => "forbidden",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::IllegalTransition => "illegal_transition",
            Self::WrongStep => "wrong_step",
            Self::RequiredFields => "required_fields",
            Self::Paused => "paused",
            Self::UndoTooLate => "undo_too_late",
            Self::NoLongerYours => "no_longer_yours",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::TimeNotAvailable => "time_not_available",
            Self::PortalOff => "portal_off",
            Self::TooManyRequests => "too_many_requests",
            Self::Busy => "busy",
            Self::Unreadable => "unreadable",
            Self::Internal => "internal",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "Log in first",
            Self::Forbidden => "You may not do this",
            Self::Missing => "Not found",
            Self::Invalid => "Something sent does not fit",
            Self::Conflict => "Somebody changed it meanwhile",
            Self::IllegalTransition => "The job's status does not allow this",
            Self::WrongStep => "Steps are done in order",
            Self::RequiredFields => "Required fields are empty",
            Self::Paused => "The job is paused",
            Self::UndoTooLate => "Too late to undo",
            Self::NoLongerYours => "This job is no longer yours",
            Self::IdempotencyMismatch => "This id was used for something else",
            Self::TimeNotAvailable => "This time is no longer available",
            Self::PortalOff => "The portal is not available",
            Self::TooManyRequests => "Too many requests",
            Self::Busy => "Busy, please retry",
            Self::Unreadable => "Not readable",
            Self::Internal => "Something went wrong here",
        }
    }

    /// The HTTP status that goes with it; also in the socket's copy, so that clients have one object.
    pub fn status(self) -> u16 {
        match self {
            Self::Unreadable => 400,
            Self::NotAuthenticated => 401,
            Self::Forbidden | Self::PortalOff => 403,
            Self::Missing => 404,
            Self::Invalid | Self::RequiredFields => 422,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Busy => 503,
            _ => 409,
        }
    }
}

/// What was refused and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Problem {
    /// `/problems/<name>`: stable, what programs switch on.
    #[serde(rename = "type")]
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// In a sentence, for people.
    pub detail: String,
    /// Member by member, for `invalid`, `required_fields` and `time_not_available`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<FieldError>>", optional)]
    pub errors: Vec<FieldError>,
    /// The job's status, for `illegal_transition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub job_status: Option<Status>,
    /// The step that is next, for `wrong_step`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expected_step: Option<usize>,
    /// The job's number, for `no_longer_yours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub number: Option<String>,
    /// Why it went, for `no_longer_yours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<Gone>,
}

/// What is wrong with one member of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct FieldError {
    /// JSON pointer into what was sent.
    pub pointer: String,
    /// In words.
    pub detail: String,
}

impl Problem {
    /// A problem with its own title as detail.
    pub fn new(name: Name) -> Self {
        Self::with_detail(name, name.title())
    }

    /// A problem with words of its own.
    pub fn with_detail(name: Name, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{}", name.text()),
            title: name.title().to_owned(),
            status: name.status(),
            detail: detail.into(),
            errors: Vec::new(),
            job_status: None,
            expected_step: None,
            number: None,
            reason: None,
        }
    }

    /// `invalid` at one member.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into() };
        Self { detail: error.detail.clone(), errors: vec![error], ..Self::new(Name::Invalid) }
    }

    /// `/problems/<name>` without the path.
    pub fn name(&self) -> &str {
        self.kind.strip_prefix("/problems/").unwrap_or(&self.kind)
    }

    fn with_faults(name: Name, faults: &[Fault]) -> Self {
        let errors: Vec<FieldError> = faults.iter().map(|fault| FieldError { pointer: fault.pointer.clone(), detail: words(&fault.why) }).collect();
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            many => format!("{} members do not fit", many.len()),
        };
        Self { errors, ..Self::with_detail(name, detail) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden => Self::new(Name::Forbidden),
            Refusal::Missing => Self::new(Name::Missing),
            Refusal::Conflict => Self::new(Name::Conflict),
            Refusal::TimeNotAvailable => {
                let error = FieldError { pointer: "/requested_start".into(), detail: Name::TimeNotAvailable.title().to_owned() };
                Self { errors: vec![error], ..Self::with_detail(Name::TimeNotAvailable, "Please choose another time") }
            }
            Refusal::Paused => Self::with_detail(Name::Paused, "Resume the job first"),
            Refusal::UndoTooLate => Self::with_detail(Name::UndoTooLate, "A step can be undone for 10 seconds; ask a dispatcher"),
            Refusal::IllegalTransition(status) => {
                let detail = format!("The job is {}", status_word(status));
                Self { job_status: Some(status), ..Self::with_detail(Name::IllegalTransition, detail) }
            }
            Refusal::WrongStep { expected } => {
                let detail = expected.map_or("All steps are done".to_owned(), |step| format!("Step {} is next", step + 1));
                Self { expected_step: expected, ..Self::with_detail(Name::WrongStep, detail) }
            }
            Refusal::NoLongerYours { number, reason } => {
                let detail = match reason {
                    Gone::Reassigned => "Another worker has it now",
                    Gone::Cancelled => "It was called off",
                    Gone::Deleted => "It was deleted",
                    Gone::Unpublished | Gone::Declined | Gone::NotPermitted => "It was taken back",
                };
                // Of the ways a job leaves a phone, the contract names three.
                let reason = if matches!(reason, Gone::Cancelled | Gone::Deleted) { reason } else { Gone::Reassigned };
                Self { number: Some(format!("J-{number}")), reason: Some(reason), ..Self::with_detail(Name::NoLongerYours, detail) }
            }
            Refusal::RequiredFields(faults) => Self::with_faults(Name::RequiredFields, &faults),
            Refusal::Invalid(faults) => Self::with_faults(Name::Invalid, &faults),
        }
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Unassigned => "unassigned",
        Status::Allocated => "allocated",
        Status::Pending => "pending",
        Status::Assigned => "assigned",
        Status::Started => "started",
        Status::Completed => "completed",
        Status::Cancelled => "cancelled",
    }
}

/// The words for what is wrong with a member.
pub fn words(why: &Why) -> String {
    match why {
        Why::Required => "This is required".into(),
        Why::Unknown => "There is no such member here".into(),
        Why::NotFound => "There is no such thing".into(),
        Why::ReadOnly => "This cannot be changed".into(),
        Why::Expected(what) => format!("Expected {what}"),
        Why::TooLong { max } => format!("At most {max} characters"),
        Why::OutOfRange(range) => format!("Must be within {range}"),
        Why::NotAnOption => "Not one of the choices".into(),
        Why::EndBeforeStart => "The end must be after the start".into(),
        Why::Past => "This lies in the past".into(),
        Why::SkippedLocalTime => "This local time is skipped by the daylight-saving change".into(),
        Why::ControlCharacter => "Control characters are not allowed".into(),
        Why::Repeated => "This is there twice".into(),
        Why::Taken => "Somebody else has this already".into(),
        Why::Contrast(ratio) => {
            format!("Its contrast with white is {}.{:02}:1; texts need 4.5:1 to be readable", ratio / 100, ratio % 100)
        }
        Why::Unfillable => "Nobody could fill this in: the step that it belongs to is not theirs to fill in".into(),
    }
}
