//! A lane's connection: fetched when needed, dropped when in doubt, with pauses that grow and never agree.

use super::RETRIES;
use crate::store::fault::Fault;
use rand::RngExt;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A call that takes longer than any server-side time-out hangs in a dead network.
const HANGING: Duration = Duration::from_secs(10);
/// After this long without a commit, callers are told to come back later.
const BUSY_AFTER: Duration = Duration::from_secs(2);
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// More than a pool holds.
const DEAD_IN_POOL: u32 = 32;

/// Whether a lane gets through to Postgres, seen by its callers.
#[derive(Debug)]
pub(super) struct Health {
    begin: Instant,
    /// Milliseconds from `begin` to the first failure since the last success, plus one; 0 = well.
    failing_since: AtomicU64,
}

impl Health {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { begin: Instant::now(), failing_since: AtomicU64::new(0) })
    }

    /// It has been failing for so long that callers should not wait.
    pub(super) fn is_busy(&self) -> bool {
        match self.failing_since.load(Ordering::Relaxed) {
            0 => false,
            since => self.begin.elapsed() >= Duration::from_millis(since - 1) + BUSY_AFTER,
        }
    }

    fn failed(&self) {
        let now = u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1;
        // Only the first failure sets it; a second one finds it set.
        self.failing_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed).ok();
    }

    fn worked(&self) {
        self.failing_since.store(0, Ordering::Relaxed);
    }
}

/// One lane's way to Postgres.
pub(super) struct Link {
    lane: &'static str,
    pool: PgPool,
    connection: Option<PoolConnection<Postgres>>,
    health: Arc<Health>,
    pause: Duration,
}

impl Link {
    pub(super) fn new(lane: &'static str, pool: PgPool, health: Arc<Health>) -> Self {
        Self { lane, pool, connection: None, health, pause: PAUSE_MIN }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.health.is_busy()
    }

    /// A connection to a server that takes writes.
    pub(super) async fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let mut dead = 0;
        while self.connection.is_none() {
            let mut connection = self.pool.acquire().await?;
            // Finds out about connections that died in the pool, and about a standby.
            match within(sqlx::query_scalar("select current_setting('transaction_read_only') = 'off'").fetch_one(&mut *connection)).await {
                Ok(true) => self.connection = Some(connection),
                Ok(false) => {
                    connection.detach();
                    return Err(sqlx::Error::Protocol("the server does not take writes".into()));
                }
                Err(error) => {
                    connection.detach();
                    dead += 1;
                    if dead > DEAD_IN_POOL {
                        return Err(error);
                    }
                }
            }
        }
        Ok(self.connection.as_mut().expect("the loop ends with one"))
    }

    pub(super) fn worked(&mut self) {
        self.pause = PAUSE_MIN;
        self.health.worked();
    }

    /// Takes note of a failure, and returns when it is time to try again.
    pub(super) async fn failed(&mut self, error: &sqlx::Error) -> Fault {
        let fault = Fault::of(error);
        // Never the text of a database error: it can quote a row.
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
        metrics::counter!(RETRIES, "lane" => self.lane, "fault" => format!("{fault:?}")).increment(1);
        match fault {
            Fault::Away => {
                if self.pause == PAUSE_MIN {
                    tracing::warn!(lane = self.lane, %code, "the database is away, trying again");
                }
                self.health.failed();
                if let Some(connection) = self.connection.take() {
                    connection.detach();
                }
                self.rest().await;
            }
            Fault::Again => {
                tracing::info!(lane = self.lane, %code, "a commit was undone, trying again");
                if code == "55P03" {
                    self.free_the_lock().await;
                }
                self.rest().await;
            }
            Fault::Lasting => tracing::error!(lane = self.lane, %code, "a batch cannot be stored as a whole"),
        }
        fault
    }

    /// Waits up to twice the pause: all lanes of all hubs come back at different moments.
    async fn rest(&mut self) {
        let share = rand::rng().random_range(0.5..1.5);
        tokio::time::sleep(self.pause.mul_f64(share)).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }

    /// Ends a session that holds a tenant's lock while it waits for a client that is frozen or gone. No time-out of
    /// Postgres before 17 covers that. (Looking for sessions that block others would miss it: we have just stopped waiting.)
    async fn free_the_lock(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        match within(end_frozen_holders(connection)).await {
            Ok(0) => {}
            Ok(ended) => tracing::warn!(ended, "ended sessions that held a lock without moving"),
            // The lane's next attempt meets the same trouble and deals with it.
            Err(error) => tracing::warn!(%error, "cannot look for sessions that hold locks"),
        }
    }
}

async fn end_frozen_holders(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let mut transaction = sqlx::Connection::begin(connection).await?;
    // With one log-in for all roles, sessions belong to the log-in.
    sqlx::query!("set local role none").execute(&mut *transaction).await?;
    let ended = sqlx::query_scalar!(
        r#"select count(*) filter (where pg_terminate_backend(b.pid)) as "ended!" from pg_stat_activity b
           where b.datname = current_database() and b.usename = current_user and b.wait_event in ('ClientRead', 'ClientWrite')
             and b.xact_start < clock_timestamp() - interval '5 seconds'
             and exists (select from pg_locks l where l.pid = b.pid and l.relation = 'tenant_seq'::regclass
               and l.mode in ('RowShareLock', 'RowExclusiveLock'))"#
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(ended)
}

/// The same call, failing as a lost connection does when it hangs.
pub(super) async fn within<T>(call: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(HANGING, call).await {
        Ok(result) => result,
        Err(_elapsed) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
