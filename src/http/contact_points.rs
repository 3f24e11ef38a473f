//! Where the caller's alerts go: their own addresses, shown to be theirs by a code.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use crate::domain::alert::quiet::Quiet;
use crate::domain::alert::{Alert, FOR_DISPATCHERS, FOR_PORTAL_USERS, FOR_WORKERS};
use crate::domain::caller::Role;
use crate::domain::contact_point::{Channel, Owner};
use crate::domain::letter::Letter;
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::alerts::{AlertOptions, CodeBody, ContactPoint as View, ContactPointBody, ContactPointChange, QuietHours};
use crate::protocol::lists::List;
use crate::protocol::problem::Name;
use crate::store;
use crate::store::contact_points::{self, ContactPoint, Guess};
use crate::store::messages::{self, NewLetter};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

/// Addresses of one person.
pub(super) const MOST: usize = 10;
/// A code works this long, for so many guesses.
const CODE_VALID_MS: i64 = 15 * 60_000;
const GUESSES: i16 = 5;

/// What the caller may ask to be told.
pub(super) fn events(role: &Role) -> &'static [Alert] {
    match role {
        Role::PortalUser { .. } => &FOR_PORTAL_USERS,
        Role::Worker { .. } => &FOR_WORKERS,
        Role::Dispatcher { .. } => &FOR_DISPATCHERS,
        Role::Link { .. } => &[],
    }
}

/// Whether the caller may be told anything by this way.
pub(super) fn is_open(parts: &Parts, me: &Me, channel: Channel) -> bool {
    let rules = &me.tenant.settings.alerts;
    let is_on = match channel {
        Channel::Email => rules.email,
        Channel::Sms => rules.sms,
        Channel::Push => return parts.outside.push_key.is_some() && matches!(me.caller.role, Role::Worker { .. }),
    };
    match &me.caller.role {
        Role::PortalUser { links, .. } => is_on && links.iter().any(|link| link.permissions.may_be_alerted(channel)),
        Role::Worker { .. } | Role::Dispatcher { .. } => is_on || channel == Channel::Email,
        Role::Link { .. } => false,
    }
}

pub(super) async fn options(parts: Data<Parts>, me: Me) -> Result<Json<AlertOptions>, Error> {
    let mut connection = parts.store.write().await?;
    let own_email = store::logins::find(&mut connection, me.login).await?.email;
    let events = events(&me.caller.role).to_vec();
    let is_open = |channel| is_open(&parts, &me, channel);
    let push = parts.outside.push_key.clone().filter(|_| is_open(Channel::Push));
    Ok(Json(AlertOptions { email: is_open(Channel::Email), sms: is_open(Channel::Sms), push, events, own_email }))
}

pub(super) async fn list(parts: Data<Parts>, me: Me) -> Result<Json<List<View>>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let points = contact_points::list(&mut connection, me.tenant.id, owner(&me)?).await?;
    let mut items: Vec<View> = points.iter().map(view).collect();
    for waiting in items.iter_mut().filter(|point| !point.verified) {
        waiting.code_failure = messages::failure(&mut connection, me.tenant.id, waiting.id).await?;
    }
    Ok(Json(List { items, next: None }))
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<ContactPointBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        return Ok(HttpResponse::Created().json(view(&own(&mut connection, &me, before).await?)));
    }
    let channel = body.kind;
    if !is_open(&parts, &me, channel) || channel == Channel::Push {
        return Err(Error::invalid("/kind", &Why::NotAnOption));
    }
    let address = channel.parse(&body.address).map_err(|why| Error::invalid("/address", &why))?;
    let time_zone = zone(body.time_zone.as_ref())?.unwrap_or_else(|| me.tenant.time_zone.clone());
    let owner = owner(&me)?;
    let now = clock::now();
    if contact_points::list(&mut connection, me.tenant.id, owner).await?.len() >= MOST {
        return Err(too_many());
    }
    let is_own = channel == Channel::Email && store::logins::find(&mut connection, me.login).await?.email == address;
    let point = ContactPoint {
        id: Uuid::now_v7(),
        owner,
        channel,
        address,
        name: me.caller.name.clone(),
        // Whoever is logged in has shown that this one is theirs.
        verified_at: is_own.then_some(now),
        stopped_at: None,
        quiet: None,
        time_zone,
    };
    match contact_points::create(&mut connection, me.tenant.id, &point).await {
        Err(store::Error::Conflict(_)) => return Err(Error::invalid("/address", &Why::Repeated)),
        other => other?,
    }
    making.made(&mut connection, point.id).await?;
    if !is_own {
        send_code(&parts, &mut connection, &me, &point).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(view(&point)))
}

pub(super) async fn change(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, Body(change): Body<ContactPointChange>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    let mut point = own(&mut connection, &me, id).await?;
    if let Some(quiet) = change.quiet {
        point.quiet = quiet.map(|quiet| parse_quiet(&quiet)).transpose()?;
    }
    if let Some(zone) = zone(change.time_zone.as_ref())? {
        point.time_zone = zone;
    }
    match change.stopped {
        Some(true) => point.stopped_at = point.stopped_at.or_else(|| Some(clock::now())),
        // Carriers believe the phone alone.
        Some(false) if point.stopped_at.is_some() && point.channel == Channel::Sms => {
            return Err(Error::invalid("/stopped", &Why::Expected("a text message START from that phone")));
        }
        Some(false) => point.stopped_at = None,
        None => {}
    }
    contact_points::set(&mut connection, me.tenant.id, &point).await?;
    if point.stopped_at.is_some() {
        messages::withdraw(&mut connection, id, clock::now()).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(view(&point)))
}

pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    own(&mut connection, &me, id).await?;
    messages::withdraw(&mut connection, id, clock::now()).await?;
    contact_points::remove(&mut connection, me.tenant.id, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Another code, in case the first was lost.
pub(super) async fn send_again(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let point = own(&mut connection, &me, id).await?;
    if point.verified_at.is_some() {
        return Err(Problem::with_detail(Name::Conflict, "This address is confirmed already").into());
    }
    messages::withdraw(&mut connection, id, clock::now()).await?;
    send_code(&parts, &mut connection, &me, &point).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn verify(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, Body(body): Body<CodeBody>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    let point = own(&mut connection, &me, id).await?;
    if point.verified_at.is_some() {
        return Ok(Json(view(&point)));
    }
    let code: String = body.code.chars().filter(|c| !c.is_whitespace()).collect();
    let guess = contact_points::guess(&mut connection, me.tenant.id, id, &hash(id, &code), GUESSES, clock::now()).await?;
    let point = own(&mut connection, &me, id).await?;
    // A wrong guess counts, so it is written too.
    connection.commit().await.map_err(store::Error::from)?;
    match guess {
        Guess::Right => Ok(Json(view(&point))),
        Guess::Wrong => Err(Error::invalid("/code", &Why::Expected("the code that was sent there"))),
        Guess::Over => Err(Error::invalid("/code", &Why::Expected("a new code: this one is too old, or was guessed at too often"))),
    }
}

pub(super) fn too_many() -> Error {
    Error::invalid("", &Why::OutOfRange("10 addresses"))
}

async fn send_code(parts: &Parts, connection: &mut PgConnection, me: &Me, point: &ContactPoint) -> Result<(), Error> {
    let now = clock::now();
    parts.auth.count_code(&point.address, me.caller.person(), now)?;
    let code = format!("{:06}", rand::random_range(0..1_000_000));
    contact_points::set_code(connection, me.tenant.id, point.id, &hash(point.id, &code), now.plus_ms(CODE_VALID_MS)).await?;
    let letter = NewLetter {
        tenant: Some(me.tenant.id),
        channel: point.channel,
        to: &point.address,
        name: &point.name,
        letter: &Letter::Code,
        secret: Some(code),
        subject: Some(point.id),
        expires_at: now.plus_ms(CODE_VALID_MS),
    };
    messages::write(connection, &letter).await?;
    Ok(())
}

fn hash(id: Uuid, code: &str) -> Vec<u8> {
    Sha256::new().chain_update(id.as_bytes()).chain_update(code).finalize().to_vec()
}

fn owner(me: &Me) -> Result<Owner, Error> {
    Owner::of(&me.caller).ok_or_else(Error::forbidden)
}

/// One of the caller's; another's is not there.
pub(super) async fn own(connection: &mut PgConnection, me: &Me, id: Uuid) -> Result<ContactPoint, Error> {
    let point = contact_points::find(connection, me.tenant.id, id).await?;
    if point.owner == owner(me)? { Ok(point) } else { Err(Error::missing()) }
}

pub(super) fn zone(named: Option<&String>) -> Result<Option<String>, Error> {
    let Some(named) = named else { return Ok(None) };
    let known = TimeZone::get(named).is_ok();
    let unknown = || Error::invalid("/time_zone", &Why::Expected("the name of a time zone, for example Europe/Helsinki"));
    known.then(|| Some(named.clone())).ok_or_else(unknown)
}

fn parse_quiet(quiet: &QuietHours) -> Result<Quiet, Error> {
    let minute = |text: &str, pointer: &str| {
        let digits = text.len() == 5 && text.is_ascii();
        let parts = digits.then(|| text.split_once(':')).flatten().and_then(|(h, m)| Some((h.parse::<u16>().ok()?, m.parse::<u16>().ok()?)));
        let fits = parts.filter(|(hour, minute)| *hour < 24 && *minute < 60);
        fits.map(|(hour, minute)| hour * 60 + minute).ok_or_else(|| Error::invalid(pointer, &Why::Expected("a time of day, HH:MM")))
    };
    let quiet = Quiet { from: minute(&quiet.from, "/quiet/from")?, to: minute(&quiet.to, "/quiet/to")? };
    if quiet.from == quiet.to {
        return Err(Error::invalid("/quiet/to", &Why::Expected("another time than the beginning")));
    }
    Ok(quiet)
}

pub(super) fn view(point: &ContactPoint) -> View {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    View {
        id: point.id,
        kind: point.channel,
        address: point.address.clone(),
        verified: point.verified_at.is_some(),
        code_failure: None,
        stopped: point.stopped_at.is_some(),
        quiet: point.quiet.map(|quiet| QuietHours { from: time(quiet.from), to: time(quiet.to) }),
        time_zone: point.time_zone.clone(),
    }
}
