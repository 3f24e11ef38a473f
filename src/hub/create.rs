//! New jobs: look up what the request names, decide each, commit all in one batch.

use super::booking::Desk;
use super::commit::{Decided, change_of, numbered};
use super::lookup::{asset_of, fault, files_in, not_found_at, worker_ref};
use super::{Error, Request, Shared, clock};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::Contact;
use crate::domain::ids::{AssetId, CustomerId, JobId, TemplateId, WorkerId};
use crate::domain::invoice::{LineInput, Terms};
use crate::domain::job::{CustomerRef, Job, NewJob, PAST_MS, Placement};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::template::{Filler, StepInput, Template};
use crate::store;
use crate::store::writer::{Change, Outcome};
use serde_json::{Map, Value};
use std::sync::Arc;
use uuid::Uuid;

/// A dispatcher may make this many identical jobs at once.
const MAX_COPIES: u16 = 100;

/// A request for one job or several identical ones, ids as sent.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "docs/protocol.md describes each member of POST /api/jobs")]
pub struct NewJobs {
    pub template: TemplateId,
    pub customer: Option<CustomerId>,
    pub copies: u16,
    pub requested_start: Option<At>,
    pub asset: Option<AssetId>,
    pub contact: Option<Contact>,
    pub notes: String,
    pub steps: Vec<StepInput>,
    pub fields: Map<String, Value>,
    pub worker: Option<WorkerId>,
    pub scheduled_start: Option<At>,
    pub scheduled_end: Option<At>,
    pub duration_min: Option<u32>,
    pub internal_notes: String,
    pub invoice_lines: Option<Vec<LineInput>>,
    pub publish: bool,
}

/// Makes the jobs, or finds those that this very request made before.
pub(super) async fn create(shared: &Arc<Shared>, caller: &Caller, request: &Request, new: NewJobs) -> Result<Vec<(Arc<Job>, i64)>, Error> {
    let base = request.stored_key(caller);
    let copies = new.copies;
    match make(shared, caller, request, base, new).await {
        // Decided on a world that this very request may have changed: then its first answer stands.
        Err(Error::Refused(refusal)) if request.key.is_some() => {
            made_before(shared, caller, request, base, copies).await?.ok_or(Error::Refused(refusal))
        }
        other => other,
    }
}

async fn make(shared: &Arc<Shared>, caller: &Caller, request: &Request, base: Uuid, new: NewJobs) -> Result<Vec<(Arc<Job>, i64)>, Error> {
    let (jobs, group) = decide(shared, caller, request, &new, base, 0).await?;
    let outcomes = shared.lanes.commit(group).await.map_err(|_busy| Error::Busy)?;
    let mut made = Vec::with_capacity(jobs.len());
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Applied { seq, number, .. } => made.push((numbered(job, number, None), seq)),
            Outcome::Replayed { .. } => {
                return made_before(shared, caller, request, base, new.copies).await?.ok_or(Error::Refused(Refusal::Missing));
            }
            Outcome::TimeTaken => return Err(Error::Refused(Refusal::TimeNotAvailable)),
            Outcome::OtherBody => return Err(Error::IdempotencyMismatch),
            Outcome::Conflict { .. } => return Err(Error::Refused(Refusal::Conflict)),
            Outcome::Failed => return Err(Error::Internal(anyhow::anyhow!("a new job could not be written"))),
        }
    }
    Ok(made)
}

/// What the request comes to: the jobs, and the changes that make them. Their commands are numbered from `first` on.
async fn decide(
    shared: &Arc<Shared>,
    caller: &Caller,
    request: &Request,
    new: &NewJobs,
    base: Uuid,
    first: u16,
) -> Result<(Vec<Arc<Job>>, Vec<Change<Decided>>), Error> {
    let tenant = shared.tenant(caller.tenant).await?;
    let now = clock::now();
    let (filler, customer) = check_caller(caller, new, now)?;
    let mut connection = shared.store.read(caller.tenant).await?;
    let template = not_found_at(store::templates::find(&mut connection, caller.tenant, new.template).await, "/template")?;
    drop(connection);
    if template.archived {
        return Err(fault("/template", Why::NotFound));
    }
    let new_job = look_up(shared, caller, &template, filler, customer, request, new).await?;
    let copies = allowed_copies(caller, &template, new.copies)?;
    let booking = match Desk::of(shared, caller, customer).await? {
        Some(desk) => desk.book(shared, caller.tenant, new.requested_start, template.duration_min, copies, now).await?,
        None => None,
    };
    let mut group = Vec::with_capacity(usize::from(copies));
    let mut jobs = Vec::with_capacity(usize::from(copies));
    for copy in 0..copies {
        let (job, event) = new_job.clone().decide(caller.tenant, JobId(Uuid::now_v7()), caller.by(), tenant.settings.dispatch, now)?;
        let decided = Decided::created(job, event).booked(booking);
        jobs.extend(decided.job.clone());
        group.push(change_of(caller.tenant, copy_key(base, first + copy), request.body_hash, decided));
    }
    Ok((jobs, group))
}

/// Makes a job of each order, all of them in one batch. In a dry run, or if one does not fit, none: what is wrong with each is said.
pub(super) async fn create_each(
    shared: &Arc<Shared>,
    caller: &Caller,
    request: &Request,
    orders: Vec<NewJobs>,
    dry_run: bool,
) -> Result<Vec<Result<(), Vec<Fault>>>, Error> {
    let base = request.stored_key(caller);
    let mut fits = Vec::with_capacity(orders.len());
    let mut group = Vec::with_capacity(orders.len());
    for (row, order) in (0..).zip(&orders) {
        match decide(shared, caller, request, order, base, row).await {
            Ok((_, changes)) => {
                fits.push(Ok(()));
                group.extend(changes);
            }
            Err(Error::Refused(Refusal::Invalid(faults))) => fits.push(Err(faults)),
            Err(other) => return Err(other),
        }
    }
    if dry_run || fits.iter().any(Result::is_err) {
        return Ok(fits);
    }
    for outcome in shared.lanes.commit(group).await.map_err(|_busy| Error::Busy)? {
        match outcome {
            Outcome::Applied { .. } | Outcome::Replayed { .. } => {}
            Outcome::OtherBody => return Err(Error::IdempotencyMismatch),
            other => return Err(Error::Internal(anyhow::anyhow!("a new job could not be written: {other:?}"))),
        }
    }
    Ok(fits)
}

/// The id of one copy's command.
fn copy_key(base: Uuid, copy: u16) -> Uuid {
    Uuid::new_v5(&base, &copy.to_be_bytes())
}

/// The jobs that a request with this key made before, as they now stand.
async fn made_before(
    shared: &Arc<Shared>,
    caller: &Caller,
    request: &Request,
    base: Uuid,
    copies: u16,
) -> Result<Option<Vec<(Arc<Job>, i64)>>, Error> {
    let mut made = Vec::new();
    for copy in 0..copies.clamp(1, MAX_COPIES) {
        let Some(before) = shared.answered_before(caller.tenant, copy_key(base, copy)).await? else { return Ok(None) };
        if before.hash != request.body_hash {
            return Err(Error::IdempotencyMismatch);
        }
        let job = shared.load_job(caller.tenant, before.job).await?.ok_or(Error::Refused(Refusal::Missing))?;
        made.push((job, before.seq));
    }
    Ok(Some(made))
}

fn allowed_copies(caller: &Caller, template: &Template, copies: u16) -> Result<u16, Error> {
    let most = if matches!(caller.role, Role::PortalUser { .. }) { template.parts.copies.max(1) } else { MAX_COPIES };
    if (1..=most).contains(&copies) { Ok(copies) } else { Err(fault("/copies", Why::OutOfRange("1 and the most that this job type allows"))) }
}

/// Whether the caller may ask for this at all, by which rules they are bound, and for which customer it is.
fn check_caller(caller: &Caller, new: &NewJobs, now: At) -> Result<(Filler, CustomerId), Error> {
    let links = match &caller.role {
        Role::Worker { .. } | Role::Link { .. } => return Err(Error::Refused(Refusal::Forbidden)),
        Role::Dispatcher { .. } => return Ok((Filler::Dispatcher, new.customer.ok_or_else(|| fault("/customer", Why::Required))?)),
        Role::PortalUser { links, .. } => links,
    };
    let only = links.first().filter(|_| links.len() == 1).map(|link| link.customer);
    let customer = new.customer.or(only).ok_or_else(|| fault("/customer", Why::Required))?;
    let permissions = caller.permissions_for(customer).ok_or_else(|| fault("/customer", Why::NotFound))?;
    if !permissions.create {
        return Err(Error::Refused(Refusal::Forbidden));
    }
    if !permissions.may_create(new.template) {
        return Err(fault("/template", Why::NotFound));
    }
    check_portal_members(new)?;
    if new.requested_start.is_some_and(|start| now.since(start) > PAST_MS) {
        return Err(fault("/requested_start", Why::Past));
    }
    Ok((Filler::Portal, customer))
}

/// Looks up everything else that the request names.
async fn look_up<'a>(
    shared: &Arc<Shared>,
    caller: &Caller,
    template: &'a Template,
    filler: Filler,
    customer: CustomerId,
    request: &Request,
    new: &NewJobs,
) -> Result<NewJob<'a>, Error> {
    let mut connection = shared.store.read(caller.tenant).await?;
    let customer = not_found_at(store::customers::find(&mut connection, caller.tenant, customer).await, "/customer")?;
    drop(connection);
    if customer.archived_at.is_some() {
        return Err(fault("/customer", Why::NotFound));
    }
    let worker = match new.worker {
        Some(worker) => Some(worker_ref(shared, caller.tenant, worker, "/worker").await?),
        None => None,
    };
    let asset = match new.asset {
        Some(asset) => {
            let (asset, address, whose) = asset_of(shared, caller, asset).await?;
            // Also when the caller acts for both customers.
            if whose != customer.id {
                return Err(fault("/asset", Why::NotFound));
            }
            Some((asset, address))
        }
        None => None,
    };
    let files = files_in(shared, caller, new.steps.iter().map(|step| &step.fields).chain([&new.fields])).await?;
    Ok(NewJob {
        template,
        customer: CustomerRef { id: customer.id, name: customer.name },
        requested_start: new.requested_start,
        asset,
        contact: new.contact.clone(),
        notes: new.notes.clone(),
        steps: new.steps.clone(),
        fields: new.fields.clone(),
        terms: Terms::of(&*shared.tenant(caller.tenant).await?),
        files,
        placement: Placement {
            worker,
            start: new.scheduled_start,
            end: new.scheduled_end,
            duration_min: new.duration_min,
            internal_notes: new.internal_notes.clone(),
            invoice_lines: new.invoice_lines.clone(),
            publish: new.publish,
        },
        filler,
        source: request.source,
    })
}

/// Members that only dispatchers have.
fn check_portal_members(new: &NewJobs) -> Result<(), Error> {
    let given = [
        (new.worker.is_some(), "/worker"),
        (new.scheduled_start.is_some(), "/scheduled_start"),
        (new.scheduled_end.is_some(), "/scheduled_end"),
        (new.duration_min.is_some(), "/duration_min"),
        (!new.internal_notes.is_empty(), "/internal_notes"),
        (new.invoice_lines.is_some(), "/invoice_lines"),
        (new.publish, "/publish"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, pointer)) => Err(fault(pointer, Why::Unknown)),
        None => Ok(()),
    }
}
