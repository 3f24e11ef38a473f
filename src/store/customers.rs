//! Customers of a tenant.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::portal::Overrides;
use sqlx::PgConnection;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// VAT or other tax number, for invoices.
    pub tax_number: Option<String>,
    /// What its portal users may do, where that differs from the tenant's settings.
    pub permissions: Overrides,
    /// When it was put away.
    pub archived_at: Option<At>,
}

struct Row {
    id: Uuid,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    tax_number: Option<String>,
    permissions: Json<Overrides>,
    archived_at: Option<OffsetDateTime>,
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            email: row.email,
            phone: row.phone,
            address: row.address,
            tax_number: row.tax_number,
            permissions: row.permissions.0,
            archived_at: row.archived_at.map(instant::at),
        }
    }
}

/// All of a tenant, by name.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Customer>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, name, email, phone, address, tax_number, permissions as "permissions: Json<Overrides>", archived_at
           from customer where tenant = $1 order by name, id"#,
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Customer::from).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: CustomerId) -> Result<Customer, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, phone, address, tax_number, permissions as "permissions: Json<Overrides>", archived_at
           from customer where tenant = $1 and id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// The one with this name, letters of either case. The oldest, if several have it.
pub async fn named(connection: &mut PgConnection, tenant: TenantId, name: &str) -> Result<Option<Customer>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, name, email, phone, address, tax_number, permissions as "permissions: Json<Overrides>", archived_at
           from customer where tenant = $1 and lower(name) = lower($2) and archived_at is null order by id limit 1"#,
        tenant.0,
        name
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Customer::from))
}

/// A new one.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, customer: &Customer) -> Result<(), Error> {
    sqlx::query!(
        "insert into customer (tenant, id, name, email, phone, address, permissions, archived_at, tax_number)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        customer.id.0,
        customer.name,
        customer.email,
        customer.phone,
        customer.address,
        Json(&customer.permissions) as _,
        customer.archived_at.map(instant::time),
        customer.tax_number
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What its portal users may do, kept from everybody else until the transaction ends. On a writer's connection.
pub async fn lock_permissions(connection: &mut PgConnection, tenant: TenantId, id: CustomerId) -> Result<Overrides, Error> {
    let found = sqlx::query_scalar!(
        r#"select permissions as "permissions: Json<Overrides>" from customer where tenant = $1 and id = $2 and archived_at is null for update"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(found.0)
}

/// Replaces what its portal users may do.
pub async fn set_permissions(connection: &mut PgConnection, tenant: TenantId, id: CustomerId, permissions: &Overrides) -> Result<(), Error> {
    sqlx::query!("update customer set permissions = $3 where tenant = $1 and id = $2", tenant.0, id.0, Json(permissions) as _)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces everything but the id.
pub async fn update(connection: &mut PgConnection, tenant: TenantId, customer: &Customer) -> Result<(), Error> {
    let done = sqlx::query!(
        "update customer set name = $3, email = $4, phone = $5, address = $6, permissions = $7, archived_at = $8, tax_number = $9
         where tenant = $1 and id = $2",
        tenant.0,
        customer.id.0,
        customer.name,
        customer.email,
        customer.phone,
        customer.address,
        Json(&customer.permissions) as _,
        customer.archived_at.map(instant::time),
        customer.tax_number
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
