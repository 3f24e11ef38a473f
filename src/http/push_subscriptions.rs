//! Notifications in a worker's browser: the browser says where its push service is, and the hub tells it of jobs from then on.

use super::Parts;
use super::access::Me;
use super::contact_points::{self, MOST};
use super::error::Error;
use super::request::Body;
use crate::courier::refused_address;
use crate::domain::alert::FOR_WORKERS;
use crate::domain::browser::Browser;
use crate::domain::caller::Role;
use crate::domain::contact_point::{Channel, Owner};
use crate::domain::field::parse_text;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::alerts::{ContactPoint as View, DEVICE_MAX, PushSubscriptionBody};
use crate::protocol::problem::Name;
use crate::store;
use crate::store::alert_subscriptions::{self, Subject, Subscription};
use crate::store::browsers;
use crate::store::contact_points::ContactPoint;
use actix_web::web::{Data, Json};
use uuid::Uuid;

/// What a browser is called that does not say what it is.
const NAMELESS: &str = "A browser";

/// As often as the app likes: the same browser stays the same contact point, also with another address. A new one is told everything at
/// first.
pub(super) async fn put(parts: Data<Parts>, me: Me, Body(body): Body<PushSubscriptionBody>) -> Result<Json<View>, Error> {
    let Role::Worker { id: worker } = me.caller.role else { return Err(Error::forbidden()) };
    let private_allowed = parts.config.push.as_ref().is_some_and(|push| push.private);
    let (browser, device) = parse(&body, private_allowed)?;
    if parts.outside.push_key.is_none() {
        return Err(Problem::with_detail(Name::Conflict, "Notifications are not switched on at this hub").into());
    }
    let time_zone = contact_points::zone(body.time_zone.as_ref())?.unwrap_or_else(|| me.tenant.time_zone.clone());
    let point = ContactPoint {
        id: Uuid::now_v7(),
        owner: Owner::Worker(worker),
        channel: Channel::Push,
        address: device.clone().unwrap_or_else(|| NAMELESS.into()),
        name: me.caller.name.clone(),
        // Nobody else could have asked that browser.
        verified_at: Some(clock::now()),
        stopped_at: None,
        quiet: None,
        time_zone,
    };
    let mut connection = parts.store.write().await?;
    let (id, is_new) = browsers::put(&mut connection, me.tenant.id, worker, &point, &browser, &me.token_hash, device.as_deref()).await?;
    if is_new {
        if store::contact_points::list(&mut connection, me.tenant.id, point.owner).await?.len() > MOST {
            return Err(contact_points::too_many());
        }
        let alerts = FOR_WORKERS.into_iter().collect();
        let wish = Subscription { id: Uuid::now_v7(), contact_point: id, subject: Subject::Worker(worker), alerts };
        alert_subscriptions::create(&mut connection, me.tenant.id, &wish).await?;
    }
    let point = store::contact_points::find(&mut connection, me.tenant.id, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(contact_points::view(&point)))
}

fn parse(body: &PushSubscriptionBody, private_allowed: bool) -> Result<(Browser, Option<String>), Error> {
    let browser = Browser::parse(&body.endpoint, &body.keys.p256dh, &body.keys.auth);
    let device = body.device.as_ref().map(|device| match parse_text(device, DEVICE_MAX, false) {
        Ok(device) if device.is_empty() => Err(Why::Required),
        other => other,
    });
    let device = device.transpose();
    let unreachable = refused_address(&body.endpoint, private_allowed).map(|expected| Fault::at("/endpoint", Why::Expected(expected)));
    match (browser, device, unreachable) {
        (Ok(browser), Ok(device), None) => Ok((browser, device)),
        (browser, device, unreachable) => {
            let of_device = device.err().map(|why| Fault::at("/device", why));
            let faults = browser.err().into_iter().flatten().chain(of_device).chain(unreachable).collect::<Vec<_>>();
            Err(Refusal::Invalid(faults).into())
        }
    }
}
