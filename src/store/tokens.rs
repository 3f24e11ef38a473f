//! API tokens. Only hashes are stored, and no reader's connection sees them.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::TenantId;
use crate::domain::scope::Scopes;
use sqlx::PgConnection;
use uuid::Uuid;

/// A token, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: At,
    /// When it ends by itself.
    pub expires_at: Option<At>,
    /// When it was last used, give or take a minute.
    pub used_at: Option<At>,
    /// When it was taken back.
    pub revoked_at: Option<At>,
}

/// A new one.
pub async fn create(connection: &mut PgConnection, token: &ApiToken, token_hash: &[u8]) -> Result<(), Error> {
    sqlx::query!(
        "insert into api_token (tenant, id, name, token_hash, scopes, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        token.tenant.0,
        token.id,
        token.name,
        token_hash,
        token.scopes.0,
        token.created_by,
        instant::time(token.created_at),
        token.expires_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All of a tenant that were not taken back, the newest first.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<ApiToken>, Error> {
    let rows = sqlx::query!(
        "select id, name, scopes, created_by, created_at, expires_at, used_at, revoked_at from api_token
         where tenant = $1 and revoked_at is null order by created_at desc, id",
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    let token = rows.into_iter().map(|row| ApiToken {
        id: row.id,
        tenant,
        name: row.name,
        scopes: Scopes(row.scopes),
        created_by: row.created_by,
        created_at: instant::at(row.created_at),
        expires_at: row.expires_at.map(instant::at),
        used_at: row.used_at.map(instant::at),
        revoked_at: row.revoked_at.map(instant::at),
    });
    Ok(token.collect())
}

/// The token of a secret, while it stands. On a writer's connection: no tenant is known yet.
pub async fn find(connection: &mut PgConnection, token_hash: &[u8], now: At) -> Result<Option<ApiToken>, Error> {
    let row = sqlx::query!(
        "select tenant, id, name, scopes, created_by, created_at, expires_at, used_at from api_token
         where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)",
        token_hash,
        instant::time(now)
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| ApiToken {
        id: row.id,
        tenant: row.tenant.into(),
        name: row.name,
        scopes: Scopes(row.scopes),
        created_by: row.created_by,
        created_at: instant::at(row.created_at),
        expires_at: row.expires_at.map(instant::at),
        used_at: row.used_at.map(instant::at),
        revoked_at: None,
    }))
}

/// Remembers that it was used.
pub async fn touch(connection: &mut PgConnection, token: &ApiToken, now: At) -> Result<(), Error> {
    sqlx::query!("update api_token set used_at = $3 where tenant = $1 and id = $2", token.tenant.0, token.id, instant::time(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes one back; returns the hash of its secret, whose sockets are to be closed. Missing if there is none.
pub async fn revoke(connection: &mut PgConnection, tenant: TenantId, id: Uuid, now: At) -> Result<Vec<u8>, Error> {
    let hash = sqlx::query_scalar!(
        "update api_token set revoked_at = coalesce(revoked_at, $3) where tenant = $1 and id = $2 returning token_hash",
        tenant.0,
        id,
        instant::time(now)
    )
    .fetch_one(connection)
    .await?;
    Ok(hash)
}

/// Those of these hashes whose tokens stand. On a writer's connection.
pub async fn standing(connection: &mut PgConnection, token_hashes: &[Vec<u8>], now: At) -> Result<Vec<Vec<u8>>, Error> {
    let standing = sqlx::query_scalar!(
        "select token_hash from api_token where token_hash = any ($1) and revoked_at is null and (expires_at is null or expires_at > $2)",
        token_hashes,
        instant::time(now)
    )
    .fetch_all(connection)
    .await?;
    Ok(standing)
}
