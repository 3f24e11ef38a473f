//! The log's epoch: another one than a client knew voids what it remembers of `seq`.

use super::{Error, Store};
use uuid::Uuid;

/// The epoch of this database.
pub async fn current(store: &Store) -> Result<Uuid, Error> {
    Ok(sqlx::query_scalar!("select epoch from hub").fetch_one(&store.reader).await?)
}
