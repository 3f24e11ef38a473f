//! The log. Written by `writer` only.

use super::{Error, Store, instant};
use crate::domain::At;
use crate::domain::ids::{JobId, TenantId};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// An entry of a tenant's log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its place.
    pub seq: i64,
    /// The job.
    pub job: JobId,
    /// The job's version that it made.
    pub version: i64,
    /// When its transaction began. Order by `seq`, never by this.
    pub at: At,
    /// See `domain::event::Kind`.
    pub kind: i16,
    /// A `domain::event::Event`; an empty object once its job is deleted.
    pub data: Value,
}

struct Row {
    seq: i64,
    job: Uuid,
    version: i64,
    at: OffsetDateTime,
    kind: i16,
    data: Value,
}

impl From<Row> for Logged {
    fn from(row: Row) -> Self {
        Self { seq: row.seq, job: row.job.into(), version: row.version, at: instant::at(row.at), kind: row.kind, data: row.data }
    }
}

/// The last place in a tenant's log that is taken; 0 for an empty log or no such tenant.
pub async fn head(store: &Store, tenant: TenantId) -> Result<i64, Error> {
    let mut transaction = store.read(tenant).await?;
    let seq = sqlx::query_scalar!("select seq from tenant_seq where tenant = $1", tenant.0).fetch_optional(&mut *transaction).await?;
    Ok(seq.unwrap_or(0))
}

/// Entries after a place, in order, at most `limit`.
pub async fn after(connection: &mut PgConnection, tenant: TenantId, seq: i64, limit: i64) -> Result<Vec<Logged>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select seq, job, version, at, kind, data from event where tenant = $1 and seq > $2 order by seq limit $3",
        tenant.0,
        seq,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// The history of a job, in order.
pub async fn of_job(connection: &mut PgConnection, tenant: TenantId, job: JobId) -> Result<Vec<Logged>, Error> {
    let rows =
        sqlx::query_as!(Row, "select seq, job, version, at, kind, data from event where tenant = $1 and job = $2 order by version", tenant.0, job.0)
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(Logged::from).collect())
}

/// The last entry about a job, also of one that was deleted.
pub async fn last_of_job(connection: &mut PgConnection, tenant: TenantId, job: JobId) -> Result<Option<Logged>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select seq, job, version, at, kind, data from event where tenant = $1 and job = $2 order by version desc limit 1",
        tenant.0,
        job.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Logged::from))
}
