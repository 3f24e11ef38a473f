//! The SQL. Free functions on a connection, one file per noun; this file owns how a connection is come by and what
//! can go wrong. It decides nothing: what a row means belongs to `domain`.
//!
//! Which connection a function wants is said by its own docs: `Store::read` (one tenant, row level security) for
//! everything on a request's path, `Store::write` (all tenants, the tenant in every key) for changes and for what
//! happens before a tenant is known. Jobs change only through `writer`.

pub mod alert_subscriptions;
pub mod assets;
pub mod browsers;
pub mod commands;
pub mod contact_points;
pub mod creations;
pub mod customers;
mod database;
pub mod dispatchers;
pub mod epoch;
mod error;
pub mod events;
mod fault;
pub mod files;
pub mod fixes;
mod instant;
pub mod invitations;
pub mod invoices;
pub mod jobs;
pub mod links;
pub mod logins;
pub mod messages;
pub mod people;
pub mod places;
pub mod portal_users;
pub mod prices;
pub mod private_postgres;
pub mod resets;
pub mod rights;
pub mod scratch;
pub mod sessions;
pub mod signups;
pub mod slugs;
pub mod sms_account;
pub mod templates;
pub mod tenants;
pub mod tokens;
pub mod trackers;
pub mod vapid;
pub mod webhooks;
pub mod workers;
pub mod writer;

pub use database::{Database, Role};
pub use error::Error;

use crate::domain::ids::TenantId;
use fault::Fault;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgPool, Postgres, Transaction};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections that serve reads.
const READERS: u32 = 10;
/// Connections of the courier: one listens, the others claim and settle.
const COURIERS: u32 = 3;
/// Connections that write: six lanes, the rest for people, lists and log-ins.
const WRITERS: u32 = 14;

/// The database, as the hub uses it.
#[derive(Debug, Clone)]
pub struct Store {
    /// Plain role under row level security.
    reader: PgPool,
    /// The role of the lanes.
    writer: PgPool,
    /// What leaves the building, for all tenants. Connects when it is first used.
    courier: PgPool,
}

impl Store {
    /// Brings the schema up to date, as the owner. Several hubs may do so at once.
    pub async fn migrate(database: &Database) -> Result<(), Error> {
        let owner = PgPoolOptions::new().max_connections(1).connect_with(database.options(Role::Owner)).await?;
        MIGRATIONS.run(&owner).await.map_err(|error| Error::Internal(error.into()))?;
        owner.close().await;
        Ok(())
    }

    /// Opens the pools; fails when the database cannot be reached now.
    pub async fn connect(database: &Database) -> Result<Self, Error> {
        let reader = pool(READERS).connect_with(with_limits(database.options(Role::App))).await?;
        let writer = pool(WRITERS).connect_with(with_limits(database.options(Role::Writer))).await?;
        let courier = pool(COURIERS).connect_lazy_with(with_limits(database.options(Role::Courier)));
        Ok(Self { reader, writer, courier })
    }

    /// The pool that the lanes take their connections from.
    pub fn writer_pool(&self) -> &PgPool {
        &self.writer
    }

    /// A read-only transaction that sees one tenant and nothing else.
    pub async fn read(&self, tenant: TenantId) -> Result<Transaction<'static, Postgres>, Error> {
        begin(&self.reader, READERS, &format!("begin read only; set local app.tenant = '{tenant}'")).await
    }

    /// A transaction that may write, and sees all tenants: every statement on it names its tenant.
    pub async fn write(&self) -> Result<Transaction<'static, Postgres>, Error> {
        begin(&self.writer, WRITERS, "begin").await
    }

    /// A writer's connection with no transaction around it, and the first answer on it: for what every request asks before anything
    /// else. Connections that died in the pool are passed over.
    pub async fn ask<T>(&self, first: impl AsyncFn(&mut PgConnection) -> Result<T, Error>) -> Result<(T, PoolConnection<Postgres>), Error> {
        for _ in 0..=WRITERS {
            let mut connection = self.writer.acquire().await?;
            match first(&mut connection).await {
                Ok(answer) => return Ok((answer, connection)),
                Err(Error::Unavailable) if connection.ping().await.is_err() => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Unavailable)
    }

    /// A transaction of the courier: sees what leaves the building, of all tenants, and settles it.
    pub async fn courier(&self) -> Result<Transaction<'static, Postgres>, Error> {
        begin(&self.courier, COURIERS, "begin").await
    }

    /// Hears when there is something new for the courier. Keeps a connection to itself.
    pub async fn listen_for_messages(&self) -> Result<PgListener, Error> {
        let mut listener = PgListener::connect_with(&self.courier).await?;
        listener.listen(messages::CHANNEL).await?;
        Ok(listener)
    }

    /// Whether the database answers and takes writes.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut transaction = self.write().await?;
        let read_only =
            sqlx::query_scalar!(r#"select current_setting('transaction_read_only') = 'on' as "read_only!""#).fetch_one(&mut *transaction).await?;
        if read_only { Err(Error::Unavailable) } else { Ok(()) }
    }

    /// Ends all connections once they are given back.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
        self.courier.close().await;
    }
}

fn pool(size: u32) -> PgPoolOptions {
    // `begin` finds out about dead connections, so that no ping is needed before each use.
    PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(3)).test_before_acquire(false)
}

/// No statement and no forgotten transaction may hold a lock for long; see the commit protocol in `writer`.
fn with_limits(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("statement_timeout", "5s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "2s"),
        ("default_transaction_isolation", "read committed"),
        ("tcp_user_timeout", "5s"),
        ("tcp_keepalives_idle", "5"),
    ])
}

/// Begins, passing over connections that died in the pool.
async fn begin(pool: &PgPool, size: u32, statement: &str) -> Result<Transaction<'static, Postgres>, Error> {
    let mut dead = 0;
    loop {
        // Only a UUID of ours is ever put into the text.
        match pool.begin_with(AssertSqlSafe(statement)).await {
            Err(error) if Fault::of(&error) == Fault::Away && !matches!(error, sqlx::Error::PoolTimedOut) && dead < size => dead += 1,
            other => return Ok(other?),
        }
    }
}

#[cfg(test)]
mod tests;
