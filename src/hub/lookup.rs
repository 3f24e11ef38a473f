//! From what was sent to what `domain` decides on: ids are looked up, absent members are named.

use super::{Error, Shared};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{AssetRef, Command, Contact, Edit, WorkerRef};
use crate::domain::file::FileRef;
use crate::domain::ids::{AssetId, CustomerId, FileId, TenantId, WorkerId};
use crate::domain::invoice::LineInput;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::step::Address;
use crate::domain::template::StepInput;
use crate::protocol::Millis;
use crate::protocol::client::{CommandBody, Do};
use crate::store;
use serde_json::{Map, Value};
use std::sync::Arc;

/// More files than any request may name.
const FILES_MAX: usize = 200;

/// Something asked of a job, as sent.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A command.
    Body(CommandBody<Millis>),
    /// A change of what it says.
    Edit(EditInput),
    /// Its removal.
    Delete,
}

/// Members of a job to change; an absent one stays, an inner `None` empties it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "members are those of `domain::command::Edit`, ids as sent")]
pub struct EditInput {
    pub requested_start: Option<Option<At>>,
    pub duration_min: Option<u32>,
    pub asset: Option<Option<AssetId>>,
    pub contact: Option<Option<Contact>>,
    pub notes: Option<String>,
    pub internal_notes: Option<String>,
    pub steps: Vec<StepInput>,
    pub fields: Map<String, Value>,
    pub invoice_lines: Option<Vec<LineInput>>,
}

/// The command that was asked for.
pub(super) async fn command(shared: &Arc<Shared>, caller: &Caller, ask: Ask) -> Result<Command, Error> {
    match ask {
        Ask::Body(body) => of_body(shared, caller, body).await,
        Ask::Edit(input) => of_edit(shared, caller, input).await,
        Ask::Delete => Ok(Command::Delete),
    }
}

async fn of_body(shared: &Arc<Shared>, caller: &Caller, body: CommandBody<Millis>) -> Result<Command, Error> {
    // Whoever never has the command is told that first, whatever else they sent.
    let only = |allowed: bool| if allowed { Ok(()) } else { Err(Error::Refused(Refusal::Forbidden)) };
    match body.verb {
        Do::Allocate | Do::Reschedule => only(matches!(caller.role, Role::Dispatcher { .. }))?,
        Do::CompleteStep => only(!matches!(caller.role, Role::PortalUser { .. }))?,
        _ => {}
    }
    let (start, end) = (body.start.map(At::from), body.end.map(At::from));
    Ok(match body.verb {
        Do::Allocate => {
            let start = start.ok_or_else(|| required("/start"))?;
            let worker = body.worker.ok_or_else(|| required("/worker"))?;
            Command::Allocate { worker: worker_ref(shared, caller.tenant, worker, "/worker").await?, start, end }
        }
        Do::Reschedule => {
            let start = start.ok_or_else(|| required("/start"))?;
            let worker = match body.worker {
                Some(worker) => Some(worker_ref(shared, caller.tenant, worker, "/worker").await?),
                None => None,
            };
            Command::Reschedule { start, end, worker }
        }
        Do::CompleteStep => Command::CompleteStep { step: body.step.ok_or_else(|| required("/step"))?, fields: body.fields.unwrap_or_default() },
        Do::Decline => Command::Decline { reason: body.reason.unwrap_or_default() },
        Do::Cancel => Command::Cancel { reason: body.reason },
        Do::Unallocate => Command::Unallocate,
        Do::Publish => Command::Publish,
        Do::Unpublish => Command::Unpublish,
        Do::Accept => Command::Accept,
        Do::EnRoute => Command::EnRoute,
        Do::UndoStep => Command::UndoStep,
        Do::Pause => Command::Pause,
        Do::Resume => Command::Resume,
        Do::Reopen => Command::Reopen,
        Do::MarkSeen => Command::MarkSeen,
    })
}

async fn of_edit(shared: &Arc<Shared>, caller: &Caller, input: EditInput) -> Result<Command, Error> {
    let (asset, asset_customer) = match input.asset {
        Some(Some(asset)) => {
            let (asset, _, whose) = asset_of(shared, caller, asset).await?;
            (Some(Some(asset)), Some(whose))
        }
        Some(None) => (Some(None), None),
        None => (None, None),
    };
    Ok(Command::Edit(Box::new(Edit {
        requested_start: input.requested_start,
        duration_min: input.duration_min,
        asset,
        asset_customer,
        contact: input.contact,
        notes: input.notes,
        internal_notes: input.internal_notes,
        steps: input.steps,
        fields: input.fields,
        invoice_lines: input.invoice_lines,
    })))
}

/// A worker of the tenant who can be given jobs.
pub(super) async fn worker_ref(shared: &Shared, tenant: TenantId, id: WorkerId, pointer: &str) -> Result<WorkerRef, Error> {
    let mut connection = shared.store.read(tenant).await?;
    let worker = not_found_at(store::workers::find(&mut connection, tenant, id).await, pointer)?;
    if worker.archived_at.is_some() {
        return Err(fault(pointer, Why::NotFound));
    }
    Ok(WorkerRef { id, name: worker.name })
}

/// An asset that the caller may put on a job, where it is, and whose.
pub(super) async fn asset_of(shared: &Shared, caller: &Caller, id: AssetId) -> Result<(AssetRef, Option<Address>, CustomerId), Error> {
    let mut connection = shared.store.read(caller.tenant).await?;
    let asset = not_found_at(store::assets::find(&mut connection, caller.tenant, id).await, "/asset")?;
    let is_theirs = match &caller.role {
        Role::Dispatcher { .. } => true,
        Role::Worker { .. } | Role::Link { .. } => false,
        Role::PortalUser { .. } => caller.permissions_for(asset.customer).is_some(),
    };
    if !is_theirs || asset.archived_at.is_some() {
        return Err(fault("/asset", Why::NotFound));
    }
    Ok((AssetRef { id, kind: asset.kind, name: asset.name }, asset.address, asset.customer))
}

/// The files that a request names in fields and that the caller may put there: complete, and uploaded by themselves.
pub(super) async fn files_named(shared: &Shared, caller: &Caller, ask: &Ask) -> Result<Vec<FileRef>, Error> {
    match ask {
        Ask::Body(body) => files_in(shared, caller, body.fields.iter()).await,
        Ask::Edit(edit) => files_in(shared, caller, edit.steps.iter().map(|step| &step.fields).chain([&edit.fields])).await,
        Ask::Delete => Ok(Vec::new()),
    }
}

/// The same of these fields. Which of them hold files at all is the rules' to say: here whatever looks like an id is looked up.
pub(super) async fn files_in<'a>(
    shared: &Shared,
    caller: &Caller,
    fields: impl Iterator<Item = &'a Map<String, Value>>,
) -> Result<Vec<FileRef>, Error> {
    let texts = fields.flat_map(Map::values).flat_map(|value| match value {
        Value::Array(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    });
    let ids = texts.filter_map(Value::as_str).filter(|text| text.len() == 36).filter_map(|text| text.parse().ok().map(FileId));
    let ids: Vec<FileId> = ids.take(FILES_MAX).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = shared.store.read(caller.tenant).await?;
    Ok(store::files::uploaded_by(&mut connection, caller.tenant, caller.person(), &ids).await?)
}

/// What is missing from the store is a fault at the member that named it.
pub(super) fn not_found_at<T>(found: Result<T, store::Error>, pointer: &str) -> Result<T, Error> {
    found.map_err(|error| match error {
        store::Error::Missing => fault(pointer, Why::NotFound),
        other => other.into(),
    })
}

/// One fault.
pub(super) fn fault(pointer: &str, why: Why) -> Error {
    Error::Refused(Refusal::Invalid(vec![Fault::at(pointer, why)]))
}

fn required(pointer: &str) -> Error {
    fault(pointer, Why::Required)
}
