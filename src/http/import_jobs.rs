//! A table of new jobs. What it names is looked up by name; all rows become jobs, or none.

use super::access::Me;
use super::error::Error;
use super::import::{Answer, Row, flag, read};
use super::jobs::request;
use super::request::{IdempotencyKey, Query, Table};
use super::{Parts, local_time};
use crate::domain::At;
use crate::domain::command::Contact;
use crate::domain::ids::{CustomerId, WorkerId};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::template::{AddressInput, StepInput, Template};
use crate::hub::{NewJobs, body_hash};
use crate::protocol::tables::{Imported, RowError};
use crate::store;
use actix_web::web::{Data, Json};
use serde_json::Map;
use std::collections::HashMap;

const COLUMNS: [&str; 14] = [
    "type",
    "customer",
    "requested_start",
    "address",
    "latitude",
    "longitude",
    "asset",
    "contact_name",
    "contact_phone",
    "notes",
    "internal_notes",
    "duration_min",
    "worker",
    "scheduled_start",
];

/// With the same idempotency key a table that was taken in already makes nothing anew.
pub(super) async fn jobs(parts: Data<Parts>, me: Me, key: IdempotencyKey, query: Query, Table(text): Table) -> Answer {
    let table = read(&text, &COLUMNS, &["type", "customer"])?;
    let mut imported = Imported { dry_run: flag(&query, "dry_run")?, ..Imported::default() };
    let names = Names::load(&parts, &me).await?;
    let mut orders = Vec::with_capacity(table.len());
    for (row, cells) in (1..).zip(&table) {
        match order(&parts, &me, &names, cells).await? {
            Ok(order) => orders.push((row, order)),
            Err(faults) => imported.errors.extend(faults.into_iter().map(|fault| wrong(row, fault))),
        }
    }
    // Rows that fit are looked at whole even if another one does not: all that is wrong is said at once.
    let is_wrong = !imported.errors.is_empty();
    let request = request(&me, key, body_hash(&("import", &text)), None);
    let (rows, orders): (Vec<u32>, Vec<NewJobs>) = orders.into_iter().unzip();
    let made = parts.hub.create_each(&me.caller, request, orders, imported.dry_run || is_wrong).await?;
    for (row, made) in rows.into_iter().zip(made) {
        match made {
            Ok(()) => imported.created += 1,
            Err(faults) => imported.errors.extend(faults.into_iter().map(|fault| wrong(row, fault))),
        }
    }
    imported.errors.sort_by_key(|error| error.row);
    Ok(Json(imported))
}

/// What a table names, by its name in lower case.
struct Names {
    templates: HashMap<String, Template>,
    customers: HashMap<String, CustomerId>,
    workers: HashMap<String, WorkerId>,
}

impl Names {
    async fn load(parts: &Parts, me: &Me) -> Result<Self, Error> {
        let tenant = me.tenant.id;
        let mut connection = parts.store.read(tenant).await?;
        let templates = store::templates::list(&mut connection, tenant).await?.into_iter().filter(|one| !one.archived);
        let customers = store::customers::list(&mut connection, tenant).await?.into_iter().filter(|one| one.archived_at.is_none());
        let workers = store::workers::list(&mut connection, tenant).await?.into_iter().filter(|one| one.archived_at.is_none());
        Ok(Self {
            templates: templates.map(|one| (one.name.to_lowercase(), one)).collect(),
            customers: customers.map(|one| (one.name.to_lowercase(), one.id)).collect(),
            workers: workers.map(|one| (one.name.to_lowercase(), one.id)).collect(),
        })
    }
}

/// The order that a row is, or all that is wrong with what it names.
async fn order(parts: &Parts, me: &Me, names: &Names, row: &Row) -> Result<Result<NewJobs, Vec<Fault>>, Error> {
    let mut faults = Vec::new();
    let cell = |column: &str| row.get(column).filter(|cell| !cell.is_empty());
    let template = named(&names.templates, cell("type"), "/type", &mut faults);
    let customer = named(&names.customers, cell("customer"), "/customer", &mut faults).copied();
    let worker = cell("worker").and_then(|name| named(&names.workers, Some(name), "/worker", &mut faults).copied());
    let requested_start = time(me, cell("requested_start"), "/requested_start", &mut faults);
    let scheduled_start = time(me, cell("scheduled_start"), "/scheduled_start", &mut faults);
    let duration_min = number(cell("duration_min"), "/duration_min", "minutes, like 90", &mut faults);
    let address = address(&cell, &mut faults);
    let asset = match (cell("asset"), customer) {
        (Some(name), Some(customer)) => {
            let mut connection = parts.store.read(me.tenant.id).await?;
            let found = store::assets::named(&mut connection, me.tenant.id, customer, name).await?;
            if found.is_none() {
                faults.push(Fault::at("/asset", Why::NotFound));
            }
            found.map(|asset| asset.id)
        }
        _ => None,
    };
    let place = template.and_then(|template| template.steps.iter().position(|step| step.address));
    if address.is_some() && template.is_some() && place.is_none() {
        faults.push(Fault::at("/address", Why::Unknown));
    }
    let contact = Contact { name: cell("contact_name").unwrap_or_default().into(), phone: cell("contact_phone").unwrap_or_default().into() };
    let (Some(template), true) = (template, faults.is_empty()) else { return Ok(Err(faults)) };
    let step = address.zip(place).map(|(address, index)| StepInput { index, address: Some(address), fields: Map::new() });
    Ok(Ok(NewJobs {
        template: template.id,
        customer,
        copies: 1,
        requested_start,
        asset,
        contact: Some(contact).filter(|contact| !contact.name.is_empty() || !contact.phone.is_empty()),
        notes: cell("notes").unwrap_or_default().into(),
        steps: step.into_iter().collect(),
        fields: Map::new(),
        worker,
        scheduled_start,
        scheduled_end: None,
        duration_min,
        internal_notes: cell("internal_notes").unwrap_or_default().into(),
        invoice_lines: None,
        publish: false,
    }))
}

fn named<'a, T>(names: &'a HashMap<String, T>, name: Option<&str>, pointer: &str, faults: &mut Vec<Fault>) -> Option<&'a T> {
    let found = name.and_then(|name| names.get(&name.to_lowercase()));
    if found.is_none() {
        faults.push(Fault::at(pointer, if name.is_some() { Why::NotFound } else { Why::Required }));
    }
    found
}

fn time(me: &Me, cell: Option<&str>, pointer: &str, faults: &mut Vec<Fault>) -> Option<At> {
    match local_time::parse(cell?, &me.tenant.time_zone) {
        Ok(at) => Some(at),
        Err(why) => {
            faults.push(Fault::at(pointer, why));
            None
        }
    }
}

fn number<T: std::str::FromStr>(cell: Option<&str>, pointer: &str, expected: &'static str, faults: &mut Vec<Fault>) -> Option<T> {
    let number = cell?.parse().ok();
    if number.is_none() {
        faults.push(Fault::at(pointer, Why::Expected(expected)));
    }
    number
}

fn address<'a>(cell: &impl Fn(&str) -> Option<&'a str>, faults: &mut Vec<Fault>) -> Option<AddressInput> {
    let before = faults.len();
    let mut degrees = |column: &str| number::<f64>(cell(column), &format!("/{column}"), "degrees, like 60.17", faults);
    let (latitude, longitude) = (degrees("latitude"), degrees("longitude"));
    let sent = AddressInput { text: cell("address").unwrap_or_default().into(), latitude, longitude };
    if faults.len() > before || cell("address").is_none() && latitude.is_none() && longitude.is_none() {
        return None;
    }
    match sent.parse("") {
        Ok(_) => Some(sent),
        Err(fault) => {
            let pointer = if fault.pointer == "/text" { "/address".into() } else { fault.pointer };
            faults.push(Fault { pointer, ..fault });
            None
        }
    }
}

/// A fault at the column that it comes from.
fn wrong(row: u32, fault: Fault) -> RowError {
    let column = match fault.pointer.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
        ["template", ..] => "type",
        ["contact", "name"] => "contact_name",
        ["contact", ..] => "contact_phone",
        ["steps", _, "address", ..] => "address",
        // What only a form can fill has no column: it is the row that cannot be ordered this way.
        ["steps" | "fields", ..] | [] => "",
        [member, ..] => member,
    };
    RowError { row, column: column.to_owned(), detail: detail(fault) }
}

fn detail(fault: Fault) -> String {
    let problem = crate::protocol::Problem::from(Refusal::Invalid(vec![fault]));
    problem.errors.into_iter().map(|error| error.detail).collect()
}
