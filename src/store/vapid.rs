//! The key with which all nodes sign to push services.

use super::Error;
use sqlx::PgConnection;

/// The key of this database, PKCS#8; if there is none yet, `fresh` becomes it. On a writer's connection.
pub async fn key(connection: &mut PgConnection, fresh: &[u8]) -> Result<Vec<u8>, Error> {
    sqlx::query!("insert into vapid_key (pkcs8) values ($1) on conflict do nothing", fresh).execute(&mut *connection).await?;
    Ok(sqlx::query_scalar!("select pkcs8 from vapid_key").fetch_one(connection).await?)
}
