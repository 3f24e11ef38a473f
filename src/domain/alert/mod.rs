//! Quick alerts: which event tells whom what, who may hear it, and when it is better left unsaid.
//!
//! Alerts follow what became of a job, not the kind of the event: a job is *scheduled* when it first is somebody's who will do it, and
//! *changed* when that promise moves by more than a quarter of an hour or to another worker.

pub mod quiet;
pub mod rules;
pub mod texts;

use super::at::At;
use super::event::{Change, Edited, Event};
use super::ids::WorkerId;
use super::job::{Job, Status};
use super::portal::Permissions;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A smaller shift than this is no news to a customer.
const SHIFT_MS: i64 = 15 * 60_000;
/// What may be undone is told after this, if it still holds.
pub const UNDO_S: i16 = 15;
/// What reaches the hub later than this is no live news any more.
const LATE_MS: i64 = 30 * 60_000;

/// What an alert says. The numbers are bits of stored masks: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Alert {
    /// It has a worker who will do it, at a time.
    Scheduled = 0,
    /// That time or that worker is another one now.
    Changed = 1,
    /// The first step is done.
    Started = 2,
    /// The last step is done.
    Completed = 3,
    /// Called off.
    Cancelled = 4,
    /// The worker is on the way.
    EnRoute = 5,
    /// The worker is nearly there.
    Nearby = 6,
    /// To dispatchers: a worker will not do it.
    Declined = 7,
    /// To a worker: a job is on their phone.
    Published = 8,
    /// To a worker: a job on their phone says something else now.
    Moved = 9,
    /// To a worker: a job is not on their phone any more.
    Withdrawn = 10,
}

/// What portal users may ask to be told.
pub const FOR_PORTAL_USERS: [Alert; 7] =
    [Alert::Scheduled, Alert::Changed, Alert::EnRoute, Alert::Nearby, Alert::Started, Alert::Completed, Alert::Cancelled];
/// What workers may ask to be told.
pub const FOR_WORKERS: [Alert; 3] = [Alert::Published, Alert::Moved, Alert::Withdrawn];
/// What dispatchers may ask to be told.
pub const FOR_DISPATCHERS: [Alert; 1] = [Alert::Declined];

impl Alert {
    /// All, in the order in which settings show them.
    pub const ALL: [Self; 11] = [
        Self::Scheduled,
        Self::Changed,
        Self::EnRoute,
        Self::Nearby,
        Self::Started,
        Self::Completed,
        Self::Cancelled,
        Self::Declined,
        Self::Published,
        Self::Moved,
        Self::Withdrawn,
    ];

    /// Its word on the wire and in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Changed => "changed",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::EnRoute => "en_route",
            Self::Nearby => "nearby",
            Self::Declined => "declined",
            Self::Published => "published",
            Self::Moved => "moved",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Only worth saying while it is so.
    pub fn is_live_news(self) -> bool {
        matches!(self, Self::Started | Self::EnRoute | Self::Nearby)
    }

    /// Whether a portal user with these permissions for the job's customer may be told.
    pub fn is_permitted(self, permissions: &Permissions) -> bool {
        let shows_status = !matches!(self, Self::Scheduled | Self::Changed);
        permissions.view_jobs && (permissions.live_status || !shows_status)
    }

    /// Whether what it says is still so.
    pub fn holds(self, job: &Job) -> bool {
        let has_begun = matches!(job.status, Status::Started | Status::Completed);
        match self {
            Self::Scheduled | Self::Changed => job.announced.is_some() && (has_begun || job.status == Status::Assigned),
            Self::Started => has_begun,
            Self::Completed => job.status == Status::Completed,
            Self::Cancelled => job.status == Status::Cancelled,
            Self::EnRoute | Self::Nearby => job.en_route,
            Self::Declined | Self::Published | Self::Moved | Self::Withdrawn => true,
        }
    }
}

/// A set of alerts, as a mask that is stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alerts(pub i64);

impl Alerts {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether it is among them.
    pub fn has(self, alert: Alert) -> bool {
        self.0 & (1 << alert as u8) != 0
    }

    /// All of them, in the order of the settings.
    pub fn iter(self) -> impl Iterator<Item = Alert> {
        Alert::ALL.into_iter().filter(move |alert| self.has(*alert))
    }

    /// What the event tells, on the way from `before` (nothing: the job just came to be) to `after`.
    pub fn of(before: Option<&Job>, event: &Event, after: &Job) -> Self {
        let status_before = before.map_or(Status::Unassigned, |job| job.status);
        let became = |status| after.status == status && status_before != status;
        let announced_before = before.and_then(|job| job.announced);
        let is_new_promise = after.announced.is_some() && after.announced != announced_before;
        let begins = after.actual_start.is_some() && before.is_none_or(|job| job.actual_start.is_none());
        let customers = [
            (Alert::Scheduled, is_new_promise && announced_before.is_none()),
            (Alert::Changed, is_new_promise && announced_before.is_some()),
            (Alert::Started, begins),
            (Alert::Completed, became(Status::Completed)),
            (Alert::Cancelled, became(Status::Cancelled)),
            (Alert::EnRoute, matches!(event.change, Change::EnRoute)),
            (Alert::Nearby, matches!(event.change, Change::Nearby)),
            (Alert::Declined, matches!(event.change, Change::Declined { .. })),
        ];
        let (phone_before, phone) = (event.before.phone, after.phone().filter(|_| !matches!(event.change, Change::Deleted { .. })));
        let workers = [
            (Alert::Published, phone.is_some() && phone != phone_before),
            (Alert::Moved, phone.is_some() && phone == phone_before && is_told_to(phone, event)),
            (Alert::Withdrawn, phone_before.is_some() && phone != phone_before && !is_own_doing(phone_before, event)),
        ];
        customers.into_iter().chain(workers).filter(|(_, is_so)| *is_so).map(|(alert, _)| alert).collect()
    }
}

impl FromIterator<Alert> for Alerts {
    fn from_iter<T: IntoIterator<Item = Alert>>(alerts: T) -> Self {
        Self(alerts.into_iter().fold(0, |mask, alert| mask | 1 << alert as u8))
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn is_own_doing(worker: Option<WorkerId>, event: &Event) -> bool {
    event.by.id.is_some() && event.by.id == worker.map(|worker| worker.0)
}

/// Whether a change of a job that stays on a phone is news to its worker.
fn is_told_to(worker: Option<WorkerId>, event: &Event) -> bool {
    let is_news = match &event.change {
        Change::Rescheduled { .. } => true,
        Change::Edited(edited) => {
            let unseen = Edited { internal_notes: None, invoice_lines: None, ..Edited::clone(edited) };
            !unseen.is_empty()
        }
        _ => false,
    };
    is_news && !is_own_doing(worker, event)
}

/// Whether it came to the hub too late to be told as if it were happening.
pub fn is_too_late(alert: Alert, event: &Event) -> bool {
    alert.is_live_news() && event.received_at.since(event.at) > LATE_MS
}

/// What customers were told last of who comes when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Who.
    pub worker: WorkerId,
    /// When.
    pub start: At,
}

impl Announced {
    /// What is promised now, given what was told before: small shifts are not worth a word.
    pub fn next(last: Option<Self>, job: &Job) -> Option<Self> {
        match job.status {
            Status::Cancelled => None,
            Status::Assigned | Status::Started | Status::Completed => {
                let now = job.worker.as_ref().zip(job.scheduled).map(|(worker, slot)| Self { worker: worker.id, start: slot.start });
                let is_the_same = |last: &Self| now.is_some_and(|now| now.worker == last.worker && now.start.since(last.start).abs() <= SHIFT_MS);
                last.filter(is_the_same).or(now).or(last)
            }
            // Taken back for now: the next promise will say what changed.
            Status::Unassigned | Status::Allocated | Status::Pending => last,
        }
    }
}

#[cfg(test)]
mod tests;
