//! A change of settings or rights reaches what is open: tenants are known anew, portal sessions see what they now may see.
//!
//! The node that made the change settles at once. All nodes look at a counter every other second, which the database keeps
//! whoever changes a right, so that nothing depends on being told.

use super::fanout::Subscription;
use super::frame::Frame;
use super::send_queue::Close;
use super::session::{Joined, Session};
use super::subscribe::DAY_MS;
use super::{Error, Hub, Shared, clock, look};
use crate::domain::caller::{ByKind, Caller, Link, Role};
use crate::domain::event::Kind;
use crate::domain::ids::{CustomerId, JobId, PortalUserId, TenantId};
use crate::domain::refusal::{Gone, Refusal};
use crate::domain::tenant::Tenant;
use crate::protocol::caller::{Caller as CallerView, PermissionSet};
use crate::protocol::client::Subscribe;
use crate::protocol::server::EventMessage;
use crate::protocol::views::By;
use crate::protocol::{ServerMessage, Topic};
use crate::store;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

/// How often a node looks whether rights changed elsewhere. A change must be felt within five seconds.
const LOOK: Duration = Duration::from_secs(2);

/// A session that takes longer to be told comes back instead: the others do not wait for a slow reader. What it may
/// see has changed before that: this is only about telling it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Sessions told at the same time.
const AT_ONCE: usize = 8;

/// Which version of each tenant's rights is in force here. Held while settling: changes take effect in the order they were read.
#[derive(Default)]
pub(super) struct Settled(Mutex<HashMap<TenantId, i64>>);

/// What a client's memory of `seq` is good for: one log, and for a portal user one set of rights.
pub(super) fn epoch(log: Uuid, caller: &Caller) -> Uuid {
    let Role::PortalUser { links, .. } = &caller.role else { return log };
    let rights: Vec<(CustomerId, PermissionSet)> = links.iter().map(|link| (link.customer, (&link.permissions).into())).collect();
    Uuid::new_v5(&log, &serde_json::to_vec(&rights).expect("permissions have string keys"))
}

/// Begins to look. Ends with the hub.
pub(super) fn start(shared: &Arc<Shared>) {
    look::every(shared, LOOK, |shared| async move {
        if let Err(error) = shared.look().await {
            tracing::warn!(%error, "cannot look whether rights changed; trying again");
        }
    });
}

impl Hub {
    /// Settings or rights of the tenant were changed: they hold from now on, here at once and on other nodes soon.
    pub async fn settle(&self, tenant: TenantId) {
        if let Err(error) = self.shared.settle(tenant, None).await {
            tracing::warn!(%error, "a change of rights takes effect with the next look");
        }
    }
}

impl Shared {
    /// Settles the tenants that changed since the last look, and who came in since.
    async fn look(self: &Arc<Self>) -> Result<(), Error> {
        let mut tenants = self.known_tenants();
        let newcomers = self.sessions.iter().filter(|session| session.is_unsettled.load(Ordering::Relaxed));
        let newcomers: Vec<TenantId> = newcomers.map(|session| session.tenant_id).collect();
        tenants.extend(&newcomers);
        tenants.sort_unstable();
        tenants.dedup();
        if tenants.is_empty() {
            return Ok(());
        }
        let mut connection = self.store.write().await?;
        let versions: HashMap<TenantId, i64> = store::rights::versions(&mut connection, &tenants).await?.into_iter().collect();
        drop(connection);
        for tenant in tenants {
            let version = versions.get(&tenant).copied().unwrap_or_default();
            let is_new = self.settled.0.lock().await.get(&tenant) != Some(&version);
            if is_new || newcomers.contains(&tenant) {
                self.settle(tenant, Some(version)).await?;
            }
        }
        Ok(())
    }

    /// Reads the tenant's settings and the rights of who is here, and lets them hold. `version` was read before.
    async fn settle(self: &Arc<Self>, id: TenantId, version: Option<i64>) -> Result<(), Error> {
        let mut settled = self.settled.0.lock().await;
        let sessions: Vec<Arc<Session>> =
            self.sessions.iter().filter(|session| session.tenant_id == id).map(|session| Arc::clone(&session)).collect();
        let mut users: Vec<PortalUserId> = sessions.iter().filter_map(|session| portal_user(&session.caller())).collect();
        users.sort_unstable();
        users.dedup();
        let mut connection = self.store.read(id).await?;
        let tenant = Arc::new(store::tenants::find(&mut connection, id).await?);
        let mut links: HashMap<PortalUserId, Vec<Link>> = HashMap::new();
        if !users.is_empty() {
            for (user, link) in store::portal_users::links_of(&mut connection, id, &users).await? {
                links.entry(user).or_default().push(link.resolve(&tenant.settings.portal.permissions));
            }
        }
        drop(connection);
        self.know(Arc::clone(&tenant));
        // Those who came in since the last look have the rows already.
        if version.is_none_or(|version| settled.get(&id) != Some(&version)) {
            self.show_rows(&tenant).await?;
        }
        let mut each = Vec::with_capacity(sessions.len());
        for session in sessions {
            let links = portal_user(&session.caller()).map(|user| links.get(&user).cloned().unwrap_or_default());
            each.push(self.settle_in_time(session, Arc::clone(&tenant), links));
        }
        futures_util::stream::iter(each).buffer_unordered(AT_ONCE).collect::<()>().await;
        if let Some(version) = version {
            settled.insert(id, version);
        }
        Ok(())
    }

    async fn settle_in_time(&self, session: Arc<Session>, tenant: Arc<Tenant>, links: Option<Vec<Link>>) {
        session.is_unsettled.store(false, Ordering::Relaxed);
        if !matches!(timeout(PATIENCE, self.settle_session(&session, &tenant, links)).await, Ok(Ok(()))) {
            // It comes back, is asked who it is, and finds everything as it should be.
            session.queue.close(Close::Resync);
        }
    }

    /// One session: closed if the portal is off, told anew what it sees if its rights are others.
    async fn settle_session(&self, session: &Arc<Session>, tenant: &Arc<Tenant>, links: Option<Vec<Link>>) -> Result<(), Error> {
        let _turn = session.turn.lock().await;
        let before = session.caller();
        let (Some(links), Role::PortalUser { id, links: had }) = (links, &before.role) else {
            session.becomes(before, Arc::clone(tenant));
            return Ok(());
        };
        if !tenant.settings.portal.enabled {
            session.queue.close(Close::Forbidden);
            return Ok(());
        }
        let is_same = *had == links;
        let caller = Caller { role: Role::PortalUser { id: *id, links }, ..(*before).clone() };
        session.becomes(Arc::new(caller), Arc::clone(tenant));
        if is_same {
            return Ok(());
        }
        let joined: Vec<(Topic, i64)> = {
            let joined = session.joined.lock().unwrap_or_else(PoisonError::into_inner);
            joined
                .iter()
                .filter_map(|(topic, joined)| if let Joined::Customers { reference, .. } = joined { Some((*topic, *reference)) } else { None })
                .collect()
        };
        for (topic, reference) in joined {
            self.tell_anew(session, &before, Subscribe { reference, topic, after: None, from: None, to: None }).await?;
        }
        Ok(())
    }

    /// Says which jobs the session sees no more, then how the topic stands for it now, and goes on from there.
    async fn tell_anew(&self, session: &Arc<Session>, before: &Caller, request: Subscribe) -> Result<(), Error> {
        self.leave(session, request.topic).await;
        let caller = session.caller();
        let job = match request.topic {
            Topic::Job(id) => match self.visible_job(&caller, id).await {
                Ok(job) => Some(job),
                Err(Error::Refused(Refusal::Missing)) => {
                    let head = store::events::head(&self.store, session.tenant_id).await?;
                    self.take_away(session, request.topic, head, id).await;
                    return Ok(());
                }
                Err(error) => return Err(error),
            },
            _ => None,
        };
        let subscription = Subscription::joining(session.id, Arc::clone(&session.queue));
        let joined = self.listen(session, &request, job.as_deref(), &subscription).await;
        session.joins(request.topic, joined);
        let (seq, jobs) = self.snapshot(session, &request).await?;
        if request.topic == Topic::Portal {
            for job in self.lost_jobs(before, &caller).await? {
                self.take_away(session, request.topic, seq, job).await;
            }
        }
        self.send_snapshot(session, &request, seq, &jobs, Some(CallerView::new(&caller, &session.tenant()))).await?;
        subscription.joined(seq);
        self.show_where_workers_are(session, request.topic, &subscription);
        Ok(())
    }

    /// Jobs that a session was shown before and may not see now; older ones than a snapshot holds are not looked for.
    async fn lost_jobs(&self, before: &Caller, now: &Caller) -> Result<Vec<JobId>, Error> {
        let Role::PortalUser { links, .. } = &before.role else { return Ok(Vec::new()) };
        let still = |customer| now.permissions_for(customer).is_some_and(|permissions| permissions.view_jobs);
        let lost = links.iter().filter(|link| link.permissions.view_jobs && !still(link.customer));
        let (live, quiet): (Vec<&Link>, Vec<&Link>) = lost.partition(|link| link.permissions.live_status);
        let ids = |links: Vec<&Link>| links.into_iter().map(|link| link.customer).collect::<Vec<CustomerId>>();
        let (live, quiet) = (ids(live), ids(quiet));
        if live.is_empty() && quiet.is_empty() {
            return Ok(Vec::new());
        }
        let mut connection = self.store.read(now.tenant).await?;
        let (_, jobs) = store::jobs::portal_snapshot(&mut connection, now.tenant, &live, &quiet, clock::now().plus_ms(-DAY_MS)).await?;
        Ok(jobs.into_iter().map(|job| job.id).collect())
    }

    /// Not an entry of the log, so it takes no number of its own.
    async fn take_away(&self, session: &Session, topic: Topic, seq: i64, job: JobId) {
        let removed = EventMessage {
            topic,
            seq,
            at: clock::now().into(),
            kind: Kind::JobRemoved,
            job: None,
            job_id: job,
            by: By { kind: ByKind::Dispatcher, name: "the company".into() },
            reason: Some(Gone::NotPermitted),
            detail: None,
        };
        session.queue.push_patiently(&Frame::new(ServerMessage::Event(Box::new(removed)))).await;
    }
}

fn portal_user(caller: &Caller) -> Option<PortalUserId> {
    match caller.role {
        Role::PortalUser { id, .. } => Some(id),
        Role::Dispatcher { .. } | Role::Worker { .. } | Role::Link { .. } => None,
    }
}
