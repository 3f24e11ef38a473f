//! Where a worker was: their recorded fixes.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page;
use super::request::{Id, Query};
use super::schedule::range;
use crate::domain::geo::Point;
use crate::domain::ids::{JobId, WorkerId};
use crate::domain::refusal::Why;
use crate::hub::{Near, clock};
use crate::protocol::lists::{List, NearWorker, TrackFix};
use crate::store;
use actix_web::web::{Data, Json};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Fixes in one answer; a phone records one every few seconds.
const PART: i64 = 10_000;

/// Who could be at a job's next address soonest. Of a job without a place nobody knows.
pub(super) async fn nearest(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<NearWorker>>, Error> {
    let job = query.id::<JobId>("job")?.ok_or_else(|| Error::invalid("/job", &Why::Required))?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let job = store::jobs::find(&mut connection, me.tenant.id, job).await?;
    drop(connection);
    let place = job.point().and_then(|(latitude, longitude)| Point::parse(latitude, longitude).ok());
    let place = place.ok_or_else(|| Error::invalid("/job", &Why::Expected("a job whose address is on the map")))?;
    let item = |near: Near| NearWorker {
        worker: near.position.worker,
        name: near.name,
        status: near.position.status,
        at: near.position.at.into(),
        distance_m: near.way.distance_m,
        seconds: near.way.seconds,
        estimated: near.estimated,
    };
    Ok(Json(page::whole(parts.hub.nearest(me.tenant.id, place).await.into_iter().map(item).collect())))
}

pub(super) async fn of_worker(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>, query: Query) -> Result<Json<List<TrackFix>>, Error> {
    let (from, to) = range(&me, &query, clock::now().plus_ms(-DAY_MS), DAY_MS, 31 * DAY_MS)?;
    let from = query.instant("after", &me.tenant.time_zone)?.map_or(from, |after| after.max(from));
    let mut connection = parts.store.read(me.tenant.id).await?;
    store::workers::find(&mut connection, me.tenant.id, id).await?;
    let mut fixes = store::fixes::track(&mut connection, me.tenant.id, id, from, to, PART + 1).await?;
    let more = fixes.len() > usize::try_from(PART).unwrap_or(usize::MAX);
    let next = if more { fixes.pop().map(|first| crate::protocol::Rfc3339(first.at).to_string()) } else { None };
    let item = |fix: store::fixes::Recorded| TrackFix {
        at: fix.at.into(),
        received_at: fix.received_at.into(),
        latitude: fix.latitude,
        longitude: fix.longitude,
        accuracy_m: fix.accuracy_m,
        speed_mps: fix.speed_mps,
        heading_deg: fix.heading_deg,
    };
    Ok(Json(List { items: fixes.into_iter().map(item).collect(), next }))
}
