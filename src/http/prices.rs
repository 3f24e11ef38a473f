//! The price list: read, made, changed and put away by dispatchers.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::page::{self, Item, Members};
use super::request::{Body, Id, Query};
use super::settings::invalid;
use crate::domain::ids::PriceId;
use crate::domain::price::{Price, PriceInput};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::invoice::{Price as PriceView, PriceBody};
use crate::protocol::lists::List;
use crate::store;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use uuid::Uuid;

/// By what the list is put in order.
const MEMBERS: Members = Members { sort: &["description", "code", "unit_price", "tax_rate"], narrow: &[] };

pub(super) async fn list(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<PriceView>>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let prices = store::prices::list(&mut connection, me.tenant.id).await?;
    let item = |price: Price| Item { id: price.id.0, name: format!("{} {}", price.code, price.description), view: PriceView::from(price) };
    Ok(Json(page::part(&query, &MEMBERS, prices.into_iter().map(item))?))
}

pub(super) async fn read(parts: Data<Parts>, me: Me, Id(id): Id<PriceId>) -> Result<Json<PriceView>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    Ok(Json(store::prices::find(&mut connection, me.tenant.id, id).await?.into()))
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<PriceBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        let price = store::prices::find(&mut connection, me.tenant.id, before.into()).await?;
        return Ok(HttpResponse::Created().json(PriceView::from(price)));
    }
    let price = changed(PriceInput::default(), body).parse(PriceId(Uuid::now_v7())).map_err(invalid)?;
    store::prices::create(&mut connection, me.tenant.id, &price).await.map_err(taken)?;
    making.made(&mut connection, price.id.0).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(PriceView::from(price)))
}

pub(super) async fn edit(parts: Data<Parts>, me: Me, Id(id): Id<PriceId>, Body(body): Body<PriceBody>) -> Result<Json<PriceView>, Error> {
    let mut connection = parts.store.write().await?;
    let before = store::prices::find(&mut connection, me.tenant.id, id).await?;
    let price = changed(before.into(), body).parse(id).map_err(invalid)?;
    store::prices::update(&mut connection, me.tenant.id, &price).await.map_err(taken)?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(price.into()))
}

/// Puts it away: lines that were filled from it stay.
pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<PriceId>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    store::prices::archive(&mut connection, me.tenant.id, id, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// What was sent in the place of what stood; absent members stay.
pub(super) fn changed(stood: PriceInput, body: PriceBody) -> PriceInput {
    PriceInput {
        code: body.code.unwrap_or(stood.code),
        description: body.description.unwrap_or(stood.description),
        unit_price: body.unit_price.unwrap_or(stood.unit_price),
        tax_rate: body.tax_rate.unwrap_or(stood.tax_rate),
    }
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::invalid("/code", &Why::Taken),
        other => other.into(),
    }
}
