//! What the caller wants to be told of.

use super::Parts;
use super::access::Me;
use super::contact_points;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use crate::domain::alert::{Alert, Alerts};
use crate::domain::caller::Role;
use crate::domain::contact_point::{Channel, Owner};
use crate::domain::ids::{CustomerId, JobId};
use crate::domain::refusal::Why;
use crate::protocol::alerts::{AlertSubscription as View, AlertSubscriptionBody, AlertSubscriptionChange};
use crate::protocol::lists::List;
use crate::store;
use crate::store::alert_subscriptions::{self, Subject, Subscription};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use sqlx::PgConnection;
use uuid::Uuid;

/// Wishes of one person.
const MOST: usize = 200;

pub(super) async fn list(parts: Data<Parts>, me: Me) -> Result<Json<List<View>>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let wishes = of_caller(&mut connection, &me).await?;
    Ok(Json(List { items: wishes.iter().map(view).collect(), next: None }))
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<AlertSubscriptionBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    if let Some(before) = making.before {
        return Ok(HttpResponse::Created().json(view(&own(&mut connection, &me, before).await?)));
    }
    let alerts = alerts(&me, &body.events)?;
    let point = match contact_points::own(&mut connection, &me, body.contact_point).await {
        Err(_foreign) => return Err(Error::invalid("/contact_point", &Why::NotFound)),
        Ok(point) => point,
    };
    if point.verified_at.is_none() {
        return Err(Error::invalid("/contact_point", &Why::Expected("an address that was confirmed with its code")));
    }
    if of_caller(&mut connection, &me).await?.len() >= MOST {
        return Err(Error::invalid("", &Why::OutOfRange("200 alerts")));
    }
    let subject = subject(&parts, &mut connection, &me, point.channel, body.customer, body.job).await?;
    let subscription = Subscription { id: Uuid::now_v7(), contact_point: point.id, subject, alerts };
    match alert_subscriptions::create(&mut connection, me.tenant.id, &subscription).await {
        Err(store::Error::Conflict(_)) => return Err(Error::invalid("/contact_point", &Why::Repeated)),
        other => other?,
    }
    making.made(&mut connection, subscription.id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(view(&subscription)))
}

pub(super) async fn change(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>, Body(body): Body<AlertSubscriptionChange>) -> Result<Json<View>, Error> {
    let mut connection = parts.store.write().await?;
    let wish = own(&mut connection, &me, id).await?;
    let alerts = alerts(&me, &body.events)?;
    alert_subscriptions::set_alerts(&mut connection, me.tenant.id, id, alerts).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(view(&Subscription { alerts, ..wish })))
}

pub(super) async fn remove(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    own(&mut connection, &me, id).await?;
    alert_subscriptions::remove(&mut connection, me.tenant.id, id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn of_caller(connection: &mut PgConnection, me: &Me) -> Result<Vec<Subscription>, Error> {
    let owner = Owner::of(&me.caller).ok_or_else(Error::forbidden)?;
    Ok(alert_subscriptions::list(connection, me.tenant.id, owner).await?)
}

async fn own(connection: &mut PgConnection, me: &Me, id: Uuid) -> Result<Subscription, Error> {
    of_caller(connection, me).await?.into_iter().find(|wish| wish.id == id).ok_or_else(Error::missing)
}

/// The asked events, all of which the caller may ask for.
fn alerts(me: &Me, events: &[Alert]) -> Result<Alerts, Error> {
    let known = contact_points::events(&me.caller.role);
    if let Some(index) = events.iter().position(|event| !known.contains(event)) {
        return Err(Error::invalid(format!("/events/{index}"), &Why::NotAnOption));
    }
    if events.is_empty() {
        return Err(Error::invalid("/events", &Why::Required));
    }
    Ok(events.iter().copied().collect())
}

/// Whose jobs: what the caller cannot see is not there.
async fn subject(
    parts: &Parts,
    connection: &mut PgConnection,
    me: &Me,
    channel: Channel,
    customer: Option<CustomerId>,
    job: Option<JobId>,
) -> Result<Subject, Error> {
    if customer.is_some() && job.is_some() {
        return Err(Error::invalid("/job", &Why::Expected("either a customer or a job")));
    }
    let Role::PortalUser { id, links } = &me.caller.role else {
        for (pointer, is_there) in [("/customer", customer.is_some()), ("/job", job.is_some())] {
            if is_there {
                return Err(Error::invalid(pointer, &Why::Unknown));
            }
        }
        return match &me.caller.role {
            Role::Worker { id } => Ok(Subject::Worker(*id)),
            Role::Dispatcher { id, .. } => Ok(Subject::Dispatcher(*id)),
            _ => Err(Error::forbidden()),
        };
    };
    let may = |customer: CustomerId| links.iter().any(|link| link.customer == customer && link.permissions.may_be_alerted(channel));
    match (customer, job) {
        (Some(customer), _) if may(customer) => Ok(Subject::Customer(customer)),
        (Some(_), _) => Err(Error::invalid("/customer", &Why::NotFound)),
        (None, Some(job)) => match store::jobs::find(connection, me.tenant.id, job).await {
            Ok(found) if may(found.customer.id) => Ok(Subject::Job(job)),
            Ok(_) | Err(store::Error::Missing) => Err(Error::invalid("/job", &Why::NotFound)),
            Err(error) => Err(error.into()),
        },
        (None, None) if contact_points::is_open(parts, me, channel) => Ok(Subject::PortalUser(*id)),
        (None, None) => Err(Error::invalid("/contact_point", &Why::NotAnOption)),
    }
}

fn view(wish: &Subscription) -> View {
    let (customer, job) = match wish.subject {
        Subject::Customer(id) => (Some(id), None),
        Subject::Job(id) => (None, Some(id)),
        Subject::PortalUser(_) | Subject::Worker(_) | Subject::Dispatcher(_) => (None, None),
    };
    View { id: wish.id, contact_point: wish.contact_point, events: wish.alerts.iter().collect(), customer, job }
}
