//! The price list.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{PriceId, TenantId};
use crate::domain::price::Price;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

struct Row {
    id: Uuid,
    code: String,
    description: String,
    unit_price: Decimal,
    tax_rate: Decimal,
}

impl From<Row> for Price {
    fn from(row: Row) -> Self {
        let Row { id, code, description, unit_price, tax_rate } = row;
        Self { id: id.into(), code, description, unit_price, tax_rate }
    }
}

/// All in use, by description.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Price>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, code, description, unit_price, tax_rate from price_item where tenant = $1 and archived_at is null order by lower(description), id",
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Price::from).collect())
}

/// One in use.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: PriceId) -> Result<Price, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, code, description, unit_price, tax_rate from price_item where tenant = $1 and id = $2 and archived_at is null",
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// The one in use that a table means: with this code, or if it gives none with this description and no code. Letters of either case.
pub async fn known(connection: &mut PgConnection, tenant: TenantId, code: &str, description: &str) -> Result<Option<Price>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, code, description, unit_price, tax_rate from price_item
         where tenant = $1 and archived_at is null and lower(code) = lower($2) and ($2 <> '' or lower(description) = lower($3)) order by id limit 1",
        tenant.0,
        code,
        description
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Price::from))
}

/// A new one. `price_item_code_unique` is its conflict.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, price: &Price) -> Result<(), Error> {
    sqlx::query!(
        "insert into price_item (tenant, id, code, description, unit_price, tax_rate) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        price.id.0,
        price.code,
        price.description,
        price.unit_price,
        price.tax_rate
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces everything but the id. `price_item_code_unique` is its conflict.
pub async fn update(connection: &mut PgConnection, tenant: TenantId, price: &Price) -> Result<(), Error> {
    sqlx::query!(
        "update price_item set code = $3, description = $4, unit_price = $5, tax_rate = $6 where tenant = $1 and id = $2",
        tenant.0,
        price.id.0,
        price.code,
        price.description,
        price.unit_price,
        price.tax_rate
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts it away: its code is free again.
pub async fn archive(connection: &mut PgConnection, tenant: TenantId, id: PriceId, at: At) -> Result<(), Error> {
    let done = sqlx::query!(
        "update price_item set archived_at = coalesce(archived_at, $3) where tenant = $1 and id = $2",
        tenant.0,
        id.0,
        instant::time(at)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
