//! Templates of a tenant.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{TemplateId, TenantId};
use crate::domain::template::Template;
use sqlx::PgConnection;
use sqlx::types::Json;

/// A document whose `id` and `archived` are what the columns say.
fn with_columns(doc: Json<Template>, id: uuid::Uuid, archived: bool) -> Template {
    Template { id: id.into(), archived, ..doc.0 }
}

/// All of a tenant, in the order its admins gave them.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Template>, Error> {
    let rows = sqlx::query!(
        r#"select id, doc as "doc: Json<Template>", archived_at is not null as "archived!" from template where tenant = $1 order by position, name, id"#,
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| with_columns(row.doc, row.id, row.archived)).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: TemplateId) -> Result<Template, Error> {
    let row = sqlx::query!(
        r#"select doc as "doc: Json<Template>", archived_at is not null as "archived!" from template where tenant = $1 and id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(with_columns(row.doc, id.0, row.archived))
}

/// One of a tenant, kept from everybody else until the transaction ends. On a writer's connection.
pub async fn lock(connection: &mut PgConnection, tenant: TenantId, id: TemplateId) -> Result<Template, Error> {
    let row = sqlx::query!(
        r#"select doc as "doc: Json<Template>", archived_at is not null as "archived!" from template where tenant = $1 and id = $2 for update"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(with_columns(row.doc, id.0, row.archived))
}

/// A new one, at this place of the list.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, template: &Template, position: i32) -> Result<(), Error> {
    sqlx::query!(
        "insert into template (tenant, id, name, position, doc) values ($1, $2, $3, $4, $5)",
        tenant.0,
        template.id.0,
        template.name,
        position,
        Json(template) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The place of the last one; 0 if there is none.
pub async fn last_position(connection: &mut PgConnection, tenant: TenantId) -> Result<i32, Error> {
    Ok(sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "last!" from template where tenant = $1"#, tenant.0).fetch_one(connection).await?)
}

/// Replaces the definition; jobs that were made of it stay as they are.
pub async fn update(connection: &mut PgConnection, tenant: TenantId, template: &Template) -> Result<(), Error> {
    let done = sqlx::query!(
        "update template set name = $3, doc = $4 where tenant = $1 and id = $2",
        tenant.0,
        template.id.0,
        template.name,
        Json(template) as _
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Puts one away, or takes it back with `None`.
pub async fn archive(connection: &mut PgConnection, tenant: TenantId, id: TemplateId, at: Option<At>) -> Result<(), Error> {
    let done = sqlx::query!("update template set archived_at = $3 where tenant = $1 and id = $2", tenant.0, id.0, at.map(instant::time))
        .execute(connection)
        .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
