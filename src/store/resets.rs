//! Links that set a new password, each once. Everything here wants a writer's connection.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::LoginId;
use sqlx::PgConnection;

/// A new link of a log-in.
pub async fn create(connection: &mut PgConnection, token_hash: &[u8], login: LoginId, expires_at: At) -> Result<(), Error> {
    sqlx::query!("insert into password_reset (token_hash, login, expires_at) values ($1, $2, $3)", token_hash, login.0, instant::time(expires_at))
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a link up, and with it all others of the same log-in. Whose it was, if it was one.
pub async fn redeem(connection: &mut PgConnection, token_hash: &[u8], now: At) -> Result<Option<LoginId>, Error> {
    let login =
        sqlx::query_scalar!("delete from password_reset where token_hash = $1 and expires_at > $2 returning login", token_hash, instant::time(now))
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(login) = login {
        sqlx::query!("delete from password_reset where login = $1", login).execute(connection).await?;
    }
    Ok(login.map(LoginId))
}

/// Forgets links that ended. Returns how many.
pub async fn prune(connection: &mut PgConnection, now: At) -> Result<u64, Error> {
    Ok(sqlx::query!("delete from password_reset where expires_at <= $1", instant::time(now)).execute(connection).await?.rows_affected())
}
