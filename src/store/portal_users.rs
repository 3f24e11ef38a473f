//! Portal users of a tenant, and the customers that they act for.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::caller::Link;
use crate::domain::ids::{CustomerId, LoginId, PortalUserId, TenantId};
use crate::domain::portal::{self, Overrides};
use sqlx::PgConnection;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A portal user.
#[derive(Debug, Clone)]
pub struct PortalUser {
    /// Their id.
    pub id: PortalUserId,
    /// Their log-in.
    pub login: LoginId,
    /// Their name.
    pub name: String,
    /// Their phone number.
    pub phone: Option<String>,
    /// When they left.
    pub archived_at: Option<At>,
}

/// A portal user's link to a customer, with what `domain::portal::resolve` needs.
#[derive(Debug, Clone)]
pub struct PortalLink {
    /// The customer.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// The customer's own permissions.
    pub customer_permissions: Overrides,
    /// The link's own permissions.
    pub permissions: Overrides,
}

impl PortalLink {
    /// The link with what it comes to under the tenant's own permissions.
    pub fn resolve(self, tenant: &Overrides) -> Link {
        let permissions = portal::resolve(tenant, &self.customer_permissions, &self.permissions);
        Link { customer: self.customer, name: self.name, permissions }
    }
}

struct Row {
    id: Uuid,
    login: Uuid,
    name: String,
    phone: Option<String>,
    archived_at: Option<OffsetDateTime>,
}

impl From<Row> for PortalUser {
    fn from(row: Row) -> Self {
        Self { id: row.id.into(), login: row.login.into(), name: row.name, phone: row.phone, archived_at: row.archived_at.map(instant::at) }
    }
}

/// All of a tenant, by name.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<PortalUser>, Error> {
    let rows = sqlx::query_as!(Row, "select id, login, name, phone, archived_at from portal_user where tenant = $1 order by name, id", tenant.0)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(PortalUser::from).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: PortalUserId) -> Result<PortalUser, Error> {
    let row = sqlx::query_as!(Row, "select id, login, name, phone, archived_at from portal_user where tenant = $1 and id = $2", tenant.0, id.0)
        .fetch_one(connection)
        .await?;
    Ok(row.into())
}

/// A new one. `portal_user_login_unique` is its conflict.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, user: &PortalUser) -> Result<(), Error> {
    sqlx::query!(
        "insert into portal_user (tenant, id, login, name, phone, archived_at) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        user.id.0,
        user.login.0,
        user.name,
        user.phone,
        user.archived_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The customers that a portal user acts for, by name; archived ones are left out.
pub async fn links(connection: &mut PgConnection, tenant: TenantId, user: PortalUserId) -> Result<Vec<PortalLink>, Error> {
    let rows = sqlx::query!(
        r#"select l.customer, c.name, c.permissions as "customer_permissions: Json<Overrides>", l.permissions as "permissions: Json<Overrides>"
           from portal_link l join customer c on c.tenant = l.tenant and c.id = l.customer and c.archived_at is null
           where l.tenant = $1 and l.portal_user = $2 order by c.name, c.id"#,
        tenant.0,
        user.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PortalLink {
            customer: row.customer.into(),
            name: row.name,
            customer_permissions: row.customer_permissions.0,
            permissions: row.permissions.0,
        })
        .collect())
}

/// The same for several portal users at once.
pub async fn links_of(connection: &mut PgConnection, tenant: TenantId, users: &[PortalUserId]) -> Result<Vec<(PortalUserId, PortalLink)>, Error> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let rows = sqlx::query!(
        r#"select l.portal_user, l.customer, c.name, c.permissions as "customer_permissions: Json<Overrides>",
                  l.permissions as "permissions: Json<Overrides>"
           from portal_link l join customer c on c.tenant = l.tenant and c.id = l.customer and c.archived_at is null
           where l.tenant = $1 and l.portal_user = any($2) order by c.name, c.id"#,
        tenant.0,
        &users
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let link = PortalLink {
                customer: row.customer.into(),
                name: row.name,
                customer_permissions: row.customer_permissions.0,
                permissions: row.permissions.0,
            };
            (row.portal_user.into(), link)
        })
        .collect())
}

/// All links of a tenant: who acts for whom.
pub async fn all_links(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<(PortalUserId, CustomerId)>, Error> {
    let rows = sqlx::query!("select portal_user, customer from portal_link where tenant = $1", tenant.0).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.portal_user.into(), row.customer.into())).collect())
}

/// Links a portal user to a customer, or changes what the link says.
pub async fn link(
    connection: &mut PgConnection,
    tenant: TenantId,
    user: PortalUserId,
    customer: CustomerId,
    permissions: &Overrides,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into portal_link (tenant, portal_user, customer, permissions) values ($1, $2, $3, $4)
         on conflict (tenant, portal_user, customer) do update set permissions = excluded.permissions",
        tenant.0,
        user.0,
        customer.0,
        Json(permissions) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a link; nothing happens if there is none.
pub async fn unlink(connection: &mut PgConnection, tenant: TenantId, user: PortalUserId, customer: CustomerId) -> Result<(), Error> {
    sqlx::query!("delete from portal_link where tenant = $1 and portal_user = $2 and customer = $3", tenant.0, user.0, customer.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends all links of a portal user.
pub async fn unlink_all(connection: &mut PgConnection, tenant: TenantId, user: PortalUserId) -> Result<(), Error> {
    sqlx::query!("delete from portal_link where tenant = $1 and portal_user = $2", tenant.0, user.0).execute(connection).await?;
    Ok(())
}

/// Links a portal user to these customers and no others. Links that stay keep what they say.
pub async fn link_only(connection: &mut PgConnection, tenant: TenantId, user: PortalUserId, customers: &[CustomerId]) -> Result<(), Error> {
    let customers: Vec<Uuid> = customers.iter().map(|customer| customer.0).collect();
    sqlx::query!("delete from portal_link where tenant = $1 and portal_user = $2 and customer <> all($3)", tenant.0, user.0, &customers)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "insert into portal_link (tenant, portal_user, customer) select $1, $2, unnest($3::uuid[]) on conflict do nothing",
        tenant.0,
        user.0,
        &customers
    )
    .execute(connection)
    .await?;
    Ok(())
}
