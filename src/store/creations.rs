//! What requests with an idempotency key made. On a writer's connection.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

/// What a request made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creation {
    /// The hash of the request.
    pub hash: i64,
    /// The id of what it made.
    pub made: Uuid,
}

/// What was made with this key in the last 30 days. Until the transaction ends, nobody else gets an answer for the same key.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, key: Uuid) -> Result<Option<Creation>, Error> {
    sqlx::query!(r#"select pg_advisory_xact_lock(hashtextextended($1::text, 0)) as "held: ()""#, format!("{} {key}", tenant.0))
        .execute(&mut *connection)
        .await?;
    // A statement of its own: it sees what the previous holder of the lock committed.
    let creation = sqlx::query_as!(Creation, "select hash, made from creation where tenant = $1 and id = $2", tenant.0, key);
    Ok(creation.fetch_optional(connection).await?)
}

/// Remembers what was made, in the transaction that makes it.
pub async fn keep(connection: &mut PgConnection, tenant: TenantId, key: Uuid, creation: Creation) -> Result<(), Error> {
    sqlx::query!("insert into creation (tenant, id, hash, made) values ($1, $2, $3, $4)", tenant.0, key, creation.hash, creation.made)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets those before an instant, of all tenants.
pub async fn prune(connection: &mut PgConnection, before: At) -> Result<(), Error> {
    sqlx::query!("delete from creation where at < $1", instant::time(before)).execute(connection).await?;
    Ok(())
}
