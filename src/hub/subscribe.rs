//! Joining a topic: listen first, then read the snapshot or the missing events, then go on. Nothing is lost or sent twice in between.

use super::bus::Published;
use super::customer_actor::{Unwatch, Watch};
use super::etas;
use super::fanout::{Audience, Subscription};
use super::frame::Frame;
use super::map::wire;
use super::project::{Entry, Viewer};
use super::session::{Joined, Session};
use super::snapshot::Parts;
use super::{Error, Hub, Shared, clock, rows};
use crate::domain::At;
use crate::domain::caller::{Caller, Link, Role};
use crate::domain::gate;
use crate::domain::ids::{CustomerId, JobId};
use crate::domain::job::Job;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::protocol::caller::Caller as CallerView;
use crate::protocol::client::Subscribe;
use crate::protocol::server::{Okay, Positions, Snapshot};
use crate::protocol::views::Job as JobView;
use crate::protocol::{Millis, ServerMessage, Topic};
use crate::store;
use std::sync::Arc;

/// More missing events than this, and a snapshot comes instead.
const MAX_MISSING: i64 = 10_000;
/// Events missing for longer than this, and a snapshot comes instead.
const MAX_AGE_MS: i64 = 24 * 3_600_000;
/// `schedule` holds jobs of yesterday to two weeks ahead, unless asked otherwise.
pub(super) const DAY_MS: i64 = 24 * 3_600_000;
/// Events read from the log at once.
const PAGE: i64 = 500;

impl Hub {
    /// Joins a topic, answering on the session's queue.
    pub async fn subscribe(&self, session: &Arc<Session>, request: &Subscribe) -> Result<(), Error> {
        let topic = request.topic;
        let _turn = session.turn.lock().await;
        let caller = session.caller();
        check_role(&caller, topic)?;
        self.shared.tenant(session.tenant_id).await?;
        self.shared.leave(session, topic).await;
        if topic == Topic::Map {
            session.joins(topic, Joined::Map);
            session.queue.push(&Frame::new(ServerMessage::Ok(Okay { reference: request.reference, ..Okay::default() })));
            return Ok(());
        }
        let shared = &self.shared;
        let seen_job = match topic {
            Topic::Job(id) => Some(shared.visible_job(&caller, id).await?),
            _ => None,
        };
        let subscription = Subscription::joining(session.id, Arc::clone(&session.queue));
        let joined = shared.listen(session, request, seen_job.as_deref(), &subscription).await;
        session.joins(topic, joined);
        if let Err(error) = shared.catch_up(session, request, &subscription).await {
            shared.leave(session, topic).await;
            return Err(error);
        }
        if topic == Topic::Schedule {
            shared.show_presence(session.tenant_id);
            for state in shared.workers.states(session.tenant_id) {
                session.queue.push_state(&Frame::new(ServerMessage::Worker(state)));
            }
        }
        shared.show_where_workers_are(session, topic, &subscription);
        Ok(())
    }

    /// Leaves a topic.
    pub async fn unsubscribe(&self, session: &Session, topic: Topic) {
        let _turn = session.turn.lock().await;
        self.shared.leave(session, topic).await;
    }

    /// Whether the session has joined the map.
    pub fn sees_map(&self, session: &Session) -> bool {
        session.joined.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains_key(&Topic::Map)
    }
}

fn check_role(caller: &Caller, topic: Topic) -> Result<(), Error> {
    let may = match topic {
        Topic::Schedule | Topic::Map => matches!(caller.role, Role::Dispatcher { .. }),
        Topic::Portal => matches!(caller.role, Role::PortalUser { .. }),
        Topic::Worker => matches!(caller.role, Role::Worker { .. }),
        Topic::Job(_) => true,
    };
    if may { Ok(()) } else { Err(Error::Refused(Refusal::Forbidden)) }
}

/// Through whose eyes a caller sees a job of `customer`; nothing if they see none of it.
fn viewer(caller: &Caller, customer: CustomerId) -> Option<Viewer<'_>> {
    match &caller.role {
        Role::Dispatcher { .. } => Some(Viewer::Staff),
        Role::Worker { id } => Some(Viewer::Worker(*id)),
        Role::PortalUser { id, .. } => {
            let permissions = caller.permissions_for(customer)?;
            Some(Viewer::Portal { permissions, person: id.0 })
        }
        Role::Link { id, permissions, .. } => Some(Viewer::Portal { permissions, person: id.0 }),
    }
}

impl Shared {
    /// Ends a subscription; the caller has the session's turn.
    pub(super) async fn leave(&self, session: &Session, topic: Topic) {
        match session.leaves(topic) {
            Some(Joined::Audience(audience)) => {
                self.fanout.unsubscribe(audience, session.id);
            }
            Some(Joined::Customers { customers, .. }) => {
                for customer in customers {
                    let Some(address) = self.registry.customer(session.tenant_id, customer) else { continue };
                    let unwatch = Unwatch { session: session.id, topic: Some(topic) };
                    if address.send(unwatch).await.unwrap_or(true) {
                        self.registry.forget_customer(session.tenant_id, customer, &address);
                    }
                }
            }
            Some(Joined::Map) => self.locations.unwatch(session.id.0),
            None => {}
        }
    }

    pub(super) async fn visible_job(&self, caller: &Caller, id: JobId) -> Result<Arc<Job>, Error> {
        let job = self.load_job(caller.tenant, id).await?.ok_or(Error::Refused(Refusal::Missing))?;
        match JobView::<Millis>::for_caller(&job, caller) {
            Some(_) => Ok(job),
            None => Err(Error::Refused(Refusal::Missing)),
        }
    }

    /// Registers the subscription where its events pass.
    pub(super) async fn listen(&self, session: &Session, request: &Subscribe, job: Option<&Job>, subscription: &Arc<Subscription>) -> Joined {
        let (tenant, topic, caller) = (session.tenant_id, request.topic, session.caller());
        let audience = match (&caller.role, topic) {
            (Role::Dispatcher { .. }, Topic::Job(id)) => Audience::StaffJob(tenant, id),
            (Role::Dispatcher { .. }, _) => Audience::Schedule(tenant),
            (Role::Worker { id: worker }, Topic::Job(id)) => Audience::WorkerJob(tenant, *worker, id),
            (Role::Worker { id: worker }, _) => Audience::Worker(tenant, *worker),
            (Role::PortalUser { id, links }, _) => {
                let mut customers = Vec::new();
                for link in links.iter().filter(|link| job.is_none_or(|job| job.customer.id == link.customer)) {
                    let permissions = Arc::new(link.permissions.clone());
                    let watch = || Watch { topic, permissions: Arc::clone(&permissions), person: id.0, subscription: Arc::clone(subscription) };
                    self.registry.watch_customer(tenant, link.customer, watch).await;
                    customers.push(link.customer);
                }
                return Joined::Customers { customers, reference: request.reference };
            }
            (Role::Link { id, permissions, .. }, _) => {
                let Some(customer) = job.map(|job| job.customer.id) else {
                    return Joined::Customers { customers: Vec::new(), reference: request.reference };
                };
                let permissions = Arc::new(permissions.clone());
                let watch = || Watch { topic, permissions: Arc::clone(&permissions), person: id.0, subscription: Arc::clone(subscription) };
                self.registry.watch_customer(tenant, customer, watch).await;
                return Joined::Customers { customers: vec![customer], reference: request.reference };
            }
        };
        self.fanout.subscribe(audience, Arc::clone(subscription));
        Joined::Audience(audience)
    }

    /// Sends what is missing, or a snapshot, and lets the subscription go on from there.
    async fn catch_up(&self, session: &Session, request: &Subscribe, subscription: &Subscription) -> Result<(), Error> {
        if let Some(after) = request.after
            && let Some(reached) = self.send_missing(session, request.topic, after).await?
        {
            let ok = Okay { reference: request.reference, seq: Some(reached), job: None };
            session.queue.push(&Frame::new(ServerMessage::Ok(ok)));
            if request.topic == Topic::Schedule {
                // Rows are in no log: what changed of them meanwhile is not among what was missing.
                for part in rows::parts(self.rows(session).await?, &session.tenant().settings) {
                    session.queue.push_patiently(&part).await;
                }
            }
            subscription.joined(reached);
            return Ok(());
        }
        // A crowd that joins at once waits here, in order, rather than at the pool, which would turn it away.
        let turn = self.joining.acquire().await.map_err(|_closed| Error::Busy)?;
        let (seq, jobs) = self.snapshot(session, request).await?;
        drop(turn);
        self.send_snapshot(session, request, seq, &jobs, None).await?;
        subscription.joined(seq);
        Ok(())
    }

    /// Sends a topic as it stands, in parts. With `caller` it comes unasked for: they may do something else now.
    pub(super) async fn send_snapshot(
        &self,
        session: &Session,
        request: &Subscribe,
        seq: i64,
        jobs: &[Job],
        caller: Option<CallerView>,
    ) -> Result<(), Error> {
        let workers = match request.topic {
            Topic::Schedule | Topic::Worker => Some(self.rows(session).await?),
            Topic::Map | Topic::Portal | Topic::Job(_) => None,
        };
        let jobs = jobs.iter().filter_map(|job| JobView::for_caller(job, &session.caller())).collect();
        let holidays = (request.topic == Topic::Schedule).then(|| session.tenant().settings.holidays.clone());
        let whole = Snapshot { reference: request.reference, topic: request.topic, seq, jobs, workers, holidays, more: false, caller };
        for part in Parts::new(session.queue.encoding(), whole) {
            session.queue.push_patiently(&part).await;
        }
        Ok(())
    }

    /// Sends the events after `after`. Returns the number reached; nothing if a snapshot is called for.
    async fn send_missing(&self, session: &Session, topic: Topic, after: i64) -> Result<Option<i64>, Error> {
        let tenant = session.tenant_id;
        let head = store::events::head(&self.store, tenant).await?;
        if after < 0 || after > head || head - after > MAX_MISSING {
            return Ok(None);
        }
        let mut reached = after;
        while reached < head {
            let page = self.entries_after(tenant, reached, PAGE).await?;
            let Some(last) = page.last().map(|entry| entry.seq) else { break };
            let too_old = |entry: &Published| clock::now().since(entry.event.received_at) > MAX_AGE_MS;
            if reached == after && page.first().is_some_and(too_old) {
                return Ok(None);
            }
            for entry in page {
                self.send_entry(session, topic, &entry).await;
            }
            reached = last;
        }
        Ok(Some(reached))
    }

    async fn send_entry(&self, session: &Session, topic: Topic, published: &Published) {
        if matches!(topic, Topic::Job(only) if only != published.job_id) {
            return;
        }
        let customer = published.job.as_ref().map_or(published.event.before.customer, |job| job.customer.id);
        let caller = session.caller();
        let Some(viewer) = viewer(&caller, customer) else { return };
        let entry = Entry { seq: published.seq, event: &published.event, job_id: published.job_id, job: published.job.as_deref() };
        if let Some(message) = entry.told_to(viewer, topic) {
            session.queue.push_patiently(&Frame::new(ServerMessage::Event(Box::new(message)))).await;
        }
    }

    /// The topic's jobs with the number that they reach to, both of one moment.
    pub(super) async fn snapshot(&self, session: &Session, request: &Subscribe) -> Result<(i64, Vec<Job>), Error> {
        let tenant = session.tenant_id;
        let (now, caller) = (clock::now(), session.caller());
        let mut connection = self.store.read(tenant).await?;
        Ok(match (request.topic, &caller.role) {
            (Topic::Job(id), _) => {
                let (seq, job) = store::jobs::one_with_seq(&mut connection, tenant, id).await?;
                (seq, job.into_iter().collect())
            }
            (_, Role::Worker { id }) => store::jobs::of_worker(&mut connection, tenant, *id, midnight(session, now)).await?,
            (_, Role::PortalUser { links, .. }) => {
                let viewable = links.iter().filter(|link| link.permissions.view_jobs);
                let (live, quiet): (Vec<_>, Vec<_>) = viewable.partition(|link| link.permissions.live_status);
                let ids = |links: Vec<&Link>| links.into_iter().map(|link| link.customer).collect::<Vec<CustomerId>>();
                store::jobs::portal_snapshot(&mut connection, tenant, &ids(live), &ids(quiet), now.plus_ms(-DAY_MS)).await?
            }
            // Only its job's topic is open to a link.
            (_, Role::Link { .. }) => return Err(Error::Refused(Refusal::Forbidden)),
            (_, Role::Dispatcher { .. }) => {
                let midnight = midnight(session, now);
                let from = request.from.map_or(midnight.plus_ms(-DAY_MS), At::from);
                let to = request.to.map_or(midnight.plus_ms(15 * DAY_MS), At::from);
                if to <= from {
                    return Err(Error::Refused(Refusal::Invalid(vec![Fault::at("/to", Why::EndBeforeStart)])));
                }
                store::jobs::schedule(&mut connection, tenant, from, to).await?
            }
        })
    }

    /// Where the workers of the current jobs are and when they are expected, for who just joined and may see it.
    pub(super) fn show_where_workers_are(&self, session: &Session, topic: Topic, subscription: &Subscription) {
        let (tenant, caller) = (session.tenant_id, session.caller());
        let current = match topic {
            Topic::Job(id) => self.workers.current_jobs(tenant).into_iter().filter(|(_, current)| current.job == id).collect(),
            Topic::Portal => self.workers.current_jobs(tenant),
            Topic::Schedule | Topic::Map | Topic::Worker => return,
        };
        let mut list = Vec::new();
        for (worker, current) in current {
            let distance = match &caller.role {
                Role::Dispatcher { .. } => Some(true),
                Role::Worker { .. } => None,
                Role::PortalUser { .. } => {
                    let permissions = caller.permissions_for(current.customer).filter(|permissions| gate::tells_eta_to(permissions));
                    permissions.map(|permissions| permissions.see_worker)
                }
                Role::Link { job, permissions, .. } => {
                    Some(permissions.see_worker).filter(|_| *job == current.job && gate::tells_eta_to(permissions))
                }
            };
            if let (Some(distance), Some(eta)) = (distance, self.etas.told(tenant, current.job)) {
                subscription.offer_eta(&Frame::new(ServerMessage::Eta(etas::wire(topic, current.job, &eta, distance))));
            }
            let may = match &caller.role {
                Role::Dispatcher { .. } => true,
                Role::Worker { .. } => false,
                Role::PortalUser { .. } => caller.permissions_for(current.customer).is_some_and(gate::opens_for),
                Role::Link { job, permissions, .. } => *job == current.job && gate::opens_for(permissions),
            };
            let latest = self.locations.latest(tenant, worker).filter(|position| may && position.at >= current.since);
            list.extend(latest.as_ref().map(wire));
        }
        if !list.is_empty() {
            subscription.offer_positions(&Frame::new(ServerMessage::Positions(Positions { topic, list, gone: Vec::new() })));
        }
    }
}

/// The start of today in the tenant's zone.
fn midnight(session: &Session, now: At) -> At {
    let zone = jiff::tz::TimeZone::get(&session.tenant().time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = jiff::Timestamp::from_millisecond(now.millis()).ok().and_then(|now| now.to_zoned(zone).start_of_day().ok());
    today.map_or(now, |midnight| At(midnight.timestamp().as_millisecond()))
}
