//! Customers: made, changed, put away. What their portal users may do is decided in the settings.

use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use super::{Parts, lists};
use crate::domain::email::Email;
use crate::domain::field::{TEXT_MAX, parse_text};
use crate::domain::ids::CustomerId;
use crate::domain::portal::Overrides;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::hub::clock;
use crate::protocol::entering::CustomerBody;
use crate::store::{self, customers::Customer};
use actix_web::HttpResponse;
use actix_web::web::Data;
use uuid::Uuid;

/// Lays what was sent over what there was.
pub(super) fn change(customer: &mut Customer, body: CustomerBody) -> Result<(), Error> {
    let mut faults = Vec::new();
    let mut text = |value: Option<Option<String>>, pointer: &str, lines: bool, place: &mut Option<String>| {
        let Some(value) = value else { return };
        match parse_text(value.as_deref().unwrap_or_default(), TEXT_MAX, lines) {
            Ok(text) => *place = Some(text).filter(|text| !text.is_empty()),
            Err(why) => faults.push(Fault::at(pointer, why)),
        }
    };
    let mut name = Some(customer.name.clone());
    text(body.name.map(Some), "/name", false, &mut name);
    text(body.phone, "/phone", false, &mut customer.phone);
    text(body.address, "/address", true, &mut customer.address);
    text(body.tax_number, "/tax_number", false, &mut customer.tax_number);
    match body.email {
        Some(Some(email)) if !email.trim().is_empty() => match Email::parse(&email) {
            Ok(email) => customer.email = Some(email.to_string()),
            Err(why) => faults.push(Fault::at("/email", why)),
        },
        Some(_) => customer.email = None,
        None => {}
    }
    match name.filter(|name| !name.is_empty()) {
        Some(name) => customer.name = name,
        None => faults.push(Fault::at("/name", Why::Required)),
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults).into()) }
}

/// One that is nobody yet.
pub(super) fn blank() -> Customer {
    Customer {
        id: CustomerId(Uuid::now_v7()),
        name: String::new(),
        email: None,
        phone: None,
        address: None,
        tax_number: None,
        permissions: Overrides::default(),
        archived_at: None,
    }
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<CustomerBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        let customer = store::customers::find(&mut connection, me.tenant.id, before.into()).await?;
        return Ok(HttpResponse::Created().json(lists::customer_view(customer)));
    }
    let mut customer = blank();
    change(&mut customer, body)?;
    store::customers::create(&mut connection, me.tenant.id, &customer).await?;
    making.made(&mut connection, customer.id.0).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(lists::customer_view(customer)))
}

pub(super) async fn edit(parts: Data<Parts>, me: Me, Id(id): Id<CustomerId>, Body(body): Body<CustomerBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let mut customer = here(store::customers::find(&mut connection, me.tenant.id, id).await?)?;
    change(&mut customer, body)?;
    store::customers::update(&mut connection, me.tenant.id, &customer).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Ok().json(lists::customer_view(customer)))
}

/// Puts a customer away: their jobs stay, nobody acts for them any more.
pub(super) async fn archive(parts: Data<Parts>, me: Me, Id(id): Id<CustomerId>) -> Result<HttpResponse, Error> {
    let tenant = me.tenant.id;
    let mut connection = parts.store.write().await?;
    let mut customer = here(store::customers::find(&mut connection, tenant, id).await?)?;
    customer.archived_at = Some(clock::now());
    store::customers::update(&mut connection, tenant, &customer).await?;
    let links = store::portal_users::all_links(&mut connection, tenant).await?;
    connection.commit().await.map_err(store::Error::from)?;
    for (user, _) in links.iter().filter(|(_, linked)| *linked == id) {
        parts.hub.resync_person(tenant, user.0);
    }
    Ok(HttpResponse::NoContent().finish())
}

fn here(customer: Customer) -> Result<Customer, Error> {
    if customer.archived_at.is_some() { Err(Error::missing()) } else { Ok(customer) }
}
