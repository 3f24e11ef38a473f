//! A job: what it is. How it is made is in `create`, what may happen to it in `decide`, what then changes in `apply`.

mod apply;
mod create;
mod decide;
mod listing;
mod visit;

#[cfg(test)]
pub(in crate::domain) mod tests;

pub use create::{DURATION_MAX, NewJob, PAST_MS, Placement};
pub use decide::Asked;
pub use listing::{Listing, words};
pub use visit::{FencedStep, Sighting};

use super::alert::Announced;
use super::at::At;
use super::command::{AssetRef, Contact, WorkerRef};
use super::field::Field;
use super::file::FileRef;
use super::ids::{CustomerId, JobId, TemplateId, TenantId, WorkerId};
use super::invoice::Invoice;
use super::refusal::Gone;
use super::step::Step;
use super::template::Parts;
use serde::{Deserialize, Serialize};

/// Where a job is in its life. The numbers are stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Status {
    /// No final start time and worker.
    Unassigned = 1,
    /// Placed on a row, not published.
    Allocated = 2,
    /// Published, the worker has not accepted yet.
    Pending = 3,
    /// Has a worker who will do it, and a planned start.
    Assigned = 4,
    /// At least the first step is done.
    Started = 5,
    /// The last step is done.
    Completed = 6,
    /// Called off.
    Cancelled = 7,
}

impl Status {
    /// All of them, in the order of a job's life.
    pub const ALL: [Self; 7] = [Self::Unassigned, Self::Allocated, Self::Pending, Self::Assigned, Self::Started, Self::Completed, Self::Cancelled];

    /// The status with this stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as i16 == number)
    }

    /// Neither completed nor cancelled.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// Where a job or a change came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The portal.
    Portal,
    /// A dispatcher's screen.
    Dispatcher,
    /// A program with a token.
    Api,
    /// A worker's phone.
    Worker,
    /// The hub itself.
    Hub,
}

/// A job type as a job remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// Which.
    pub id: TemplateId,
    /// Its name then.
    pub name: String,
    /// Its colour then.
    pub colour: String,
}

/// A customer as a job remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRef {
    /// Which.
    pub id: CustomerId,
    /// Its name then.
    pub name: String,
}

/// A worker's place in the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Planned start.
    pub start: At,
    /// Planned end.
    pub end: At,
}

/// A worker said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Who.
    pub worker: WorkerRef,
    /// Why.
    pub reason: String,
    /// When.
    pub at: At,
}

/// A job as it stands. `tenant`, `number` and `version` are columns of their own in the store and set when loading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "marks that come and go by themselves")]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose.
    #[serde(skip, default = "no_tenant")]
    pub tenant: TenantId,
    /// The number in `J-1042`.
    #[serde(skip)]
    pub number: i64,
    /// Rises by one per event.
    #[serde(skip)]
    pub version: i64,
    /// The version of the last event that changed what dispatchers and workers see (opening a job does not).
    pub staff_version: i64,
    /// The version of the last event that changed what a portal user can see.
    pub portal_version: i64,
    /// The version of the last event that changed nothing for a portal user but the invoice.
    #[serde(default)]
    pub invoice_version: i64,
    /// Its type.
    pub template: TemplateRef,
    /// For whom.
    pub customer: CustomerRef,
    /// Where in its life.
    pub status: Status,
    /// Work stopped for now.
    pub paused: bool,
    /// The worker is on the way.
    pub en_route: bool,
    /// It was told that this worker is nearly there: once for each worker.
    #[serde(default)]
    pub nearby: bool,
    /// What customers were told last of who comes when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
    /// When it last became a job that the worker may be watched at: en route, started, resumed.
    pub marked_at: Option<At>,
    /// Since when it waits for its worker's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_since: Option<At>,
    /// Publishing alone assigned it, so the worker may still decline.
    pub auto_assigned: bool,
    /// Whose row.
    pub worker: Option<WorkerRef>,
    /// When the customer would like it.
    pub requested_start: Option<At>,
    /// When it is planned.
    pub scheduled: Option<Slot>,
    /// When the first step was done.
    pub actual_start: Option<At>,
    /// When the last step was done.
    pub actual_end: Option<At>,
    /// Planned duration, minutes.
    pub duration_min: u32,
    /// What a portal user may do with the built-in parts.
    pub parts: Parts,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// Fields of the job as a whole.
    pub fields: Vec<Field>,
    /// Where it came from.
    pub source: Source,
    /// From the portal, and no dispatcher has opened it yet.
    pub is_new: bool,
    /// A portal user edited it since a dispatcher last touched it.
    pub changed_by_customer: bool,
    /// Workers who said no.
    pub declined: Vec<Declined>,
    /// Workers who once had it on their phone, and why it left.
    pub gone_from: Vec<(WorkerId, Gone)>,
    /// The customer's equipment or place.
    pub asset: Option<AssetRef>,
    /// Whom to call on site.
    pub contact: Option<Contact>,
    /// Notes for worker and customer.
    pub notes: String,
    /// Notes for dispatchers.
    pub internal_notes: String,
    /// What is charged for it.
    #[serde(default)]
    pub invoice: Invoice,
    /// The files that its fields hold or held.
    #[serde(default)]
    pub files: Vec<FileRef>,
    /// When the last event happened.
    pub last_at: At,
    /// When it came to be.
    pub created_at: At,
}

fn no_tenant() -> TenantId {
    TenantId(uuid::Uuid::nil())
}

/// Which instant stands in the list's date column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateKind {
    /// The customer's wish.
    Requested,
    /// The plan.
    Scheduled,
    /// What happened.
    Actual,
}

impl Job {
    /// The instant of the list's date column: actual start when started or completed, else scheduled, else requested.
    pub fn date(&self) -> Option<(At, DateKind)> {
        if let (Status::Started | Status::Completed, Some(at)) = (self.status, self.actual_start) {
            return Some((at, DateKind::Actual));
        }
        if let Some(slot) = self.scheduled {
            return Some((slot.start, DateKind::Scheduled));
        }
        self.requested_start.map(|at| (at, DateKind::Requested))
    }

    /// The worker on whose phone it is: who may act on it.
    pub fn phone(&self) -> Option<WorkerId> {
        match self.status {
            Status::Pending | Status::Assigned | Status::Started | Status::Completed => self.worker.as_ref().map(|worker| worker.id),
            Status::Unassigned | Status::Allocated | Status::Cancelled => None,
        }
    }

    /// Index of the first step that is not done.
    pub fn next_step(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.done.is_none())
    }

    /// Index of the last step that is done.
    pub fn last_done(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| step.done.is_some())
    }

    /// Whether its worker may be watched at it: en route, or started and not paused.
    pub fn is_watchable(&self) -> bool {
        match self.status {
            Status::Assigned => self.en_route,
            Status::Started => !self.paused,
            _ => false,
        }
    }

    /// The first known point among its steps, preferring the step that is next: latitude, longitude.
    pub fn point(&self) -> Option<(f64, f64)> {
        let from = self.next_step().unwrap_or(0);
        let points = |steps: &[Step]| steps.iter().find_map(|step| step.address.as_ref()?.point());
        points(&self.steps[from.min(self.steps.len())..]).or_else(|| points(&self.steps))
    }

    /// `J-1042`.
    pub fn number_text(&self) -> String {
        format!("J-{}", self.number)
    }
}
