//! One open socket, as the hub knows it: who it is, its way out, what it listens to.

use super::fanout::{Audience, SessionId};
use super::frame::Frame;
use super::send_queue::{Close, SendQueue};
use super::{Hub, Shared};
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::{CustomerId, JobId, TenantId};
use crate::domain::tenant::Tenant;
use crate::protocol::Topic;
use crate::protocol::server::{Presence, PresentDispatcher, ServerMessage};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// An open socket.
pub struct Session {
    /// Its number on this node.
    pub id: SessionId,
    /// Of which tenant.
    pub tenant_id: TenantId,
    /// The log-in session's token hash: when that ends, so does this.
    pub login: Vec<u8>,
    /// Its way out.
    pub queue: Arc<SendQueue>,
    /// Who, as things stand.
    who: RwLock<Who>,
    pub(super) joined: Mutex<HashMap<Topic, Joined>>,
    /// Joining a topic and being settled anew wait for each other.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Its rights were looked up before it was known here: the next look makes sure that they still hold.
    pub(super) is_unsettled: AtomicBool,
    editing: Mutex<Option<JobId>>,
}

/// A caller with the tenant's settings, both as of one moment.
#[derive(Clone)]
struct Who {
    caller: Arc<Caller>,
    tenant: Arc<Tenant>,
}

/// What a subscription is registered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Joined {
    Audience(Audience),
    /// Each customer's actor; the answer to a change of rights carries the `ref` of the subscription.
    Customers {
        customers: Vec<CustomerId>,
        reference: i64,
    },
    Map,
}

impl Session {
    /// A socket that just opened.
    pub fn new(caller: Arc<Caller>, tenant: Arc<Tenant>, login: Vec<u8>, queue: Arc<SendQueue>) -> Arc<Self> {
        Arc::new(Self {
            id: SessionId::fresh(),
            tenant_id: tenant.id,
            login,
            queue,
            who: RwLock::new(Who { caller, tenant }),
            joined: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            is_unsettled: AtomicBool::new(true),
            editing: Mutex::new(None),
        })
    }

    /// Who, with what they may do now.
    pub fn caller(&self) -> Arc<Caller> {
        Arc::clone(&self.who.read().unwrap_or_else(PoisonError::into_inner).caller)
    }

    /// Their tenant, with its settings as they are now.
    pub fn tenant(&self) -> Arc<Tenant> {
        Arc::clone(&self.who.read().unwrap_or_else(PoisonError::into_inner).tenant)
    }

    pub(super) fn becomes(&self, caller: Arc<Caller>, tenant: Arc<Tenant>) {
        *self.who.write().unwrap_or_else(PoisonError::into_inner) = Who { caller, tenant };
    }

    pub(super) fn joins(&self, topic: Topic, joined: Joined) {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).insert(topic, joined);
    }

    pub(super) fn leaves(&self, topic: Topic) -> Option<Joined> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).remove(&topic)
    }
}

impl Hub {
    /// A socket opened.
    pub fn connect(&self, session: &Arc<Session>) {
        self.shared.sessions.insert(session.id, Arc::clone(session));
        metrics::gauge!("hub_sessions").increment(1.0);
        if let Role::Worker { id } = session.caller().role {
            self.shared.workers.connected(session.tenant_id, id);
            self.shared.show_worker(session.tenant_id, id);
        }
    }

    /// A socket closed, for whatever reason. Everything it listened to is given back.
    pub async fn disconnect(&self, session: &Arc<Session>) {
        if self.shared.sessions.remove(&session.id).is_none() {
            return;
        }
        metrics::gauge!("hub_sessions").decrement(1.0);
        let topics: Vec<Topic> = session.joined.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        for topic in topics {
            self.unsubscribe(session, topic).await;
        }
        match session.caller().role {
            Role::Worker { id } => {
                self.shared.workers.disconnected(session.tenant_id, id, session.id);
                self.shared.show_worker(session.tenant_id, id);
            }
            Role::Dispatcher { .. } => self.shared.show_presence(session.tenant_id),
            Role::PortalUser { .. } | Role::Link { .. } => {}
        }
    }

    /// A dispatcher opened a job, or closed it.
    pub fn edits(&self, session: &Session, job: Option<JobId>) {
        *session.editing.lock().unwrap_or_else(PoisonError::into_inner) = job;
        self.shared.show_presence(session.tenant_id);
    }

    /// Ends every socket of a log-in session, or of a one-job link.
    pub fn end_sessions(&self, login: &[u8]) {
        for session in self.shared.sessions.iter().filter(|session| session.login == login) {
            session.queue.close(Close::NotAuthenticated);
        }
    }
}

impl Shared {
    /// Tells the dispatchers of a tenant which of them are there.
    pub(super) fn show_presence(&self, tenant: TenantId) {
        let mut dispatchers: Vec<PresentDispatcher> = Vec::new();
        for session in self.sessions.iter().filter(|session| session.tenant_id == tenant) {
            let caller = session.caller();
            // Programs are there, but nobody whom dispatchers could ask.
            let Role::Dispatcher { id, .. } = caller.role else { continue };
            if caller.token.is_some() {
                continue;
            }
            let editing = *session.editing.lock().unwrap_or_else(PoisonError::into_inner);
            match dispatchers.iter_mut().find(|known| known.id == id) {
                Some(known) => known.editing = known.editing.or(editing),
                None => dispatchers.push(PresentDispatcher { id, name: caller.name.clone(), editing }),
            }
        }
        dispatchers.sort_by(|a, b| a.name.cmp(&b.name));
        self.fanout.publish_state(Audience::Schedule(tenant), || Frame::new(ServerMessage::Presence(Presence { dispatchers })));
    }
}
