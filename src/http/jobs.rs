//! Jobs: lists, single ones, making, editing, deleting, commanding. Every job leaves here as its caller's view of it.

use super::Parts;
use super::access::Me;
use super::body::{EditBody, NewJobBody, in_millis};
use super::error::Error;
use super::request::{Body, Id, IdempotencyKey, Query};
use crate::domain::caller::{Link, Role};
use crate::domain::event::{Change, Event};
use crate::domain::ids::{CustomerId, JobId, TemplateId, WorkerId};
use crate::domain::job::{Job, Status};
use crate::domain::refusal::{Gone, Refusal, Why};
use crate::hub::{Ask, Request, body_hash, clock};
use crate::protocol::Rfc3339;
use crate::protocol::client::CommandBody;
use crate::protocol::lists::{Commanded, CreatedJobs, List};
use crate::protocol::views::Job as JobView;
use crate::store;
use crate::store::jobs::{Cursor, Filter, Sort, View};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;

/// A worker sees a completed job for this long.
const WORKER_SEES_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// What is on a worker's phone.
const ON_THE_PHONE: [Status; 4] = [Status::Pending, Status::Assigned, Status::Started, Status::Completed];

pub(super) async fn list(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<JobView<Rfc3339>>>, Error> {
    let wanted = Wanted::parse(&me, &query)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let Some(filter) = wanted.filter(&me, &query)? else { return Ok(Json(List { items: Vec::new(), next: None })) };
    let page = store::jobs::page(&mut connection, me.tenant.id, &filter).await?;
    let items = page.jobs.iter().filter_map(|job| JobView::for_caller(job, &me.caller)).collect();
    Ok(Json(List { items, next: page.next.map(|next| next.encode()) }))
}

/// The parts of a filter that it borrows.
pub(super) struct Wanted {
    statuses: Vec<Status>,
    customers: Option<Vec<CustomerId>>,
    /// Customers of a portal user without "live status" there.
    quiet: Option<Vec<CustomerId>>,
    worker: Option<WorkerId>,
}

impl Wanted {
    pub(super) fn parse(me: &Me, query: &Query) -> Result<Self, Error> {
        let mut statuses = query.all("status").map(parse_status).collect::<Result<Vec<_>, _>>()?;
        let asks_for_status = !statuses.is_empty();
        let mut worker = query.id::<WorkerId>("worker")?;
        let mut customers = query.id::<CustomerId>("customer")?.map(|customer| vec![customer]);
        let mut quiet = None;
        match &me.caller.role {
            Role::Dispatcher { .. } => {}
            Role::Worker { id } => {
                statuses = ON_THE_PHONE.into_iter().filter(|status| !asks_for_status || statuses.contains(status)).collect();
                worker = Some(*id);
            }
            Role::PortalUser { links, .. } => {
                if worker.is_some() {
                    return Err(Error::invalid("/worker", &Why::Unknown));
                }
                let asked = |customer: CustomerId| customers.as_ref().is_none_or(|only| only.contains(&customer));
                let seen = links.iter().filter(|link| link.permissions.view_jobs && asked(link.customer));
                let (with_status, without): (Vec<_>, Vec<_>) = seen.partition(|link| link.permissions.live_status);
                let ids = |links: Vec<&Link>| links.into_iter().map(|link| link.customer).collect::<Vec<_>>();
                quiet = Some(ids(without)).filter(|quiet| !quiet.is_empty());
                customers = Some(ids(with_status));
            }
            Role::Link { .. } => return Err(Error::forbidden()),
        }
        Ok(Self { statuses, customers, quiet, worker })
    }

    /// What the store is asked for; nothing if no job can be in it.
    pub(super) fn filter<'a>(&'a self, me: &Me, query: &'a Query) -> Result<Option<Filter<'a>>, Error> {
        let (sort, descending) = order(query)?;
        let after = query
            .text("after")?
            .map(|text| Cursor::parse(text, sort).ok_or_else(|| Error::invalid("/after", &Why::Expected("the `next` of a list in the same order"))));
        let zone = &me.tenant.time_zone;
        let is_worker = matches!(me.caller.role, Role::Worker { .. });
        let filter = Filter {
            view: if matches!(me.caller.role, Role::PortalUser { .. }) { View::Portal } else { View::Staff },
            statuses: &self.statuses,
            template: query.id::<TemplateId>("template")?,
            customers: self.customers.as_deref(),
            quiet: self.quiet.as_deref(),
            worker: self.worker,
            from: query.instant("from", zone)?,
            to: query.instant("to", zone)?,
            completed_since: is_worker.then(|| clock::now().plus_ms(-WORKER_SEES_MS)),
            text: query.text("q")?,
            sort,
            descending,
            after: after.transpose()?,
            limit: u16::try_from(query.limit()?).expect("a limit is at most 200"),
        };
        let is_empty = is_worker && self.statuses.is_empty() || self.quiet.is_none() && self.customers.as_ref().is_some_and(Vec::is_empty);
        Ok((!is_empty).then_some(filter))
    }
}

fn parse_status(text: &str) -> Result<Status, Error> {
    Status::deserialize(IntoDeserializer::<Unknown>::into_deserializer(text)).map_err(|_unknown| Error::invalid("/status", &Why::NotAnOption))
}

/// The order of a list: by default the newest first.
fn order(query: &Query) -> Result<(Sort, bool), Error> {
    let Some(text) = query.text("sort")? else { return Ok((Sort::Number, true)) };
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let sort = match name {
        "number" => Sort::Number,
        "date" => Sort::Date,
        "status" => Sort::Status,
        "customer" => Sort::Customer,
        "template" => Sort::Template,
        _ => return Err(Error::invalid("/sort", &Why::NotAnOption)),
    };
    Ok((sort, descending))
}

pub(super) async fn read(parts: Data<Parts>, me: Me, Id(id): Id<JobId>) -> Result<Json<JobView<Rfc3339>>, Error> {
    Ok(Json(find(&parts, &me, id).await?.1))
}

/// A job with the caller's view of it. A worker who once had it is told that it went.
pub(super) async fn find(parts: &Parts, me: &Me, id: JobId) -> Result<(Job, JobView<Rfc3339>), Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let job = match store::jobs::find(&mut connection, me.tenant.id, id).await {
        Ok(job) => job,
        Err(store::Error::Missing) => {
            let Role::Worker { id: worker } = me.caller.role else { return Err(Error::missing()) };
            let last = store::events::last_of_job(&mut connection, me.tenant.id, id).await?;
            let event = last.and_then(|row| serde_json::from_value::<Event>(row.data).ok());
            return Err(match event.map(|event| event.change) {
                Some(Change::Deleted { number, workers }) if workers.contains(&worker) => {
                    Refusal::NoLongerYours { number, reason: Gone::Deleted }.into()
                }
                _ => Error::missing(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(view) = JobView::for_caller(&job, &me.caller).filter(|_| !is_long_done(&job, me)) {
        return Ok((job, view));
    }
    if let Role::Worker { id: worker } = me.caller.role
        && let Some((_, reason)) = job.gone_from.iter().rev().find(|(gone, _)| *gone == worker).filter(|_| job.phone() != Some(worker))
    {
        return Err(Refusal::NoLongerYours { number: job.number, reason: *reason }.into());
    }
    Err(Error::missing())
}

fn is_long_done(job: &Job, me: &Me) -> bool {
    let is_worker = matches!(me.caller.role, Role::Worker { .. });
    is_worker && job.status == Status::Completed && job.actual_end.is_some_and(|end| clock::now().since(end) > WORKER_SEES_MS)
}

pub(super) async fn create(parts: Data<Parts>, me: Me, key: IdempotencyKey, Body(body): Body<NewJobBody>) -> Result<HttpResponse, Error> {
    let request = request(&me, key, body_hash(&("create", &body)), None);
    let new = body.into_new_jobs(&me.tenant.time_zone)?;
    let made = parts.hub.create(&me.caller, request, new).await?;
    let jobs = made.iter().filter_map(|(job, _)| JobView::for_caller(job, &me.caller)).collect();
    Ok(HttpResponse::Created().json(CreatedJobs { jobs }))
}

pub(super) async fn edit(
    parts: Data<Parts>,
    me: Me,
    Id(id): Id<JobId>,
    key: IdempotencyKey,
    Body(body): Body<EditBody>,
) -> Result<Json<JobView<Rfc3339>>, Error> {
    let request = request(&me, key, body_hash(&("edit", id, &body)), body.version);
    let edit = body.into_edit(&me.tenant.time_zone)?;
    let answer = parts.hub.command(&me.caller, id, request, Ask::Edit(edit)).await?;
    let view = answer.job.and_then(|job| JobView::for_caller(&job, &me.caller));
    view.map(Json).ok_or_else(Error::missing)
}

pub(super) async fn delete(parts: Data<Parts>, me: Me, Id(id): Id<JobId>, key: IdempotencyKey) -> Result<HttpResponse, Error> {
    let request = request(&me, key, body_hash(&("delete", id)), None);
    parts.hub.command(&me.caller, id, request, Ask::Delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn command(
    parts: Data<Parts>,
    me: Me,
    Id(id): Id<JobId>,
    key: IdempotencyKey,
    Body(body): Body<CommandBody<Rfc3339>>,
) -> Result<Json<Commanded>, Error> {
    let body = in_millis(body);
    let at = body.at;
    let request = Request { at: at.map(Into::into), ..request(&me, key, body_hash(&(id, &body)), body.version) };
    let answer = parts.hub.command(&me.caller, id, request, Ask::Body(body)).await?;
    let job = answer.job.and_then(|job| JobView::for_caller(&job, &me.caller));
    Ok(Json(Commanded { job, seq: answer.seq }))
}

/// What goes with a change, as this caller asks for it.
pub(super) fn request(me: &Me, IdempotencyKey(key): IdempotencyKey, body_hash: i64, version: Option<i64>) -> Request {
    Request { key, body_hash, at: None, version, source: me.caller.source() }
}
