//! How a node learns that settings or rights of a tenant changed, whoever changed them: the database counts.

use super::Error;
use crate::domain::ids::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

/// How often the settings or the rights of these tenants changed; one that never changed is left out. On a writer's connection.
pub async fn versions(connection: &mut PgConnection, tenants: &[TenantId]) -> Result<Vec<(TenantId, i64)>, Error> {
    let tenants: Vec<Uuid> = tenants.iter().map(|tenant| tenant.0).collect();
    let rows = sqlx::query!("select tenant, version from tenant_rights where tenant = any($1)", &tenants).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.tenant.into(), row.version)).collect())
}
