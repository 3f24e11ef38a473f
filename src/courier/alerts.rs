//! What becomes of a planned alert when its time has come: whether it may still be told, to whom, and in which words.

use crate::domain::At;
use crate::domain::alert::texts::{AlertText, Filling, fill};
use crate::domain::alert::{Alert, is_too_late};
use crate::domain::contact_point::{Channel, Owner};
use crate::domain::event::{Change, Event};
use crate::domain::job::Job;
use crate::domain::portal::{self, Permissions, PortalJob};
use crate::domain::tenant::Tenant;
use crate::store::contact_points::{self, ContactPoint};
use crate::store::messages::Planned;
use crate::store::{self, jobs};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Decision {
    /// It is told.
    Tell(Box<Told>),
    /// The recipient sleeps until then.
    Hold(At),
    /// It is not told, because.
    Not(&'static str),
}

/// An alert to tell, all but its links.
#[derive(Debug)]
pub(super) struct Told {
    /// The words, with names in braces.
    pub(super) text: AlertText,
    /// What goes in, all but the link.
    pub(super) filling: Filling,
    /// Where its link leads.
    pub(super) leads: Leads,
}

/// Where an alert's link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// To the job in the portal.
    Portal,
    /// To the job alone, without a log-in.
    OneJob,
    /// To the job in dispatch.
    Dispatch,
    /// To the worker's app.
    Worker,
}

/// Who is told, as far as that decides on anything.
enum Recipient {
    Customer(Permissions),
    Staff,
}

/// Decides on an alert. On the courier's connection.
pub(super) async fn decide(
    connection: &mut PgConnection,
    tenant: &Tenant,
    channel: Channel,
    planned: &Planned,
    now: At,
) -> Result<Decision, store::Error> {
    let point = match contact_points::find(&mut *connection, tenant.id, planned.contact_point).await {
        Err(store::Error::Missing) => return Ok(Decision::Not("the address was removed")),
        other => other?,
    };
    if point.stopped_at.is_some() {
        return Ok(Decision::Not("the recipient stopped alerts to this address"));
    }
    let Some(event) = event_of(&mut *connection, tenant, planned).await? else { return Ok(Decision::Not("the job was deleted")) };
    let job = match jobs::find(&mut *connection, tenant.id, planned.job).await {
        Err(store::Error::Missing) => None,
        other => Some(other?),
    };
    let recipient = match recipient(&mut *connection, tenant, &point, job.as_ref(), channel).await? {
        Ok(recipient) => recipient,
        Err(why) => return Ok(Decision::Not(why)),
    };
    let told = match (&recipient, &job) {
        (Recipient::Customer(permissions), Some(job)) => to_customer(tenant, planned, &event, job, permissions),
        (Recipient::Customer(_), None) => Err("the job was deleted"),
        (Recipient::Staff, job) => to_staff(tenant, planned, &event, job.as_ref(), point.owner),
    };
    let (alert, filling) = match told {
        Ok(told) => told,
        Err(why) => return Ok(Decision::Not(why)),
    };
    if let Some(until) = quiet_until(&point, now) {
        return Ok(if alert.is_live_news() { Decision::Not("it came in the recipient's quiet hours") } else { Decision::Hold(until) });
    }
    let leads = match point.owner {
        Owner::PortalUser(_) if tenant.settings.alerts.one_job_links && alert != Alert::Cancelled => Leads::OneJob,
        Owner::PortalUser(_) => Leads::Portal,
        Owner::Worker(_) => Leads::Worker,
        Owner::Dispatcher(_) => Leads::Dispatch,
    };
    Ok(Decision::Tell(Box::new(Told { text: tenant.settings.alerts.text(alert), filling, leads })))
}

async fn event_of(connection: &mut PgConnection, tenant: &Tenant, planned: &Planned) -> Result<Option<Event>, store::Error> {
    let logged = store::events::after(connection, tenant.id, planned.seq - 1, 1).await?.pop();
    Ok(logged.filter(|logged| logged.seq == planned.seq).and_then(|logged| serde_json::from_value(logged.data).ok()))
}

fn quiet_until(point: &ContactPoint, now: At) -> Option<At> {
    let zone = TimeZone::get(&point.time_zone).unwrap_or(TimeZone::UTC);
    point.quiet?.until(&zone, now)
}

/// Who is told, or why nobody is: rights count at the moment of sending.
async fn recipient(
    connection: &mut PgConnection,
    tenant: &Tenant,
    point: &ContactPoint,
    job: Option<&Job>,
    channel: Channel,
) -> Result<Result<Recipient, &'static str>, store::Error> {
    let rules = &tenant.settings.alerts;
    if channel == Channel::Sms && !rules.sms {
        return Ok(Err("the company has switched text messages off"));
    }
    let has_left = |archived: Option<At>| archived.is_some().then_some("the recipient has left");
    let left = match point.owner {
        Owner::Worker(id) => has_left(store::workers::find(connection, tenant.id, id).await?.archived_at),
        // Who leaves loses their contact points; dispatchers are no business of the courier's role.
        Owner::Dispatcher(_) => None,
        Owner::PortalUser(id) => {
            let user = store::portal_users::find(connection, tenant.id, id).await?;
            let links = store::portal_users::links(connection, tenant.id, id).await?;
            let link = links.into_iter().find(|link| job.is_some_and(|job| job.customer.id == link.customer));
            let permissions = link.map(|link| link.resolve(&tenant.settings.portal.permissions).permissions);
            return Ok(match permissions {
                _ if has_left(user.archived_at).is_some() => Err("the recipient has left"),
                _ if !tenant.settings.portal.enabled => Err("the portal is closed"),
                _ if channel == Channel::Email && !rules.email => Err("the company has switched alerts by e-mail off"),
                None => Err("the recipient does not act for this customer"),
                Some(permissions) if !permissions.may_be_alerted(channel) => Err("the recipient has no permission for alerts"),
                Some(permissions) => Ok(Recipient::Customer(permissions)),
            });
        }
    };
    Ok(left.map_or(Ok(Recipient::Staff), Err))
}

type ToTell = Result<(Alert, Filling), &'static str>;

/// The latest of what the event tells, if it still is so, and may be known.
fn to_customer(tenant: &Tenant, planned: &Planned, event: &Event, job: &Job, permissions: &Permissions) -> ToTell {
    let order = [Alert::Completed, Alert::Cancelled, Alert::Started, Alert::Nearby, Alert::EnRoute, Alert::Changed, Alert::Scheduled];
    let mut why = "nothing of it is for the recipient";
    for alert in order.into_iter().filter(|alert| planned.kinds.has(*alert)) {
        if !alert.holds(job) {
            why = "it is not so any more";
        } else if is_too_late(alert, event) {
            why = "it came too late to be told";
        } else if let Some(seen) = portal::project(job, permissions).filter(|_| alert.is_permitted(permissions)) {
            return Ok((alert, of_customer(tenant, alert, event, job, &seen)));
        } else {
            why = "the recipient may not see it";
        }
    }
    Err(why)
}

/// Nothing goes in that the recipient could not see in the portal.
fn of_customer(tenant: &Tenant, alert: Alert, event: &Event, job: &Job, seen: &PortalJob<'_>) -> Filling {
    let happened = matches!(alert, Alert::Started | Alert::Completed | Alert::EnRoute | Alert::Nearby).then_some(event.at);
    let planned = seen.scheduled.map(|slot| slot.start).or(seen.requested_start);
    let when = happened.or(planned).map(|at| local(tenant, at));
    let (date, time) = when.unwrap_or_default();
    Filling {
        company: tenant.name.clone(),
        job: job.number_text(),
        kind: seen.template.name.clone(),
        customer: seen.customer.name.clone(),
        address: seen.steps.iter().find_map(|step| step.address).map(|address| address.text.clone()).unwrap_or_default(),
        date,
        time,
        worker: seen.worker.as_ref().map(|worker| worker.name.clone()).unwrap_or_default(),
        reason: reason(event),
        link: String::new(),
    }
}

fn to_staff(tenant: &Tenant, planned: &Planned, event: &Event, job: Option<&Job>, owner: Owner) -> ToTell {
    let is_theirs = |job: &Job| matches!(owner, Owner::Worker(worker) if job.phone() == Some(worker));
    let alert = match owner {
        Owner::Dispatcher(_) => Some(Alert::Declined),
        _ if job.is_some_and(is_theirs) => [Alert::Published, Alert::Moved].into_iter().find(|alert| planned.kinds.has(*alert)),
        Owner::Worker(worker) => Some(Alert::Withdrawn).filter(|_| event.before.phone == Some(worker)),
        Owner::PortalUser(_) => None,
    };
    let alert = alert.filter(|alert| planned.kinds.has(*alert)).ok_or("it is not so any more")?;
    let Some(job) = job else {
        let Change::Deleted { number, .. } = event.change else { return Err("the job was deleted") };
        return Ok((alert, Filling { company: tenant.name.clone(), job: format!("J-{number}"), ..Filling::default() }));
    };
    let (date, time) = job.scheduled.map(|slot| local(tenant, slot.start)).unwrap_or_default();
    let declined_by = match &event.change {
        Change::Declined { worker, .. } => Some(worker.name.clone()),
        _ => None,
    };
    let filling = Filling {
        company: tenant.name.clone(),
        job: job.number_text(),
        kind: job.template.name.clone(),
        customer: job.customer.name.clone(),
        address: job.steps.iter().find_map(|step| step.address.as_ref()).map(|address| address.text.clone()).unwrap_or_default(),
        date,
        time,
        worker: declined_by.or_else(|| job.worker.as_ref().map(|worker| worker.name.clone())).unwrap_or_default(),
        reason: reason(event),
        link: String::new(),
    };
    Ok((alert, filling))
}

fn reason(event: &Event) -> String {
    match &event.change {
        Change::Cancelled { reason } => reason.clone().unwrap_or_default(),
        Change::Declined { reason, .. } => reason.clone(),
        _ => String::new(),
    }
}

/// A day and a time in the company's own zone, as people say them.
pub(super) fn local(tenant: &Tenant, at: At) -> (String, String) {
    let zone = TimeZone::get(&tenant.time_zone).unwrap_or(TimeZone::UTC);
    let Ok(timestamp) = Timestamp::from_millisecond(at.0) else { return Default::default() };
    let local = timestamp.to_zoned(zone);
    (local.strftime("%A %-d %B").to_string(), local.strftime("%H:%M").to_string())
}

/// A whole message in words: subject and paragraphs of the e-mail, or the text message.
pub(super) fn words(text: &AlertText, filling: &Filling) -> (String, Vec<String>, String) {
    let body = fill(&text.text, filling);
    let paragraphs = body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(ToOwned::to_owned).collect();
    // A subject is one line, whatever is filled in.
    let subject = fill(&text.subject, filling).replace(['\r', '\n'], " ");
    (subject, paragraphs, fill(&text.sms, filling))
}
