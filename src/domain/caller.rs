//! Who is asking, and the name under which a change is remembered.

use super::ids::{CustomerId, DispatcherId, JobId, LinkId, PortalUserId, TenantId, WorkerId};
use super::job::Source;
use super::portal::Permissions;
use super::scope::{Scope, Scopes};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An authenticated person, acting for one tenant in one role.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The tenant they act for.
    pub tenant: TenantId,
    /// Their name.
    pub name: String,
    /// What they are there.
    pub role: Role,
    /// A program with a token, which may do no more than this; none: a person.
    pub token: Option<Scopes>,
}

/// What a caller is in the tenant.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// Schedules and publishes.
    Dispatcher {
        /// Who.
        id: DispatcherId,
        /// Whether they also manage people and settings.
        admin: bool,
    },
    /// Does jobs in the field.
    Worker {
        /// Who.
        id: WorkerId,
    },
    /// Orders and watches for customers.
    PortalUser {
        /// Who.
        id: PortalUserId,
        /// The customers they are linked to, with what they may do for each.
        links: Vec<Link>,
    },
    /// Watches one job, without a log-in.
    Link {
        /// Which link.
        id: LinkId,
        /// The only job that there is for them.
        job: JobId,
        /// What they may see of it.
        permissions: Permissions,
    },
}

/// A portal user's link to a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The customer.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// What the user may do for it, all overrides applied.
    pub permissions: Permissions,
}

impl Caller {
    /// The id of the person in their role.
    pub fn person(&self) -> Uuid {
        match &self.role {
            Role::Dispatcher { id, .. } => id.0,
            Role::Worker { id } => id.0,
            Role::PortalUser { id, .. } => id.0,
            Role::Link { id, .. } => id.0,
        }
    }

    /// In which role they act.
    pub fn kind(&self) -> ByKind {
        match self.role {
            _ if self.token.is_some() => ByKind::Api,
            Role::Dispatcher { .. } => ByKind::Dispatcher,
            Role::Worker { .. } => ByKind::Worker,
            Role::PortalUser { .. } => ByKind::PortalUser,
            Role::Link { .. } => ByKind::Link,
        }
    }

    /// From where their changes come.
    pub fn source(&self) -> Source {
        match self.role {
            _ if self.token.is_some() => Source::Api,
            Role::Dispatcher { .. } => Source::Dispatcher,
            Role::Worker { .. } => Source::Worker,
            Role::PortalUser { .. } | Role::Link { .. } => Source::Portal,
        }
    }

    /// Whether this is within what their token may do; anything is, for a person.
    pub fn has(&self, scope: Scope) -> bool {
        self.token.is_none_or(|scopes| scopes.has(scope))
    }

    /// How the log names them.
    pub fn by(&self) -> By {
        By { kind: self.kind(), id: Some(self.person()), name: self.name.clone() }
    }

    /// What a portal user may do for `customer`; none for anybody else or another's customer.
    pub fn permissions_for(&self, customer: CustomerId) -> Option<&Permissions> {
        match &self.role {
            Role::PortalUser { links, .. } => links.iter().find(|link| link.customer == customer).map(|link| &link.permissions),
            _ => None,
        }
    }
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// In which role.
    pub kind: ByKind,
    /// The person, if it was one.
    pub id: Option<Uuid>,
    /// Their name then.
    pub name: String,
}

/// The role in which a change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByKind {
    /// A dispatcher.
    Dispatcher,
    /// A worker.
    Worker,
    /// A portal user.
    PortalUser,
    /// Somebody with a one-job link.
    Link,
    /// A program with a token.
    Api,
    /// The hub itself: a timer or a rule.
    Hub,
}
