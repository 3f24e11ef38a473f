//! Webhooks: made, changed, tested, and what came of their calls.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id, Query};
use super::settings::invalid;
use super::{local_time, page};
use crate::courier::refused_address;
use crate::domain::event::Kind;
use crate::domain::field::parse_text;
use crate::domain::refusal::{Fault, Why};
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::lists::List;
use crate::protocol::problem::Name;
use crate::protocol::webhooks::{Delivery, DeliveryState, NAME_MAX, ReplayBody, Replayed, URL_MAX, Webhook as View, WebhookBody};
use crate::store::webhooks::{self, State, TEST, Webhook};
use crate::store::{self};
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// Webhooks of one company.
const MOST: usize = 50;
/// After a secret is changed, calls are signed with the old one too for so long.
const OLD_SECRET_MS: i64 = 24 * 3_600_000;
/// So far back, and so many, may be told again at a time.
const REPLAY_MS: i64 = 30 * 24 * 3_600_000;
const REPLAY_MOST: i64 = 10_000;

pub(super) async fn list(parts: Data<Parts>, me: Me) -> Result<Json<List<View>>, Error> {
    let mut connection = parts.store.write().await?;
    let found = webhooks::list(&mut connection, me.tenant.id).await?;
    Ok(Json(List { items: found.iter().map(|webhook| view(webhook, false)).collect(), next: None }))
}

pub(super) async fn read(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    Ok(Json(view(&webhooks::find(&mut connection, me.tenant.id, id).await?, false)))
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<WebhookBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        // With its secret, which the first answer may have lost.
        let webhook = webhooks::find(&mut connection, me.tenant.id, before).await?;
        return Ok(HttpResponse::Created().json(view(&webhook, true)));
    }
    let blank = Webhook {
        id: Uuid::now_v7(),
        name: String::new(),
        url: String::new(),
        kinds: Kind::STORED.iter().fold(0, |mask, kind| mask | kind.bit()),
        secret: new_secret(),
        old_secret: None,
        old_secret_until: None,
        disabled_at: None,
        disabled_why: None,
        created_at: clock::now(),
    };
    let body = WebhookBody { url: Some(body.url.unwrap_or_default()), ..body };
    let webhook = changed(&parts, blank, &body)?;
    if webhooks::list(&mut connection, me.tenant.id).await?.len() >= MOST {
        return Err(Error::invalid("", &Why::OutOfRange("50 webhooks")));
    }
    webhooks::create(&mut connection, me.tenant.id, &webhook).await?;
    making.made(&mut connection, webhook.id).await?;
    if webhook.disabled_at.is_some() {
        webhooks::update(&mut connection, me.tenant.id, &webhook).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(view(&webhook, true)))
}

pub(super) async fn edit(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, Body(body): Body<WebhookBody>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    let before = webhooks::find(&mut connection, me.tenant.id, id).await?;
    let webhook = changed(&parts, before, &body)?;
    webhooks::update(&mut connection, me.tenant.id, &webhook).await?;
    if webhook.disabled_at.is_some() {
        webhooks::give_up_waiting(&mut connection, me.tenant.id, id, "the webhook is switched off", clock::now()).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(view(&webhook, false)))
}

pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    webhooks::remove(&mut connection, me.tenant.id, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Another secret; the old one counts for a day, so that receivers can change theirs in peace.
pub(super) async fn change_secret(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    let before = webhooks::find(&mut connection, me.tenant.id, id).await?;
    let (old_secret, old_secret_until) = (Some(before.secret.clone()), Some(clock::now().plus_ms(OLD_SECRET_MS)));
    let webhook = Webhook { secret: new_secret(), old_secret, old_secret_until, ..before };
    webhooks::update(&mut connection, me.tenant.id, &webhook).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(view(&webhook, true)))
}

pub(super) async fn test(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    is_on(&webhooks::find(&mut connection, me.tenant.id, id).await?)?;
    webhooks::test(&mut connection, me.tenant.id, id, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn deliveries(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, query: Query) -> Result<Json<List<Delivery>>, Error> {
    let limit = query.limit()?;
    let state = match query.text("state")? {
        None => None,
        Some("waiting") => Some(State::Waiting),
        Some("sent") => Some(State::Sent),
        Some("dead") => Some(State::Dead),
        Some(_) => return Err(Error::invalid("/state", &Why::NotAnOption)),
    };
    let before: Option<i64> = query.parsed("after", "the `next` of this list")?;
    let mut connection = parts.store.write().await?;
    webhooks::find(&mut connection, me.tenant.id, id).await?;
    drop(connection);
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut found = webhooks::deliveries(&mut connection, me.tenant.id, id, state, before, page::one_more(limit)).await?;
    let next = page::cut(&mut found, limit, |last| last.seq.to_string());
    Ok(Json(List { items: found.into_iter().map(delivery).collect(), next }))
}

pub(super) async fn resend(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let seq: i64 = request.match_info().get("seq").and_then(|seq| seq.parse().ok()).ok_or_else(Error::missing)?;
    let mut connection = parts.store.write().await?;
    is_on(&webhooks::find(&mut connection, me.tenant.id, id).await?)?;
    webhooks::resend(&mut connection, me.tenant.id, id, seq, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn replay(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, Body(body): Body<ReplayBody>) -> Result<Json<Replayed>, Error> {
    let now = clock::now();
    let since = local_time::parse(&body.since, &me.tenant.time_zone).map_err(|why| Error::invalid("/since", &why))?;
    if since > now || now.since(since) > REPLAY_MS {
        return Err(Error::invalid("/since", &Why::OutOfRange("the last 30 days")));
    }
    let mut connection = parts.store.write().await?;
    let webhook = webhooks::find(&mut connection, me.tenant.id, id).await?;
    is_on(&webhook)?;
    let calls = webhooks::replay(&mut connection, me.tenant.id, &webhook, since, now, REPLAY_MOST).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(Replayed { calls }))
}

fn is_on(webhook: &Webhook) -> Result<(), Error> {
    if webhook.disabled_at.is_some() {
        return Err(Problem::with_detail(Name::Conflict, "This webhook is switched off; switch it on first").into());
    }
    Ok(())
}

/// With this changed; everything that is wrong with it at once.
fn changed(parts: &Parts, before: Webhook, body: &WebhookBody) -> Result<Webhook, Error> {
    let mut faults = Vec::new();
    let mut webhook = before;
    if let Some(name) = &body.name {
        match parse_text(name, NAME_MAX, false) {
            Ok(name) => webhook.name = name,
            Err(why) => faults.push(Fault::at("/name", why)),
        }
    }
    if let Some(url) = &body.url {
        let url = url.trim();
        if url.is_empty() {
            faults.push(Fault::at("/url", Why::Required));
        } else if url.len() > URL_MAX {
            faults.push(Fault::at("/url", Why::TooLong { max: URL_MAX }));
        } else if let Some(expected) = refused_address(url, parts.config.private_webhooks) {
            faults.push(Fault::at("/url", Why::Expected(expected)));
        }
        url.clone_into(&mut webhook.url);
    }
    if let Some(events) = &body.events {
        webhook.kinds = 0;
        for (index, event) in events.iter().enumerate() {
            match Kind::from_dotted(event) {
                Some(kind) => webhook.kinds |= kind.bit(),
                None => faults.push(Fault::at(format!("/events/{index}"), Why::NotAnOption)),
            }
        }
        if events.is_empty() {
            faults.push(Fault::at("/events", Why::Required));
        }
    }
    match body.enabled {
        Some(true) => (webhook.disabled_at, webhook.disabled_why) = (None, None),
        Some(false) => webhook.disabled_at = webhook.disabled_at.or_else(|| Some(clock::now())),
        None => {}
    }
    if faults.is_empty() { Ok(webhook) } else { Err(invalid(faults)) }
}

/// As the standard spells secrets: 32 random bytes.
fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

fn view(webhook: &Webhook, with_secret: bool) -> View {
    View {
        id: webhook.id,
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        events: Kind::STORED.iter().filter(|kind| webhook.kinds & kind.bit() != 0).map(|kind| kind.dotted()).collect(),
        enabled: webhook.disabled_at.is_none(),
        disabled_why: webhook.disabled_why.clone(),
        created_at: webhook.created_at.into(),
        secret: with_secret.then(|| webhook.secret.clone()),
    }
}

fn delivery(one: webhooks::Delivery) -> Delivery {
    let event = if one.seq == TEST { None } else { one.kind.and_then(Kind::from_number) };
    Delivery {
        seq: one.seq,
        event: event.map_or_else(|| "webhook.test".to_owned(), Kind::dotted),
        job: one.job.map(Into::into),
        state: match one.state {
            State::Waiting => DeliveryState::Waiting,
            State::Sent => DeliveryState::Sent,
            State::Dead => DeliveryState::Dead,
        },
        tries: one.tries,
        status: one.status,
        error: one.error,
        created_at: one.created_at.into(),
        sent_at: one.sent_at.map(Into::into),
        due_at: one.due_at.map(Into::into),
    }
}
