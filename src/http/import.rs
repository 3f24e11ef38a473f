//! Tables that make and change what lists hold: customers, portal users, workers, assets, prices.
//!
//! An import is one transaction: all of its rows, or none. A dry run does the same work and takes it back. What is there already is
//! known by its name, e-mail address or code, so that a table that is sent twice changes nothing the second time.

use super::access::Me;
use super::error::Error;
use super::request::{Query, Table};
use super::settings::invalid;
use super::{Parts, assets as asset, csv as cells, customers as customer, people, prices as price};
use crate::domain::email::Email;
use crate::domain::ids::{CustomerId, PriceId, WorkerId};
use crate::domain::price::PriceInput;
use crate::domain::refusal::Why;
use crate::protocol::Problem;
use crate::protocol::entering::{CustomerBody, PersonBody};
use crate::protocol::invoice::PriceBody;
use crate::protocol::problem::FieldError;
use crate::protocol::tables::{Imported, RowError};
use crate::store;
use crate::store::logins::PersonKind;
use actix_web::web::{Data, Json};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// The most rows at a time: a longer table is sent in parts, so that whoever waits sees how far it is.
const ROWS_MAX: usize = 500;

/// The columns of each list, as exports write them. The first ones marked must be there.
pub(super) const CUSTOMERS: [&str; 5] = ["name", "email", "phone", "address", "tax_number"];
pub(super) const PORTAL_USERS: [&str; 4] = ["name", "email", "phone", "customers"];
pub(super) const WORKERS: [&str; 3] = ["name", "email", "phone"];
pub(super) const ASSETS: [&str; 7] = ["customer", "type", "name", "serial", "address", "latitude", "longitude"];
pub(super) const PRICES: [&str; 4] = ["code", "description", "unit_price", "tax_rate"];
/// Between the customers of a portal user.
pub(super) const BETWEEN: &str = "; ";

pub(super) type Answer = Result<Json<Imported>, Error>;

/// What a row did.
enum Made {
    New,
    Known,
}

/// A row by its columns; absent ones are not in it.
pub(super) struct Row(HashMap<String, String>);

impl Row {
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(|cell| cell.trim())
    }

    /// As a JSON body would say it: what is not in the table stays as it is, an empty cell empties.
    fn body(&self, columns: &[&str]) -> Value {
        let member =
            |column: &&str| Some(((*column).to_owned(), self.get(column).map(|cell| if cell.is_empty() { Value::Null } else { cell.into() })?));
        Value::Object(columns.iter().filter_map(member).collect::<Map<_, _>>())
    }
}

pub(super) async fn customers(parts: Data<Parts>, me: Me, query: Query, Table(text): Table) -> Answer {
    let table = read(&text, &CUSTOMERS, &["name"])?;
    let mut import = Import::begin(&parts, &query).await?;
    for row in &table {
        let made = take_customer(&mut import.connection, &me, row).await;
        import.note(made)?;
    }
    import.end().await
}

async fn take_customer(connection: &mut PgConnection, me: &Me, row: &Row) -> Result<Made, Error> {
    let mut body: CustomerBody = shaped(row.body(&CUSTOMERS))?;
    // A name is never emptied.
    body.name = Some(row.get("name").unwrap_or_default().to_owned());
    let known = store::customers::named(connection, me.tenant.id, row.get("name").unwrap_or_default()).await?;
    let is_new = known.is_none();
    let mut one = known.unwrap_or_else(customer::blank);
    customer::change(&mut one, body)?;
    if is_new {
        store::customers::create(connection, me.tenant.id, &one).await?;
    } else {
        store::customers::update(connection, me.tenant.id, &one).await?;
    }
    Ok(if is_new { Made::New } else { Made::Known })
}

pub(super) async fn portal_users(parts: Data<Parts>, me: Me, query: Query, Table(text): Table) -> Answer {
    people_of(&parts, &me, &query, PersonKind::PortalUser, read(&text, &PORTAL_USERS, &["name", "email"])?).await
}

pub(super) async fn workers(parts: Data<Parts>, me: Me, query: Query, Table(text): Table) -> Answer {
    people_of(&parts, &me, &query, PersonKind::Worker, read(&text, &WORKERS, &["name", "email"])?).await
}

async fn people_of(parts: &Parts, me: &Me, query: &Query, kind: PersonKind, table: Vec<Row>) -> Answer {
    let invite = flag(query, "invite")?;
    let mut import = Import::begin(parts, query).await?;
    let mut touched = Vec::new();
    for row in &table {
        let made = take_person(&mut import.connection, me, kind, row, invite, &mut touched).await;
        import.note(made)?;
    }
    let answer = import.end().await?;
    if answer.errors.is_empty() && !answer.dry_run {
        for (person, name) in touched {
            match kind {
                PersonKind::Worker => parts.hub.know_worker(me.tenant.id, WorkerId(person), &name),
                PersonKind::PortalUser | PersonKind::Dispatcher => parts.hub.resync_person(me.tenant.id, person),
            }
        }
    }
    Ok(answer)
}

async fn take_person(
    connection: &mut PgConnection,
    me: &Me,
    kind: PersonKind,
    row: &Row,
    invite: bool,
    touched: &mut Vec<(Uuid, String)>,
) -> Result<Made, Error> {
    let mut body: PersonBody = shaped(row.body(&["phone"]))?;
    let (name, email) = (row.get("name").unwrap_or_default(), row.get("email").unwrap_or_default());
    (body.name, body.invite) = (Some(name.to_owned()), Some(invite));
    if let Some(names) = row.get("customers") {
        body.customers = Some(customers_named(connection, me, names).await?);
    }
    let known = match Email::parse(email) {
        Ok(email) => {
            let login = store::logins::find_or_create(connection, &email).await?;
            store::people::of_login(connection, me.tenant.id, kind, login).await?.filter(|(_, archived)| !archived)
        }
        Err(_unfit) => None,
    };
    if let Some((person, _)) = known {
        people::renew(connection, me, kind, person, people::parse(kind, body, false)?).await?;
        touched.push((person, name.to_owned()));
        return Ok(Made::Known);
    }
    body.email = Some(email.to_owned());
    let person = people::admit(connection, me, kind, people::parse(kind, body, true)?).await?;
    touched.push((person, name.to_owned()));
    Ok(Made::New)
}

async fn customers_named(connection: &mut PgConnection, me: &Me, names: &str) -> Result<Vec<CustomerId>, Error> {
    let mut customers = Vec::new();
    for name in names.split(BETWEEN.trim()).map(str::trim).filter(|name| !name.is_empty()) {
        customers.push(customer_named(connection, me, name, "/customers").await?);
    }
    Ok(customers)
}

async fn customer_named(connection: &mut PgConnection, me: &Me, name: &str, pointer: &str) -> Result<CustomerId, Error> {
    let found = store::customers::named(connection, me.tenant.id, name).await?;
    found.map(|found| found.id).ok_or_else(|| Error::invalid(pointer, if name.is_empty() { &Why::Required } else { &Why::NotFound }))
}

pub(super) async fn assets(parts: Data<Parts>, me: Me, query: Query, Table(text): Table) -> Answer {
    let table = read(&text, &ASSETS, &["customer", "type", "name"])?;
    let mut import = Import::begin(&parts, &query).await?;
    for row in &table {
        let made = take_asset(&mut import.connection, &me, row).await;
        import.note(made)?;
    }
    import.end().await
}

async fn take_asset(connection: &mut PgConnection, me: &Me, row: &Row) -> Result<Made, Error> {
    let owner = customer_named(connection, me, row.get("customer").unwrap_or_default(), "/customer").await?;
    let name = row.get("name").unwrap_or_default();
    let mut body = row.body(&["serial"]);
    body["type"] = row.get("type").unwrap_or_default().into();
    body["name"] = name.into();
    if let Some(text) = row.get("address") {
        let degrees = |column: &str| -> Result<Value, Error> {
            match row.get(column).filter(|cell| !cell.is_empty()) {
                None => Ok(Value::Null),
                Some(cell) => {
                    Ok(json!(cell.parse::<f64>().map_err(|_text| Error::invalid(format!("/{column}"), &Why::Expected("degrees, like 60.17")))?))
                }
            }
        };
        body["address"] = json!({ "text": text, "latitude": degrees("latitude")?, "longitude": degrees("longitude")? });
    }
    let known = store::assets::named(connection, me.tenant.id, owner, name).await?;
    let is_new = known.is_none();
    let one = asset::filled(connection, me, known.unwrap_or_else(|| asset::blank(owner)), shaped(body)?).await?;
    if is_new {
        store::assets::create(connection, me.tenant.id, &one).await?;
    } else {
        store::assets::update(connection, me.tenant.id, &one).await?;
    }
    Ok(if is_new { Made::New } else { Made::Known })
}

pub(super) async fn prices(parts: Data<Parts>, me: Me, query: Query, Table(text): Table) -> Answer {
    let table = read(&text, &PRICES, &["description", "unit_price"])?;
    let mut import = Import::begin(&parts, &query).await?;
    for row in &table {
        let made = take_price(&mut import.connection, &me, row).await;
        import.note(made)?;
    }
    import.end().await
}

async fn take_price(connection: &mut PgConnection, me: &Me, row: &Row) -> Result<Made, Error> {
    let cell = |column: &str| row.get(column).map(str::to_owned);
    let body = PriceBody { code: cell("code"), description: cell("description"), unit_price: cell("unit_price"), tax_rate: cell("tax_rate") };
    let (code, description) = (row.get("code").unwrap_or_default(), row.get("description").unwrap_or_default());
    let known = store::prices::known(connection, me.tenant.id, code, description).await?;
    let (id, stood) = known.map_or_else(|| (None, PriceInput::default()), |known| (Some(known.id), known.into()));
    let one = price::changed(stood, body).parse(id.unwrap_or_else(|| PriceId(Uuid::now_v7()))).map_err(invalid)?;
    if id.is_none() {
        store::prices::create(connection, me.tenant.id, &one).await?;
        return Ok(Made::New);
    }
    store::prices::update(connection, me.tenant.id, &one).await?;
    Ok(Made::Known)
}

fn shaped<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, Error> {
    serde_json::from_value(body).map_err(|error| Error::Internal(error.into()))
}

pub(super) fn flag(query: &Query, name: &str) -> Result<bool, Error> {
    Ok(query.parsed::<bool>(name, "true or false")?.unwrap_or(false))
}

/// The rows of a table. Commas, semicolons or tabs part its cells, whichever its head has most of.
pub(super) fn read(text: &str, columns: &[&str], needed: &[&str]) -> Result<Vec<Row>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|sign| (head.bytes().filter(|byte| byte == sign).count(), *sign == b',')).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(false).from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| Error::from(Problem::invalid("/rows", error.to_string()));
    let heads: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(|head| head.trim().to_lowercase()).collect();
    for (place, head) in heads.iter().enumerate() {
        if !columns.contains(&head.as_str()) {
            return Err(Problem::invalid(format!("/columns/{place}"), format!("\"{head}\" is none of: {}", columns.join(", "))).into());
        }
        if heads[..place].contains(head) {
            return Err(Error::invalid(format!("/columns/{place}"), &Why::Repeated));
        }
    }
    if let Some(lacking) = needed.iter().find(|needed| !heads.iter().any(|head| head == *needed)) {
        return Err(Problem::invalid("/columns", format!("The column \"{lacking}\" is needed")).into());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if rows.len() == ROWS_MAX {
            return Err(Error::invalid("/rows", &Why::OutOfRange("500 rows at a time")));
        }
        rows.push(Row(heads.iter().cloned().zip(record.iter().map(|cell| cells::fused(cell).to_owned())).collect()));
    }
    Ok(rows)
}

/// An import under way.
struct Import {
    connection: sqlx::Transaction<'static, sqlx::Postgres>,
    row: u32,
    imported: Imported,
}

impl Import {
    async fn begin(parts: &Parts, query: &Query) -> Result<Self, Error> {
        let imported = Imported { dry_run: flag(query, "dry_run")?, ..Imported::default() };
        Ok(Self { connection: parts.store.write().await?, row: 0, imported })
    }

    /// What came of the next row. Whatever is not about what it says ends the import.
    fn note(&mut self, made: Result<Made, Error>) -> Result<(), Error> {
        self.row += 1;
        match made {
            Ok(Made::New) => self.imported.created += 1,
            Ok(Made::Known) => self.imported.changed += 1,
            Err(Error::Problem(problem)) if problem.status == 422 => {
                let column = |pointer: &str| pointer.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
                let error = |fault: &FieldError| RowError { row: self.row, column: column(&fault.pointer), detail: fault.detail.clone() };
                self.imported.errors.extend(problem.errors.iter().map(error));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    async fn end(self) -> Answer {
        if self.imported.errors.is_empty() && !self.imported.dry_run {
            self.connection.commit().await.map_err(store::Error::from)?;
        } else {
            self.connection.rollback().await.map_err(store::Error::from)?;
        }
        Ok(Json(self.imported))
    }
}
