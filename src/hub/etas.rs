//! When workers are expected: asked off the path of their fixes, told through the gate that positions pass.
//!
//! A fix leaves a wish in a bounded queue and goes on. What takes wishes out may ask a router and wait for it; if it does not know,
//! or not in time, the straight line is told.

use super::commit::by_itself;
use super::customer_actor::ShowEta;
use super::fanout::Audience;
use super::frame::Frame;
use super::job_actor::JobActor;
use super::{Answer, Error, Shared, clock};
use crate::domain::At;
use crate::domain::eta::{self, ASKED_EVERY_MS, Eta, Pace};
use crate::domain::gate::Current;
use crate::domain::geo::Point;
use crate::domain::ids::{CustomerId, JobId, TenantId, WorkerId};
use crate::domain::job::Job;
use crate::domain::portal;
use crate::location::Position;
use crate::protocol::server::Eta as EtaMessage;
use crate::protocol::{ServerMessage, Topic};
use actix::{ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use dashmap::DashMap;
use std::sync::{Arc, Weak};
use tokio::sync::{Semaphore, mpsc};

/// Wishes that may wait. More workers than that set off within one answer of the router only once in a while, and ask again soon.
const WAITING: usize = 1_024;
/// Questions to a router at the same time.
const AT_ONCE: usize = 8;

/// A way that somebody would like to know.
pub(super) struct Wish {
    tenant: TenantId,
    worker: WorkerId,
    job: JobId,
    customer: CustomerId,
    to: Point,
    from: Point,
    fix_at: At,
    pace: Pace,
}

/// A worker on the way to a job.
struct OnTheWay {
    worker: WorkerId,
    to: Point,
    pace: Pace,
    asked_at: Option<At>,
    told: Option<Eta>,
    /// That they are nearly there was told, or is being told.
    nearby: bool,
}

/// Everybody who is on the way, and what was said of when they arrive.
pub(super) struct Etas {
    on_the_way: DashMap<(TenantId, JobId), OnTheWay>,
    wishes: mpsc::Sender<Wish>,
}

impl Etas {
    /// Nobody is on the way yet. What is wished comes out of the other end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Wish>) {
        let (wishes, taken) = mpsc::channel(WAITING);
        (Self { on_the_way: DashMap::new(), wishes }, taken)
    }

    /// Takes in a job as it now stands.
    pub(super) fn follow(&self, tenant: TenantId, id: JobId, job: Option<&Job>) {
        let on_the_way = job.filter(|job| job.en_route).and_then(|job| {
            let (latitude, longitude) = portal::destination(job)?;
            Some((job.phone()?, Point::parse(latitude, longitude).ok()?))
        });
        let Some((worker, to)) = on_the_way else {
            self.on_the_way.remove(&(tenant, id));
            return;
        };
        let mut known = self.on_the_way.entry((tenant, id)).or_insert_with(|| OnTheWay {
            worker,
            to,
            pace: Pace::default(),
            asked_at: None,
            told: None,
            nearby: false,
        });
        if known.worker != worker || known.to != to {
            *known = OnTheWay { worker, to, pace: Pace::default(), asked_at: None, told: None, nearby: false };
        }
    }

    /// A position that passed the gate of its worker's current job. If that is one they are on the way to, its ETA is due now and then.
    pub(super) fn measured(&self, tenant: TenantId, current: Current, position: &Position, now: At) {
        let Some(mut known) = self.on_the_way.get_mut(&(tenant, current.job)) else { return };
        known.pace.take(position.speed_mps);
        let is_due = known.asked_at.is_none_or(|asked| now.since(asked) >= ASKED_EVERY_MS);
        if !is_due || known.worker != position.worker || !eta::is_fresh(position.at, now) {
            return;
        }
        let wish = Wish {
            tenant,
            worker: position.worker,
            job: current.job,
            customer: current.customer,
            to: known.to,
            from: position.point,
            fix_at: position.at,
            pace: known.pace,
        };
        if self.wishes.try_send(wish).is_ok() {
            known.asked_at = Some(now);
        } else {
            metrics::counter!("hub_etas_skipped_total").increment(1);
        }
    }

    /// What was last said of a job.
    pub(super) fn told(&self, tenant: TenantId, job: JobId) -> Option<Eta> {
        self.on_the_way.get(&(tenant, job))?.told
    }

    /// Remembers what is told; nothing if it is no news, or nobody is on that way any more.
    fn tell(&self, wish: &Wish, eta: Eta) -> bool {
        let Some(mut known) = self.on_the_way.get_mut(&(wish.tenant, wish.job)) else { return false };
        let is_news = known.worker == wish.worker && known.to == wish.to && eta.is_news_after(known.told.as_ref());
        if is_news {
            known.told = Some(eta);
        }
        is_news
    }
}

/// To a job's actor: its worker is nearly there.
struct Neared {
    worker: WorkerId,
    at: At,
}

impl Message for Neared {
    type Result = Result<Answer, Error>;
}

impl Handler<Neared> for JobActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, Neared { worker, at }: Neared, _: &mut Context<Self>) -> Self::Result {
        let (shared, tenant, id, held) = (Arc::clone(&self.shared), self.tenant, self.id, self.job.clone());
        let told = async move { by_itself(&shared, tenant, id, held, "nearby", |job| job.neared(worker, at, clock::now())).await };
        AtomicResponse::new(Box::pin(told.into_actor(self).map(|(job, answer), actor, _| {
            actor.job = job;
            answer
        })))
    }
}

/// Begins to take wishes, until the hub is gone.
pub(super) fn start(shared: &Arc<Shared>, mut wishes: mpsc::Receiver<Wish>) {
    let ways = Arc::clone(&shared.ways);
    let shared = Arc::downgrade(shared);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    tokio::spawn(async move {
        while let Some(wish) = wishes.recv().await {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let (shared, ways) = (Weak::clone(&shared), Arc::clone(&ways));
            tokio::spawn(async move {
                let (way, estimated) = ways.find(wish.from, wish.to, wish.pace).await;
                let eta = Eta { way, at: wish.fix_at, estimated };
                drop(permit);
                if let Some(shared) = shared.upgrade() {
                    shared.tell_eta(&wish, eta);
                    if eta.is_nearby(&shared.alert_rules(wish.tenant)) {
                        shared.tell_nearby(&wish).await;
                    }
                }
            });
        }
    });
}

/// As it goes over the wire; without "see the worker" nobody is told how far they are.
pub(super) fn wire(topic: Topic, job: JobId, eta: &Eta, with_distance: bool) -> EtaMessage {
    EtaMessage {
        topic,
        job,
        seconds: eta.way.seconds,
        distance_m: with_distance.then_some(eta.way.distance_m),
        at: eta.at.into(),
        estimated: eta.estimated,
    }
}

impl Shared {
    /// Says once that the worker is nearly there. What cannot be told now is told with the next fix.
    async fn tell_nearby(self: &Arc<Self>, wish: &Wish) {
        let key = (wish.tenant, wish.job);
        let begins = |mut known: dashmap::mapref::one::RefMut<'_, _, OnTheWay>| !std::mem::replace(&mut known.nearby, true);
        if !self.etas.on_the_way.get_mut(&key).is_some_and(begins) {
            return;
        }
        let neared = || Neared { worker: wish.worker, at: wish.fix_at };
        if let Err(error) = self.registry.ask(self, wish.tenant, wish.job, neared).await {
            tracing::debug!(%error, "that a worker is near is told later");
            if let Some(mut known) = self.etas.on_the_way.get_mut(&key) {
                known.nearby = false;
            }
        }
    }

    fn tell_eta(&self, wish: &Wish, eta: Eta) {
        // While the router thought, the window may have closed.
        let is_current = self.workers.gate(wish.tenant, wish.worker, wish.fix_at).is_some_and(|current| current.job == wish.job);
        if !is_current || !eta::is_fresh(wish.fix_at, clock::now()) || !self.etas.tell(wish, eta) {
            return;
        }
        self.fanout.publish_eta(Audience::StaffJob(wish.tenant, wish.job), || {
            Frame::new(ServerMessage::Eta(wire(Topic::Job(wish.job), wish.job, &eta, true)))
        });
        if let Some(customer) = self.registry.customer(wish.tenant, wish.customer)
            && customer.try_send(ShowEta { job: wish.job, eta }).is_err()
        {
            metrics::counter!("hub_etas_skipped_total").increment(1);
        }
    }
}
