//! The crowd: everybody who talks to the hub at once, over real sockets.

use crate::{
    company::{Company, Person},
    dispatcher::Dispatcher,
    measure::{Measures, now_ms},
    paths::Way,
    portal::Portal,
    worker::Worker,
};
use anyhow::Context;
use dispatch_hub::{
    client::{Client, Error},
    domain::{
        At,
        ids::{JobId, WorkerId},
    },
    protocol::Rfc3339,
};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

/// New sockets per second while the crowd gathers.
const ARRIVALS_PER_S: u64 = 250;
/// How many requests at once prepare the jobs.
const PREPARING: usize = 16;

/// What the crowd is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Connecting; nobody does anything yet.
    Gathering,
    /// Everybody does their work.
    Working,
    /// No new work; waits for what is on the way.
    Finishing,
    /// Everybody goes home.
    Over,
}

/// How much everybody does.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Between two frames of one worker.
    pub(crate) fix_every: Option<Duration>,
    /// Fixes in each.
    pub(crate) fixes_per_frame: usize,
    /// Between two commands of one worker with a job.
    pub(crate) command_every: Option<Duration>,
    /// Between two orders of one portal user.
    pub(crate) order_every: Option<Duration>,
    /// What is not acknowledged for so long is sent again.
    pub(crate) patience: Duration,
}

/// What all of the crowd shares.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// How much everybody does.
    pub(crate) plan: Plan,
    /// What they see.
    pub(crate) measures: Measures,
    /// What they are doing now.
    pub(crate) phase: watch::Receiver<Phase>,
}

/// The crowd's leader.
pub(crate) struct Leader {
    /// Shared with everybody.
    pub(crate) crowd: Arc<Crowd>,
    phase: watch::Sender<Phase>,
    workers: JoinSet<()>,
    watchers: JoinSet<()>,
}

impl Leader {
    /// Gives every portal user a started job, as far as there are workers, and connects everybody.
    pub(crate) async fn gather(url: &str, company: &Company, ways: Vec<Way>, plan: Plan, arrived: impl Fn(u64)) -> anyhow::Result<Self> {
        let (phase, receiver) = watch::channel(Phase::Gathering);
        let crowd = Arc::new(Crowd { plan, measures: Measures::default(), phase: receiver });
        let anybody = Client::anonymous(url)?;
        let jobs = started_jobs(&anybody, company).await.context("preparing the jobs")?;
        crowd.measures.ledger().watched = jobs.iter().map(|(worker, job)| (*job, worker.1)).collect();
        let jobs: HashMap<WorkerId, JobId> = jobs.into_iter().map(|(worker, job)| (worker.0, job)).collect();
        let mut leader = Self { crowd, phase, workers: JoinSet::new(), watchers: JoinSet::new() };
        let mut arrivals = tokio::time::interval(Duration::from_micros(1_000_000 / ARRIVALS_PER_S));
        let places: Vec<(f64, f64)> = ways.iter().map(Way::place).collect();
        for (number, dispatcher) in company.dispatchers.iter().enumerate() {
            arrivals.tick().await;
            let looks_at = places.get(number * places.len() / company.dispatchers.len()).copied().unwrap_or((60.17, 24.94));
            let client = anybody.with_cookie(dispatcher.session.to_string());
            leader.watchers.spawn(Dispatcher::new(Arc::clone(&leader.crowd), dispatcher.tenant, number, client, looks_at).run());
            arrived(1);
        }
        for (number, user) in company.portal_users.iter().enumerate() {
            arrivals.tick().await;
            let (client, template) = (anybody.with_cookie(user.person.session.to_string()), company.template(user.person.tenant));
            leader.watchers.spawn(Portal::new(Arc::clone(&leader.crowd), number, client, user.customer, template).run());
            arrived(1);
        }
        for (worker, way) in company.workers.iter().zip(ways) {
            arrivals.tick().await;
            let id = WorkerId(worker.id);
            let client = anybody.with_cookie(worker.session.to_string());
            leader.workers.spawn(Worker::new(Arc::clone(&leader.crowd), (worker.tenant, id), client, way, jobs.get(&id).copied()).run());
            arrived(1);
        }
        Ok(leader)
    }

    /// Lets everybody work.
    pub(crate) fn work(&self) {
        self.phase.send_replace(Phase::Working);
    }

    /// Waits until all that is on the way is acknowledged and seen, then sends everybody home. True if all of it was.
    pub(crate) async fn finish(mut self, within: Duration) -> bool {
        self.phase.send_replace(Phase::Finishing);
        let mut complete = tokio::time::timeout(within, async { while self.workers.join_next().await.is_some() {} }).await.is_ok();
        // The audiences may lag behind the last acknowledgement.
        let seen = async {
            let mut look = tokio::time::interval(Duration::from_millis(100));
            loop {
                let behind = {
                    let ledger = self.crowd.measures.ledger();
                    ledger.dispatchers_behind() + ledger.unseen_by_customers()
                };
                if behind == 0 {
                    return;
                }
                look.tick().await;
            }
        };
        complete &= tokio::time::timeout(within, seen).await.is_ok();
        self.phase.send_replace(Phase::Over);
        complete & tokio::time::timeout(within, async { while self.watchers.join_next().await.is_some() {} }).await.is_ok()
    }
}

/// Makes a job per portal user, placed on a worker and started by them. Says who has it, and which portal user watches it.
async fn started_jobs(anybody: &Client, company: &Company) -> anyhow::Result<Vec<((WorkerId, usize), JobId)>> {
    let at_once = Arc::new(Semaphore::new(PREPARING));
    let mut preparing = JoinSet::new();
    for (number, user) in company.portal_users.iter().enumerate() {
        let Some(worker) = company.worker_of(number) else { continue };
        let of_tenant = |person: &&Person| person.tenant == user.person.tenant;
        let dispatcher = company.dispatchers.iter().find(of_tenant).context("a company without a dispatcher")?;
        let session = &company.workers.iter().find(|person| person.id == worker.0).context("the worker")?.session;
        let (dispatcher, as_worker) = (anybody.with_cookie(dispatcher.session.to_string()), anybody.with_cookie(session.to_string()));
        let now = At(now_ms());
        let body = json!({
            "template": company.template(user.person.tenant), "customer": user.customer, "worker": worker,
            "scheduled_start": Rfc3339(now).to_string(), "scheduled_end": Rfc3339(now.plus_min(60)).to_string(), "publish": true,
            "steps": [
                { "index": 0, "address": { "text": "Mannerheimintie 1", "latitude": 60.1689, "longitude": 24.9414 } },
                { "index": 1, "address": { "text": "Aleksanterinkatu 2", "latitude": 60.1687, "longitude": 24.9524 } },
            ],
        });
        let at_once = Arc::clone(&at_once);
        preparing.spawn(async move {
            let _one_of_few = at_once.acquire().await?;
            let job = started_job(&dispatcher, &as_worker, &body).await?;
            anyhow::Ok(((worker, number), job))
        });
    }
    preparing.join_all().await.into_iter().collect()
}

async fn started_job(dispatcher: &Client, worker: &Client, body: &Value) -> anyhow::Result<JobId> {
    let created = dispatcher.post("/api/jobs", body).await?;
    let id = created["jobs"][0]["id"].as_str().and_then(|id| id.parse().ok()).context("a job without an id")?;
    let command = json!({ "do": "complete_step", "step": 0 });
    worker.post(&format!("/api/jobs/{id}/commands"), &command).await.map_err(|error: Error| anyhow::anyhow!(error))?;
    Ok(JobId(id))
}

/// Waits a moment before the next attempt, longer each time. False if the crowd has gone home meanwhile.
pub(crate) async fn back_off(crowd: &Crowd, attempt: &mut u32) -> bool {
    let pause = Duration::from_millis(50 * 2_u64.pow((*attempt).min(6))).mul_f64(rand::random_range(0.5..1.5));
    *attempt += 1;
    let mut phase = crowd.phase.clone();
    let over = async { drop(phase.wait_for(|phase| *phase == Phase::Over).await) };
    tokio::time::timeout(pause, over).await.is_err()
}
