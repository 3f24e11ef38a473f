//! What an event changes. Never fails, never decides.

use super::decide::gone_reason;
use super::{Declined, Job, Slot, Status};
use crate::domain::alert::Announced;
use crate::domain::caller::ByKind;
use crate::domain::event::{Change, Edited, Event};
use crate::domain::refusal::Gone;
use crate::domain::step::Visit;

impl Job {
    /// Applies an event that was decided on this very version.
    pub fn apply(&mut self, event: &Event) {
        let phone_before = self.phone();
        self.version += 1;
        self.files.extend_from_slice(&event.files);
        match &event.change {
            Change::Created | Change::Seen | Change::Deleted { .. } => {}
            Change::Allocated { worker, start, end } => {
                self.clear_progress();
                self.status = Status::Allocated;
                self.worker = Some(worker.clone());
                self.scheduled = Some(Slot { start: *start, end: *end });
            }
            Change::Unallocated => self.off_the_row(),
            Change::Published => {
                self.status = Status::Pending;
                self.pending_since = Some(event.at);
            }
            Change::Assigned { by_itself } => {
                self.status = Status::Assigned;
                self.auto_assigned = *by_itself;
            }
            Change::Unpublished => {
                self.clear_progress();
                self.status = Status::Allocated;
            }
            Change::Declined { worker, reason } => {
                self.declined.push(Declined { worker: worker.clone(), reason: reason.clone(), at: event.at });
                self.off_the_row();
            }
            Change::Rescheduled { worker, start, end } => {
                if self.worker.as_ref().is_some_and(|before| before.id != worker.id) {
                    self.en_route = false;
                    self.paused = false;
                    self.marked_at = (self.status == Status::Started).then_some(event.at);
                }
                self.worker = Some(worker.clone());
                self.scheduled = Some(Slot { start: *start, end: *end });
            }
            Change::EnRoute => {
                self.en_route = true;
                self.marked_at = Some(event.at);
            }
            Change::EnRouteEnded => {
                self.en_route = false;
                self.marked_at = None;
            }
            Change::StepDone { step, fields, done } => {
                self.steps[*step].fields.clone_from(fields);
                self.steps[*step].done = Some(*done);
                if self.actual_start.is_none() {
                    self.actual_start = Some(done.at);
                }
                self.en_route = false;
                if self.next_step().is_none() {
                    self.status = Status::Completed;
                    self.actual_end = Some(done.at);
                    self.marked_at = None;
                    self.invoice.issue(event.received_at);
                } else {
                    if self.status != Status::Started {
                        self.marked_at = Some(event.at);
                    }
                    self.status = Status::Started;
                }
            }
            Change::StepUndone { step } => {
                self.steps[*step].done = None;
                self.actual_end = None;
                self.invoice.take_back();
                if self.last_done().is_some() {
                    if self.status == Status::Completed {
                        self.marked_at = Some(event.at);
                    }
                    self.status = Status::Started;
                } else {
                    self.status = Status::Assigned;
                    self.actual_start = None;
                    self.paused = false;
                    self.marked_at = None;
                }
            }
            Change::Nearby => self.nearby = true,
            Change::Arrived { .. } | Change::Left { .. } => self.visit(&event.change),
            Change::Paused => {
                self.paused = true;
                self.marked_at = None;
            }
            Change::Resumed => {
                self.paused = false;
                self.marked_at = Some(event.at);
            }
            Change::Cancelled { .. } => {
                self.clear_progress();
                self.status = Status::Cancelled;
            }
            Change::Reopened => self.begin_anew(),
            Change::Edited(edited) => self.edit(edited, event),
        }
        self.remember(event, phone_before);
    }

    /// En route and pause end with the worker's part in the job.
    fn clear_progress(&mut self) {
        self.en_route = false;
        self.nearby = false;
        self.paused = false;
        self.auto_assigned = false;
        self.marked_at = None;
    }

    fn begin_anew(&mut self) {
        self.off_the_row();
        for step in &mut self.steps {
            step.done = None;
        }
        self.actual_start = None;
        self.actual_end = None;
    }

    fn off_the_row(&mut self) {
        self.clear_progress();
        self.status = Status::Unassigned;
        self.worker = None;
        self.scheduled = None;
    }

    fn edit(&mut self, edited: &Edited, event: &Event) {
        if let Some(start) = edited.requested_start {
            self.requested_start = start;
        }
        if let Some(minutes) = edited.duration_min {
            self.duration_min = minutes;
        }
        if let Some(asset) = &edited.asset {
            self.asset.clone_from(asset);
        }
        if let Some(contact) = &edited.contact {
            self.contact.clone_from(contact);
        }
        if let Some(notes) = &edited.notes {
            self.notes.clone_from(notes);
        }
        if let Some(notes) = &edited.internal_notes {
            self.internal_notes.clone_from(notes);
        }
        for (index, address, fields) in &edited.steps {
            self.steps[*index].address.clone_from(address);
            self.steps[*index].fields.clone_from(fields);
        }
        if let Some(fields) = &edited.fields {
            self.fields.clone_from(fields);
        }
        if let Some(lines) = &edited.invoice_lines {
            self.invoice.lines.clone_from(lines);
            if self.status == Status::Completed {
                self.invoice.issue(event.received_at);
            }
        }
        self.changed_by_customer |= edited.by_customer;
    }

    fn visit(&mut self, change: &Change) {
        match change {
            Change::Arrived { step, at } => self.steps[*step].visit = Some(Visit { arrived_at: *at, left_at: None }),
            Change::Left { step, at } => {
                if let Some(visit) = &mut self.steps[*step].visit {
                    visit.left_at = Some(*at);
                }
            }
            _ => {}
        }
    }

    /// Nobody is there any more whose fixes would tell; of what is still to be done, nobody was there yet.
    fn end_visits(&mut self, at: crate::domain::At) {
        for step in &mut self.steps {
            step.visit = step.visit.filter(|_| step.done.is_some());
            if let Some(visit) = &mut step.visit {
                visit.left_at.get_or_insert(at);
            }
        }
    }

    /// The marks that every event leaves, whatever it changed.
    fn remember(&mut self, event: &Event, phone_before: Option<crate::domain::ids::WorkerId>) {
        if let Some(worker) = phone_before.filter(|_| self.phone() != phone_before) {
            self.gone_from.retain(|(known, _)| *known != worker);
            self.gone_from.push((worker, gone_reason(&event.change)));
            self.end_visits(event.at);
        }
        if matches!(event.change, Change::Reopened) {
            // Open again, but no longer theirs.
            for (_, reason) in self.gone_from.iter_mut().filter(|(_, reason)| *reason == Gone::Cancelled) {
                *reason = Gone::Unpublished;
            }
        }
        if matches!(event.by.kind, ByKind::Dispatcher | ByKind::Api) {
            self.is_new = false;
            self.changed_by_customer = false;
        }
        if !matches!(event.change, Change::Seen) {
            self.staff_version = self.version;
        }
        if event.on_invoice_only {
            self.invoice_version = self.version;
        } else if event.portal_visible {
            self.portal_version = self.version;
        }
        self.last_at = self.last_at.max(event.at);
        self.announced = Announced::next(self.announced, self);
    }
}
