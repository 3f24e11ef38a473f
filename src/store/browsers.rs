//! Browsers that take Web Push. Each is a contact point too, which holds what all have: quiet hours, whose it is, what it is told.

use super::contact_points::ContactPoint;
use super::{Error, instant};
use crate::domain::browser::Browser;
use crate::domain::ids::{TenantId, WorkerId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Keeps a worker's browser for as long as the log-in on it, by which it is known: with another address it is the same contact point,
/// with its quiet hours, and with its name if no `device` is said. Whoever had it before, of any tenant, has it no more: it is one browser.
/// True: it is new to this worker. On a writer's connection.
pub async fn put(
    connection: &mut PgConnection,
    tenant: TenantId,
    worker: WorkerId,
    point: &ContactPoint,
    browser: &Browser,
    session: &[u8],
    device: Option<&str>,
) -> Result<(Uuid, bool), Error> {
    sqlx::query!(
        "delete from contact_point where endpoint = $1 and (tenant, worker) is distinct from ($2, $3)",
        browser.endpoint,
        tenant.0,
        worker.0
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update contact_point set endpoint = $4
         where tenant = $1 and worker = $2 and session = $3 and not exists (select from contact_point where endpoint = $4)",
        tenant.0,
        worker.0,
        session,
        browser.endpoint
    )
    .execute(&mut *connection)
    .await?;
    let row = sqlx::query!(
        r#"insert into contact_point (tenant, id, worker, kind, address, name, verified_at, time_zone, endpoint, push_key, push_secret, session)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict on constraint contact_point_endpoint_unique do update set
             address = coalesce($13, contact_point.address), push_key = excluded.push_key, push_secret = excluded.push_secret, session = excluded.session
             where contact_point.tenant = excluded.tenant and contact_point.worker = excluded.worker
           returning id, id = $2 as "is_new!""#,
        tenant.0,
        point.id,
        worker.0,
        point.channel as i16,
        point.address,
        point.name,
        point.verified_at.map(instant::time),
        point.time_zone,
        browser.endpoint,
        browser.key,
        browser.secret,
        session,
        device
    )
    .fetch_optional(&mut *connection)
    .await?;
    // Somebody else took it over in this very moment: it is theirs, and whoever wants it asks again.
    let row = row.ok_or(Error::Unavailable)?;
    // Behind one log-in is one browser, and it has one address.
    sqlx::query!("delete from contact_point where tenant = $1 and worker = $2 and session = $3 and id <> $4", tenant.0, worker.0, session, row.id)
        .execute(connection)
        .await?;
    Ok((row.id, row.is_new))
}

/// The browser that a contact point is. On the courier's connection.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, contact_point: Uuid) -> Result<Browser, Error> {
    let browser = sqlx::query_as!(
        Browser,
        r#"select endpoint as "endpoint!", push_key as "key!", push_secret as "secret!" from contact_point
           where tenant = $1 and id = $2 and endpoint is not null"#,
        tenant.0,
        contact_point
    );
    Ok(browser.fetch_one(connection).await?)
}
