//! A worker's tracker address: made, looked after and revoked by an admin.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::request::Id;
use crate::auth::Token;
use crate::domain::ids::WorkerId;
use crate::hub::clock;
use crate::protocol::tracker_setup::{NewTracker, Tracker, TrackerDevice, TrackerLinks};
use crate::store;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};

/// When each device was last heard, and what became of what it sent. Never the secret.
pub(super) async fn read(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>) -> Result<Json<Tracker>, Error> {
    let tenant = me.tenant.id;
    let mut connection = parts.store.read(tenant).await?;
    store::workers::find(&mut connection, tenant, id).await?;
    drop(connection);
    parts.trackers.settle(&parts.store, tenant, id).await?;
    let mut connection = parts.store.read(tenant).await?;
    let devices = store::trackers::devices(&mut connection, tenant, id).await?;
    let made_at = store::trackers::made_at(&mut connection, tenant, id).await?;
    let last_seen_at = devices.iter().map(|device| device.last_seen_at).max().map(Into::into);
    Ok(Json(Tracker { made_at: made_at.map(Into::into), last_seen_at, devices: devices.into_iter().map(view).collect() }))
}

fn view(from: store::trackers::Device) -> TrackerDevice {
    TrackerDevice { device: from.device, app: from.app, last_seen_at: from.last_seen_at.into(), stored: from.stored, unusable: from.unusable }
}

/// A new address, shown this once; the one before is void.
pub(super) async fn make(parts: Data<Parts>, me: Me, request: HttpRequest, Id(id): Id<WorkerId>) -> Result<HttpResponse, Error> {
    let tenant = me.tenant.id;
    let secret = Token::random();
    let mut connection = parts.store.write().await?;
    let worker = store::workers::find(&mut connection, tenant, id).await?;
    if worker.archived_at.is_some() {
        return Err(Error::missing());
    }
    store::trackers::replace(&mut connection, tenant, id, &secret.hash(), clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    let public_url = parts.config.public_url.as_ref().map(crate::config::PublicUrl::as_str);
    let url = format!("{}/in/{secret}", origin(public_url, request.headers()));
    let links = TrackerLinks::new(&url, &secret.to_string(), &worker.name);
    Ok(HttpResponse::Created().json(NewTracker { secret: secret.to_string(), url, links }))
}

/// No phone gets in with the address any more.
pub(super) async fn revoke(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    store::workers::find(&mut connection, me.tenant.id, id).await?;
    store::trackers::revoke(&mut connection, me.tenant.id, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Where phones reach the hub: as configured, else as the browser that asks does.
fn origin(public_url: Option<&str>, headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let host = || format!("http://{}", text(header::HOST).unwrap_or("localhost"));
    // It is the hub's own: the door turned foreign ones away.
    public_url.or_else(|| text(header::ORIGIN)).map_or_else(host, str::to_owned)
}
