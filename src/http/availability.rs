//! When a worker works: planned by dispatchers, seen on every schedule.

use super::access::Me;
use super::error::Error;
use super::request::{Body, Id};
use super::settings::invalid;
use super::{Parts, lists};
use crate::domain::availability::Availability;
use crate::domain::ids::WorkerId;
use crate::protocol::lists::Worker;
use crate::store;
use actix_web::web::{Data, Json};

pub(super) async fn set(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>, Body(body): Body<Availability>) -> Result<Json<Worker>, Error> {
    let mut connection = parts.store.write().await?;
    store::workers::find(&mut connection, me.tenant.id, id).await?;
    let availability = body.parse().map_err(invalid)?;
    store::workers::set_availability(&mut connection, me.tenant.id, id, &availability).await?;
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.settle(me.tenant.id).await;
    lists::worker(parts, me, Id(id)).await
}
