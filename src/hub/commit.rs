//! From a decision to a row of the writer's batch, and from there to the feeds.

use super::booking::Booking;
use super::bus::{Bus, Notice, Published};
use super::{Answer, Error, Shared};
use crate::domain::alert::{Alerts, UNDO_S};
use crate::domain::event::{Change as DomainChange, Event, Kind};
use crate::domain::ids::{JobId, TenantId};
use crate::domain::job::Job;
use crate::domain::refusal::Refusal;
use crate::store::writer::{self, Change, Outcome};
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// A decided event with the job as it will stand.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(super) event: Arc<Event>,
    pub(super) job_id: JobId,
    /// The version it was decided on; 0 creates.
    pub(super) version: i64,
    /// None: deleted.
    pub(crate) job: Option<Arc<Job>>,
    /// The time that must still be free for it.
    booking: Option<Booking>,
    /// What the row says until it is gone: the job as it was.
    last: Arc<Job>,
    /// What it tells those who asked to be told.
    alerts: Alerts,
}

impl Decided {
    /// A job that comes to be.
    pub(crate) fn created(job: Job, event: Event) -> Self {
        let job = Arc::new(job);
        let alerts = Alerts::of(None, &event, &job);
        Self { event: Arc::new(event), job_id: job.id, version: 0, job: Some(Arc::clone(&job)), booking: None, last: job, alerts }
    }

    /// What the event makes of the job.
    pub(crate) fn after(job: &Arc<Job>, event: Event) -> Self {
        let mut after = Job::clone(job);
        after.apply(&event);
        let after = Arc::new(after);
        let is_deleted = matches!(event.change, DomainChange::Deleted { .. });
        let alerts = Alerts::of(Some(job), &event, &after);
        Self {
            event: Arc::new(event),
            job_id: job.id,
            version: job.version,
            job: (!is_deleted).then(|| Arc::clone(&after)),
            booking: None,
            last: after,
            alerts,
        }
    }

    /// The same, if that time is still free when it is written.
    #[must_use]
    pub(super) fn booked(self, booking: Option<Booking>) -> Self {
        Self { booking, ..self }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    job: &'a Job,
    list: crate::domain::job::Listing,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<Booking>,
}

/// The writer's row.
pub(crate) fn change_of(tenant: TenantId, command: Uuid, body_hash: i64, decided: Decided) -> Change<Decided> {
    let job = &decided.last;
    let document = Document { job, list: job.listing(), booking: decided.booking };
    let may_be_undone = matches!(decided.event.kind, Kind::JobEnRoute | Kind::JobStarted | Kind::JobStepCompleted | Kind::JobCompleted);
    Change {
        tenant,
        command,
        body_hash,
        job: decided.job_id,
        version: decided.version,
        status: job.status as i16,
        customer: job.customer.id,
        doc: serde_json::to_string(&document).expect("a job has string keys and finite numbers"),
        delete: decided.job.is_none(),
        kind: decided.event.kind as i16,
        data: serde_json::to_string(&*decided.event).expect("an event has string keys and finite numbers"),
        issues_invoice: job.invoice.issued_at.is_some() && job.invoice.number.is_none(),
        alerts: decided.alerts,
        alert_delay_s: if may_be_undone { UNDO_S } else { 0 },
        phone_before: decided.event.before.phone,
        payload: decided,
    }
}

/// What a lane committed goes onto the bus.
pub(super) fn publish(bus: &Bus, published: writer::Published<Decided>) {
    match published {
        writer::Published::Events(committed) => {
            for committed in committed {
                let Decided { event, job_id, job, .. } = committed.payload;
                let job = job.map(|job| numbered(job, committed.number, committed.invoice_number));
                bus.publish(committed.tenant, Notice::Entry(Published { seq: committed.seq, event, job_id, job }));
            }
        }
        writer::Published::CatchUp { tenant, seq } => bus.publish(tenant, Notice::Reached(seq)),
    }
}

/// A new job learns its number at the commit, and a completed one its invoice's.
pub(crate) fn numbered(job: Arc<Job>, number: i64, invoice_number: Option<i64>) -> Arc<Job> {
    if job.number == number && invoice_number.is_none() {
        return job;
    }
    let mut job = Arc::unwrap_or_clone(job);
    job.number = number;
    job.invoice.number = invoice_number.or(job.invoice.number);
    Arc::new(job)
}

/// Commits what the hub decides by itself about a job; if another node was first, about the job as it now is. The job to hold from now
/// on, and the answer.
pub(super) async fn by_itself(
    shared: &Arc<Shared>,
    tenant: TenantId,
    id: JobId,
    mut held: Option<Arc<Job>>,
    what: &str,
    decide: impl Fn(&Job) -> Option<Event>,
) -> (Option<Arc<Job>>, Result<Answer, Error>) {
    for _ in 0..3 {
        if held.is_none() {
            held = match shared.load_job(tenant, id).await {
                Ok(job) => job,
                Err(error) => return (None, Err(error)),
            };
        }
        let Some(job) = &held else { break };
        let Some(event) = decide(job) else {
            let answer = Answer { job: held.clone(), seq: shared.told(tenant) };
            return (held, Ok(answer));
        };
        // The same decision on the same version, sent again, is the same change.
        let key = Uuid::new_v5(&id.0, format!("{what} {}", job.version).as_bytes());
        let decided = Decided::after(job, event);
        let after = decided.job.clone();
        let outcomes = match shared.lanes.commit(vec![change_of(tenant, key, 0, decided)]).await {
            Ok(outcomes) => outcomes,
            Err(_busy) => return (None, Err(Error::Busy)),
        };
        match outcomes.into_iter().next() {
            Some(Outcome::Applied { seq, number, invoice_number, .. }) => {
                let after = after.map(|job| numbered(job, number, invoice_number));
                return (after.clone(), Ok(Answer { job: after, seq }));
            }
            Some(Outcome::Replayed { .. } | Outcome::Conflict { .. }) => held = None,
            Some(Outcome::OtherBody | Outcome::TimeTaken | Outcome::Failed) => {
                return (None, Err(Error::Internal(anyhow::anyhow!("what the hub decided could not be written"))));
            }
            None => return (None, Err(Error::Busy)),
        }
    }
    let answer = if held.is_some() { Err(Error::Busy) } else { Err(Error::Refused(Refusal::Missing)) };
    (None, answer)
}
