//! Lists as tables. Those of people and assets have the columns that an import takes; jobs come part by part, however many there are.

use super::access::Me;
use super::csv::{self, Csv, kept_as};
use super::error::Error;
use super::import::{ASSETS, BETWEEN, CUSTOMERS, PORTAL_USERS, PRICES, WORKERS};
use super::jobs::Wanted;
use super::request::Query;
use super::{Parts, local_time};
use crate::domain::At;
use crate::domain::ids::{CustomerId, PortalUserId};
use crate::domain::job::Job;
use crate::store;
use crate::store::logins::PersonKind;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data};
use futures_util::TryStreamExt;
use serde::Serialize;
use std::collections::HashMap;

/// Jobs that are read at once.
const PART: u16 = 500;
const JOBS: [&str; 18] = [
    "number",
    "type",
    "customer",
    "status",
    "requested_start",
    "scheduled_start",
    "scheduled_end",
    "actual_start",
    "actual_end",
    "duration_min",
    "worker",
    "address",
    "asset",
    "last_completed_step",
    "notes",
    "internal_notes",
    "source",
    "id",
];

pub(super) async fn customers(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut table = Csv::new(&CUSTOMERS);
    for one in store::customers::list(&mut connection, me.tenant.id).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        let [email, phone, address, tax] = [one.email, one.phone, one.address, one.tax_number].map(Option::unwrap_or_default);
        table.row([one.name.as_str(), &email, &phone, &address, &tax]);
    }
    Ok(csv::answer("customers.csv", table))
}

pub(super) async fn portal_users(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    let tenant = me.tenant.id;
    let entries = super::lists::entries(&parts, &me, PersonKind::PortalUser, None).await?;
    let mut connection = parts.store.read(tenant).await?;
    let names: HashMap<CustomerId, String> =
        store::customers::list(&mut connection, tenant).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let mut customers: HashMap<PortalUserId, Vec<&str>> = HashMap::new();
    for (user, customer) in store::portal_users::all_links(&mut connection, tenant).await? {
        customers.entry(user).or_default().extend(names.get(&customer).map(String::as_str));
    }
    let mut table = Csv::new(&PORTAL_USERS);
    for one in store::portal_users::list(&mut connection, tenant).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        let Some(entry) = entries.get(&one.id.0) else { continue };
        let customers = customers.remove(&one.id).unwrap_or_default().join(BETWEEN);
        table.row([one.name.as_str(), &entry.email, one.phone.as_deref().unwrap_or_default(), &customers]);
    }
    Ok(csv::answer("portal-users.csv", table))
}

pub(super) async fn workers(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    let entries = super::lists::entries(&parts, &me, PersonKind::Worker, None).await?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut table = Csv::new(&WORKERS);
    for one in store::workers::list(&mut connection, me.tenant.id).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        let Some(entry) = entries.get(&one.id.0) else { continue };
        table.row([one.name.as_str(), &entry.email, one.phone.as_deref().unwrap_or_default()]);
    }
    Ok(csv::answer("workers.csv", table))
}

pub(super) async fn assets(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    let tenant = me.tenant.id;
    let mut connection = parts.store.read(tenant).await?;
    let names: HashMap<CustomerId, String> =
        store::customers::list(&mut connection, tenant).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let mut table = Csv::new(&ASSETS);
    for one in store::assets::list(&mut connection, tenant, None).await?.into_iter().filter(|one| one.archived_at.is_none()) {
        let Some(customer) = names.get(&one.customer) else { continue };
        let address = one.address.as_ref();
        let degrees = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let (latitude, longitude) = (degrees(address.and_then(|at| at.latitude)), degrees(address.and_then(|at| at.longitude)));
        let text = address.map(|at| at.text.as_str()).unwrap_or_default();
        table.row([customer.as_str(), &one.kind, &one.name, one.serial.as_deref().unwrap_or_default(), text, &latitude, &longitude]);
    }
    Ok(csv::answer("assets.csv", table))
}

pub(super) async fn prices(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut table = Csv::new(&PRICES);
    for one in store::prices::list(&mut connection, me.tenant.id).await? {
        table.row([one.code.as_str(), &one.description, &one.unit_price.to_string(), &one.tax_rate.to_string()]);
    }
    Ok(csv::answer("price-list.csv", table))
}

/// The jobs of the list with the same filters, in the same order. Times are the company's own.
pub(super) async fn jobs(parts: Data<Parts>, me: Me, query: Query) -> Result<HttpResponse, Error> {
    let wanted = Wanted::parse(&me, &query)?;
    // What is wrong with the filter is said before the table begins.
    wanted.filter(&me, &query)?;
    let zone = me.tenant.time_zone.clone();
    let begun = (Csv::new(&JOBS), None, true);
    let rest = (parts, me, query, wanted, zone);
    let table = futures_util::stream::try_unfold((begun, rest), |((mut table, after, more), rest)| async move {
        if !more {
            return Ok::<_, Error>(None);
        }
        let (parts, me, query, wanted, zone) = rest;
        let mut next = None;
        if let Some(filter) = wanted.filter(&me, &query)? {
            let mut connection = parts.store.read(me.tenant.id).await?;
            let page = store::jobs::page(&mut connection, me.tenant.id, &store::jobs::Filter { after, limit: PART, ..filter }).await?;
            for job in &page.jobs {
                write(&mut table, job, &zone);
            }
            next = page.next;
        }
        let (bytes, more) = (Bytes::from(table.take()), next.is_some());
        Ok(Some((bytes, ((table, next, more), (parts, me, query, wanted, zone)))))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, kept_as("jobs.csv")))
        .streaming(table.map_err(|error| std::io::Error::other(error.to_string()))))
}

fn write(table: &mut Csv, job: &Job, zone: &str) {
    let time = |at: Option<At>| at.map(|at| local_time::written(at, zone)).unwrap_or_default();
    let last = job.last_done().map(|index| job.steps[index].name.as_str());
    let address = job.steps.iter().find_map(|step| step.address.as_ref()).map(|address| address.text.as_str());
    table.row([
        job.number_text().as_str(),
        &job.template.name,
        &job.customer.name,
        &word(job.status),
        &time(job.requested_start),
        &time(job.scheduled.map(|slot| slot.start)),
        &time(job.scheduled.map(|slot| slot.end)),
        &time(job.actual_start),
        &time(job.actual_end),
        &job.duration_min.to_string(),
        job.worker.as_ref().map(|worker| worker.name.as_str()).unwrap_or_default(),
        address.unwrap_or_default(),
        job.asset.as_ref().map(|asset| asset.name.as_str()).unwrap_or_default(),
        last.unwrap_or_default(),
        &job.notes,
        &job.internal_notes,
        &word(job.source),
        &job.id.to_string(),
    ]);
}

/// The word that the wire has for it.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
