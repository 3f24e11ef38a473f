//! Workers at the addresses of their jobs: every fix is held against the fences of the jobs that it may be about.
//!
//! Memory only, rebuilt from the jobs. On the path of a fix this is arithmetic; a crossing goes through a bounded queue to the job's
//! actor, which decides and commits. Whatever cannot be queued is noticed again by the next fix.

use super::commit::by_itself;
use super::job_actor::JobActor;
use super::{Answer, Error, Shared, clock};
use crate::domain::At;
use crate::domain::arrival::{Crossing, Detector, Fence, Side};
use crate::domain::event::Event;
use crate::domain::fix::Fix;
use crate::domain::geo::Point;
use crate::domain::ids::{JobId, TenantId, WorkerId};
use crate::domain::job::{Job, Sighting, Status};
use actix::{ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use dashmap::DashMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Queues of crossings; one job always takes the same one, so that its crossings keep their order.
const LANES: usize = 4;
/// Crossings that wait in one queue.
const QUEUE: usize = 256;
/// Tries at a commit, with a pause between two while the store is busy.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(200);
/// A worker is looked for at a job that nobody began this long before its planned start, and after its planned end.
const EARLY_MS: i64 = 2 * 60 * 60_000;
const LATE_MS: i64 = 12 * 60 * 60_000;

/// Where every worker is looked for.
pub(super) struct Visits {
    workers: DashMap<(TenantId, WorkerId), HashMap<JobId, Watched>>,
    lanes: [mpsc::Sender<Noted>; LANES],
    waiting: Mutex<Vec<mpsc::Receiver<Noted>>>,
}

/// A job of a worker, as far as fixes are concerned.
struct Watched {
    steps: Vec<(usize, Point, Detector)>,
    /// Fixes made before are about something else.
    since: At,
    begun: bool,
    current: bool,
    planned: Option<(At, At)>,
    number: i64,
}

/// A border was crossed.
#[derive(Debug, Clone, Copy)]
struct Noted {
    tenant: TenantId,
    job: JobId,
    sighting: Sighting,
}

/// A place at which a worker is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The job's number.
    pub number: i64,
    /// The step's index.
    pub step: usize,
    /// The circle.
    pub fence: Fence,
}

impl Visits {
    /// Looks for nobody yet.
    pub(super) fn new() -> Self {
        let (lanes, waiting): (Vec<_>, Vec<_>) = (0..LANES).map(|_| mpsc::channel(QUEUE)).unzip();
        let lanes = lanes.try_into().expect("as many as lanes");
        Self { workers: DashMap::new(), lanes, waiting: Mutex::new(waiting) }
    }

    /// Begins to hand crossings on to the jobs' actors.
    pub(super) fn start(shared: &Arc<Shared>) {
        let waiting = std::mem::take(&mut *shared.visits.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for mut queue in waiting {
            // Weak: the queue's other end lives in `shared` itself.
            let shared = Arc::downgrade(shared);
            tokio::spawn(async move {
                while let Some(noted) = queue.recv().await {
                    let Some(shared) = shared.upgrade() else { return };
                    shared.crossed(noted).await;
                }
            });
        }
    }

    /// Takes in what an event made of a job.
    pub(super) fn follow(&self, tenant: TenantId, event: &Event, job: Option<&Job>, job_id: JobId) {
        let phone = job.and_then(Job::phone);
        if let Some(before) = event.before.phone.filter(|before| phone != Some(*before)) {
            self.drop_job(tenant, before, job_id);
        }
        if let Some(job) = job {
            self.watch(job, event.at);
        }
    }

    /// Takes in a job as it stands; of one that was not looked at before, only fixes made from `since` on count.
    pub(super) fn watch(&self, job: &Job, since: At) {
        let Some(worker) = job.phone() else { return };
        let fences = job.fences();
        if fences.is_empty() {
            self.drop_job(job.tenant, worker, job.id);
            return;
        }
        let mut jobs = self.workers.entry((job.tenant, worker)).or_default();
        let known = jobs.remove(&job.id);
        let detector = |step: usize, point: Point, inside: bool| {
            let known = known.iter().flat_map(|known| &known.steps).find(|(known, at, _)| *known == step && *at == point);
            known.map(|(_, _, detector)| *detector).filter(|detector| detector.is_inside() == inside)
        };
        let steps = fences.iter().map(|fence| {
            let detector = detector(fence.step, fence.point, fence.inside).unwrap_or_else(|| Detector::beginning(fence.inside));
            (fence.step, fence.point, detector)
        });
        let watched = Watched {
            steps: steps.collect(),
            since: known.as_ref().map_or(since, |known| known.since),
            begun: job.en_route || job.status == Status::Started,
            current: job.is_watchable(),
            planned: job.scheduled.map(|slot| (slot.start, slot.end)),
            number: job.number,
        };
        jobs.insert(job.id, watched);
    }

    fn drop_job(&self, tenant: TenantId, worker: WorkerId, job: JobId) {
        if let Some(mut jobs) = self.workers.get_mut(&(tenant, worker)) {
            jobs.remove(&job);
        }
    }

    /// Holds fixes against the fences, in the order of their own times.
    pub(super) fn observe(&self, tenant: TenantId, worker: WorkerId, fixes: &[(Fix, Option<Side>)], radius_m: f64) {
        let Some(mut jobs) = self.workers.get_mut(&(tenant, worker)) else { return };
        for (fix, side) in fixes {
            for id in looked_for(&jobs, fix.at) {
                let Some(watched) = jobs.get_mut(&id) else { continue };
                for (step, point, detector) in &mut watched.steps {
                    let before = *detector;
                    let Some(crossing) = detector.observe(&Fence::new(*point, radius_m), fix, *side) else { continue };
                    let noted = Noted { tenant, job: id, sighting: Sighting { worker, step: *step, crossing } };
                    if self.lane(id).try_send(noted).is_err() {
                        // The next fix on this side will say it again.
                        *detector = before;
                        metrics::counter!("hub_visits_postponed_total").increment(1);
                    }
                }
            }
        }
    }

    fn lane(&self, job: JobId) -> &mpsc::Sender<Noted> {
        &self.lanes[usize::from(job.0.as_bytes()[15]) % LANES]
    }

    /// What was noticed could not be told: the worker is looked for as before.
    fn forget(&self, noted: &Noted) {
        let Some(mut jobs) = self.workers.get_mut(&(noted.tenant, noted.sighting.worker)) else { return };
        let Some(watched) = jobs.get_mut(&noted.job) else { return };
        let was_inside = matches!(noted.sighting.crossing, Crossing::Left { .. });
        for (_, _, detector) in watched.steps.iter_mut().filter(|(step, ..)| *step == noted.sighting.step) {
            *detector = Detector::beginning(was_inside);
        }
    }

    /// The places at which a worker is looked for now.
    pub(super) fn sites(&self, tenant: TenantId, worker: WorkerId, now: At, radius_m: f64) -> Vec<Site> {
        let Some(jobs) = self.workers.get(&(tenant, worker)) else { return Vec::new() };
        let mut sites: Vec<Site> = looked_for(&jobs, now)
            .into_iter()
            .filter_map(|id| jobs.get(&id))
            .flat_map(|job| job.steps.iter().map(|(step, point, _)| Site { number: job.number, step: *step, fence: Fence::new(*point, radius_m) }))
            .collect();
        sites.sort_by_key(|site| (site.number, site.step));
        sites
    }
}

/// The jobs that a fix of this time may be about: those begun, and, unless the worker is at one, the next that is planned.
fn looked_for(jobs: &HashMap<JobId, Watched>, at: At) -> Vec<JobId> {
    let of_then = || jobs.iter().filter(|(_, job)| at >= job.since);
    let mut ids: Vec<JobId> = of_then().filter(|(_, job)| job.begun).map(|(id, _)| *id).collect();
    if !of_then().any(|(_, job)| job.current) {
        let soon = |job: &Watched| job.planned.is_some_and(|(start, end)| at >= start.plus_ms(-EARLY_MS) && at <= end.plus_ms(LATE_MS));
        let next = of_then().filter(|(_, job)| !job.begun && soon(job)).min_by_key(|(id, job)| (job.planned, **id));
        ids.extend(next.map(|(id, _)| *id));
    }
    ids
}

/// To a job's actor.
struct Sighted(Sighting);

impl Message for Sighted {
    type Result = Result<Answer, Error>;
}

impl Shared {
    async fn crossed(self: &Arc<Self>, noted: Noted) {
        for _ in 0..TRIES {
            // Its feed runs from now on, so that what is committed is also told.
            let known = self.tenant(noted.tenant).await;
            let answer = match known {
                Ok(_) => self.registry.ask(self, noted.tenant, noted.job, || Sighted(noted.sighting)).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(_) => return,
                Err(Error::Busy) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "an arrival or departure could not be told");
                    break;
                }
            }
        }
        self.visits.forget(&noted);
    }
}

impl Handler<Sighted> for JobActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, Sighted(sighting): Sighted, _: &mut Context<Self>) -> Self::Result {
        let (shared, tenant, id, held) = (Arc::clone(&self.shared), self.tenant, self.id, self.job.clone());
        let told = async move { tell(&shared, tenant, id, held, sighting).await };
        AtomicResponse::new(Box::pin(told.into_actor(self).map(|(job, answer), actor, _| {
            actor.job = job;
            answer
        })))
    }
}

/// Commits the crossing and, if the template says so, the step that it completes. The job to hold from now on, and the answer.
async fn tell(
    shared: &Arc<Shared>,
    tenant: TenantId,
    id: JobId,
    held: Option<Arc<Job>>,
    sighting: Sighting,
) -> (Option<Arc<Job>>, Result<Answer, Error>) {
    let crossed = |job: &Job| job.sighted(&sighting, clock::now());
    let (mut held, mut answer) = by_itself(shared, tenant, id, held, "crossing", crossed).await;
    if answer.is_ok() && matches!(sighting.crossing, Crossing::Arrived { .. }) {
        let completed = |job: &Job| job.completed_by_arrival(sighting.step, clock::now());
        (held, answer) = by_itself(shared, tenant, id, held, "completion", completed).await;
    }
    (held, answer)
}
