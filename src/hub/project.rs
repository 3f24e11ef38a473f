//! An event in the words of one audience. Live frames and replays of the log come from here alike.

use crate::domain::event::{Event, Kind};
use crate::domain::ids::{JobId, WorkerId};
use crate::domain::job::Job;
use crate::domain::portal::{self, Permissions};
use crate::domain::refusal::Gone;
use crate::protocol::Topic;
use crate::protocol::detail::Detail;
use crate::protocol::server::EventMessage;
use crate::protocol::views::{By, Job as JobView};
use std::sync::Arc;
use uuid::Uuid;

/// Through whose eyes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Viewer<'a> {
    /// A dispatcher.
    Staff,
    /// A worker.
    Worker(WorkerId),
    /// A portal user, with what they may do for the job's customer.
    Portal {
        /// Their permissions there.
        permissions: &'a Permissions,
        /// Who they are, to know their own changes.
        person: Uuid,
    },
}

/// An entry of the log with the job as it stood right after it, or, in a replay, as it stands now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Its place in the log.
    pub(super) seq: i64,
    /// What happened.
    pub(super) event: &'a Event,
    /// To which job.
    pub(super) job_id: JobId,
    /// The job; none once it is deleted.
    pub(super) job: Option<&'a Job>,
}

impl Entry<'_> {
    /// What this viewer is told through `topic`; nothing if it is not theirs to know.
    pub(super) fn told_to(&self, viewer: Viewer<'_>, topic: Topic) -> Option<EventMessage> {
        match viewer {
            Viewer::Staff => Some(self.told_to_staff(topic)),
            Viewer::Worker(worker) => match self.job.filter(|job| job.phone() == Some(worker)) {
                Some(job) => Some(self.message(topic, Some(JobView::worker(job)), By::staff(self.event))),
                None if self.event.before.phone == Some(worker) => Some(self.removed(topic, self.event.gone(), By::staff(self.event))),
                None => None,
            },
            Viewer::Portal { permissions, person } => {
                if !portal::hears(self.event, permissions, person) {
                    return None;
                }
                let by = By::portal(self.event, permissions);
                match self.job {
                    Some(job) => Some(self.message(topic, portal::project(job, permissions).map(|seen| JobView::portal(&seen)), by)),
                    None if self.event.kind == Kind::JobDeleted => Some(self.removed(topic, Gone::Deleted, by)),
                    // Deleted since: its removal follows in the log.
                    None => None,
                }
            }
        }
    }

    /// Dispatchers hear of every entry: the numbers on `schedule` have no holes.
    fn told_to_staff(&self, topic: Topic) -> EventMessage {
        let by = By::staff(self.event);
        match (self.job, topic) {
            (None, Topic::Job(_)) if self.event.kind == Kind::JobDeleted => self.removed(topic, Gone::Deleted, by),
            (job, _) => EventMessage { detail: Some(Detail::of(self.event)), ..self.message(topic, job.map(JobView::staff), by) },
        }
    }

    fn message(&self, topic: Topic, job: Option<JobView<crate::protocol::Millis>>, by: By) -> EventMessage {
        EventMessage {
            topic,
            seq: self.seq,
            at: self.event.at.into(),
            kind: self.event.kind,
            job: job.map(Arc::new),
            job_id: self.job_id,
            by,
            reason: None,
            detail: None,
        }
    }

    fn removed(&self, topic: Topic, reason: Gone, by: By) -> EventMessage {
        EventMessage { kind: Kind::JobRemoved, reason: Some(reason), ..self.message(topic, None, by) }
    }
}
