//! What stock phone trackers post to `/in/{secret}`. A position is answered once it is stored; what is authentic but of no use is
//! answered too, and counted: anything else, and the phone would send it for ever.

mod knocks;
mod tally;

use super::Parts;
use super::error::Error;
use crate::auth::Token;
use crate::domain::At;
use crate::domain::fix::{Fix, Plausible};
use crate::domain::ids::{TenantId, WorkerId};
use crate::hub::{Site, clock};
use crate::protocol::Problem;
use crate::protocol::problem::Name;
use crate::protocol::trackers::{App, Posted, Report, Unusable, Waypoint, read, waypoints};
use crate::store;
use actix_web::web::{Bytes, BytesMut, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use dashmap::DashMap;
use futures_util::StreamExt;
use knocks::Knocks;
use serde_json::json;
use std::sync::Arc;
use tally::Tally;

/// The longest body: thousands of positions of the wordiest app.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// Positions that are stored at once.
const BATCH: usize = 500;
/// Devices whose regions are remembered.
const TOLD_MAX: usize = 50_000;
/// 2020-01-01: waypoints are known again by a second, which we make of the job and the step.
const FIRST_KEY_S: i64 = 1_577_836_800;

/// A job's number and a step's index.
type SiteKey = (i64, usize);

/// What is remembered of the phones.
#[derive(Debug, Default)]
pub(super) struct Trackers {
    knocks: Knocks,
    tally: Tally,
    /// The regions that each `OwnTracks` was told last.
    told: DashMap<(WorkerId, Arc<str>), Vec<SiteKey>>,
}

impl Trackers {
    /// Writes a worker's counts, before they are read.
    pub(super) async fn settle(&self, store: &store::Store, tenant: TenantId, worker: WorkerId) -> Result<(), store::Error> {
        self.tally.write_all(store, tenant, worker).await
    }
}

/// Any method, any of the apps.
pub(super) async fn take_in(parts: Data<Parts>, request: HttpRequest, secret: Path<String>, payload: Payload) -> Result<HttpResponse, Error> {
    let now = clock::now();
    let (tenant, worker) = owner(&parts, &request, &secret, now).await?;
    let body = collect(payload).await?;
    let device_header = request.headers().get("x-limit-d").and_then(|device| device.to_str().ok());
    let report = match &body {
        Some(body) => read(Posted { query: request.query_string(), body, device_header }, now),
        None => Report { app: App::Unknown, device: None, fixes: Vec::new(), side: None, unusable: vec![Unusable::TooLarge] },
    };
    let device: Arc<str> = report.device.as_deref().unwrap_or(report.app.name()).into();
    let outcome = record(&parts, tenant, worker, &device, &report, now).await?;
    let outcome_name = if outcome.stored > 0 { "stored" } else { outcome.unusable.first().map_or("empty", |reason| reason.name()) };
    metrics::counter!("hub_tracker_requests_total", "app" => report.app.name(), "outcome" => outcome_name).increment(1);
    count(&parts, tenant, worker, &device, report.app, &outcome, now);
    Ok(match report.app {
        App::Owntracks => HttpResponse::Ok().json(regions(&parts, tenant, worker, &device)),
        App::Overland => HttpResponse::Ok().json(json!({ "result": "ok" })),
        App::Osmand | App::Transistor | App::Gpslogger | App::Unknown => HttpResponse::Ok().finish(),
    })
}

/// Whose secret it is. Every wrong one looks alike and takes one look-up of its hash, whatever its form.
async fn owner(parts: &Parts, request: &HttpRequest, secret: &str, now: At) -> Result<(TenantId, WorkerId), Error> {
    let from = super::login::from(parts, request);
    let hash = Token::parse(secret).map_or_else(|| vec![0; 32], |token| token.hash());
    parts.trackers.knocks.may(from, &hash, now).map_err(|seconds| {
        let problem = Problem::with_detail(Name::TooManyRequests, "Too many wrong addresses; set the phone up again");
        Error::Later(Box::new(problem), seconds)
    })?;
    let mut connection = parts.store.write().await?;
    let found = store::trackers::owner(&mut connection, &hash).await;
    drop(connection);
    match &found {
        Ok(_) => parts.trackers.knocks.right(&hash),
        Err(store::Error::Missing) => {
            metrics::counter!("hub_tracker_requests_total", "app" => "unknown", "outcome" => "wrong_secret").increment(1);
            parts.trackers.knocks.wrong(from, &hash, now);
        }
        Err(_) => {}
    }
    Ok(found?)
}

/// The body; none if it is too long.
async fn collect(mut payload: Payload) -> Result<Option<Bytes>, Error> {
    let mut body = BytesMut::new();
    let mut is_too_long = false;
    while let Some(part) = payload.next().await {
        let part = part.map_err(|error| Problem::with_detail(Name::Unreadable, error.to_string()))?;
        is_too_long |= body.len() + part.len() > BODY_MAX;
        // Read on to the end all the same: a phone that is cut off in its sentence does not hear the answer.
        if is_too_long {
            body.clear();
        } else {
            body.extend_from_slice(&part);
        }
    }
    Ok((!is_too_long).then(|| body.freeze()))
}

struct Outcome {
    stored: usize,
    unusable: Vec<Unusable>,
}

/// The path of a socket's fixes, and the answer after the commit.
async fn record(parts: &Parts, tenant: TenantId, worker: WorkerId, device: &Arc<str>, report: &Report, now: At) -> Result<Outcome, Error> {
    let mut outcome = Outcome { stored: 0, unusable: report.unusable.clone() };
    if report.fixes.is_empty() {
        return Ok(outcome);
    }
    // Its feed runs from now on: what the fixes cause is told.
    parts.hub.tenant(tenant).await?;
    for batch in report.fixes.chunks(BATCH) {
        let stored = parts.hub.record(tenant, worker, device, batch).await;
        let is_dropped = stored.is_dropped();
        stored.committed().await?;
        let is_aside = |fix: &&Fix| fix.plausible(now, None) == Plausible::Aside;
        let aside = batch.iter().filter(is_aside).count();
        if is_dropped {
            outcome.unusable.extend(batch.iter().map(|_| Unusable::OffDuty));
        } else {
            outcome.unusable.extend((0..aside).map(|_| Unusable::Aside));
            outcome.stored += batch.len() - aside;
        }
    }
    if let (Some(side), Some(fix)) = (report.side, report.fixes.last()) {
        parts.hub.crosses(tenant, worker, fix, side);
    }
    Ok(outcome)
}

fn count(parts: &Data<Parts>, tenant: TenantId, worker: WorkerId, device: &Arc<str>, app: App, outcome: &Outcome, now: At) {
    let key = (tenant, worker, Arc::clone(device));
    let Some(due) = parts.trackers.tally.count(&key, app, outcome.stored, &outcome.unusable, now) else { return };
    let parts = Data::clone(parts);
    tokio::spawn(async move {
        if let Err(error) = tally::write(&parts.store, tenant, worker, &due).await {
            tracing::warn!(%error, "a tracker's counts were lost");
        }
    });
}

/// The job sites as regions for the phone to watch, when they are others than it was told last.
fn regions(parts: &Parts, tenant: TenantId, worker: WorkerId, device: &Arc<str>) -> serde_json::Value {
    let sites = parts.hub.sites(tenant, worker);
    let keys: Vec<SiteKey> = sites.iter().map(|site| (site.number, site.step)).collect();
    let told = &parts.trackers.told;
    let key = (worker, Arc::clone(device));
    if keys.is_empty() || told.get(&key).is_some_and(|known| *known == keys) {
        return json!([]);
    }
    if told.len() >= TOLD_MAX {
        told.clear();
    }
    told.insert(key, keys);
    waypoints(&sites.iter().map(waypoint).collect::<Vec<_>>())
}

fn waypoint(site: &Site) -> Waypoint {
    let centre = site.fence.centre();
    Waypoint {
        name: format!("J-{}", site.number),
        latitude: centre.latitude(),
        longitude: centre.longitude(),
        radius_m: site.fence.radius_m(),
        key_s: FIRST_KEY_S + site.number * 100 + i64::try_from(site.step).unwrap_or_default(),
    }
}
