//! One-job links. Only the token's hash is stored, and no reader's connection sees it: everything here wants a writer's.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{JobId, LinkId, TenantId};
use crate::domain::job::Status;
use crate::domain::portal;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A link to make.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// What it shows.
    pub job: JobId,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// Who shared it.
    pub created_by: String,
    /// When.
    pub created_at: At,
    /// When it ends by itself.
    pub expires_at: At,
}

/// A link in the list that dispatchers see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLink {
    /// Its id.
    pub id: LinkId,
    /// Who shared it.
    pub created_by: String,
    /// When.
    pub created_at: At,
    /// When it ends by itself.
    pub expires_at: At,
    /// When a dispatcher ended it.
    pub revoked_at: Option<At>,
}

/// A link that still shows its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLink {
    /// Its id.
    pub id: LinkId,
    /// Whose.
    pub tenant: TenantId,
    /// What it shows.
    pub job: JobId,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
}

/// A new link; missing if there is no such job.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, link: &NewLink) -> Result<(), Error> {
    let done = sqlx::query!(
        "insert into job_link (tenant, id, job, token_hash, created_by, created_at, expires_at)
         select tenant, $3, id, $4, $5, $6, $7 from job where tenant = $1 and id = $2",
        tenant.0,
        link.job.0,
        link.id.0,
        link.token_hash,
        link.created_by,
        instant::time(link.created_at),
        instant::time(link.expires_at)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// The links of a job, the newest first.
pub async fn of_job(connection: &mut PgConnection, tenant: TenantId, job: JobId) -> Result<Vec<SharedLink>, Error> {
    let rows = sqlx::query!(
        "select id, created_by, created_at, expires_at, revoked_at from job_link where tenant = $1 and job = $2 order by created_at desc, id",
        tenant.0,
        job.0
    )
    .fetch_all(connection)
    .await?;
    let link = |row: (Uuid, String, OffsetDateTime, OffsetDateTime, Option<OffsetDateTime>)| SharedLink {
        id: row.0.into(),
        created_by: row.1,
        created_at: instant::at(row.2),
        expires_at: instant::at(row.3),
        revoked_at: row.4.map(instant::at),
    };
    Ok(rows.into_iter().map(|row| link((row.id, row.created_by, row.created_at, row.expires_at, row.revoked_at))).collect())
}

/// Ends a link of a job; returns the hash of its token, whose sockets are to be closed. Missing if there is none.
pub async fn revoke(connection: &mut PgConnection, tenant: TenantId, job: JobId, id: LinkId, now: At) -> Result<Vec<u8>, Error> {
    let hash = sqlx::query_scalar!(
        "update job_link set revoked_at = coalesce(revoked_at, $4) where tenant = $1 and job = $2 and id = $3 returning token_hash",
        tenant.0,
        job.0,
        id.0,
        instant::time(now)
    )
    .fetch_one(connection)
    .await?;
    Ok(hash)
}

/// Those of these tokens' links that still show their job.
pub async fn open(connection: &mut PgConnection, token_hashes: &[Vec<u8>], now: At) -> Result<Vec<OpenLink>, Error> {
    let rows = sqlx::query!(
        r#"select l.id, l.tenant, l.job, l.token_hash, j.status, (j.doc #>> '{job,actual_end}')::bigint as actual_end
           from job_link l join job j on j.tenant = l.tenant and j.id = l.job
           where l.token_hash = any ($1) and l.revoked_at is null and l.expires_at > $2"#,
        token_hashes,
        instant::time(now)
    )
    .fetch_all(connection)
    .await?;
    let shows =
        |status, actual_end: Option<i64>| Status::from_number(status).is_some_and(|status| portal::link_shows(status, actual_end.map(At), now));
    let open = rows.into_iter().filter(|row| shows(row.status, row.actual_end));
    Ok(open.map(|row| OpenLink { id: row.id.into(), tenant: row.tenant.into(), job: row.job.into(), token_hash: row.token_hash }).collect())
}
