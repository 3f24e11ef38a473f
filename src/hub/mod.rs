//! Live state: the actors and everything they publish through. `Hub` is the whole door; nobody outside holds an actor's address.

mod booking;
mod bus;
pub mod clock;
mod commit;
mod create;
mod customer_actor;
mod etas;
mod fanout;
mod feed;
mod frame;
mod job_actor;
mod links;
mod look;
mod lookup;
mod map;
mod nearest;
mod project;
mod record;
mod registry;
mod rows;
mod send_queue;
mod session;
mod settle;
mod shared;
mod snapshot;
mod standing;
mod subscribe;
mod unanswered;
mod visits;
mod ways;
mod workers;

use booking::Desk;
pub use booking::bookings;
pub(crate) use commit::{Decided, change_of, numbered};
pub use create::NewJobs;
pub use fanout::SessionId;
pub use frame::Frame;
pub use lookup::{Ask, EditInput};
pub use nearest::Near;
pub use record::Stored;
pub use send_queue::{Close, SendQueue, Sink};
pub use session::Session;
pub use visits::Site;

use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::{JobId, TenantId};
use crate::domain::job::{Job, Source};
use crate::domain::refusal::{Fault, Refusal};
use crate::domain::tenant::Tenant;
use crate::places::Router;
use crate::store::{self, Store};
use serde::Serialize;
use shared::Shared;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use uuid::Uuid;

/// What a caller can get instead of what they asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules said no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The idempotency key was used for something else.
    #[error("idempotency key used for something else")]
    IdempotencyMismatch,
    /// The store is away or a queue is full; the same request may be sent again.
    #[error("busy")]
    Busy,
    /// Our fault.
    #[error("internal: {0:#}")]
    Internal(anyhow::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Missing => Self::Refused(Refusal::Missing),
            store::Error::Conflict(_) => Self::Refused(Refusal::Conflict),
            store::Error::Unavailable => Self::Busy,
            store::Error::Internal(error) => Self::Internal(error),
        }
    }
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The job as it now stands; none once it is deleted.
    pub job: Option<Arc<Job>>,
    /// The event's number.
    pub seq: i64,
}

/// What goes with every request that changes a job.
#[derive(Debug, Clone)]
pub struct Request {
    /// The idempotency key as the caller sent it, if they did.
    pub key: Option<String>,
    /// Of target and body: the same key with another one is refused.
    pub body_hash: i64,
    /// When it happened; counts for workers only.
    pub at: Option<At>,
    /// The version that the caller looks at.
    pub version: Option<i64>,
    /// From where.
    pub source: Source,
}

impl Request {
    /// The id under which the command is stored. Derived from who asks, so that somebody else's key means nothing.
    fn stored_key(&self, caller: &Caller) -> Uuid {
        match &self.key {
            Some(key) => Uuid::new_v5(&caller.person(), key.as_bytes()),
            None => Uuid::now_v7(),
        }
    }

    fn happened_at(&self, caller: &Caller, now: At) -> At {
        match caller.role {
            Role::Worker { .. } => self.at.unwrap_or(now),
            Role::Dispatcher { .. } | Role::PortalUser { .. } | Role::Link { .. } => now,
        }
    }
}

/// A hash of a normalised body, the same for both transports.
pub fn body_hash(body: &impl Serialize) -> i64 {
    let text = serde_json::to_vec(body).expect("bodies have string keys");
    // SipHash with fixed keys: stable across restarts of one build, and only compared for equal keys of one caller.
    let mut hasher = DefaultHasher::new();
    hasher.write(&text);
    hasher.finish().cast_signed()
}

/// The live hub of one node.
pub struct Hub {
    shared: Arc<Shared>,
}

impl Hub {
    /// Starts the lanes, loads open jobs and where workers were, and begins to tick.
    /// Without a router, ways are estimated.
    pub async fn start(store: Store, arbiters: usize, router: Option<Router>) -> Result<Arc<Self>, Error> {
        let shared = Shared::start(store, arbiters, router).await?;
        Ok(Arc::new(Self { shared }))
    }

    /// Makes one job, or several identical ones. Each with the number of its event.
    pub async fn create(&self, caller: &Caller, request: Request, new: NewJobs) -> Result<Vec<(Arc<Job>, i64)>, Error> {
        create::create(&self.shared, caller, &request, new).await
    }

    /// Makes a job of each order, or none if one does not fit, or in a dry run. What is wrong with each.
    pub async fn create_each(
        &self,
        caller: &Caller,
        request: Request,
        orders: Vec<NewJobs>,
        dry_run: bool,
    ) -> Result<Vec<Result<(), Vec<Fault>>>, Error> {
        create::create_each(&self.shared, caller, &request, orders, dry_run).await
    }

    /// Asks something of a job.
    pub async fn command(&self, caller: &Caller, job: JobId, request: Request, ask: Ask) -> Result<Answer, Error> {
        if matches!(caller.role, Role::Link { .. }) {
            return Err(Error::Refused(Refusal::Forbidden));
        }
        self.shared.tenant(caller.tenant).await?;
        let files = lookup::files_named(&self.shared, caller, &ask).await?;
        let desk = Desk::for_edit(&self.shared, caller, &ask).await?;
        let command = lookup::command(&self.shared, caller, ask).await?;
        // Before the job is looked at: who never has the command learns nothing of which jobs there are.
        if !command.belongs_to(&caller.role) {
            return Err(Error::Refused(Refusal::Forbidden));
        }
        let caller = Arc::new(caller.clone());
        let ask = || job_actor::Ask {
            caller: Arc::clone(&caller),
            request: request.clone(),
            command: command.clone(),
            files: files.clone(),
            desk: desk.clone(),
        };
        self.shared.registry.ask(&self.shared, caller.tenant, job, ask).await
    }

    /// A tenant with its settings.
    pub async fn tenant(&self, id: TenantId) -> Result<Arc<Tenant>, Error> {
        self.shared.tenant(id).await
    }

    /// How far the tenant's log reaches.
    pub async fn seq(&self, tenant: TenantId) -> Result<i64, Error> {
        Ok(store::events::head(&self.shared.store, tenant).await?)
    }

    /// The store, for reads.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Changes when the log was moved back, by a restore: what a client remembers of `seq` is void then. For a portal user it
    /// also changes with what they may do: what they were told before they left is not what they would be told now.
    pub fn epoch(&self, caller: &Caller) -> Uuid {
        settle::epoch(self.shared.epoch, caller)
    }

    /// Closes every socket with a code that says to come back.
    pub fn close_sessions(&self) {
        for session in &self.shared.sessions {
            session.queue.close(Close::Restart);
        }
    }

    /// Finishes what the lanes hold, and ends the actors.
    pub async fn stop(&self) {
        self.shared.stop().await;
    }
}
