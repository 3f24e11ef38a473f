//! The portal: what a portal user may do, and the one place that decides what they may see of a job.

use super::at::At;
use super::caller::{By, ByKind};
use super::command::{AssetRef, Contact, WorkerRef};
use super::contact_point::Channel;
use super::event::{Event, Kind};
use super::field::{Field, Rule};
use super::file::{self, FileRef};
use super::ids::TemplateId;
use super::invoice::Invoice;
use super::job::{CustomerRef, DateKind, Job, Source, Status, TemplateRef};
use super::step::{Address, Done, Visit};
use super::template::{Filler, StepDef, Template, visible_steps};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a portal user may do for one customer, every override applied. Exactly one set is one view class.
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own, as the settings show them")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permissions {
    /// All jobs of the customer, whoever created them.
    pub view_jobs: bool,
    /// Order jobs, of `templates` if that is a set, else of any.
    pub create: bool,
    /// The only templates that may be ordered; none: all.
    pub templates: Option<BTreeSet<TemplateId>>,
    /// Change a job until it started.
    pub edit: bool,
    /// Call it off.
    pub cancel: bool,
    /// Remove it for good.
    pub delete: bool,
    /// Status, step times, live events.
    pub live_status: bool,
    /// The map.
    pub see_map: bool,
    /// The worker: first name, photo, position.
    pub see_worker: bool,
    /// The invoice.
    pub invoice: bool,
    /// Alerts by e-mail.
    pub alerts_email: bool,
    /// Alerts by SMS.
    pub alerts_sms: bool,
    /// Ask for a time outside of business hours.
    pub outside_hours: bool,
}

impl Permissions {
    /// Everything allowed.
    pub fn all() -> Self {
        Overrides::default().onto(&Self {
            view_jobs: true,
            create: true,
            templates: None,
            edit: true,
            cancel: true,
            delete: true,
            live_status: true,
            see_map: true,
            see_worker: true,
            invoice: true,
            alerts_email: true,
            alerts_sms: true,
            outside_hours: true,
        })
    }

    /// Whether a job of this template may be ordered.
    pub fn may_create(&self, template: TemplateId) -> bool {
        self.create && self.templates.as_ref().is_none_or(|allowed| allowed.contains(&template))
    }

    /// Whether alerts may be asked for by this way.
    pub fn may_be_alerted(&self, channel: Channel) -> bool {
        self.view_jobs
            && match channel {
                Channel::Email => self.alerts_email,
                Channel::Sms => self.alerts_sms,
                // For workers.
                Channel::Push => false,
            }
    }

    /// Whether live positions of a worker may be sent at all.
    pub fn may_see_positions(&self) -> bool {
        self.view_jobs && self.live_status && self.see_map && self.see_worker
    }
}

/// Allow, deny or (absent) inherit. Tenant, then customer, then the user's link: the nearest wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "each member is the permission of the same name")]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_jobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub templates: Option<BTreeSet<TemplateId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_status: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see_map: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see_worker: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts_email: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts_sms: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_hours: Option<bool>,
}

impl Overrides {
    /// What stands once these override `inherited`.
    pub fn onto(&self, inherited: &Permissions) -> Permissions {
        Permissions {
            view_jobs: self.view_jobs.unwrap_or(inherited.view_jobs),
            create: self.create.unwrap_or(inherited.create),
            templates: self.templates.clone().or_else(|| inherited.templates.clone()),
            edit: self.edit.unwrap_or(inherited.edit),
            cancel: self.cancel.unwrap_or(inherited.cancel),
            delete: self.delete.unwrap_or(inherited.delete),
            live_status: self.live_status.unwrap_or(inherited.live_status),
            see_map: self.see_map.unwrap_or(inherited.see_map),
            see_worker: self.see_worker.unwrap_or(inherited.see_worker),
            invoice: self.invoice.unwrap_or(inherited.invoice),
            alerts_email: self.alerts_email.unwrap_or(inherited.alerts_email),
            alerts_sms: self.alerts_sms.unwrap_or(inherited.alerts_sms),
            outside_hours: self.outside_hours.unwrap_or(inherited.outside_hours),
        }
    }
}

impl Overrides {
    /// What this says, and where it is silent what `under` says.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        Self {
            view_jobs: self.view_jobs.or(under.view_jobs),
            create: self.create.or(under.create),
            templates: self.templates.or(under.templates),
            edit: self.edit.or(under.edit),
            cancel: self.cancel.or(under.cancel),
            delete: self.delete.or(under.delete),
            live_status: self.live_status.or(under.live_status),
            see_map: self.see_map.or(under.see_map),
            see_worker: self.see_worker.or(under.see_worker),
            invoice: self.invoice.or(under.invoice),
            alerts_email: self.alerts_email.or(under.alerts_email),
            alerts_sms: self.alerts_sms.or(under.alerts_sms),
            outside_hours: self.outside_hours.or(under.outside_hours),
        }
    }
}

/// Permissions of one link: tenant default, then the customer's, then the link's own.
pub fn resolve(tenant: &Overrides, customer: &Overrides, link: &Overrides) -> Permissions {
    link.onto(&customer.onto(&tenant.onto(&Permissions::all())))
}

/// What whoever holds a one-job link may see: the tenant's defaults for that job, and nothing to change or to pay. That the job may be
/// seen at all was decided by who shared it.
pub fn of_link(tenant: &Overrides) -> Permissions {
    Permissions {
        view_jobs: true,
        create: false,
        edit: false,
        cancel: false,
        delete: false,
        invoice: false,
        alerts_email: false,
        alerts_sms: false,
        ..tenant.onto(&Permissions::all())
    }
}

/// A completed job is shown through a one-job link for this long.
const LINK_SHOWS_COMPLETED_MS: i64 = 24 * 3_600_000;

/// Whether a one-job link still shows the job: not once it is called off, and not long after it is done.
pub fn link_shows(status: Status, actual_end: Option<At>, now: At) -> bool {
    match status {
        Status::Cancelled => false,
        Status::Completed => actual_end.is_none_or(|end| now.since(end) < LINK_SHOWS_COMPLETED_MS),
        _ => true,
    }
}

/// A job as a portal user sees it. There is nothing here that they may not see.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "members are those of `Job`, as far as they are shown")]
pub struct PortalJob<'a> {
    pub id: super::ids::JobId,
    pub number: i64,
    pub template: &'a TemplateRef,
    pub customer: &'a CustomerRef,
    pub version: i64,
    pub status: Option<Status>,
    pub paused: bool,
    pub en_route: bool,
    /// On the way, and nearly there.
    pub nearby: bool,
    pub worker: Option<WorkerRef>,
    pub requested_start: Option<At>,
    pub scheduled: Option<super::job::Slot>,
    pub actual_start: Option<At>,
    pub actual_end: Option<At>,
    pub duration_min: u32,
    pub date: Option<(At, DateKind)>,
    pub steps: Vec<PortalStep<'a>>,
    pub fields: Vec<&'a Field>,
    pub last_completed_step: Option<&'a str>,
    pub source: Source,
    pub asset: Option<&'a AssetRef>,
    pub contact: Option<&'a Contact>,
    pub notes: Option<&'a str>,
    pub files: Vec<FileRef>,
    /// Fields and steps may be changed now.
    pub may_edit: bool,
    pub may_cancel: bool,
    pub may_delete: bool,
    pub see_map: bool,
    pub see_worker: bool,
    pub invoice: Option<&'a Invoice>,
    pub alerts: bool,
}

/// A step as a portal user sees it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "members are those of `Step`, as far as they are shown")]
pub struct PortalStep<'a> {
    pub name: &'a str,
    pub rule: Rule,
    pub has_address: bool,
    pub address: Option<&'a Address>,
    pub done: Option<Done>,
    pub visit: Option<Visit>,
    pub fields: Vec<&'a Field>,
}

/// The job's status in a portal user's words: an allocated job is an unassigned one.
pub fn status(job: &Job) -> Status {
    if job.status == Status::Allocated { Status::Unassigned } else { job.status }
}

/// Whether a portal user may still change, call off or delete it: until the work began or the worker is on the way.
pub fn still_theirs(job: &Job) -> bool {
    matches!(job.status, Status::Unassigned | Status::Allocated | Status::Pending | Status::Assigned) && !job.en_route
}

/// The instant of the list's date column in a portal user's words.
pub fn date(job: &Job, live_status: bool) -> Option<(At, DateKind)> {
    let actual = job.actual_start.filter(|_| live_status && matches!(job.status, Status::Started | Status::Completed));
    let scheduled = job.scheduled.filter(|_| shows_plan(job));
    actual
        .map(|at| (at, DateKind::Actual))
        .or_else(|| scheduled.map(|slot| (slot.start, DateKind::Scheduled)))
        .or_else(|| job.requested_start.filter(|_| job.parts.requested_start.visible()).map(|at| (at, DateKind::Requested)))
}

/// The plan is shown once it is published.
fn shows_plan(job: &Job) -> bool {
    !matches!(job.status, Status::Unassigned | Status::Allocated)
}

/// Where a worker who is on the way is expected, as far as a portal user may know: the first visible step that is open and has a place,
/// else the first one that has. Latitude, longitude.
pub fn destination(job: &Job) -> Option<(f64, f64)> {
    let visible = visible_steps(&job.steps, Filler::Portal);
    let places = || visible.iter().filter_map(|&index| Some((job.steps[index].done.is_none(), job.steps[index].address.as_ref()?.point()?)));
    places().find(|(is_open, _)| *is_open).or_else(|| places().next()).map(|(_, place)| place)
}

/// The first word of a name.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or_default()
}

/// What a portal user with these permissions sees of the job; nothing without "view jobs".
pub fn project<'a>(job: &'a Job, permissions: &Permissions) -> Option<PortalJob<'a>> {
    if !permissions.view_jobs {
        return None;
    }
    let live = permissions.live_status;
    let visible = visible_steps(&job.steps, Filler::Portal);
    let steps: Vec<PortalStep<'a>> = visible
        .into_iter()
        .map(|index| {
            let step = &job.steps[index];
            PortalStep {
                name: &step.name,
                rule: step.portal,
                has_address: step.has_address,
                address: step.address.as_ref(),
                done: step.done.filter(|_| live),
                visit: step.visit.filter(|_| live),
                fields: shown(&step.fields),
            }
        })
        .collect();
    let has_worker = matches!(job.status, Status::Assigned | Status::Started | Status::Completed);
    let worker = job.worker.as_ref().filter(|_| has_worker && permissions.see_worker);
    let theirs = still_theirs(job);
    let part = |rule: Rule| rule.visible();
    Some(PortalJob {
        id: job.id,
        number: job.number,
        template: &job.template,
        customer: &job.customer,
        version: job.version,
        status: live.then(|| status(job)),
        paused: live && job.paused,
        en_route: live && job.en_route,
        nearby: live && job.en_route && job.nearby,
        worker: worker.map(|worker| WorkerRef { id: worker.id, name: first_name(&worker.name).to_owned() }),
        requested_start: job.requested_start.filter(|_| part(job.parts.requested_start)),
        scheduled: job.scheduled.filter(|_| shows_plan(job)),
        actual_start: job.actual_start.filter(|_| live),
        actual_end: job.actual_end.filter(|_| live),
        duration_min: job.duration_min,
        date: date(job, live),
        last_completed_step: steps.iter().rev().find(|step| step.done.is_some()).map(|step| step.name),
        files: file::held(&job.files, steps.iter().flat_map(|step| &step.fields).copied().chain(shown(&job.fields))),
        steps,
        fields: shown(&job.fields),
        source: job.source,
        asset: job.asset.as_ref().filter(|_| part(job.parts.asset)),
        contact: job.contact.as_ref().filter(|_| part(job.parts.contact)),
        notes: part(job.parts.notes).then_some(job.notes.as_str()),
        may_edit: permissions.edit && theirs,
        may_cancel: permissions.cancel && theirs,
        may_delete: permissions.delete && theirs,
        see_map: permissions.see_map,
        see_worker: permissions.see_worker,
        invoice: permissions.invoice.then_some(&job.invoice),
        alerts: permissions.alerts_email || permissions.alerts_sms,
    })
}

fn shown(fields: &[Field]) -> Vec<&Field> {
    fields.iter().filter(|field| field.def.portal.visible()).collect()
}

/// Who made a change, in the customer's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenBy<'a> {
    /// One of the customer's own people.
    OwnPerson(&'a str),
    /// The worker, by first name.
    Worker(&'a str),
    /// Anybody else.
    Company,
}

/// Who made a change, as far as a portal user may know.
pub fn seen_by<'a>(by: &'a By, permissions: &Permissions) -> SeenBy<'a> {
    match by.kind {
        ByKind::PortalUser | ByKind::Link => SeenBy::OwnPerson(&by.name),
        ByKind::Worker if permissions.see_worker => SeenBy::Worker(first_name(&by.name)),
        _ => SeenBy::Company,
    }
}

/// Whether a portal user hears of the event at all. Steps that do not exist for them make no sound;
/// without "live status" only their own changes do.
pub fn hears(event: &Event, permissions: &Permissions, person: uuid::Uuid) -> bool {
    let own = event.by.id == Some(person);
    let may_see_it = permissions.invoice || !event.on_invoice_only;
    permissions.view_jobs && may_see_it && event.portal_visible && (permissions.live_status || own || event.kind == Kind::JobDeleted)
}

/// A template as a portal user may use it: hidden steps and fields do not exist.
pub fn template_steps(template: &Template) -> impl Iterator<Item = (usize, &StepDef)> {
    template.steps.iter().filter(|step| step.portal.visible()).enumerate()
}
