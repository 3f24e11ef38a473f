//! What each worker is doing now: their gate, their open jobs, duty, open sockets. Memory only; follows the event feed.

use super::fanout::SessionId;
use super::send_queue::{Close, SendQueue};
use crate::domain::At;
use crate::domain::event::Event;
use crate::domain::fix::WorkerStatus;
use crate::domain::gate::{Current, Gate};
use crate::domain::ids::{JobId, TenantId, WorkerId};
use crate::domain::job::{Job, Status};
use crate::protocol::server::WorkerState;
use dashmap::DashMap;
use std::collections::HashMap;
use std::sync::Arc;

/// All workers that were heard of.
#[derive(Default)]
pub(super) struct Workers {
    workers: DashMap<(TenantId, WorkerId), Worker>,
}

#[derive(Default)]
struct Worker {
    name: String,
    gate: Gate,
    /// Jobs that they are on the way to, at, or pausing at.
    jobs: HashMap<JobId, Activity>,
    on_duty: bool,
    sockets: u32,
    battery: Option<f32>,
    last_fix_at: Option<At>,
    /// The socket that sends the fixes.
    streaming: Option<(SessionId, Arc<SendQueue>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    EnRoute,
    Working,
    Paused,
}

impl Activity {
    fn of(job: &Job) -> Option<Self> {
        match job.status {
            Status::Assigned if job.en_route => Some(Self::EnRoute),
            Status::Started if job.paused => Some(Self::Paused),
            Status::Started => Some(Self::Working),
            _ => None,
        }
    }
}

impl Worker {
    fn status(&self) -> WorkerStatus {
        if !self.on_duty {
            return WorkerStatus::OffDuty;
        }
        let current = self.gate.current().and_then(|current| self.jobs.get(&current.job));
        match current {
            Some(Activity::EnRoute) => WorkerStatus::EnRoute,
            Some(_) => WorkerStatus::Working,
            None if self.jobs.values().any(|activity| *activity == Activity::Paused) => WorkerStatus::Paused,
            None => WorkerStatus::Free,
        }
    }

    fn take_in(&mut self, job: &Job, at: At) -> bool {
        let activity = Activity::of(job);
        let known = match activity {
            Some(activity) => self.jobs.insert(job.id, activity),
            None => self.jobs.remove(&job.id),
        };
        self.gate.update(job, at) || known != activity
    }

    fn leave(&mut self, job: JobId, at: At) -> bool {
        self.jobs.remove(&job).is_some() | self.gate.remove(job, at)
    }
}

impl Workers {
    /// A worker as stored, at start or when first heard of.
    pub(super) fn know(&self, tenant: TenantId, worker: WorkerId, name: &str, on_duty: bool) {
        let mut known = self.workers.entry((tenant, worker)).or_default();
        name.clone_into(&mut known.name);
        known.on_duty = on_duty;
    }

    /// Takes in what an event made of a job. Returns the workers whose state changed by it.
    pub(super) fn follow(&self, tenant: TenantId, event: &Event, job: Option<&Job>, job_id: JobId) -> Vec<WorkerId> {
        let mut changed = Vec::new();
        let phone = job.and_then(Job::phone);
        if let Some(before) = event.before.phone.filter(|before| phone != Some(*before))
            && self.workers.get_mut(&(tenant, before)).is_some_and(|mut worker| worker.leave(job_id, event.at))
        {
            changed.push(before);
        }
        if let (Some(worker), Some(job)) = (phone, job)
            && self.workers.entry((tenant, worker)).or_default().take_in(job, event.at)
        {
            changed.push(worker);
        }
        changed
    }

    /// Takes in an open job at start. The window of what is current then begins with `since`, the last time this worker's jobs changed.
    pub(super) fn load(&self, job: &Job, since: At) {
        if let Some(worker) = job.phone() {
            self.workers.entry((job.tenant, worker)).or_default().take_in(job, since);
        }
    }

    /// What the worker is doing.
    pub(super) fn status(&self, tenant: TenantId, worker: WorkerId) -> WorkerStatus {
        self.workers.get(&(tenant, worker)).map_or(WorkerStatus::OffDuty, |worker| worker.status())
    }

    /// Whether the worker is on duty.
    pub(super) fn on_duty(&self, tenant: TenantId, worker: WorkerId) -> bool {
        self.workers.get(&(tenant, worker)).is_some_and(|worker| worker.on_duty)
    }

    /// The job whose watchers may be shown a fix made at `fix_at`.
    pub(super) fn gate(&self, tenant: TenantId, worker: WorkerId, fix_at: At) -> Option<Current> {
        self.workers.get(&(tenant, worker))?.gate.passes(fix_at)
    }

    /// Every worker of a tenant who has a current job, with it.
    pub(super) fn current_jobs(&self, tenant: TenantId) -> Vec<(WorkerId, Current)> {
        let of_tenant = self.workers.iter().filter(|entry| entry.key().0 == tenant);
        of_tenant.filter_map(|entry| Some((entry.key().1, entry.gate.current()?))).collect()
    }

    /// Other jobs that the worker is on the way to.
    pub(super) fn en_route_besides(&self, tenant: TenantId, worker: WorkerId, job: JobId) -> Vec<JobId> {
        let Some(worker) = self.workers.get(&(tenant, worker)) else { return Vec::new() };
        let others = worker.jobs.iter().filter(|(other, activity)| **other != job && **activity == Activity::EnRoute);
        others.map(|(other, _)| *other).collect()
    }

    /// On duty or off.
    pub(super) fn set_duty(&self, tenant: TenantId, worker: WorkerId, on: bool) {
        self.workers.entry((tenant, worker)).or_default().on_duty = on;
    }

    /// A socket of the worker opened.
    pub(super) fn connected(&self, tenant: TenantId, worker: WorkerId) {
        self.workers.entry((tenant, worker)).or_default().sockets += 1;
    }

    /// A socket of the worker closed.
    pub(super) fn disconnected(&self, tenant: TenantId, worker: WorkerId, session: SessionId) {
        if let Some(mut worker) = self.workers.get_mut(&(tenant, worker)) {
            worker.sockets = worker.sockets.saturating_sub(1);
            worker.streaming.take_if(|(streaming, _)| *streaming == session);
        }
    }

    /// This socket sends fixes now; an older one that did is closed. False if this one was itself replaced by a newer one.
    pub(super) fn streams(&self, tenant: TenantId, worker: WorkerId, session: SessionId, queue: &Arc<SendQueue>) -> bool {
        let mut worker = self.workers.entry((tenant, worker)).or_default();
        match &worker.streaming {
            Some((streaming, _)) if *streaming == session => return true,
            Some((streaming, _)) if *streaming > session => return false,
            Some((_, older)) => older.close(Close::Replaced),
            None => {}
        }
        worker.streaming = Some((session, Arc::clone(queue)));
        true
    }

    /// The newest fix of a batch, for the schedule.
    pub(super) fn measured(&self, tenant: TenantId, worker: WorkerId, shown_at: Option<At>, battery: Option<f32>) {
        if let Some(mut worker) = self.workers.get_mut(&(tenant, worker)) {
            worker.last_fix_at = shown_at.max(worker.last_fix_at);
            worker.battery = battery.or(worker.battery);
        }
    }

    /// The worker's state as the schedule shows it.
    pub(super) fn state(&self, tenant: TenantId, worker: WorkerId) -> Option<WorkerState> {
        let known = self.workers.get(&(tenant, worker))?;
        Some(WorkerState {
            worker,
            name: known.name.clone(),
            on_duty: known.on_duty,
            connected: known.sockets > 0,
            battery: known.battery,
            last_fix_at: known.last_fix_at.map(Into::into),
            current_job: known.gate.current().map(|current| current.job),
        })
    }

    /// The states of all workers of a tenant.
    pub(super) fn states(&self, tenant: TenantId) -> Vec<WorkerState> {
        let workers: Vec<WorkerId> =
            self.workers.iter().map(|entry| *entry.key()).filter(|(of, _)| *of == tenant).map(|(_, worker)| worker).collect();
        workers.into_iter().filter_map(|worker| self.state(tenant, worker)).collect()
    }
}
