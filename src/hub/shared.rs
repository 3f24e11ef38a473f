//! What the parts of the hub share: the store, the lanes, the ways out, and what is known of tenants and jobs.

use super::bus::{Bus, Published};
use super::commit::{self, Decided};
use super::customer_actor::Tell;
use super::etas::{self, Etas};
use super::fanout::{Audience, Fanout, SessionId};
use super::feed::{self, Feed};
use super::frame::Frame;
use super::project::{Entry, Viewer};
use super::registry::Registry;
use super::session::Session;
use super::settle::{self, Settled};
use super::visits::Visits;
use super::ways::Ways;
use super::workers::Workers;
use super::{Error, links, map, standing, unanswered};
use crate::domain::At;
use crate::domain::alert::rules::AlertRules;
use crate::domain::caller::{Caller, Role};
use crate::domain::event::{Change, Event, Kind};
use crate::domain::geo::Point;
use crate::domain::ids::{JobId, TenantId, WorkerId};
use crate::domain::job::Job;
use crate::domain::refusal::{Gone, Refusal};
use crate::domain::tenant::{DispatchRules, Tenant};
use crate::location::{Locations, Position};
use crate::places::Router;
use crate::protocol::server::EventMessage;
use crate::protocol::{ServerMessage, Topic};
use crate::store::writer::{CommandLanes, FixLanes};
use crate::store::{self, Store};
use dashmap::DashMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

/// Snapshots read at once; some of the store's ten readers stay free for requests.
const JOINING: usize = 6;

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) epoch: Uuid,
    pub(super) lanes: CommandLanes<Decided>,
    pub(super) fix_lanes: FixLanes,
    pub(super) bus: Arc<Bus>,
    pub(super) registry: Registry,
    pub(super) fanout: Fanout,
    pub(super) workers: Workers,
    pub(super) visits: Visits,
    pub(super) locations: Locations,
    pub(super) etas: Etas,
    pub(super) ways: Arc<Ways>,
    pub(super) sessions: DashMap<SessionId, Arc<Session>>,
    /// Turns to read a snapshot.
    pub(super) joining: Semaphore,
    tenants: DashMap<TenantId, Known>,
    pub(super) settled: Settled,
}

/// What is known of a tenant whose feed runs.
#[derive(Clone)]
struct Known {
    tenant: Arc<Tenant>,
    /// The last entry that its feed told.
    told: Arc<AtomicI64>,
}

impl Shared {
    pub(super) async fn start(store: Store, arbiters: usize, router: Option<Router>) -> Result<Arc<Self>, Error> {
        let (etas, wishes) = Etas::new();
        let bus = Arc::new(Bus::local());
        let lanes_bus = Arc::clone(&bus);
        let lanes = CommandLanes::start(store.writer_pool().clone(), move |published| commit::publish(&lanes_bus, published));
        let shared = Arc::new(Self {
            epoch: store::epoch::current(&store).await?,
            lanes,
            fix_lanes: FixLanes::start(store.writer_pool().clone()),
            bus,
            registry: Registry::new(arbiters),
            fanout: Fanout::default(),
            workers: Workers::default(),
            visits: Visits::new(),
            locations: Locations::new(),
            etas,
            ways: Arc::new(Ways::new(router)),
            sessions: DashMap::new(),
            joining: Semaphore::new(JOINING),
            tenants: DashMap::new(),
            settled: Settled::default(),
            store,
        });
        shared.load().await?;
        Visits::start(&shared);
        map::start(&shared);
        links::start(&shared);
        etas::start(&shared, wishes);
        settle::start(&shared);
        standing::start(&shared);
        unanswered::start(&shared);
        Ok(shared)
    }

    /// What must be known before the first socket: open jobs, who is on duty, where workers were last shown.
    async fn load(self: &Arc<Self>) -> Result<(), Error> {
        let mut connection = self.store.write().await?;
        let workers = store::workers::all(&mut connection).await?;
        for worker in &workers {
            self.workers.know(worker.tenant, worker.id, &worker.name, worker.on_duty);
        }
        let mut touched: HashMap<(TenantId, WorkerId), At> = HashMap::new();
        let open = store::jobs::open(&mut connection).await?;
        for job in &open {
            if let Some(worker) = job.phone() {
                let last_at = touched.entry((job.tenant, worker)).or_default();
                *last_at = job.last_at.max(*last_at);
            }
            self.place(job.tenant, job.id, Some(job));
        }
        for job in &open {
            if let Some(worker) = job.phone() {
                self.workers.load(job, touched[&(job.tenant, worker)]);
                self.visits.watch(job, job.last_at);
            }
        }
        for (tenant, latest) in store::fixes::latest_all(&mut connection).await? {
            self.workers.measured(tenant, latest.worker, Some(latest.shown_at), latest.battery);
            let position = Position {
                worker: latest.worker,
                at: latest.shown_at,
                point: latest.point,
                accuracy_m: latest.accuracy_m,
                speed_mps: latest.speed_mps,
                heading_deg: latest.heading_deg,
                status: self.workers.status(tenant, latest.worker),
            };
            self.locations.seed(tenant, position);
        }
        // Whoever has not been seen yet is shown rightly from the first fix on.
        for worker in &workers {
            self.locations.set_status(worker.tenant, worker.id, self.workers.status(worker.tenant, worker.id));
        }
        tracing::info!(open_jobs = open.len(), "open jobs loaded");
        Ok(())
    }

    /// A tenant with its settings; its feed runs from the first time it is asked for.
    pub(super) async fn tenant(self: &Arc<Self>, id: TenantId) -> Result<Arc<Tenant>, Error> {
        if let Some(known) = self.tenants.get(&id) {
            return Ok(Arc::clone(&known.tenant));
        }
        let mut connection = self.store.read(id).await?;
        let tenant = Arc::new(store::tenants::find(&mut connection, id).await?);
        drop(connection);
        let head = store::events::head(&self.store, id).await?;
        let known = self.tenants.entry(id).or_insert_with(|| {
            let (sender, notices) = mpsc::channel(feed::CAPACITY);
            self.bus.attach(id, sender);
            tokio::spawn(Feed::run(Arc::clone(self), id, head + 1, notices));
            Known { tenant, told: Arc::new(AtomicI64::new(head)) }
        });
        Ok(Arc::clone(&known.tenant))
    }

    /// The tenant's rules, once it is known.
    pub(super) fn rules(&self, tenant: TenantId) -> DispatchRules {
        self.tenants.get(&tenant).map(|known| known.tenant.settings.dispatch).unwrap_or_default()
    }

    /// The tenants whose settings are kept here.
    pub(super) fn known_tenants(&self) -> Vec<TenantId> {
        self.tenants.iter().map(|known| *known.key()).collect()
    }

    /// From now on these settings hold.
    pub(super) fn know(&self, tenant: Arc<Tenant>) {
        if let Some(mut known) = self.tenants.get_mut(&tenant.id) {
            known.tenant = tenant;
        }
    }

    /// How far around an address the tenant's workers have arrived, once it is known.
    pub(super) fn arrival_radius_m(&self, tenant: TenantId) -> f64 {
        self.tenants.get(&tenant).map(|known| known.tenant.settings.arrivals).unwrap_or_default().radius_m.into()
    }

    /// What the tenant's alerts may do, once it is known.
    pub(super) fn alert_rules(&self, tenant: TenantId) -> AlertRules {
        self.tenants.get(&tenant).map(|known| known.tenant.settings.alerts.clone()).unwrap_or_default()
    }

    /// The last entry of the tenant's log that was told.
    pub(super) fn told(&self, tenant: TenantId) -> i64 {
        self.tenants.get(&tenant).map_or(0, |known| known.told.load(Ordering::Relaxed))
    }

    /// A job as stored.
    pub(super) async fn load_job(&self, tenant: TenantId, id: JobId) -> Result<Option<Arc<Job>>, Error> {
        let mut connection = self.store.read(tenant).await?;
        Ok(store::jobs::find_many(&mut connection, tenant, &[id]).await?.pop().map(Arc::new))
    }

    /// The answer that a command got before, if it did.
    pub(super) async fn answered_before(&self, tenant: TenantId, key: Uuid) -> Result<Option<store::commands::Answered>, Error> {
        let mut connection = self.store.read(tenant).await?;
        Ok(store::commands::find(&mut connection, tenant, key).await?)
    }

    /// Why there is no such job for this caller: a worker who had it on the phone is told that it was deleted.
    pub(super) async fn why_missing(&self, tenant: TenantId, job: JobId, caller: &Caller) -> Result<Refusal, Error> {
        let Role::Worker { id } = caller.role else { return Ok(Refusal::Missing) };
        let mut connection = self.store.read(tenant).await?;
        let last = store::events::last_of_job(&mut connection, tenant, job).await?;
        let event = last.and_then(|row| serde_json::from_value::<Event>(row.data).ok());
        Ok(match event.map(|event| event.change) {
            Some(Change::Deleted { number, workers }) if workers.contains(&id) => Refusal::NoLongerYours { number, reason: Gone::Deleted },
            _ => Refusal::Missing,
        })
    }

    /// Entries of the log after `seq`, with their jobs as they stand now.
    pub(super) async fn entries_after(&self, tenant: TenantId, seq: i64, limit: i64) -> Result<Vec<Published>, Error> {
        let mut connection = self.store.read(tenant).await?;
        let rows = store::events::after(&mut connection, tenant, seq, limit).await?;
        let mut ids: Vec<JobId> = rows.iter().map(|row| row.job).collect();
        ids.sort_unstable();
        ids.dedup();
        let jobs = store::jobs::find_many(&mut connection, tenant, &ids).await?;
        let jobs: HashMap<JobId, Arc<Job>> = jobs.into_iter().map(|job| (job.id, Arc::new(job))).collect();
        Ok(rows
            .into_iter()
            .map(|row| {
                let kind = Kind::from_number(row.kind).unwrap_or(Kind::JobEdited);
                let event = serde_json::from_value(row.data).unwrap_or_else(|_emptied| Event::emptied(kind, row.at));
                Published { seq: row.seq, event: Arc::new(event), job_id: row.job, job: jobs.get(&row.job).cloned() }
            })
            .collect())
    }

    /// Tells one entry to everybody whose it is, in this order: what the node itself knows, staff, phones, customers.
    pub(super) async fn tell(self: &Arc<Self>, tenant: TenantId, published: Published) {
        let Published { seq, event, job_id, job } = published;
        let changed = self.workers.follow(tenant, &event, job.as_deref(), job_id);
        self.visits.follow(tenant, &event, job.as_deref(), job_id);
        self.place(tenant, job_id, job.as_deref());
        self.registry.refresh(tenant, job_id, job.clone());
        let entry = Entry { seq, event: &event, job_id, job: job.as_deref() };
        let event_frame = |message: EventMessage| Frame::new(ServerMessage::Event(Box::new(message)));
        let told = |viewer, topic| move || entry.told_to(viewer, topic).map(event_frame);
        self.fanout.publish(Audience::Schedule(tenant), seq, told(Viewer::Staff, Topic::Schedule));
        self.fanout.publish(Audience::StaffJob(tenant, job_id), seq, told(Viewer::Staff, Topic::Job(job_id)));
        let phone = job.as_ref().and_then(|job| job.phone());
        let phones = event.before.phone.into_iter().chain(phone.filter(|phone| event.before.phone != Some(*phone)));
        for worker in phones {
            self.fanout.publish(Audience::Worker(tenant, worker), seq, told(Viewer::Worker(worker), Topic::Worker));
            self.fanout.publish(Audience::WorkerJob(tenant, worker, job_id), seq, told(Viewer::Worker(worker), Topic::Job(job_id)));
        }
        let customer = job.as_ref().map_or(event.before.customer, |job| job.customer.id);
        if let Some(address) = self.registry.customer(tenant, customer) {
            let tell = Tell { seq, event: Arc::clone(&event), job_id, job };
            if address.send(tell).await.is_err() {
                self.registry.forget_customer(tenant, customer, &address);
            }
        }
        if let Some(known) = self.tenants.get(&tenant) {
            known.told.store(seq, Ordering::Relaxed);
        }
        for worker in changed {
            self.locations.set_status(tenant, worker, self.workers.status(tenant, worker));
            self.show_worker(tenant, worker);
        }
    }

    /// Puts an open job on the map, or takes it off; a worker who is on the way to it is expected there.
    fn place(&self, tenant: TenantId, id: JobId, job: Option<&Job>) {
        let open = job.filter(|job| job.status.is_open());
        let point = open.and_then(Job::point).and_then(|(latitude, longitude)| Point::parse(latitude, longitude).ok());
        self.locations.set_job(tenant, id, point);
        self.etas.follow(tenant, id, job);
    }

    /// Tells dispatchers a worker's state.
    pub(super) fn show_worker(&self, tenant: TenantId, worker: WorkerId) {
        if let Some(state) = self.workers.state(tenant, worker) {
            self.fanout.publish_state(Audience::Schedule(tenant), || Frame::new(ServerMessage::Worker(state)));
        }
    }

    pub(super) async fn stop(&self) {
        self.lanes.drain().await;
        self.fix_lanes.drain().await;
        self.registry.stop();
        tracing::info!(job_actors = self.registry.jobs(), "hub stopped");
    }
}
