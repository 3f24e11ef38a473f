//! What is not about the company's work: is the hub well, the socket's door, the pages.

use super::Parts;
use super::access::Me;
use super::error::Error;
use crate::domain::settings::{is_host, is_slug};
use crate::hub::clock;
use crate::{store, web as pages, ws};
use actix_web::http::header::{CACHE_CONTROL, HOST, LOCATION};
use actix_web::web::{Data, Json, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

/// The process runs.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The database answers and takes writes. Says too whether messages go out or wait for a way to be named.
pub(super) async fn ready(parts: Data<Parts>) -> Result<Json<Value>, Error> {
    parts.store.ready().await?;
    let goes = |has_a_way| if has_a_way { "sent" } else { "waiting" };
    Ok(Json(json!({ "status": "ready", "mail": goes(parts.config.smtp.is_some()), "sms": goes(parts.outside.sms_price.is_some()) })))
}

pub(super) async fn metrics(parts: Data<Parts>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(parts.metrics.render())
}

pub(super) async fn socket(parts: Data<Parts>, me: Me, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    Ok(ws::open(&request, payload, &parts.hub, (*me).clone())?)
}

pub(super) async fn page(parts: Data<Parts>, request: HttpRequest) -> HttpResponse {
    let elsewhere = match request.path() {
        "/" => own_portal(&parts, &request).await,
        _ => moved_portal(&parts, &request).await,
    };
    if let Some(address) = elsewhere {
        return HttpResponse::TemporaryRedirect().insert_header((LOCATION, address)).insert_header((CACHE_CONTROL, "no-store")).finish();
    }
    pages::serve(&request, parts.config.basemap.as_deref()).await
}

/// Under a company's own host name the start page is its portal.
async fn own_portal(parts: &Parts, request: &HttpRequest) -> Option<String> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host).to_ascii_lowercase();
    if !is_host(&host) {
        return None;
    }
    let mut connection = parts.store.write().await.ok()?;
    let slug = store::tenants::slug_of_host(&mut connection, &host).await.ok()?;
    Some(format!("/p/{slug}"))
}

/// Where a page of a portal is now, if its company has taken another web name. Unknown names are left to the page to tell.
async fn moved_portal(parts: &Parts, request: &HttpRequest) -> Option<String> {
    let path = request.path().strip_prefix("/p/")?;
    let (slug, rest) = path.split_once('/').map_or((path, String::new()), |(slug, rest)| (slug, format!("/{rest}")));
    if !is_slug(slug) {
        return None;
    }
    let mut connection = parts.store.write().await.ok()?;
    let now = store::slugs::successor(&mut connection, slug, clock::now()).await.ok()?;
    let query = request.query_string();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    Some(format!("/p/{now}{rest}{query}"))
}
