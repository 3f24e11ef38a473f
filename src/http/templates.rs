//! Job types: made, changed and put away by admins. Jobs that were made of one keep what they copied.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::permissions::staff_view;
use super::request::{Body, Id};
use super::settings::{check_version, invalid};
use crate::domain::definition::Definition;
use crate::domain::ids::TemplateId;
use crate::hub::clock;
use crate::protocol::settings::template_version;
use crate::protocol::templates::Template;
use crate::store;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use uuid::Uuid;

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<Definition>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        let template = store::templates::find(&mut connection, me.tenant.id, before.into()).await?;
        return Ok(HttpResponse::Created().json(staff_view(&template)));
    }
    let template = body.parse(TemplateId(Uuid::now_v7())).map_err(invalid)?;
    let last = store::templates::last_position(&mut connection, me.tenant.id).await?;
    store::templates::create(&mut connection, me.tenant.id, &template, last + 1).await?;
    making.made(&mut connection, template.id.0).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(staff_view(&template)))
}

/// The whole of it. One that was put away is in use again.
pub(super) async fn replace(parts: Data<Parts>, me: Me, Id(id): Id<TemplateId>, Body(body): Body<Definition>) -> Result<Json<Template>, Error> {
    let mut connection = parts.store.write().await?;
    let before = store::templates::lock(&mut connection, me.tenant.id, id).await?;
    check_version(&template_version(&Template::staff(&before)), body.version.as_ref())?;
    let template = body.parse(id).map_err(invalid)?;
    store::templates::update(&mut connection, me.tenant.id, &template).await?;
    if before.archived {
        store::templates::archive(&mut connection, me.tenant.id, id, None).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(staff_view(&template)))
}

/// Puts it away: no new job is made of it.
pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<TemplateId>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    store::templates::archive(&mut connection, me.tenant.id, id, Some(clock::now())).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}
