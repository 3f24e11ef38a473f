//! What each audience gets of a job. `portal` takes only what `domain::portal` projected.

use super::instant::Millis;
use super::invoice::Invoice;
use crate::domain::At;
use crate::domain::caller::{ByKind, Caller as DomainCaller, Role};
use crate::domain::event::Event;
use crate::domain::field::{Field as DomainField, FieldKind, FieldValue, Rule};
use crate::domain::file::{self, FileRef};
use crate::domain::ids::{AssetId, CustomerId, FileId, JobId, TemplateId, WorkerId};
use crate::domain::job::{self, DateKind, Job as DomainJob, Source, Status};
use crate::domain::portal::{self, Permissions, PortalJob, SeenBy};
use crate::domain::step;
use serde::{Deserialize, Serialize};

/// A job as one caller sees it. `I` is the spelling of instants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "docs/protocol.md describes each member")]
pub struct Job<I> {
    pub id: JobId,
    pub number: String,
    pub version: i64,
    pub status: Option<Status>,
    pub paused: bool,
    pub en_route: bool,
    /// On the way, and nearly there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub nearby: bool,
    pub template: TemplateRef,
    pub customer: CustomerRef,
    pub worker: Option<WorkerRef>,
    pub requested_start: Option<I>,
    pub scheduled_start: Option<I>,
    pub scheduled_end: Option<I>,
    pub actual_start: Option<I>,
    pub actual_end: Option<I>,
    pub duration_min: u32,
    pub date: Option<JobDate<I>>,
    pub steps: Vec<Step<I>>,
    pub fields: Vec<Field>,
    pub last_completed_step: Option<String>,
    pub source: Source,
    pub is_new: bool,
    pub changed_by_customer: bool,
    pub declined: Vec<Declined<I>>,
    pub asset: Option<AssetRef>,
    pub contact: Option<Contact>,
    pub notes: Option<String>,
    /// The files that its fields hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<JobFile>>", optional)]
    pub files: Vec<JobFile>,
    /// Absent for anybody but dispatchers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub internal_notes: Option<String>,
    /// Absent for whoever may not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub invoice: Option<Invoice>,
    pub can: Can,
}

/// A job's type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TemplateRef {
    pub id: TemplateId,
    pub name: String,
    pub colour: String,
}

/// A job's customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct CustomerRef {
    pub id: CustomerId,
    pub name: String,
}

/// A job's worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct WorkerRef {
    pub id: WorkerId,
    pub name: String,
}

/// The list's date column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct JobDate<I> {
    pub at: I,
    pub kind: DateKind,
}

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Step<I> {
    pub index: usize,
    pub name: String,
    /// What this caller may do with it.
    pub access: Rule,
    /// Whether it has an address at all.
    pub has_address: bool,
    pub address: Option<Address>,
    pub done_at: Option<I>,
    pub done_received_at: Option<I>,
    /// When the worker's fixes arrived at the address, if they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub arrived_at: Option<I>,
    /// When they left it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub left_at: Option<I>,
    pub fields: Vec<Field>,
}

/// Where a step is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Address {
    pub text: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

/// A field of a job or a step, with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Field {
    pub key: String,
    pub label: String,
    pub kind: FieldKind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub options: Vec<String>,
    pub value: Option<FieldValue>,
    /// What this caller may do with it.
    pub access: Rule,
}

/// A worker who said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Declined<I> {
    pub worker: WorkerRef,
    pub reason: String,
    pub at: I,
}

/// The customer's equipment or place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct AssetRef {
    pub id: AssetId,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
}

/// A file of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct JobFile {
    pub id: FileId,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
}

/// Whom to call on site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Contact {
    pub name: String,
    pub phone: String,
}

/// What this caller may do with the job now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "named as on the wire")]
pub struct Can {
    pub edit: bool,
    pub cancel: bool,
    pub delete: bool,
    pub accept: bool,
    pub decline: bool,
    pub see_map: bool,
    pub see_worker: bool,
    pub invoice: bool,
    pub alerts: bool,
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct By {
    pub kind: ByKind,
    pub name: String,
}

impl<I: From<At>> Job<I> {
    /// As a dispatcher sees it: everything.
    pub fn staff(job: &DomainJob) -> Self {
        let editable = !matches!(job.status, Status::Completed | Status::Cancelled);
        let access = |_: &DomainField| if editable { Rule::Optional } else { Rule::ReadOnly };
        let can = Can {
            edit: job.status != Status::Cancelled,
            cancel: job.status.is_open(),
            delete: job.status != Status::Started,
            see_map: true,
            see_worker: true,
            invoice: true,
            alerts: true,
            ..Can::default()
        };
        let steps = job.steps.iter().enumerate().map(|(index, step)| Step {
            index,
            name: step.name.clone(),
            access: if editable { Rule::Optional } else { Rule::ReadOnly },
            has_address: step.has_address,
            address: step.address.as_ref().map(Address::from),
            done_at: step.done.map(|done| done.at.into()),
            done_received_at: step.done.map(|done| done.received_at.into()),
            arrived_at: step.visit.map(|visit| visit.arrived_at.into()),
            left_at: step.visit.and_then(|visit| visit.left_at).map(I::from),
            fields: step.fields.iter().map(|field| Field::new(field, access(field))).collect(),
        });
        Self {
            steps: steps.collect(),
            fields: job.fields.iter().map(|field| Field::new(field, access(field))).collect(),
            is_new: job.is_new,
            changed_by_customer: job.changed_by_customer,
            declined: declined(&job.declined),
            internal_notes: Some(job.internal_notes.clone()),
            invoice: Some((&job.invoice).into()),
            files: held(job, |_| true),
            ..Self::skeleton(job, can)
        }
    }

    /// As its worker sees it: without what is hidden from workers, and without the dispatchers' notes.
    pub fn worker(job: &DomainJob) -> Self {
        let active = matches!(job.status, Status::Assigned | Status::Started);
        let access = |field: &DomainField| if active || !field.def.worker.visible() { field.def.worker } else { Rule::ReadOnly };
        let given = |fields: &[DomainField]| {
            let visible = fields.iter().filter(|field| field.def.worker.visible());
            visible.map(|field| Field::new(field, access(field))).collect()
        };
        let steps = job.steps.iter().enumerate().map(|(index, step)| Step {
            index,
            name: step.name.clone(),
            access: if active { Rule::Optional } else { Rule::ReadOnly },
            has_address: step.has_address,
            address: step.address.as_ref().map(Address::from),
            done_at: step.done.map(|done| done.at.into()),
            done_received_at: step.done.map(|done| done.received_at.into()),
            arrived_at: step.visit.map(|visit| visit.arrived_at.into()),
            left_at: step.visit.and_then(|visit| visit.left_at).map(I::from),
            fields: given(&step.fields),
        });
        let may_decline = job.status == Status::Pending || job.status == Status::Assigned && job.auto_assigned && !job.en_route;
        let can =
            Can { edit: active, accept: job.status == Status::Pending, decline: may_decline, see_map: true, see_worker: true, ..Can::default() };
        let files = held(job, |field| field.def.worker.visible());
        Self { steps: steps.collect(), fields: given(&job.fields), files, ..Self::skeleton(job, can) }
    }

    /// The members that staff and worker share.
    fn skeleton(job: &DomainJob, can: Can) -> Self {
        Self {
            id: job.id,
            number: job.number_text(),
            version: job.version,
            status: Some(job.status),
            paused: job.paused,
            en_route: job.en_route,
            nearby: job.en_route && job.nearby,
            template: (&job.template).into(),
            customer: (&job.customer).into(),
            worker: job.worker.as_ref().map(|worker| WorkerRef { id: worker.id, name: worker.name.clone() }),
            requested_start: job.requested_start.map(I::from),
            scheduled_start: job.scheduled.map(|slot| slot.start.into()),
            scheduled_end: job.scheduled.map(|slot| slot.end.into()),
            actual_start: job.actual_start.map(I::from),
            actual_end: job.actual_end.map(I::from),
            duration_min: job.duration_min,
            date: job.date().map(|(at, kind)| JobDate { at: at.into(), kind }),
            steps: Vec::new(),
            fields: Vec::new(),
            last_completed_step: job.last_done().map(|index| job.steps[index].name.clone()),
            source: job.source,
            is_new: false,
            changed_by_customer: false,
            declined: Vec::new(),
            asset: job.asset.as_ref().map(AssetRef::from),
            contact: job.contact.as_ref().map(Contact::from),
            notes: Some(job.notes.clone()),
            files: Vec::new(),
            internal_notes: None,
            invoice: None,
            can,
        }
    }

    /// As a portal user sees it.
    pub fn portal(seen: &PortalJob<'_>) -> Self {
        let access = |rule: Rule| if rule.writable() && !seen.may_edit { Rule::ReadOnly } else { rule };
        let steps = seen.steps.iter().enumerate().map(|(index, step)| Step {
            index,
            name: step.name.to_owned(),
            access: access(step.rule),
            has_address: step.has_address,
            address: step.address.map(Address::from),
            done_at: step.done.map(|done| done.at.into()),
            done_received_at: step.done.map(|done| done.received_at.into()),
            arrived_at: step.visit.map(|visit| visit.arrived_at.into()),
            left_at: step.visit.and_then(|visit| visit.left_at).map(I::from),
            fields: step.fields.iter().map(|field| Field::new(field, access(field.def.portal))).collect(),
        });
        Self {
            id: seen.id,
            number: format!("J-{}", seen.number),
            version: seen.version,
            status: seen.status,
            paused: seen.paused,
            en_route: seen.en_route,
            nearby: seen.nearby,
            template: seen.template.into(),
            customer: seen.customer.into(),
            worker: seen.worker.as_ref().map(|worker| WorkerRef { id: worker.id, name: worker.name.clone() }),
            requested_start: seen.requested_start.map(I::from),
            scheduled_start: seen.scheduled.map(|slot| slot.start.into()),
            scheduled_end: seen.scheduled.map(|slot| slot.end.into()),
            actual_start: seen.actual_start.map(I::from),
            actual_end: seen.actual_end.map(I::from),
            duration_min: seen.duration_min,
            date: seen.date.map(|(at, kind)| JobDate { at: at.into(), kind }),
            steps: steps.collect(),
            fields: seen.fields.iter().map(|field| Field::new(field, access(field.def.portal))).collect(),
            last_completed_step: seen.last_completed_step.map(str::to_owned),
            source: seen.source,
            is_new: false,
            changed_by_customer: false,
            declined: Vec::new(),
            asset: seen.asset.map(AssetRef::from),
            contact: seen.contact.map(Contact::from),
            notes: seen.notes.map(str::to_owned),
            files: seen.files.iter().map(JobFile::from).collect(),
            internal_notes: None,
            invoice: seen.invoice.map(Invoice::from),
            can: Can {
                edit: seen.may_edit,
                cancel: seen.may_cancel,
                delete: seen.may_delete,
                see_map: seen.see_map,
                see_worker: seen.see_worker,
                invoice: seen.invoice.is_some(),
                alerts: seen.alerts,
                ..Can::default()
            },
        }
    }

    /// As `caller` sees it; nothing if they may not.
    pub fn for_caller(job: &DomainJob, caller: &DomainCaller) -> Option<Self> {
        match &caller.role {
            Role::Dispatcher { .. } => Some(Self::staff(job)),
            Role::Worker { id } => (job.phone() == Some(*id)).then(|| Self::worker(job)),
            Role::PortalUser { .. } => {
                let permissions = caller.permissions_for(job.customer.id)?;
                portal::project(job, permissions).map(|seen| Self::portal(&seen))
            }
            Role::Link { job: only, permissions, .. } => {
                portal::project(job, permissions).filter(|_| job.id == *only).map(|seen| Self::portal(&seen))
            }
        }
    }
}

/// The files of the fields that are shown.
fn held(job: &DomainJob, shown: impl Fn(&DomainField) -> bool) -> Vec<JobFile> {
    let fields = job.steps.iter().flat_map(|step| &step.fields).chain(&job.fields).filter(|field| shown(field));
    file::held(&job.files, fields).iter().map(JobFile::from).collect()
}

impl From<&FileRef> for JobFile {
    fn from(from: &FileRef) -> Self {
        Self { id: from.id, name: from.name.clone(), kind: from.kind.clone(), url: format!("/api/files/{}", from.id) }
    }
}

fn declined<I: From<At>>(declined: &[job::Declined]) -> Vec<Declined<I>> {
    let view = |no: &job::Declined| Declined {
        worker: WorkerRef { id: no.worker.id, name: no.worker.name.clone() },
        reason: no.reason.clone(),
        at: no.at.into(),
    };
    declined.iter().map(view).collect()
}

impl By {
    /// As staff and workers see it.
    pub fn staff(event: &Event) -> Self {
        Self { kind: event.by.kind, name: event.by.name.clone() }
    }

    /// As a portal user sees it: their own people by name, the worker by first name if allowed, else the company.
    pub fn portal(event: &Event, permissions: &Permissions) -> Self {
        match portal::seen_by(&event.by, permissions) {
            SeenBy::OwnPerson(name) => Self { kind: event.by.kind, name: name.to_owned() },
            SeenBy::Worker(name) => Self { kind: ByKind::Worker, name: name.to_owned() },
            SeenBy::Company => Self { kind: ByKind::Dispatcher, name: "the company".to_owned() },
        }
    }
}

impl Field {
    fn new(field: &DomainField, access: Rule) -> Self {
        Self {
            key: field.def.key.clone(),
            label: field.def.label.clone(),
            kind: field.def.kind,
            options: field.def.options.clone(),
            value: field.value.clone(),
            access,
        }
    }
}

impl From<&job::TemplateRef> for TemplateRef {
    fn from(from: &job::TemplateRef) -> Self {
        Self { id: from.id, name: from.name.clone(), colour: from.colour.clone() }
    }
}

impl From<&job::CustomerRef> for CustomerRef {
    fn from(from: &job::CustomerRef) -> Self {
        Self { id: from.id, name: from.name.clone() }
    }
}

impl From<&step::Address> for Address {
    fn from(from: &step::Address) -> Self {
        Self { text: from.text.clone(), latitude: from.latitude, longitude: from.longitude }
    }
}

impl From<&crate::domain::command::AssetRef> for AssetRef {
    fn from(from: &crate::domain::command::AssetRef) -> Self {
        Self { id: from.id, kind: from.kind.clone(), name: from.name.clone() }
    }
}

impl From<&crate::domain::command::Contact> for Contact {
    fn from(from: &crate::domain::command::Contact) -> Self {
        Self { name: from.name.clone(), phone: from.phone.clone() }
    }
}

/// The view on the socket.
pub type SocketJob = Job<Millis>;
