//! What dispatchers do with assets, and which jobs were done at one.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::lists::{asset_view, may_see_customer};
use super::once::Once;
use super::page;
use super::request::{Body, Id, Query};
use crate::domain::caller::Role;
use crate::domain::field::{LONG_TEXT_MAX, TEXT_MAX, parse_text};
use crate::domain::ids::{AssetId, CustomerId, FileId, JobId};
use crate::domain::job::{Job, Status};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::template::AddressInput;
use crate::hub::clock;
use crate::protocol::Rfc3339;
use crate::protocol::lists::{Asset, AssetField, List};
use crate::protocol::views::Job as JobView;
use crate::store::{self, assets};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// The most things known of one asset.
const FIELDS_MAX: usize = 50;
/// The most jobs that an asset lists; more are found in the list of jobs.
const JOBS: i64 = 100;
/// The most that a worker reads through on site.
const EARLIER: usize = 20;

/// What `POST /api/assets` and `PATCH /api/assets/{id}` take. Absent members stay, null empties.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(clippy::option_option, reason = "absent and emptied differ")]
pub(super) struct AssetBody {
    customer: Option<CustomerId>,
    #[serde(rename = "type")]
    #[schemars(length(max = TEXT_MAX))]
    kind: Option<String>,
    #[schemars(length(max = TEXT_MAX))]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(length(max = TEXT_MAX))]
    serial: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    address: Option<Option<AddressInput>>,
    #[schemars(length(max = FIELDS_MAX))]
    fields: Option<Vec<AssetField>>,
    #[serde(default, deserialize_with = "present")]
    photo: Option<Option<FileId>>,
}

#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One that is nothing yet.
pub(super) fn blank(customer: CustomerId) -> assets::Asset {
    assets::Asset {
        id: AssetId(Uuid::now_v7()),
        customer,
        kind: String::new(),
        name: String::new(),
        serial: None,
        address: None,
        fields: Vec::new(),
        photo: None,
        archived_at: None,
    }
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<AssetBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        let asset = assets::find(&mut connection, me.tenant.id, before.into()).await?;
        return Ok(HttpResponse::Created().json(asset_view(asset)));
    }
    let customer = body.customer.ok_or_else(|| Error::invalid("/customer", &Why::Required))?;
    let asset = filled(&mut connection, &me, blank(customer), body).await?;
    assets::create(&mut connection, me.tenant.id, &asset).await?;
    making.made(&mut connection, asset.id.0).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(asset_view(asset)))
}

pub(super) async fn edit(parts: Data<Parts>, me: Me, Id(id): Id<AssetId>, Body(body): Body<AssetBody>) -> Result<Json<Asset>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let before = assets::find(&mut connection, me.tenant.id, id).await?;
    let asset = filled(&mut connection, &me, before, body).await?;
    drop(connection);
    let mut connection = parts.store.write().await?;
    assets::update(&mut connection, me.tenant.id, &asset).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(asset_view(asset)))
}

/// Puts it away: jobs that name it keep its name.
pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<AssetId>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let asset = assets::find(&mut connection, me.tenant.id, id).await?;
    let archived_at = asset.archived_at.or(Some(clock::now()));
    assets::update(&mut connection, me.tenant.id, &assets::Asset { archived_at, ..asset }).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// The asset with what was sent, or every fault at once.
pub(super) async fn filled(connection: &mut PgConnection, me: &Me, mut asset: assets::Asset, body: AssetBody) -> Result<assets::Asset, Error> {
    let mut faults = Vec::new();
    let mut line = |sent: Option<String>, held: String, pointer: &str| {
        let text = parse_text(&sent.unwrap_or(held), TEXT_MAX, false).map_err(|why| Fault::at(pointer, why));
        text.and_then(|text| if text.is_empty() { Err(Fault::at(pointer, Why::Required)) } else { Ok(text) }).unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        })
    };
    asset.kind = line(body.kind, asset.kind, "/type");
    asset.name = line(body.name, asset.name, "/name");
    if let Some(serial) = body.serial {
        match parse_text(&serial.unwrap_or_default(), TEXT_MAX, false) {
            Ok(serial) => asset.serial = Some(serial).filter(|serial| !serial.is_empty()),
            Err(why) => faults.push(Fault::at("/serial", why)),
        }
    }
    if let Some(address) = body.address {
        match address.unwrap_or_default().parse("/address") {
            Ok(address) => asset.address = address,
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(fields) = body.fields {
        asset.fields = known_things(fields, &mut faults);
    }
    let tenant = me.tenant.id;
    if let Some(customer) = body.customer {
        match store::customers::find(&mut *connection, tenant, customer).await {
            Ok(found) if found.archived_at.is_none() => asset.customer = customer,
            Ok(_) | Err(store::Error::Missing) => faults.push(Fault::at("/customer", Why::NotFound)),
            Err(error) => return Err(error.into()),
        }
    }
    match body.photo {
        None => {}
        Some(None) => asset.photo = None,
        Some(Some(photo)) => {
            let is_theirs =
                asset.photo == Some(photo) || !store::files::uploaded_by(connection, tenant, me.caller.person(), &[photo]).await?.is_empty();
            asset.photo = Some(photo);
            if !is_theirs {
                faults.push(Fault::at("/photo", Why::NotFound));
            }
        }
    }
    if faults.is_empty() { Ok(asset) } else { Err(Refusal::Invalid(faults).into()) }
}

fn known_things(fields: Vec<AssetField>, faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    if fields.len() > FIELDS_MAX {
        faults.push(Fault::at("/fields", Why::OutOfRange("at most 50")));
        return Vec::new();
    }
    let mut known = Vec::with_capacity(fields.len());
    for (position, AssetField { label, value }) in fields.into_iter().enumerate() {
        let label = parse_text(&label, TEXT_MAX, false).and_then(|label| if label.is_empty() { Err(Why::Required) } else { Ok(label) });
        match (label, parse_text(&value, LONG_TEXT_MAX, true)) {
            (Ok(label), Ok(value)) => known.push((label, value)),
            (Err(why), _) => faults.push(Fault::at(format!("/fields/{position}/label"), why)),
            (_, Err(why)) => faults.push(Fault::at(format!("/fields/{position}/value"), why)),
        }
    }
    known
}

/// The jobs at an asset that the caller sees as jobs at this asset, newest first.
pub(super) async fn jobs(parts: Data<Parts>, me: Me, Id(id): Id<AssetId>, query: Query) -> Result<Json<List<JobView<Rfc3339>>>, Error> {
    let limit = i64::try_from(query.limit()?).unwrap_or(JOBS).min(JOBS);
    let mut connection = parts.store.read(me.tenant.id).await?;
    let asset = assets::find(&mut connection, me.tenant.id, id).await?;
    if !may_see_customer(&me, asset.customer) {
        return Err(Error::missing());
    }
    let jobs = store::jobs::at_asset(&mut connection, me.tenant.id, id, limit).await?;
    let seen = jobs.iter().filter_map(|job| JobView::for_caller(job, &me.caller)).filter(|view| view.asset.is_some());
    Ok(Json(page::whole(seen.collect())))
}

/// What was completed at the asset of a job before it, for who is to work there; newest first.
pub(super) async fn earlier(parts: Data<Parts>, me: Me, Id(id): Id<JobId>) -> Result<Json<List<JobView<Rfc3339>>>, Error> {
    let (job, _) = super::jobs::find(&parts, &me, id).await?;
    let Some(asset) = job.asset.as_ref().map(|asset| asset.id) else { return Ok(Json(page::whole(Vec::new()))) };
    let mut connection = parts.store.read(me.tenant.id).await?;
    let jobs = store::jobs::at_asset(&mut connection, me.tenant.id, asset, JOBS).await?;
    let done = jobs.iter().filter(|other| other.id != id && other.status == Status::Completed).take(EARLIER);
    let view = |job: &Job| if matches!(me.caller.role, Role::Worker { .. }) { JobView::worker(job) } else { JobView::staff(job) };
    Ok(Json(page::whole(done.map(view).collect())))
}
