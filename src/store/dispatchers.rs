//! Dispatchers of a tenant.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{DispatcherId, LoginId, TenantId};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A dispatcher.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    /// Their id.
    pub id: DispatcherId,
    /// Their log-in.
    pub login: LoginId,
    /// Their name.
    pub name: String,
    /// Whether they also manage people and settings.
    pub admin: bool,
    /// When they left.
    pub archived_at: Option<At>,
}

struct Row {
    id: Uuid,
    login: Uuid,
    name: String,
    admin: bool,
    archived_at: Option<OffsetDateTime>,
}

impl From<Row> for Dispatcher {
    fn from(row: Row) -> Self {
        Self { id: row.id.into(), login: row.login.into(), name: row.name, admin: row.admin, archived_at: row.archived_at.map(instant::at) }
    }
}

/// All of a tenant, by name.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Dispatcher>, Error> {
    let rows = sqlx::query_as!(Row, "select id, login, name, admin, archived_at from dispatcher where tenant = $1 order by name, id", tenant.0)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(Dispatcher::from).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: DispatcherId) -> Result<Dispatcher, Error> {
    let row = sqlx::query_as!(Row, "select id, login, name, admin, archived_at from dispatcher where tenant = $1 and id = $2", tenant.0, id.0)
        .fetch_one(connection)
        .await?;
    Ok(row.into())
}

/// A new one. `dispatcher_login_unique` is its conflict.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, dispatcher: &Dispatcher) -> Result<(), Error> {
    sqlx::query!(
        "insert into dispatcher (tenant, id, login, name, admin, archived_at) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        dispatcher.id.0,
        dispatcher.login.0,
        dispatcher.name,
        dispatcher.admin,
        dispatcher.archived_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes a dispatcher an admin, or no longer one.
pub async fn set_admin(connection: &mut PgConnection, tenant: TenantId, id: DispatcherId, admin: bool) -> Result<(), Error> {
    sqlx::query!("update dispatcher set admin = $3 where tenant = $1 and id = $2", tenant.0, id.0, admin).execute(connection).await?;
    Ok(())
}
