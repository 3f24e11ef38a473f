//! Commands that were committed: what a retried one is answered from. Written by `writer` only.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{JobId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a command was and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The hash of its body.
    pub hash: i64,
    /// The job it changed.
    pub job: JobId,
    /// Its place in the tenant's log.
    pub seq: i64,
    /// The version it made.
    pub version: i64,
}

/// The command with this id, if it was committed in the last 30 days.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Option<Answered>, Error> {
    let row =
        sqlx::query!("select hash, job, seq, version from command where tenant = $1 and id = $2", tenant.0, id).fetch_optional(connection).await?;
    Ok(row.map(|row| Answered { hash: row.hash, job: row.job.into(), seq: row.seq, version: row.version }))
}

/// Forgets the commands before an instant, of all tenants. On a writer's connection. Returns how many.
pub async fn prune(connection: &mut PgConnection, before: At) -> Result<u64, Error> {
    Ok(sqlx::query!("delete from command where at < $1", instant::time(before)).execute(connection).await?.rows_affected())
}
