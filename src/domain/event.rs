//! What happened to a job: the log's entries. One command makes one event per job that it changes.

use super::at::At;
use super::caller::{By, ByKind};
use super::command::{AssetRef, Contact, WorkerRef};
use super::difference::Difference;
use super::field::Field;
use super::file::FileRef;
use super::ids::{CustomerId, WorkerId};
use super::invoice::Line;
use super::job::{Source, Status};
use super::step::{Address, Done};
use serde::{Deserialize, Serialize};

/// The kinds of events, as the wire names them. The numbers are stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Kind {
    /// It came to be.
    JobCreated = 1,
    /// What it says changed.
    JobEdited = 2,
    /// Placed on a row.
    JobAllocated = 3,
    /// Taken off the row.
    JobUnallocated = 4,
    /// The worker may see it and has to accept.
    JobPublished = 5,
    /// Taken back from the worker.
    JobUnpublished = 6,
    /// It has a worker who will do it.
    JobAssigned = 7,
    /// The worker will not do it.
    JobDeclined = 8,
    /// Moved in time or to another worker.
    JobRescheduled = 9,
    /// The worker is on the way.
    JobEnRoute = 10,
    /// The first step is done.
    JobStarted = 11,
    /// A step in the middle is done.
    JobStepCompleted = 12,
    /// A step was not done after all.
    JobStepUndone = 13,
    /// Work stopped for now.
    JobPaused = 14,
    /// Work goes on.
    JobResumed = 15,
    /// The last step is done.
    JobCompleted = 16,
    /// Called off.
    JobCancelled = 17,
    /// Not called off after all.
    JobReopened = 18,
    /// A dispatcher opened it.
    JobSeen = 19,
    /// Invoice lines changed.
    JobInvoiceChanged = 20,
    /// The worker arrived.
    JobArrived = 21,
    /// The worker left.
    JobLeft = 22,
    /// Removed for good.
    JobDeleted = 23,
    /// It left the audience. Never stored: made when projecting.
    JobRemoved = 24,
    /// The worker who is on the way is nearly there.
    JobNearby = 25,
}

impl Kind {
    /// All that are stored.
    pub const STORED: [Self; 24] = [
        Self::JobCreated,
        Self::JobEdited,
        Self::JobAllocated,
        Self::JobUnallocated,
        Self::JobPublished,
        Self::JobUnpublished,
        Self::JobAssigned,
        Self::JobDeclined,
        Self::JobRescheduled,
        Self::JobEnRoute,
        Self::JobStarted,
        Self::JobStepCompleted,
        Self::JobStepUndone,
        Self::JobPaused,
        Self::JobResumed,
        Self::JobCompleted,
        Self::JobCancelled,
        Self::JobReopened,
        Self::JobSeen,
        Self::JobInvoiceChanged,
        Self::JobArrived,
        Self::JobLeft,
        Self::JobDeleted,
        Self::JobNearby,
    ];

    /// The bit of the masks that webhooks store.
    pub fn bit(self) -> i64 {
        1 << self as i16
    }

    /// Its name as webhooks say it: the noun, a dot, what happened.
    pub fn dotted(self) -> String {
        let word = serde_json::to_value(self).ok().and_then(|word| word.as_str().map(ToOwned::to_owned)).unwrap_or_default();
        word.replacen('_', ".", 1)
    }

    /// The kind of a dotted name.
    pub fn from_dotted(name: &str) -> Option<Self> {
        Self::STORED.into_iter().find(|kind| kind.dotted() == name)
    }

    /// The kind with this stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::STORED.into_iter().find(|kind| *kind as i16 == number)
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened, as the wire names it.
    pub kind: Kind,
    /// When it happened.
    pub at: At,
    /// When the hub learned of it.
    pub received_at: At,
    /// Who made it.
    pub by: By,
    /// From where.
    pub source: Source,
    /// What changed.
    pub change: Change,
    /// Files that came to the job with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRef>,
    /// Whose the job was just before: decides who is told that it left them.
    pub before: Before,
    /// Whether it changed anything that a portal user with every permission can see.
    pub portal_visible: bool,
    /// Whether that is to be seen on the invoice alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_invoice_only: bool,
    /// What it made of the members that people fill in or plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

impl Event {
    /// What is left of an entry once its job was deleted: that it was, and when. It keeps its place, so that the log has no hole.
    pub fn emptied(kind: Kind, at: At) -> Self {
        Self {
            kind,
            at,
            received_at: at,
            by: By { kind: ByKind::Hub, id: None, name: String::new() },
            source: Source::Hub,
            change: Change::Seen,
            files: Vec::new(),
            before: Before { customer: CustomerId(uuid::Uuid::nil()), phone: None, status: None },
            portal_visible: false,
            on_invoice_only: false,
            differences: Vec::new(),
        }
    }
}

/// Whose a job was before an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Its customer.
    pub customer: CustomerId,
    /// The worker on whose phone it was, if on any.
    pub phone: Option<WorkerId>,
    /// Its status; none for a job that just came to be.
    pub status: Option<Status>,
}

/// What an event changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It came to be; the whole job is its own record.
    Created,
    /// Placed, or moved to another row and taken back from the first phone.
    Allocated {
        /// Whose row.
        worker: WorkerRef,
        /// Planned start.
        start: At,
        /// Planned end.
        end: At,
    },
    /// Off the row.
    Unallocated,
    /// Waits for the worker's word.
    Published,
    /// Has a worker who will do it.
    Assigned {
        /// Publishing alone did it.
        by_itself: bool,
    },
    /// Back on the row.
    Unpublished,
    /// The worker will not do it.
    Declined {
        /// Who.
        worker: WorkerRef,
        /// Why.
        reason: String,
    },
    /// Moved; the status stays.
    Rescheduled {
        /// Whose row.
        worker: WorkerRef,
        /// Planned start.
        start: At,
        /// Planned end.
        end: At,
    },
    /// On the way.
    EnRoute,
    /// Another job of the worker went en route.
    EnRouteEnded,
    /// On the way, and nearly there.
    Nearby,
    /// A step is done.
    StepDone {
        /// Its index.
        step: usize,
        /// Its fields as filled.
        fields: Vec<Field>,
        /// When.
        done: Done,
    },
    /// A step is open again.
    StepUndone {
        /// Its index.
        step: usize,
    },
    /// The worker came to a step's address, as their fixes tell.
    Arrived {
        /// Its index.
        step: usize,
        /// By the fix's time.
        at: At,
    },
    /// The worker went away from it.
    Left {
        /// Its index.
        step: usize,
        /// By the fix's time.
        at: At,
    },
    /// Work stopped for now.
    Paused,
    /// Work goes on.
    Resumed,
    /// Called off.
    Cancelled {
        /// Why.
        reason: Option<String>,
    },
    /// Open again.
    Reopened,
    /// Opened by a dispatcher.
    Seen,
    /// What it says changed.
    Edited(Box<Edited>),
    /// Gone. Kept for those who ask about it later.
    Deleted {
        /// Its number.
        number: i64,
        /// Workers on whose phones it once was.
        workers: Vec<WorkerId>,
    },
}

/// The members of a job after an edit that changed them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edited {
    /// When the customer would like it.
    #[serde(with = "present", skip_serializing_if = "Option::is_none")]
    pub requested_start: Option<Option<At>>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_min: Option<u32>,
    /// The asset.
    #[serde(with = "present", skip_serializing_if = "Option::is_none")]
    pub asset: Option<Option<AssetRef>>,
    /// Whom to call.
    #[serde(with = "present", skip_serializing_if = "Option::is_none")]
    pub contact: Option<Option<Contact>>,
    /// Notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Notes for dispatchers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_notes: Option<String>,
    /// Steps whose address or fields changed: index, address, fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<(usize, Option<Address>, Vec<Field>)>,
    /// Fields of the job, all of them, if any changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
    /// Lines of the invoice, all of them, if any changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_lines: Option<Vec<Line>>,
    /// A portal user did it: dispatchers see a mark.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_customer: bool,
}

impl Edited {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        Self { by_customer: false, ..self.clone() } == Self::default()
    }

    /// Whether the invoice changed and nothing else.
    pub fn is_invoice_only(&self) -> bool {
        self.invoice_lines.is_some() && Self { invoice_lines: None, ..self.clone() }.is_empty()
    }
}

/// Tells an absent member from one that is there and empty.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::option_option, clippy::ref_option, reason = "serde gives the signature; absent and emptied differ")]
    pub(super) fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    #[expect(clippy::option_option, reason = "absent and emptied differ")]
    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}
