//! What may happen to a job: the table of commands of product.md §2.

use super::create::{DURATION_MAX, PAST_MS, check_contact};
use super::{Job, Slot, Source, Status};
use crate::domain::at::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, Edit, WorkerRef};
use crate::domain::event::{Before, Change, Edited, Event, Kind};
use crate::domain::field::{LONG_TEXT_MAX, TEXT_MAX, parse_text};
use crate::domain::file::{self, FileRef};
use crate::domain::portal::{self, Permissions};
use crate::domain::refusal::{Fault, Gone, Refusal, Why};
use crate::domain::step::Done;
use crate::domain::template::{Filler, Filling, fill_fields, fill_steps, unfilled};
use crate::domain::tenant::DispatchRules;
use serde_json::{Map, Value};

/// A worker may undo a step for this long, counted between the two happened-at times.
const UNDO_MS: i64 = 10_000;

/// A command with who asks it, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What.
    pub command: &'a Command,
    /// Who.
    pub caller: &'a Caller,
    /// From where.
    pub source: Source,
    /// When the hub got it.
    pub now: At,
    /// When it happened by the worker's corrected clock; for everybody else `now`.
    pub happened_at: At,
    /// The version that the caller was looking at, if they say.
    pub version: Option<i64>,
    /// The tenant's rules.
    pub rules: DispatchRules,
    /// The files that the caller may name besides the job's own.
    pub files: &'a [FileRef],
}

impl Job {
    /// The event that the command makes, nothing if the job already is so, or why not.
    pub fn decide(&self, asked: &Asked<'_>) -> Result<Option<Event>, Refusal> {
        if !asked.command.belongs_to(&asked.caller.role) && *asked.command != Command::EndEnRoute {
            return Err(Refusal::Forbidden);
        }
        self.check_access(asked)?;
        self.check_version(asked)?;
        let happened_at = asked.happened_at.clamp(self.last_at, asked.now.max(self.last_at));
        let Some((kind, change)) = self.change(asked, happened_at)? else { return Ok(None) };
        let files = self.new_files(&change, asked.files);
        let event = Event {
            kind,
            at: happened_at,
            received_at: asked.now,
            by: asked.caller.by(),
            source: asked.source,
            change,
            files,
            before: Before { customer: self.customer.id, phone: self.phone(), status: Some(self.status) },
            portal_visible: true,
            on_invoice_only: false,
            differences: Vec::new(),
        };
        Ok(Some(self.weighed(event)))
    }

    /// The event, with what it changes and who could see that.
    pub(super) fn weighed(&self, mut event: Event) -> Event {
        if matches!(event.change, Change::Deleted { .. }) {
            return event;
        }
        let mut after = self.clone();
        after.apply(&event);
        after.version = self.version;
        let all = Permissions::all();
        event.portal_visible = self.shows_in_portal(&after, &all);
        event.on_invoice_only = event.portal_visible && !self.shows_in_portal(&after, &Permissions { invoice: false, ..all });
        event.differences = self.differences(&after);
        event
    }

    /// The files that may be named in its fields.
    fn files_with(&self, asked: &Asked<'_>) -> Vec<FileRef> {
        self.files.iter().chain(asked.files).cloned().collect()
    }

    /// The files that a change brings to the job.
    fn new_files(&self, change: &Change, known: &[FileRef]) -> Vec<FileRef> {
        let mut files = match change {
            Change::StepDone { fields, .. } => file::held(known, fields.iter()),
            Change::Edited(edited) => file::held(known, edited.steps.iter().flat_map(|(_, _, fields)| fields).chain(edited.fields.iter().flatten())),
            _ => Vec::new(),
        };
        files.retain(|file| !self.files.contains(file));
        files
    }

    /// Whether a portal user with these permissions would see a difference.
    fn shows_in_portal(&self, after: &Self, permissions: &Permissions) -> bool {
        portal::project(self, permissions) != portal::project(after, permissions)
    }

    /// Not yours or not there look alike; a worker who had it is told that it went.
    fn check_access(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        match &asked.caller.role {
            Role::Dispatcher { .. } => Ok(()),
            Role::Worker { id } if self.phone() == Some(*id) => Ok(()),
            Role::Worker { id } => {
                let gone = self.gone_from.iter().rev().find(|(worker, _)| worker == id);
                Err(gone.map_or(Refusal::Missing, |(_, reason)| Refusal::NoLongerYours { number: self.number, reason: *reason }))
            }
            Role::PortalUser { .. } => {
                let permissions = asked.caller.permissions_for(self.customer.id).filter(|permissions| permissions.view_jobs);
                let permissions = permissions.ok_or(Refusal::Missing)?;
                let allowed = match asked.command {
                    Command::Edit(_) => permissions.edit,
                    Command::Cancel { .. } => permissions.cancel,
                    Command::Delete => permissions.delete,
                    _ => false,
                };
                if allowed { Ok(()) } else { Err(Refusal::Forbidden) }
            }
            Role::Link { .. } => Err(Refusal::Forbidden),
        }
    }

    /// Stale only if a later event changed what this caller's view shows.
    fn check_version(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        let Some(seen) = asked.version else { return Ok(()) };
        let changed = match asked.caller.role {
            Role::PortalUser { .. } if asked.caller.permissions_for(self.customer.id).is_some_and(|may| may.invoice) => {
                self.portal_version.max(self.invoice_version)
            }
            Role::PortalUser { .. } | Role::Link { .. } => self.portal_version,
            Role::Dispatcher { .. } | Role::Worker { .. } => self.staff_version,
        };
        let never_conflicts = matches!(asked.command, Command::MarkSeen);
        if never_conflicts || (changed..=self.version).contains(&seen) { Ok(()) } else { Err(Refusal::Conflict) }
    }

    #[expect(clippy::match_same_arms, reason = "one line for each row of the table")]
    fn change(&self, asked: &Asked<'_>, at: At) -> Result<Option<(Kind, Change)>, Refusal> {
        use Status::{Allocated, Assigned, Cancelled, Completed, Pending, Started, Unassigned};
        let illegal = Err(Refusal::IllegalTransition(self.status));
        let assigns = !asked.rules.accept_decline || asked.rules.auto_accept;
        let change = match (asked.command, self.status) {
            (Command::Allocate { worker, start, end }, Unassigned | Allocated) => {
                let slot = Self::slot(*start, *end, self.duration_min)?;
                (Kind::JobAllocated, Change::Allocated { worker: worker.clone(), start: slot.start, end: slot.end })
            }
            (Command::Unallocate, Allocated | Pending | Assigned) => (Kind::JobUnallocated, Change::Unallocated),
            (Command::Publish, Allocated) if assigns => (Kind::JobAssigned, Change::Assigned { by_itself: true }),
            (Command::Publish, Allocated) => (Kind::JobPublished, Change::Published),
            (Command::Unpublish, Pending | Assigned) => (Kind::JobUnpublished, Change::Unpublished),
            (Command::Accept, Pending) => (Kind::JobAssigned, Change::Assigned { by_itself: false }),
            (Command::Accept, Assigned) => return Ok(None),
            (Command::Decline { reason }, Pending | Assigned) if self.may_decline() => self.declined_by_worker(reason)?,
            (Command::EnRoute, Assigned) if self.en_route => return Ok(None),
            (Command::EnRoute, Assigned) => (Kind::JobEnRoute, Change::EnRoute),
            (Command::EndEnRoute, _) if self.en_route => (Kind::JobEdited, Change::EnRouteEnded),
            (Command::EndEnRoute, _) => return Ok(None),
            (Command::CompleteStep { .. }, Started) if self.paused => return Err(Refusal::Paused),
            (Command::CompleteStep { step, fields }, Assigned | Started) => self.step_done(asked, *step, fields, at)?,
            (Command::UndoStep, Started | Completed) => self.step_undone(asked, at)?,
            (Command::Pause, Started) if self.paused => return Ok(None),
            (Command::Pause, Started) => (Kind::JobPaused, Change::Paused),
            (Command::Resume, Started) if !self.paused => return Ok(None),
            (Command::Resume, Started) => (Kind::JobResumed, Change::Resumed),
            (Command::Cancel { reason }, Unassigned | Allocated | Pending | Assigned | Started) => {
                self.check_portal_may_still(asked)?;
                (Kind::JobCancelled, Change::Cancelled { reason: optional_line(reason.as_deref(), "/reason")? })
            }
            (Command::Reopen, Cancelled) => (Kind::JobReopened, Change::Reopened),
            (Command::Reschedule { start, end, worker }, status) if status != Completed && status != Cancelled => {
                self.rescheduled(*start, *end, worker.as_ref())?
            }
            (Command::MarkSeen, _) => return Ok((self.is_new || self.changed_by_customer).then_some((Kind::JobSeen, Change::Seen))),
            (Command::Edit(edit), _) => return self.edited(asked, edit),
            (Command::Delete, status) if status != Started => {
                self.check_portal_may_still(asked)?;
                let workers = self.gone_from.iter().map(|(worker, _)| *worker).chain(self.phone()).collect();
                (Kind::JobDeleted, Change::Deleted { number: self.number, workers })
            }
            _ => return illegal,
        };
        Ok(Some(change))
    }

    /// A portal user may call off, delete or edit only until the work began or the worker is on the way.
    fn check_portal_may_still(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        let is_portal = matches!(asked.caller.role, Role::PortalUser { .. });
        if is_portal && !portal::still_theirs(self) { Err(Refusal::IllegalTransition(portal::status(self))) } else { Ok(()) }
    }

    fn slot(start: At, end: Option<At>, length_min: u32) -> Result<Slot, Refusal> {
        let end = end.unwrap_or(start.plus_min(i64::from(length_min)));
        if end <= start {
            return Err(Refusal::Invalid(vec![Fault::at("/end", Why::EndBeforeStart)]));
        }
        Ok(Slot { start, end })
    }

    /// An offer may be declined; a promise only if publishing alone made it, and nobody is on the way.
    fn may_decline(&self) -> bool {
        self.status == Status::Pending || self.auto_assigned && !self.en_route
    }

    fn declined_by_worker(&self, reason: &str) -> Result<(Kind, Change), Refusal> {
        let worker = self.worker.clone().ok_or(Refusal::Missing)?;
        let reason = optional_line(Some(reason), "/reason")?.ok_or_else(|| Refusal::Invalid(vec![Fault::at("/reason", Why::Required)]))?;
        Ok((Kind::JobDeclined, Change::Declined { worker, reason }))
    }

    fn step_done(&self, asked: &Asked<'_>, step: usize, values: &Map<String, Value>, at: At) -> Result<(Kind, Change), Refusal> {
        if self.next_step() != Some(step) {
            return Err(Refusal::WrongStep { expected: self.next_step() });
        }
        let filler = if matches!(asked.caller.role, Role::Worker { .. }) { Filler::Worker } else { Filler::Dispatcher };
        let mut fields = self.steps[step].fields.clone();
        let mut faults = Vec::new();
        let files = self.files_with(asked);
        fill_fields(&mut fields, values, Filling { filler, locked: false, files: &files }, "/fields", &mut faults);
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        // Required of the worker, whoever ticks the step off.
        let mut unfilled_fields = unfilled(&fields, Filler::Worker, "/fields");
        if step + 1 == self.steps.len() {
            unfilled_fields.extend(unfilled(&self.fields, Filler::Worker, "/job/fields"));
        }
        if !unfilled_fields.is_empty() {
            return Err(Refusal::RequiredFields(unfilled_fields));
        }
        Ok((self.kind_when_done(step), Change::StepDone { step, fields, done: Done { at, received_at: asked.now } }))
    }

    /// What the completion of a step is called.
    pub(super) fn kind_when_done(&self, step: usize) -> Kind {
        match (step + 1 == self.steps.len(), step) {
            (true, _) => Kind::JobCompleted,
            (false, 0) => Kind::JobStarted,
            (false, _) => Kind::JobStepCompleted,
        }
    }

    fn step_undone(&self, asked: &Asked<'_>, at: At) -> Result<(Kind, Change), Refusal> {
        let step = self.last_done().ok_or(Refusal::IllegalTransition(self.status))?;
        let done = self.steps[step].done.ok_or(Refusal::IllegalTransition(self.status))?;
        if matches!(asked.caller.role, Role::Worker { .. }) && at.since(done.at) > UNDO_MS {
            return Err(Refusal::UndoTooLate);
        }
        Ok((Kind::JobStepUndone, Change::StepUndone { step }))
    }

    fn rescheduled(&self, start: At, end: Option<At>, worker: Option<&WorkerRef>) -> Result<(Kind, Change), Refusal> {
        let to = worker.or(self.worker.as_ref()).cloned().ok_or_else(|| Refusal::Invalid(vec![Fault::at("/worker", Why::Required)]))?;
        let length_ms = self.scheduled.map_or(i64::from(self.duration_min) * 60_000, |slot| slot.end.since(slot.start));
        let slot = Self::slot(start, end.or(Some(start.plus_ms(length_ms))), self.duration_min)?;
        let moves = |worker| Change::Rescheduled { worker, start: slot.start, end: slot.end };
        let places = |worker| Change::Allocated { worker, start: slot.start, end: slot.end };
        let same_worker = self.worker.as_ref().is_some_and(|worker| worker.id == to.id);
        Ok(match self.status {
            Status::Unassigned => (Kind::JobAllocated, places(to)),
            Status::Pending | Status::Assigned if !same_worker => (Kind::JobRescheduled, places(to)),
            // What began, began: only the end or the worker of a started job may change.
            Status::Started if self.scheduled.is_some_and(|planned| planned.start != slot.start) => {
                return Err(Refusal::IllegalTransition(self.status));
            }
            _ => (Kind::JobRescheduled, moves(to)),
        })
    }

    fn edited(&self, asked: &Asked<'_>, edit: &Edit) -> Result<Option<(Kind, Change)>, Refusal> {
        let illegal = Err(Refusal::IllegalTransition(self.status));
        let filler = match asked.caller.role {
            Role::Dispatcher { .. } => Filler::Dispatcher,
            Role::Worker { .. } => Filler::Worker,
            Role::PortalUser { .. } | Role::Link { .. } => Filler::Portal,
        };
        let notes_only = Edit {
            notes: edit.notes.clone(),
            internal_notes: edit.internal_notes.clone(),
            invoice_lines: edit.invoice_lines.clone(),
            ..Edit::default()
        };
        match (filler, self.status) {
            (_, Status::Cancelled) => return illegal,
            (Filler::Dispatcher, Status::Completed) if *edit != notes_only => return illegal,
            (Filler::Worker, status) if !matches!(status, Status::Assigned | Status::Started) => return illegal,
            (Filler::Portal, _) => self.check_portal_may_still(asked)?,
            _ => {}
        }
        let mut faults = Vec::new();
        self.check_edit_parts(edit, filler, &mut faults);
        let (mut steps, mut fields) = (self.steps.clone(), self.fields.clone());
        if edit.asset_customer.is_some_and(|customer| customer != self.customer.id) {
            faults.push(Fault::at("/asset", Why::NotFound));
        }
        // A wish that stays as it is may have come to lie in the past.
        let wish = edit.requested_start.flatten().filter(|start| filler == Filler::Portal && Some(*start) != self.requested_start);
        if wish.is_some_and(|start| asked.now.since(start) > PAST_MS) {
            faults.push(Fault::at("/requested_start", Why::Past));
        }
        let files = self.files_with(asked);
        fill_steps(&mut steps, &edit.steps, filler, &files, &mut faults);
        fill_fields(&mut fields, &edit.fields, Filling { filler, locked: false, files: &files }, "/fields", &mut faults);
        if filler == Filler::Portal {
            self.check_still_filled(&steps, &fields, &mut faults);
        }
        let text = |text: &Option<String>, pointer: &str, faults: &mut Vec<Fault>| {
            text.as_ref().and_then(|text| parse_text(text, LONG_TEXT_MAX, true).map_err(|why| faults.push(Fault::at(pointer, why))).ok())
        };
        let notes = text(&edit.notes, "/notes", &mut faults).filter(|notes| *notes != self.notes);
        let internal_notes = text(&edit.internal_notes, "/internal_notes", &mut faults).filter(|notes| *notes != self.internal_notes);
        check_contact(edit.contact.as_ref().and_then(Option::as_ref), &mut faults);
        if edit.duration_min.is_some_and(|minutes| !(5..=DURATION_MAX).contains(&minutes)) {
            faults.push(Fault::at("/duration_min", Why::OutOfRange("5 minutes to 14 days")));
        }
        let lines = edit.invoice_lines.as_ref().filter(|_| filler == Filler::Dispatcher).map(|sent| self.invoice.replace(sent, &mut faults));
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        let changed_step = |(index, step): (usize, crate::domain::step::Step)| {
            let before = &self.steps[index];
            (step.address != before.address || step.fields != before.fields).then_some((index, step.address, step.fields))
        };
        let edited = Edited {
            requested_start: edit.requested_start.filter(|start| *start != self.requested_start),
            duration_min: edit.duration_min.filter(|minutes| *minutes != self.duration_min),
            asset: edit.asset.clone().filter(|asset| *asset != self.asset),
            contact: edit.contact.clone().filter(|contact| *contact != self.contact),
            notes,
            internal_notes,
            steps: steps.into_iter().enumerate().filter_map(changed_step).collect(),
            fields: (fields != self.fields).then_some(fields),
            invoice_lines: lines.filter(|lines| *lines != self.invoice.lines),
            by_customer: filler == Filler::Portal,
        };
        let kind = if edited.is_invoice_only() { Kind::JobInvoiceChanged } else { Kind::JobEdited };
        Ok((!edited.is_empty()).then(|| (kind, Change::Edited(Box::new(edited)))))
    }

    /// Which built-in parts this filler may change.
    fn check_edit_parts(&self, edit: &Edit, filler: Filler, faults: &mut Vec<Fault>) {
        let given = [
            (edit.requested_start.is_some(), self.parts.requested_start, "/requested_start"),
            (edit.asset.is_some(), self.parts.asset, "/asset"),
            (edit.contact.is_some(), self.parts.contact, "/contact"),
            (edit.notes.is_some(), self.parts.notes, "/notes"),
        ];
        let staff_only = [
            (edit.duration_min.is_some(), "/duration_min"),
            (edit.internal_notes.is_some(), "/internal_notes"),
            (edit.invoice_lines.is_some(), "/invoice_lines"),
        ];
        match filler {
            Filler::Dispatcher => {}
            Filler::Worker => {
                let all = given.iter().map(|(given, _, pointer)| (*given, *pointer)).chain(staff_only);
                faults.extend(all.filter(|(given, _)| *given).map(|(_, pointer)| Fault::at(pointer, Why::ReadOnly)));
            }
            Filler::Portal => {
                faults.extend(staff_only.iter().filter(|(given, _)| *given).map(|(_, pointer)| Fault::at(*pointer, Why::Unknown)));
                for (_, rule, pointer) in given.iter().filter(|(given, rule, _)| *given && !rule.writable()) {
                    faults.push(Fault::at(*pointer, if rule.visible() { Why::ReadOnly } else { Why::Unknown }));
                }
            }
        }
    }

    /// A portal user may not empty what is required of them.
    fn check_still_filled(&self, steps: &[crate::domain::step::Step], fields: &[crate::domain::field::Field], faults: &mut Vec<Fault>) {
        use crate::domain::field::Rule;
        for (position, &index) in crate::domain::template::visible_steps(steps, Filler::Portal).iter().enumerate() {
            let (before, after) = (&self.steps[index], &steps[index]);
            if after.portal == Rule::Required && before.address.is_some() && after.address.is_none() {
                faults.push(Fault::at(format!("/steps/{position}/address/text"), Why::Required));
            }
            if before.fields != after.fields {
                faults.extend(unfilled(&after.fields, Filler::Portal, &format!("/steps/{position}/fields")));
            }
        }
        if *fields != self.fields {
            faults.extend(unfilled(fields, Filler::Portal, "/fields"));
        }
    }
}

fn optional_line(text: Option<&str>, pointer: &str) -> Result<Option<String>, Refusal> {
    let line = parse_text(text.unwrap_or_default(), TEXT_MAX, false).map_err(|why| Refusal::Invalid(vec![Fault::at(pointer, why)]))?;
    Ok((!line.is_empty()).then_some(line))
}

/// Why a job left a worker's phone, by what happened to it.
pub(super) fn gone_reason(change: &Change) -> Gone {
    match change {
        Change::Declined { .. } => Gone::Declined,
        Change::Cancelled { .. } => Gone::Cancelled,
        Change::Deleted { .. } => Gone::Deleted,
        Change::Unallocated | Change::Unpublished => Gone::Unpublished,
        _ => Gone::Reassigned,
    }
}

impl Event {
    /// Why the job left the phone it was on, for whoever tells its worker.
    pub fn gone(&self) -> Gone {
        gone_reason(&self.change)
    }
}
