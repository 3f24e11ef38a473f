//! Tenants and their settings.

use super::Error;
use crate::domain::ids::TenantId;
use crate::domain::tenant::{Settings, Tenant};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

struct Row {
    id: Uuid,
    slug: String,
    name: String,
    time_zone: String,
    settings: Json<Settings>,
}

impl From<Row> for Tenant {
    fn from(row: Row) -> Self {
        Self { id: row.id.into(), slug: row.slug, name: row.name, time_zone: row.time_zone, settings: row.settings.0 }
    }
}

/// A tenant; missing to a reader of another one.
pub async fn find(connection: &mut PgConnection, id: TenantId) -> Result<Tenant, Error> {
    let row = sqlx::query_as!(Row, r#"select id, slug, name, time_zone, settings as "settings: Json<Settings>" from tenant where id = $1"#, id.0)
        .fetch_one(connection)
        .await?;
    Ok(row.into())
}

/// A tenant by its web name. On a writer's connection: nobody is logged in yet.
pub async fn by_slug(connection: &mut PgConnection, slug: &str) -> Result<Tenant, Error> {
    let row = sqlx::query_as!(Row, r#"select id, slug, name, time_zone, settings as "settings: Json<Settings>" from tenant where slug = $1"#, slug)
        .fetch_one(connection)
        .await?;
    Ok(row.into())
}

/// The web name of the tenant whose portal has this host name to itself; missing if nobody's has. On a writer's connection.
pub async fn slug_of_host(connection: &mut PgConnection, host: &str) -> Result<String, Error> {
    let slug = sqlx::query_scalar!("select slug from tenant where settings #>> '{portal,host}' <> '' and settings #>> '{portal,host}' = $1", host)
        .fetch_one(connection)
        .await?;
    Ok(slug)
}

/// All tenants, by web name. On a writer's connection.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Tenant>, Error> {
    let rows = sqlx::query_as!(Row, r#"select id, slug, name, time_zone, settings as "settings: Json<Settings>" from tenant order by slug"#)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(Tenant::from).collect())
}

/// A new tenant with an empty log. `tenant_slug_unique` and `tenant_slug_form` are its conflicts.
pub async fn create(connection: &mut PgConnection, tenant: &Tenant) -> Result<(), Error> {
    sqlx::query!(
        "with made as (insert into tenant (id, slug, name, time_zone, settings) values ($1, $2, $3, $4, $5))
         insert into tenant_seq (tenant) values ($1)",
        tenant.id.0,
        tenant.slug,
        tenant.name,
        tenant.time_zone,
        Json(&tenant.settings) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A tenant, kept from everybody else until the transaction ends. On a writer's connection.
pub async fn lock(connection: &mut PgConnection, id: TenantId) -> Result<Tenant, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, slug, name, time_zone, settings as "settings: Json<Settings>" from tenant where id = $1 for update"#,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// Replaces everything but the id. `tenant_slug_unique`, `tenant_slug_form` and `tenant_host_unique` are its conflicts.
pub async fn update(connection: &mut PgConnection, tenant: &Tenant) -> Result<(), Error> {
    let done = sqlx::query!(
        "update tenant set slug = $2, name = $3, time_zone = $4, settings = $5 where id = $1",
        tenant.id.0,
        tenant.slug,
        tenant.name,
        tenant.time_zone,
        Json(&tenant.settings) as _
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Replaces the settings.
pub async fn set_settings(connection: &mut PgConnection, id: TenantId, settings: &Settings) -> Result<(), Error> {
    let done = sqlx::query!("update tenant set settings = $2 where id = $1", id.0, Json(settings) as _).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
