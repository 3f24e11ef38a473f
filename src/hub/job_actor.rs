//! One live job: decide, commit, apply. What was committed is told by the tenant's feed, in the log's order.
//!
//! The row in Postgres is the truth, this is a well-mannered cache: a commit carries the version it was decided on; if another node,
//! or an actor before this one, was faster, the job is read again and the command decided afresh, at most three times.

use super::booking::Desk;
use super::commit::{Decided, change_of, numbered};
use super::{Answer, Error, Request, Shared, clock};
use crate::domain::caller::Caller;
use crate::domain::command::Command;
use crate::domain::file::FileRef;
use crate::domain::ids::{JobId, TenantId};
use crate::domain::job::{Asked, Job};
use crate::domain::refusal::Refusal;
use crate::store::writer::Outcome;
use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, Message, WrapFuture};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Tries at a commit before the caller is told of the conflict.
const TRIES: usize = 3;
/// An actor nobody asked for this long goes; its job is stored.
const IDLE: Duration = Duration::from_mins(5);

pub(super) struct JobActor {
    pub(super) shared: Arc<Shared>,
    pub(super) tenant: TenantId,
    pub(super) id: JobId,
    /// None: not there, or deleted.
    pub(super) job: Option<Arc<Job>>,
    touched_at: Instant,
}

/// A command for this job, its references looked up.
pub(super) struct Ask {
    pub(super) caller: Arc<Caller>,
    pub(super) request: Request,
    pub(super) command: Command,
    /// Files that the caller may name.
    pub(super) files: Vec<FileRef>,
    /// By which times a wish of theirs is bound.
    pub(super) desk: Option<Desk>,
}

impl Message for Ask {
    type Result = Result<Answer, Error>;
}

/// The job as the feed saw it: somebody else may have changed it.
pub(super) struct Refresh(pub(super) Option<Arc<Job>>);

impl Message for Refresh {
    type Result = ();
}

impl JobActor {
    /// An actor whose job is loaded as soon as it starts.
    pub(super) fn new(shared: Arc<Shared>, tenant: TenantId, id: JobId) -> Self {
        Self { shared, tenant, id, job: None, touched_at: Instant::now() }
    }
}

impl Actor for JobActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(64);
        let (shared, tenant, id) = (Arc::clone(&self.shared), self.tenant, self.id);
        // Messages wait until the job is here. If it cannot be read now, the first command reads it.
        let load = async move { shared.load_job(tenant, id).await };
        ctx.wait(load.into_actor(self).map(|loaded, actor, _| actor.job = loaded.unwrap_or_default()));
        ctx.run_interval(IDLE / 5, |actor, ctx| {
            if actor.touched_at.elapsed() > IDLE {
                actor.shared.registry.forget_job(actor.tenant, actor.id);
                ctx.stop();
            }
        });
    }
}

impl Handler<Refresh> for JobActor {
    type Result = ();

    fn handle(&mut self, Refresh(job): Refresh, _: &mut Context<Self>) {
        let held = self.job.as_ref().map_or(0, |job| job.version);
        match job {
            Some(job) if job.version > held => self.job = Some(job),
            Some(_) => {}
            None => self.job = None,
        }
    }
}

impl Handler<Ask> for JobActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, ask: Ask, _: &mut Context<Self>) -> Self::Result {
        self.touched_at = Instant::now();
        let attempt = Attempt { shared: Arc::clone(&self.shared), tenant: self.tenant, id: self.id, ask };
        let held = self.job.clone();
        AtomicResponse::new(Box::pin(async move { attempt.run(held).await }.into_actor(self).map(|(job, answer), actor, _| {
            actor.job = job;
            answer
        })))
    }
}

/// One command on its way, apart from the actor, whose state changes only once it is through.
struct Attempt {
    shared: Arc<Shared>,
    tenant: TenantId,
    id: JobId,
    ask: Ask,
}

impl Attempt {
    /// The job to hold from now on, and the answer.
    async fn run(self, mut held: Option<Arc<Job>>) -> (Option<Arc<Job>>, Result<Answer, Error>) {
        let key = self.ask.request.stored_key(&self.ask.caller);
        for _ in 0..TRIES {
            if held.is_none() {
                held = match self.shared.load_job(self.tenant, self.id).await {
                    Ok(job) => job,
                    Err(error) => return (None, Err(error)),
                };
            }
            let Some(job) = &held else { break };
            let decided = self.decide(job);
            if !matches!(decided, Ok(Some(_))) {
                // Nothing is committed that would show it: another node may have changed the job meanwhile.
                match self.shared.load_job(self.tenant, self.id).await {
                    Ok(now) if now.as_ref().is_none_or(|now| now.version != job.version) => {
                        held = now;
                        continue;
                    }
                    Ok(_) => {}
                    Err(error) => return (held, Err(error)),
                }
            }
            match decided {
                Err(refusal) => {
                    // Decided on a job that this very command may have changed before: then the first answer stands.
                    let answer = self.first_answer(key, held.as_ref()).await.unwrap_or(Err(Error::Refused(refusal)));
                    return (held, answer);
                }
                Ok(None) => {
                    let unchanged = Ok(Answer { job: held.clone(), seq: self.shared.told(self.tenant) });
                    let answer = self.first_answer(key, held.as_ref()).await.unwrap_or(unchanged);
                    return (held, answer);
                }
                Ok(Some(decided)) => match self.commit(key, decided).await {
                    Ok((Outcome::Applied { seq, number, invoice_number, .. }, job)) => {
                        let job = job.map(|job| numbered(job, number, invoice_number));
                        let answer = Answer { job: job.clone(), seq };
                        return (job, Ok(answer));
                    }
                    Ok((Outcome::Replayed { seq, .. }, _)) => {
                        let job = self.shared.load_job(self.tenant, self.id).await.unwrap_or(None);
                        return (job.clone(), Ok(Answer { job, seq }));
                    }
                    Ok((Outcome::TimeTaken, _)) => return (held, Err(Error::Refused(Refusal::TimeNotAvailable))),
                    Ok((Outcome::OtherBody, _)) => return (held, Err(Error::IdempotencyMismatch)),
                    Ok((Outcome::Conflict { .. }, _)) => {
                        metrics::counter!("hub_version_conflicts_total").increment(1);
                        held = None;
                    }
                    Ok((Outcome::Failed, _)) => return (None, Err(Error::Internal(anyhow::anyhow!("a change could not be written")))),
                    Err(error) => return (None, Err(error)),
                },
            }
        }
        let answer = match held {
            Some(_) => Err(Error::Refused(Refusal::Conflict)),
            None => self.missing(key).await,
        };
        (None, answer)
    }

    fn decide(&self, job: &Arc<Job>) -> Result<Option<Decided>, Refusal> {
        let now = clock::now();
        let request = &self.ask.request;
        let asked = Asked {
            command: &self.ask.command,
            caller: &self.ask.caller,
            source: request.source,
            now,
            happened_at: request.happened_at(&self.ask.caller, now),
            version: request.version,
            rules: self.shared.rules(self.tenant),
            files: &self.ask.files,
        };
        let Some(event) = job.decide(&asked)? else { return Ok(None) };
        let decided = Decided::after(job, event);
        let booking = match &self.ask.desk {
            Some(desk) => desk.booking_of(&decided, now)?,
            None => None,
        };
        Ok(Some(decided.booked(booking)))
    }

    /// Commits the change and, when a worker sets off, the end of any other way they were on, in one batch.
    async fn commit(&self, key: Uuid, decided: Decided) -> Result<(Outcome, Option<Arc<Job>>), Error> {
        let mut others = self.jobs_left_behind(&decided).await?;
        let job = decided.job.clone();
        let mut group = vec![change_of(self.tenant, key, self.ask.request.body_hash, decided)];
        for (index, other) in others.drain(..).enumerate() {
            group.push(change_of(self.tenant, Uuid::new_v5(&key, &index.to_be_bytes()), 0, other));
        }
        let outcomes = self.shared.lanes.commit(group).await.map_err(|_busy| Error::Busy)?;
        let outcome = outcomes.into_iter().next().ok_or(Error::Busy)?;
        Ok((outcome, job))
    }

    /// Other jobs that the worker was on the way to, which they no longer are.
    async fn jobs_left_behind(&self, decided: &Decided) -> Result<Vec<Decided>, Error> {
        use crate::domain::event::Kind;
        let Some(worker) = decided.job.as_ref().and_then(|job| job.phone()).filter(|_| decided.event.kind == Kind::JobEnRoute) else {
            return Ok(Vec::new());
        };
        let mut left = Vec::new();
        for other in self.shared.workers.en_route_besides(self.tenant, worker, self.id) {
            let Some(job) = self.shared.load_job(self.tenant, other).await? else { continue };
            let asked = Asked {
                command: &Command::EndEnRoute,
                caller: &self.ask.caller,
                source: self.ask.request.source,
                now: decided.event.received_at,
                happened_at: decided.event.at,
                version: None,
                rules: self.shared.rules(self.tenant),
                files: &[],
            };
            if let Ok(Some(event)) = job.decide(&asked) {
                left.push(Decided::after(&job, event));
            }
        }
        Ok(left)
    }

    /// What this command was answered before, if it was.
    async fn first_answer(&self, key: Uuid, job: Option<&Arc<Job>>) -> Option<Result<Answer, Error>> {
        let hash = self.ask.request.body_hash;
        match self.shared.answered_before(self.tenant, key).await {
            Ok(Some(before)) if before.hash == hash && before.job == self.id => Some(Ok(Answer { job: job.cloned(), seq: before.seq })),
            Ok(Some(_)) => Some(Err(Error::IdempotencyMismatch)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Not there: never was, or deleted. The worker who had it is told so.
    async fn missing(&self, key: Uuid) -> Result<Answer, Error> {
        if let Some(answer) = self.first_answer(key, None).await {
            return answer;
        }
        Err(Error::Refused(self.shared.why_missing(self.tenant, self.id, &self.ask.caller).await?))
    }
}
