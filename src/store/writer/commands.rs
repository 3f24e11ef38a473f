//! The door of the command lanes: what may be committed, and what comes back.

use super::command_lane::{Group, Lane};
use super::link::Health;
use super::{BUSY, Busy};
use crate::domain::alert::Alerts;
use crate::domain::ids::{CustomerId, JobId, TenantId, WorkerId};
use sqlx::PgPool;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

const LANES: usize = 4;
/// Changes that may wait in one lane.
const QUEUE: usize = 4096;

/// One decided command: one event on one job. `P` is handed back, untouched, when it is committed.
#[derive(Debug, Clone)]
pub struct Change<P> {
    /// Whose job.
    pub tenant: TenantId,
    /// The command's id: the same id changes the world once.
    pub command: Uuid,
    /// A hash of what the sender asked for; the same id with another one is refused.
    pub body_hash: i64,
    /// The job.
    pub job: JobId,
    /// The version that was decided on; 0 creates.
    pub version: i64,
    /// The job's status after it, see `domain::job::Status`.
    pub status: i16,
    /// The job's customer after it.
    pub customer: CustomerId,
    /// The job after it, as `{"job": ..., "list": ...}`.
    pub doc: String,
    /// The job goes, with the data of its earlier events; this event stays.
    pub delete: bool,
    /// The event's kind, see `domain::event::Kind`.
    pub kind: i16,
    /// The event, as JSON.
    pub data: String,
    /// What it tells those who asked to be told.
    pub alerts: Alerts,
    /// The worker on whose phone the job was just before, who hears of it too.
    pub phone_before: Option<WorkerId>,
    /// How long alerts about it wait for an undo.
    pub alert_delay_s: i16,
    /// It issues the job's invoice, which has no number yet.
    pub issues_invoice: bool,
    /// Whatever the caller wants to publish.
    pub payload: P,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Applied {
        /// Its place in the tenant's log.
        seq: i64,
        /// The job's version now.
        version: i64,
        /// The job's number.
        number: i64,
        /// The number of its invoice, if this command issued it.
        invoice_number: Option<i64>,
    },
    /// The same command was committed before: the same answer as then.
    Replayed {
        /// Its place in the tenant's log.
        seq: i64,
        /// The version it made then.
        version: i64,
    },
    /// The same id was committed before with another body.
    OtherBody,
    /// The job is not at the version that was decided on.
    Conflict {
        /// Where it is; 0: no such job.
        version: i64,
    },
    /// The time that it asks for is taken.
    TimeTaken,
    /// Postgres cannot store it, alone or with others. A fault of ours, logged.
    Failed,
}

/// A change that is durable, and not yet answered.
#[derive(Debug, Clone)]
pub struct Committed<P> {
    /// Whose.
    pub tenant: TenantId,
    /// Its place in the tenant's log.
    pub seq: i64,
    /// The job's version.
    pub version: i64,
    /// The job's number.
    pub number: i64,
    /// The number of its invoice, if the change issued it.
    pub invoice_number: Option<i64>,
    /// What the change carried.
    pub payload: P,
}

/// What a lane tells the hub, before it answers.
#[derive(Debug, Clone)]
pub enum Published<P> {
    /// New events of one commit, each tenant's in order of seq.
    Events(Vec<Committed<P>>),
    /// A command turned out to be committed before, perhaps by an attempt of this lane whose answer was lost: whoever
    /// has not seen the tenant's log up to `seq` should read it.
    CatchUp {
        /// Whose log.
        tenant: TenantId,
        /// At least this far.
        seq: i64,
    },
}

struct Entrance<P> {
    inbox: mpsc::Sender<Group<P>>,
    room: Arc<Semaphore>,
    health: Arc<Health>,
}

/// The lanes through which every change of a job goes.
pub struct CommandLanes<P> {
    /// Empty once they are draining.
    entrances: RwLock<Vec<Entrance<P>>>,
    lanes: Mutex<JoinSet<()>>,
}

impl<P: Send + Sync + 'static> CommandLanes<P> {
    /// Starts the lanes on the writer's pool. `publish` is called by a lane in commit order, before the answers go out;
    /// it must not block.
    pub fn start(pool: PgPool, publish: impl Fn(Published<P>) + Send + Sync + 'static) -> Self {
        let publish: Arc<dyn Fn(Published<P>) + Send + Sync> = Arc::new(publish);
        let mut lanes = JoinSet::new();
        let entrances = std::iter::repeat_n(pool, LANES)
            .map(|pool| {
                let (inbox, groups) = mpsc::channel(QUEUE);
                let health = Health::new();
                lanes.spawn(Lane::new(pool, health.clone(), publish.clone()).run(groups));
                Entrance { inbox, room: Arc::new(Semaphore::new(QUEUE)), health }
            })
            .collect();
        Self { entrances: RwLock::new(entrances), lanes: Mutex::new(lanes) }
    }

    /// Commits changes of one tenant, and answers one outcome for each, in order. They share a batch; only a failure
    /// that would otherwise hold up the lane separates them.
    pub async fn commit(&self, changes: Vec<Change<P>>) -> Result<Vec<Outcome>, Busy> {
        let Some(first) = changes.first() else { return Ok(Vec::new()) };
        debug_assert!(changes.iter().all(|change| change.tenant == first.tenant), "a group belongs to one tenant");
        let outcomes = self.enter(first.tenant, changes);
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes.await.map_err(|_dropped| Busy),
            Err(busy) => Err(busy),
        };
        if outcomes.is_err() {
            metrics::counter!(BUSY, "lane" => "command").increment(1);
        }
        outcomes
    }

    fn enter(&self, tenant: TenantId, changes: Vec<Change<P>>) -> Result<oneshot::Receiver<Vec<Outcome>>, Busy> {
        let entrances = self.entrances.read().expect("nobody panics while holding it");
        let entrance = entrances.get(lane_of(tenant.0, LANES)).ok_or(Busy)?;
        if entrance.health.is_busy() {
            return Err(Busy);
        }
        let size = u32::try_from(changes.len()).map_err(|_too_many| Busy)?;
        let room = entrance.room.clone().try_acquire_many_owned(size).map_err(|_full| Busy)?;
        let (answer, outcomes) = oneshot::channel();
        entrance.inbox.try_send(Group { changes, answer, room }).map_err(|_closed| Busy)?;
        Ok(outcomes)
    }

    /// Lets nobody new in, and returns when everything inside is committed and answered.
    pub async fn drain(&self) {
        self.entrances.write().expect("nobody panics while holding it").clear();
        let mut lanes = std::mem::take(&mut *self.lanes.lock().expect("nobody panics while holding it"));
        while let Some(ended) = lanes.join_next().await {
            if ended.is_err() {
                tracing::error!("a command lane panicked");
            }
        }
    }
}

/// Which of `lanes` lanes an id belongs to.
pub(super) fn lane_of(id: Uuid, lanes: usize) -> usize {
    // The low bits of every version of UUID are random.
    let low = id.as_u64_pair().1;
    usize::try_from(low % lanes as u64).expect("it is below the number of lanes")
}
