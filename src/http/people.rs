//! Dispatchers, workers and portal users: made, changed, put away, invited. The kind is the list's name in the path.

use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use super::{Parts, leaving, lists};
use crate::auth::invitations::{self, Invitee};
use crate::domain::availability::Availability;
use crate::domain::email::Email;
use crate::domain::field::{TEXT_MAX, parse_text};
use crate::domain::ids::{CustomerId, FileId, WorkerId};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::entering::PersonBody;
use crate::protocol::problem::Name;
use crate::store::logins::PersonKind;
use crate::store::people::Entry;
use crate::store::{self, dispatchers::Dispatcher, portal_users::PortalUser, workers::Worker};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use sqlx::PgConnection;
use std::future::{Ready, ready};
use uuid::Uuid;

/// Customers that one portal user may act for.
const CUSTOMERS_MAX: usize = 500;

/// Which list the path names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind(PersonKind);

impl FromRequest for Kind {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.path().split('/').nth(2) {
            Some("portal-users") => Ok(Self(PersonKind::PortalUser)),
            Some("workers") => Ok(Self(PersonKind::Worker)),
            Some("dispatchers") => Ok(Self(PersonKind::Dispatcher)),
            _ => Err(Error::missing()),
        })
    }
}

/// A body that fits the kind.
#[expect(clippy::option_option, reason = "absent and emptied differ")]
pub(super) struct Parsed {
    name: Option<String>,
    email: Option<Email>,
    /// None: as it is.
    phone: Option<Option<String>>,
    /// None: as it is.
    photo: Option<Option<FileId>>,
    customers: Option<Vec<CustomerId>>,
    admin: Option<bool>,
    invite: bool,
}

/// Every member that does not fit is named at once, so that a form says all of it.
pub(super) fn parse(kind: PersonKind, body: PersonBody, is_new: bool) -> Result<Parsed, Error> {
    let mut faults = Vec::new();
    let name = body.name.as_deref().or(is_new.then_some("")).and_then(|name| match parse_text(name, TEXT_MAX, false) {
        Ok(name) if !name.is_empty() => Some(name),
        other => {
            faults.push(Fault::at("/name", other.err().unwrap_or(Why::Required)));
            None
        }
    });
    let email = body
        .email
        .as_deref()
        .or(is_new.then_some(""))
        .and_then(|email| Email::parse(email).map_err(|why| faults.push(Fault::at("/email", why))).ok());
    let phone = body.phone.map(|phone| match parse_text(phone.as_deref().unwrap_or_default(), 50, false) {
        Ok(phone) => Some(phone).filter(|phone| !phone.is_empty()),
        Err(why) => {
            faults.push(Fault::at("/phone", why));
            None
        }
    });
    let belongs = [
        ("/phone", phone.is_some(), kind != PersonKind::Dispatcher),
        ("/photo", body.photo.is_some(), kind == PersonKind::Worker),
        ("/customers", body.customers.is_some(), kind == PersonKind::PortalUser),
        ("/admin", body.admin.is_some(), kind == PersonKind::Dispatcher),
    ];
    faults.extend(belongs.iter().filter(|(_, given, theirs)| *given && !theirs).map(|(pointer, ..)| Fault::at(*pointer, Why::Unknown)));
    let customers = body.customers.or((is_new && kind == PersonKind::PortalUser).then(Vec::new));
    match &customers {
        Some(customers) if customers.is_empty() && is_new => faults.push(Fault::at("/customers", Why::Required)),
        Some(customers) if customers.len() > CUSTOMERS_MAX => faults.push(Fault::at("/customers", Why::OutOfRange("1 to 500 customers"))),
        _ => {}
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults).into());
    }
    Ok(Parsed { name, email, phone, photo: body.photo, customers, admin: body.admin, invite: body.invite.unwrap_or(true) })
}

pub(super) async fn create(parts: Data<Parts>, me: Me, Kind(kind): Kind, once: Once, Body(body): Body<PersonBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        return view(parts, me, kind, before, StatusCode::CREATED).await;
    }
    let parsed = parse(kind, body, true)?;
    let name = parsed.name.clone().unwrap_or_default();
    let person = admit(&mut connection, &me, kind, parsed).await?;
    making.made(&mut connection, person).await?;
    connection.commit().await.map_err(store::Error::from)?;
    if kind == PersonKind::Worker {
        parts.hub.know_worker(me.tenant.id, WorkerId(person), &name);
    }
    view(parts, me, kind, person, StatusCode::CREATED).await
}

/// Somebody new, or somebody who left and comes back. Their id.
pub(super) async fn admit(connection: &mut PgConnection, me: &Me, kind: PersonKind, parsed: Parsed) -> Result<Uuid, Error> {
    let (Some(name), Some(email)) = (parsed.name, parsed.email) else { return Err(Error::missing()) };
    let (tenant, now) = (me.tenant.id, clock::now());
    check_customers(connection, me, parsed.customers.as_deref()).await?;
    let login = store::logins::find_or_create(connection, &email).await?;
    let phone = parsed.phone.flatten();
    let person = match store::people::of_login(connection, tenant, kind, login).await? {
        Some((_, false)) => return Err(Error::invalid("/email", &Why::Taken)),
        // Who left and comes back is the same person to the jobs of then.
        Some((person, true)) => {
            store::people::set_archived(connection, tenant, kind, person, None).await?;
            store::people::set_name(connection, tenant, kind, person, &name, phone.as_deref()).await?;
            person
        }
        None => {
            let id = Uuid::now_v7();
            let made = match kind {
                PersonKind::Dispatcher => {
                    let dispatcher = Dispatcher { id: id.into(), login, name: name.clone(), admin: false, archived_at: None };
                    store::dispatchers::create(connection, tenant, &dispatcher).await
                }
                PersonKind::Worker => {
                    let (name, id) = (name.clone(), id.into());
                    let worker = Worker {
                        tenant,
                        id,
                        login,
                        name,
                        phone,
                        photo: None,
                        availability: Availability::default(),
                        on_duty: false,
                        duty_changed_at: None,
                        archived_at: None,
                    };
                    store::workers::create(connection, &worker).await
                }
                PersonKind::PortalUser => {
                    let user = PortalUser { id: id.into(), login, name: name.clone(), phone, archived_at: None };
                    store::portal_users::create(connection, tenant, &user).await
                }
            };
            made.map_err(taken)?;
            id
        }
    };
    store::people::set_joined(connection, tenant, kind, person, None).await?;
    if let Some(customers) = &parsed.customers {
        store::portal_users::link_only(connection, tenant, person.into(), customers).await?;
    }
    if kind == PersonKind::Dispatcher {
        store::dispatchers::set_admin(connection, tenant, person.into(), parsed.admin.unwrap_or(false)).await?;
    }
    if let Some(photo) = parsed.photo {
        set_photo(connection, me, person, photo).await?;
    }
    if parsed.invite {
        let invitee = Invitee { kind, person, name: &name, email: &email };
        invitations::invite(connection, tenant, &invitee, &me.caller.name, now).await?;
    }
    Ok(person)
}

/// Somebody who is here already, with another name, phone number or other customers. What is absent stays.
pub(super) async fn renew(connection: &mut PgConnection, me: &Me, kind: PersonKind, person: Uuid, parsed: Parsed) -> Result<(), Error> {
    let tenant = me.tenant.id;
    check_customers(connection, me, parsed.customers.as_deref()).await?;
    let (before, _) = find(connection, me, kind, person).await?;
    let (name, phone) = (parsed.name.unwrap_or(before.name), parsed.phone.unwrap_or(before.phone));
    store::people::set_name(connection, tenant, kind, person, &name, phone.as_deref()).await?;
    if let Some(customers) = &parsed.customers {
        store::portal_users::link_only(connection, tenant, person.into(), customers).await?;
    }
    Ok(())
}

pub(super) async fn edit(
    parts: Data<Parts>,
    me: Me,
    Kind(kind): Kind,
    Id(id): Id<Uuid>,
    Body(body): Body<PersonBody>,
) -> Result<HttpResponse, Error> {
    let (tenant, now) = (me.tenant.id, clock::now());
    let mut connection = parts.store.write().await?;
    let (before, entry) = find(&mut connection, &me, kind, id).await?;
    let parsed = parse(kind, body, false)?;
    check_customers(&mut connection, &me, parsed.customers.as_deref()).await?;
    if parsed.admin == Some(false) && id == me.caller.person() {
        return Err(Problem::with_detail(Name::Conflict, "Another admin has to do this: nobody shuts themselves out").into());
    }
    let name = parsed.name.unwrap_or(before.name);
    let phone = parsed.phone.unwrap_or(before.phone);
    store::people::set_name(&mut connection, tenant, kind, id, &name, phone.as_deref()).await?;
    if let Some(email) = parsed.email.filter(|email| email.as_str() != entry.email) {
        if entry.joined {
            // It is their log-in, and they may use it elsewhere.
            return Err(Error::invalid("/email", &Why::ReadOnly));
        }
        let login = store::logins::find_or_create(&mut connection, &email).await?;
        store::people::set_login(&mut connection, tenant, kind, id, login).await.map_err(taken)?;
        invitations::withdraw(&mut connection, tenant, kind, id, now).await?;
        let invitee = Invitee { kind, person: id, name: &name, email: &email };
        invitations::invite(&mut connection, tenant, &invitee, &me.caller.name, now).await?;
    }
    if let Some(customers) = &parsed.customers {
        store::portal_users::link_only(&mut connection, tenant, id.into(), customers).await?;
    }
    if let Some(admin) = parsed.admin {
        store::dispatchers::set_admin(&mut connection, tenant, id.into(), admin).await?;
    }
    if let Some(photo) = parsed.photo {
        set_photo(&mut connection, &me, id, photo).await?;
    }
    connection.commit().await.map_err(store::Error::from)?;
    if kind == PersonKind::Worker {
        parts.hub.know_worker(tenant, WorkerId(id), &name);
    }
    if parsed.customers.is_some() || parsed.admin.is_some() {
        parts.hub.resync_person(tenant, id);
    }
    view(parts, me, kind, id, StatusCode::OK).await
}

/// Puts somebody away: they are let in no more, their open sockets end, and what was planned for them is to be placed again.
pub(super) async fn archive(parts: Data<Parts>, me: Me, Kind(kind): Kind, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let (tenant, now) = (me.tenant.id, clock::now());
    let mut connection = parts.store.write().await?;
    find(&mut connection, &me, kind, id).await?;
    let planned = if kind == PersonKind::Worker { leaving::planned(&mut connection, &me, id.into()).await? } else { Vec::new() };
    if id == me.caller.person() {
        return Err(Problem::with_detail(Name::Conflict, "Another admin has to do this: nobody shuts themselves out").into());
    }
    store::people::set_archived(&mut connection, tenant, kind, id, Some(now)).await?;
    invitations::withdraw(&mut connection, tenant, kind, id, now).await?;
    store::contact_points::remove_of_person(&mut connection, tenant, id).await?;
    let ended = store::sessions::end_of_person(&mut connection, tenant, kind, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    for ended in ended {
        parts.hub.end_sessions(&ended);
    }
    leaving::place_again(&parts, &me, planned).await;
    if kind == PersonKind::Worker {
        parts.hub.settle(tenant).await;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Sends an invitation, again if there was one: links sent before go on to work.
pub(super) async fn invite(parts: Data<Parts>, me: Me, Kind(kind): Kind, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let (person, entry) = find(&mut connection, &me, kind, id).await?;
    refuse_joined(&entry)?;
    let email = Email::parse(&entry.email).map_err(|why| Error::invalid("/email", &why))?;
    let invitee = Invitee { kind, person: id, name: &person.name, email: &email };
    invitations::invite(&mut connection, me.tenant.id, &invitee, &me.caller.name, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    view(parts, me, kind, id, StatusCode::OK).await
}

/// Takes the invitations of somebody back.
pub(super) async fn withdraw(parts: Data<Parts>, me: Me, Kind(kind): Kind, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let (_, entry) = find(&mut connection, &me, kind, id).await?;
    refuse_joined(&entry)?;
    invitations::withdraw(&mut connection, me.tenant.id, kind, id, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

fn refuse_joined(entry: &Entry) -> Result<(), Error> {
    if entry.joined { Err(Problem::with_detail(Name::Conflict, "They have joined already").into()) } else { Ok(()) }
}

/// What all kinds have.
struct Person {
    name: String,
    phone: Option<String>,
}

/// Somebody who is there and was not put away.
async fn find(connection: &mut PgConnection, me: &Me, kind: PersonKind, id: Uuid) -> Result<(Person, Entry), Error> {
    let tenant = me.tenant.id;
    let (person, archived_at) = match kind {
        PersonKind::Dispatcher => {
            let one = store::dispatchers::find(connection, tenant, id.into()).await?;
            (Person { name: one.name, phone: None }, one.archived_at)
        }
        PersonKind::Worker => {
            let one = store::workers::find(connection, tenant, id.into()).await?;
            (Person { name: one.name, phone: one.phone }, one.archived_at)
        }
        PersonKind::PortalUser => {
            let one = store::portal_users::find(connection, tenant, id.into()).await?;
            (Person { name: one.name, phone: one.phone }, one.archived_at)
        }
    };
    if archived_at.is_some() {
        return Err(Error::missing());
    }
    let entry = store::people::entries(connection, tenant, kind, Some(id), clock::now()).await?.remove(&id).ok_or_else(Error::missing)?;
    Ok((person, entry))
}

async fn check_customers(connection: &mut PgConnection, me: &Me, customers: Option<&[CustomerId]>) -> Result<(), Error> {
    let mut faults = Vec::new();
    for (index, customer) in customers.unwrap_or_default().iter().enumerate() {
        match store::customers::find(connection, me.tenant.id, *customer).await {
            Ok(customer) if customer.archived_at.is_none() => {}
            Ok(_) | Err(store::Error::Missing) => faults.push(Fault::at(format!("/customers/{index}"), Why::NotFound)),
            Err(error) => return Err(error.into()),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults).into()) }
}

/// Only a picture that is ready and that the caller has uploaded can become somebody's face.
async fn set_photo(connection: &mut PgConnection, me: &Me, worker: Uuid, photo: Option<FileId>) -> Result<(), Error> {
    let (tenant, worker) = (me.tenant.id, WorkerId(worker));
    if let Some(photo) = photo
        && store::workers::find(connection, tenant, worker).await?.photo != Some(photo)
        && store::files::uploaded_by(connection, tenant, me.caller.person(), &[photo]).await?.is_empty()
    {
        return Err(Error::invalid("/photo", &Why::NotFound));
    }
    Ok(store::workers::set_photo(connection, tenant, worker, photo).await?)
}

/// Two requests for one address at the same moment.
fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::invalid("/email", &Why::Taken),
        other => other.into(),
    }
}

async fn view(parts: Data<Parts>, me: Me, kind: PersonKind, id: Uuid, status: StatusCode) -> Result<HttpResponse, Error> {
    let mut answer = HttpResponse::build(status);
    Ok(match kind {
        PersonKind::Dispatcher => answer.json(lists::dispatcher(parts, me, Id(id.into())).await?.0),
        PersonKind::Worker => answer.json(lists::worker(parts, me, Id(id.into())).await?.0),
        PersonKind::PortalUser => answer.json(lists::portal_user(parts, me, Id(id.into())).await?.0),
    })
}
