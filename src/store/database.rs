//! Where Postgres is, and how each of the hub's roles logs in there.

use super::Error;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::str::FromStr;

/// The roles of the migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Owns the schema: migrations and backups.
    Owner,
    /// Reads one tenant at a time.
    App,
    /// Writes for all tenants.
    Writer,
    /// Sends alerts and webhooks for all tenants.
    Courier,
}

impl Role {
    /// Its name in Postgres; the owner is whoever the database belongs to.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Owner => None,
            Self::App => Some("hub_app"),
            Self::Writer => Some("hub_writer"),
            Self::Courier => Some("hub_courier"),
        }
    }
}

/// A database that the hub may use.
#[derive(Clone)]
pub struct Database {
    owner: PgConnectOptions,
    log_in: LogIn,
}

#[derive(Debug, Clone, Copy)]
enum LogIn {
    /// The private server trusts its socket: each role is its own user.
    AsRole,
    /// One user with one password, who takes on the role at log-in.
    AsOwner,
}

impl fmt::Debug for Database {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.owner.get_database()).field("log_in", &self.log_in).finish_non_exhaustive()
    }
}

impl Database {
    /// The database at a `postgres://` address, whose user owns it and may create roles.
    pub fn at(url: &str) -> Result<Self, Error> {
        let owner = PgConnectOptions::from_str(url).map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { owner, log_in: LogIn::AsOwner })
    }

    /// A database of a server that lets every role in, as the private one does.
    pub(super) fn trusting(owner: PgConnectOptions) -> Self {
        Self { owner, log_in: LogIn::AsRole }
    }

    /// How to connect in a role.
    pub fn options(&self, role: Role) -> PgConnectOptions {
        let options = self.owner.clone().application_name("dispatch-hub");
        match (self.log_in, role.name()) {
            (_, None) => options,
            (LogIn::AsRole, Some(name)) => options.username(name),
            (LogIn::AsOwner, Some(name)) => options.options([("role", name)]),
        }
    }

    /// The same server and log-in, another database there.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { owner: self.owner.clone().database(name), log_in: self.log_in }
    }
}
