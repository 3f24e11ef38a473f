//! Web names that tenants had before: they lead to the present one for a while.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::TenantId;
use sqlx::PgConnection;

/// Keeps a name that the tenant gives up. `former_slug_slug_unique` is its conflict.
pub async fn keep(connection: &mut PgConnection, tenant: TenantId, slug: &str, until: At) -> Result<(), Error> {
    sqlx::query!(
        "insert into former_slug (tenant, slug, until) values ($1, $2, $3) on conflict (tenant, slug) do update set until = excluded.until",
        tenant.0,
        slug,
        instant::time(until)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Frees a name for the tenant that had it, or for anybody once its time is over.
pub async fn release(connection: &mut PgConnection, tenant: TenantId, slug: &str, now: At) -> Result<(), Error> {
    sqlx::query!("delete from former_slug where slug = $2 and (tenant = $1 or until <= $3)", tenant.0, slug, instant::time(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether another tenant had the name and keeps it for now. On a writer's connection.
pub async fn is_kept_by_another(connection: &mut PgConnection, tenant: TenantId, slug: &str) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(r#"select exists (select from former_slug where slug = $2 and tenant <> $1) as "kept!""#, tenant.0, slug)
        .fetch_one(connection)
        .await?;
    Ok(found)
}

/// The name that a tenant has now which had this one before; missing if nobody did, or too long ago. On a writer's connection.
pub async fn successor(connection: &mut PgConnection, slug: &str, now: At) -> Result<String, Error> {
    let found = sqlx::query_scalar!(
        "select t.slug from former_slug f join tenant t on t.id = f.tenant where f.slug = $1 and f.until > $2",
        slug,
        instant::time(now)
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}
