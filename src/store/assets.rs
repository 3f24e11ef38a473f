//! Assets: the customers' equipment and places.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{AssetId, CustomerId, FileId, TenantId};
use crate::domain::step::Address;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// An asset.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// Whose.
    pub customer: CustomerId,
    /// What kind of thing it is, in the tenant's words.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// Where it is.
    pub address: Option<Address>,
    /// What else is known of it: label and text.
    pub fields: Vec<(String, String)>,
    /// What it looks like.
    pub photo: Option<FileId>,
    /// When it was put away.
    pub archived_at: Option<At>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    kind: String,
    name: String,
    serial: Option<String>,
    address: Option<Address>,
    #[serde(default)]
    fields: Vec<(String, String)>,
    #[serde(default)]
    photo: Option<FileId>,
}

struct Row {
    id: Uuid,
    customer: Uuid,
    doc: Json<Document>,
    archived_at: Option<OffsetDateTime>,
}

impl From<Row> for Asset {
    fn from(row: Row) -> Self {
        let Document { kind, name, serial, address, fields, photo } = row.doc.0;
        Self {
            id: row.id.into(),
            customer: row.customer.into(),
            kind,
            name,
            serial,
            address,
            fields,
            photo,
            archived_at: row.archived_at.map(instant::at),
        }
    }
}

fn document(asset: &Asset) -> Json<Document> {
    let Asset { kind, name, serial, address, fields, photo, .. } = asset.clone();
    Json(Document { kind, name, serial, address, fields, photo })
}

/// All of a tenant, or of these customers.
pub async fn list(connection: &mut PgConnection, tenant: TenantId, customers: Option<&[CustomerId]>) -> Result<Vec<Asset>, Error> {
    let customers: Option<Vec<Uuid>> = customers.map(|customers| customers.iter().map(|customer| customer.0).collect());
    let rows = sqlx::query_as!(
        Row,
        r#"select id, customer, doc as "doc: Json<Document>", archived_at from asset
           where tenant = $1 and ($2::uuid[] is null or customer = any ($2)) order by doc ->> 'name', id"#,
        tenant.0,
        customers.as_deref()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Asset::from).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: AssetId) -> Result<Asset, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, customer, doc as "doc: Json<Document>", archived_at from asset where tenant = $1 and id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// The customer's one with this name, letters of either case. The oldest, if several have it.
pub async fn named(connection: &mut PgConnection, tenant: TenantId, customer: CustomerId, name: &str) -> Result<Option<Asset>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, customer, doc as "doc: Json<Document>", archived_at from asset
           where tenant = $1 and customer = $2 and lower(doc ->> 'name') = lower($3) and archived_at is null order by id limit 1"#,
        tenant.0,
        customer.0,
        name
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Asset::from))
}

/// Those that show a file.
pub async fn with_photo(connection: &mut PgConnection, tenant: TenantId, file: FileId) -> Result<Vec<Asset>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, customer, doc as "doc: Json<Document>", archived_at from asset where tenant = $1 and doc ->> 'photo' = $2"#,
        tenant.0,
        file.to_string()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Asset::from).collect())
}

/// A new one. `asset_customer_fk` is its conflict.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, asset: &Asset) -> Result<(), Error> {
    sqlx::query!(
        "insert into asset (tenant, id, customer, doc, archived_at) values ($1, $2, $3, $4, $5)",
        tenant.0,
        asset.id.0,
        asset.customer.0,
        document(asset) as _,
        asset.archived_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces everything but the id.
pub async fn update(connection: &mut PgConnection, tenant: TenantId, asset: &Asset) -> Result<(), Error> {
    let done = sqlx::query!(
        "update asset set customer = $3, doc = $4, archived_at = $5 where tenant = $1 and id = $2",
        tenant.0,
        asset.id.0,
        asset.customer.0,
        document(asset) as _,
        asset.archived_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
