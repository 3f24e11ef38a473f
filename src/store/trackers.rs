//! Secrets of stock phone trackers, and what became of what they sent.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{TenantId, WorkerId};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::collections::BTreeMap;

/// Counts by reason.
pub type Counts = BTreeMap<String, i64>;

/// A device of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub device: String,
    /// The app that it last used.
    pub app: String,
    /// When it was last heard.
    pub last_seen_at: At,
    /// Positions stored.
    pub stored: i64,
    /// What was of no use, by reason.
    pub unusable: Counts,
}

/// Whose secret it is. On a writer's connection: the tenant is known only afterwards.
pub async fn owner(connection: &mut PgConnection, secret_hash: &[u8]) -> Result<(TenantId, WorkerId), Error> {
    let row = sqlx::query!(
        "select tracker.tenant, tracker.worker from tracker join worker on worker.tenant = tracker.tenant and worker.id = tracker.worker
         where secret_hash = $1 and worker.archived_at is null",
        secret_hash
    )
    .fetch_one(connection)
    .await?;
    Ok((row.tenant.into(), row.worker.into()))
}

/// Gives a worker a secret; an older one is void.
pub async fn replace(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId, secret_hash: &[u8], at: At) -> Result<(), Error> {
    sqlx::query!(
        "insert into tracker (tenant, worker, secret_hash, created_at) values ($1, $2, $3, $4)
         on conflict on constraint tracker_pk do update set secret_hash = excluded.secret_hash, created_at = excluded.created_at",
        tenant.0,
        worker.0,
        secret_hash,
        instant::time(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Revokes a worker's secret, if there is one.
pub async fn revoke(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId) -> Result<(), Error> {
    sqlx::query!("delete from tracker where tenant = $1 and worker = $2", tenant.0, worker.0).execute(connection).await?;
    Ok(())
}

/// When the worker's secret was made, if they have one.
pub async fn made_at(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId) -> Result<Option<At>, Error> {
    let at = sqlx::query_scalar!("select created_at from tracker where tenant = $1 and worker = $2", tenant.0, worker.0)
        .fetch_optional(connection)
        .await?;
    Ok(at.map(instant::at))
}

/// Adds what came of a device's requests.
pub async fn count(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId, more: &Device) -> Result<(), Error> {
    sqlx::query!(
        "insert into tracker_device as known (tenant, worker, device, app, last_seen_at, stored, unusable) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict on constraint tracker_device_pk do update set
           app = excluded.app,
           last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
           stored = known.stored + excluded.stored,
           unusable = (
             select coalesce(jsonb_object_agg(reason, total), '{}') from (
               select reason, sum(number::bigint) as total
               from (select * from jsonb_each_text(known.unusable) union all select * from jsonb_each_text(excluded.unusable)) both_counts (reason, number)
               group by reason) totals)",
        tenant.0,
        worker.0,
        more.device,
        more.app,
        instant::time(more.last_seen_at),
        more.stored,
        Json(&more.unusable) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The devices of a worker, the one heard last first.
pub async fn devices(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId) -> Result<Vec<Device>, Error> {
    let rows = sqlx::query!(
        r#"select device, app, last_seen_at, stored, unusable as "unusable: Json<Counts>" from tracker_device
           where tenant = $1 and worker = $2 order by last_seen_at desc, device limit 50"#,
        tenant.0,
        worker.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Device {
            device: row.device,
            app: row.app,
            last_seen_at: instant::at(row.last_seen_at),
            stored: row.stored,
            unusable: row.unusable.0,
        })
        .collect())
}
