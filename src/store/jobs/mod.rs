//! Jobs as they are now. Written by `writer` only. Lists by filter and page are in `page`.

mod page;
mod search;

pub use page::{Cursor, Filter, Page, Sort, View, page};

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{AssetId, CustomerId, FileId, JobId, TenantId, WorkerId};
use crate::domain::job::{Job, Slot};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// The most jobs in a portal's snapshot; longer lists are paged.
const SNAPSHOT: i64 = 500;

/// The document with what the columns say.
fn with_columns(tenant: Uuid, number: i64, version: i64, job: Json<Job>) -> Job {
    Job { tenant: tenant.into(), number, version, ..job.0 }
}

/// A row of a statement that also gives the seq: one row without a job when there is none.
struct SeqRow {
    seq: i64,
    number: Option<i64>,
    version: Option<i64>,
    job: Option<Json<Job>>,
}

/// The seq at which the jobs stood so, and the jobs. No rows: no such tenant.
fn with_seq(tenant: TenantId, rows: Vec<SeqRow>) -> Result<(i64, Vec<Job>), Error> {
    let seq = rows.first().ok_or(Error::Missing)?.seq;
    let jobs = rows.into_iter().filter_map(|row| Some(with_columns(tenant.0, row.number?, row.version?, row.job?))).collect();
    Ok((seq, jobs))
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: JobId) -> Result<Job, Error> {
    find_many(connection, tenant, &[id]).await?.pop().ok_or(Error::Missing)
}

/// Those of a tenant that are there, in no order.
pub async fn find_many(connection: &mut PgConnection, tenant: TenantId, ids: &[JobId]) -> Result<Vec<Job>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows =
        sqlx::query!(r#"select number, version, doc -> 'job' as "job!: Json<Job>" from job where tenant = $1 and id = any ($2)"#, tenant.0, &ids)
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|row| with_columns(tenant.0, row.number, row.version, row.job)).collect())
}

/// Every open job of every tenant, at start. On a writer's connection.
pub async fn open(connection: &mut PgConnection) -> Result<Vec<Job>, Error> {
    let rows =
        sqlx::query!(r#"select tenant, number, version, doc -> 'job' as "job!: Json<Job>" from job where status < 6"#).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| with_columns(row.tenant, row.number, row.version, row.job)).collect())
}

/// The schedule from `from` to `to` (exclusive): jobs placed there, and all jobs to place; with their seq.
pub async fn schedule(connection: &mut PgConnection, tenant: TenantId, from: At, to: At) -> Result<(i64, Vec<Job>), Error> {
    let rows = sqlx::query_as!(
        SeqRow,
        r#"select s.seq, j.number as "number?", j.version as "version?", j.doc -> 'job' as "job?: Json<Job>"
           from tenant_seq s
           left join job j on j.tenant = s.tenant and (j.status = 1 or (j.start_ms < $3 and coalesce(j.end_ms, j.start_ms) >= $2))
           where s.tenant = $1 order by j.number"#,
        tenant.0,
        from.0,
        to.0
    )
    .fetch_all(connection)
    .await?;
    with_seq(tenant, rows)
}

/// Pending jobs whose worker has not answered for as long as their tenant said, with that many minutes; the longest waiting first. On a
/// writer's connection.
pub async fn unanswered(connection: &mut PgConnection, now: At) -> Result<Vec<(TenantId, JobId, u16)>, Error> {
    let rows = sqlx::query!(
        r#"select j.tenant, j.id, (t.settings #>> '{dispatch,auto_decline_min}')::integer as "minutes!"
           from tenant t join job j on j.tenant = t.id and j.status = 3
           where t.settings #>> '{dispatch,auto_decline_min}' is not null
             and coalesce(j.doc #>> '{job,pending_since}', j.doc #>> '{job,last_at}')::bigint
               + (t.settings #>> '{dispatch,auto_decline_min}')::bigint * 60000 <= $1
           order by coalesce(j.doc #>> '{job,pending_since}', j.doc #>> '{job,last_at}')::bigint limit 100"#,
        now.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant.into(), row.id.into(), u16::try_from(row.minutes).unwrap_or(u16::MAX))).collect())
}

/// The jobs whose date lies on a day, and those that are planned to go on during it.
pub async fn of_day(connection: &mut PgConnection, tenant: TenantId, day: Slot) -> Result<Vec<Job>, Error> {
    let rows = sqlx::query!(
        r#"select number, version, doc -> 'job' as "job!: Json<Job>" from job
           where tenant = $1 and ((coalesce(date_ms, 9223372036854775807) >= $2 and coalesce(date_ms, 9223372036854775807) < $3)
             or (start_ms >= $2 - 1000 * 60 * 60 * 24 * 7 and start_ms < $3 and end_ms > $2))"#,
        tenant.0,
        day.start.0,
        day.end.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| with_columns(tenant.0, row.number, row.version, row.job)).collect())
}

/// A portal's first picture: jobs of these customers that are open or changed since `since`, newest first; with their seq.
///
/// Of the `quiet` ones, whose status is not shown, all are in it: which of them is missing would tell that it is closed.
pub async fn portal_snapshot(
    connection: &mut PgConnection,
    tenant: TenantId,
    customers: &[CustomerId],
    quiet: &[CustomerId],
    since: At,
) -> Result<(i64, Vec<Job>), Error> {
    let ids = |customers: &[CustomerId]| customers.iter().map(|customer| customer.0).collect::<Vec<Uuid>>();
    let rows = sqlx::query_as!(
        SeqRow,
        r#"select s.seq, j.number as "number?", j.version as "version?", j.doc -> 'job' as "job?: Json<Job>"
           from tenant_seq s
           left join (
             select * from job
               where tenant = $1 and ((customer = any ($2) and (status < 6 or updated_at >= $3)) or customer = any ($5))
               order by number desc limit $4) j on true
           where s.tenant = $1 order by j.number desc"#,
        tenant.0,
        &ids(customers),
        instant::time(since),
        SNAPSHOT,
        &ids(quiet)
    )
    .fetch_all(connection)
    .await?;
    with_seq(tenant, rows)
}

/// When workers are busy with open jobs, as planned or else as wished, as far as it overlaps `from` to `to`.
pub async fn busy(connection: &mut PgConnection, tenant: TenantId, from: At, to: At) -> Result<Vec<Slot>, Error> {
    let rows = sqlx::query!(
        r#"select busy_from_ms as "start!", busy_to_ms as "end!" from job
           where tenant = $1 and status < 6 and busy_to_ms is not null and busy_to_ms > $2 and busy_from_ms < $3"#,
        tenant.0,
        from.0,
        to.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| Slot { start: At(row.start), end: At(row.end) }).collect())
}

/// The newest at an asset.
pub async fn at_asset(connection: &mut PgConnection, tenant: TenantId, asset: AssetId, limit: i64) -> Result<Vec<Job>, Error> {
    let rows = sqlx::query!(
        r#"select number, version, doc -> 'job' as "job!: Json<Job>" from job
           where tenant = $1 and asset = $2 order by number desc limit $3"#,
        tenant.0,
        asset.0,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| with_columns(tenant.0, row.number, row.version, row.job)).collect())
}

/// What a worker still has to do, or is planned to: allocated, pending, assigned, started.
pub async fn open_of_worker(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId) -> Result<Vec<Job>, Error> {
    let rows = sqlx::query!(
        r#"select number, version, doc -> 'job' as "job!: Json<Job>" from job
           where tenant = $1 and worker = $2 and status < 6 order by number"#,
        tenant.0,
        worker.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| with_columns(tenant.0, row.number, row.version, row.job)).collect())
}

/// Those whose fields hold a file.
pub async fn holding(connection: &mut PgConnection, tenant: TenantId, file: FileId) -> Result<Vec<Job>, Error> {
    let rows = sqlx::query!(
        r#"select number, version, doc -> 'job' as "job!: Json<Job>" from job
           where tenant = $1 and files @> to_jsonb($2::text) and files is not null"#,
        tenant.0,
        file.to_string()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| with_columns(tenant.0, row.number, row.version, row.job)).collect())
}

/// What is on a worker's phone: pending, assigned, started, and completed since `since`; by planned start; with their seq.
pub async fn of_worker(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId, since: At) -> Result<(i64, Vec<Job>), Error> {
    let rows = sqlx::query_as!(
        SeqRow,
        r#"select s.seq, j.number as "number?", j.version as "version?", j.doc -> 'job' as "job?: Json<Job>"
           from tenant_seq s
           left join job j on j.tenant = s.tenant and j.worker = $2
             and (j.status between 3 and 5 or (j.status = 6 and (j.doc #>> '{job,actual_end}')::bigint >= $3))
           where s.tenant = $1 order by j.start_ms, j.number"#,
        tenant.0,
        worker.0,
        since.0
    )
    .fetch_all(connection)
    .await?;
    with_seq(tenant, rows)
}

/// One of a tenant, if it is there, with its seq.
pub async fn one_with_seq(connection: &mut PgConnection, tenant: TenantId, id: JobId) -> Result<(i64, Option<Job>), Error> {
    let rows = sqlx::query_as!(
        SeqRow,
        r#"select s.seq, j.number as "number?", j.version as "version?", j.doc -> 'job' as "job?: Json<Job>"
           from tenant_seq s left join job j on j.tenant = s.tenant and j.id = $2 where s.tenant = $1"#,
        tenant.0,
        id.0
    )
    .fetch_all(connection)
    .await?;
    let (seq, mut jobs) = with_seq(tenant, rows)?;
    Ok((seq, jobs.pop()))
}
