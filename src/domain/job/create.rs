//! Making a job of a request.

use super::{CustomerRef, Job, Slot, Source, Status, TemplateRef};
use crate::domain::alert::Announced;
use crate::domain::at::At;
use crate::domain::caller::By;
use crate::domain::command::{AssetRef, Contact, WorkerRef};
use crate::domain::event::{Before, Change, Event, Kind};
use crate::domain::field::{Field, LONG_TEXT_MAX, Rule, TEXT_MAX, parse_text};
use crate::domain::file::{self, FileRef};
use crate::domain::ids::{JobId, TenantId};
use crate::domain::invoice::{Invoice, LineInput, Terms, parse_lines};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::step::{Address, Step};
use crate::domain::template::{Filler, Filling, StepInput, Template, fill_fields, fill_steps, unfilled, visible_steps};
use crate::domain::tenant::DispatchRules;
use serde_json::{Map, Value};

/// A request for a job, its references already looked up.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// Its type.
    pub template: &'a Template,
    /// For whom.
    pub customer: CustomerRef,
    /// When the customer would like it.
    pub requested_start: Option<At>,
    /// The asset, with the address that becomes the job's.
    pub asset: Option<(AssetRef, Option<Address>)>,
    /// Whom to call on site.
    pub contact: Option<Contact>,
    /// Notes for worker and customer.
    pub notes: String,
    /// What was sent for the steps.
    pub steps: Vec<StepInput>,
    /// What was sent for the fields of the job.
    pub fields: Map<String, Value>,
    /// What holds for its invoice.
    pub terms: Terms,
    /// The files that it may name.
    pub files: Vec<FileRef>,
    /// What only a dispatcher may add.
    pub placement: Placement,
    /// Who asks, and so which rules bind them.
    pub filler: Filler,
    /// From where.
    pub source: Source,
}

/// The dispatcher's part of a request.
#[derive(Debug, Clone, Default)]
pub struct Placement {
    /// Whose row.
    pub worker: Option<WorkerRef>,
    /// Planned start.
    pub start: Option<At>,
    /// Planned end.
    pub end: Option<At>,
    /// Planned duration, minutes; by default the template's.
    pub duration_min: Option<u32>,
    /// Notes for dispatchers.
    pub internal_notes: String,
    /// What is charged; by default the template's lines.
    pub invoice_lines: Option<Vec<LineInput>>,
    /// Publish at once.
    pub publish: bool,
}

impl NewJob<'_> {
    /// The job and the event that it came to be, or every fault of the request at once.
    pub fn decide(self, tenant: TenantId, id: JobId, by: By, rules: DispatchRules, now: At) -> Result<(Job, Event), Refusal> {
        let mut faults = Vec::new();
        let (mut steps, mut fields) = self.template.blank();
        if let Some((_, Some(address))) = &self.asset
            && let Some(first) = steps.iter_mut().find(|step| step.has_address)
        {
            first.address = Some(address.clone());
        }
        fill_steps(&mut steps, &self.steps, self.filler, &self.files, &mut faults);
        let filling = Filling { filler: self.filler, locked: false, files: &self.files };
        fill_fields(&mut fields, &self.fields, filling, "/fields", &mut faults);
        if self.filler == Filler::Portal {
            self.check_filled(&steps, &fields, &mut faults);
        }
        let mut text = |text: &str, pointer: &str| {
            parse_text(text, LONG_TEXT_MAX, true).unwrap_or_else(|why| {
                faults.push(Fault::at(pointer, why));
                String::new()
            })
        };
        let notes = text(&self.notes, "/notes");
        let internal_notes = text(&self.placement.internal_notes, "/internal_notes");
        check_contact(self.contact.as_ref(), &mut faults);
        let lines = match &self.placement.invoice_lines {
            Some(sent) => parse_lines(sent, &mut faults),
            None => self.template.invoice_lines.clone(),
        };
        let duration_min = self.placement.duration_min.unwrap_or(self.template.duration_min);
        if !(5..=DURATION_MAX).contains(&duration_min) {
            faults.push(Fault::at("/duration_min", Why::OutOfRange("5 minutes to 14 days")));
        }
        let (status, worker, scheduled) = self.place(duration_min, rules, &mut faults);
        if !faults.is_empty() {
            faults.dedup();
            return Err(Refusal::Invalid(faults));
        }
        let customer = self.customer.id;
        let from_portal = self.source == Source::Portal;
        let files = file::held(&self.files, steps.iter().flat_map(|step| &step.fields).chain(&fields));
        let mut job = Job {
            id,
            tenant,
            number: 0,
            version: 1,
            staff_version: 1,
            portal_version: 1,
            invoice_version: 0,
            template: TemplateRef { id: self.template.id, name: self.template.name.clone(), colour: self.template.colour.clone() },
            customer: self.customer,
            status,
            paused: false,
            en_route: false,
            nearby: false,
            announced: None,
            marked_at: None,
            auto_assigned: status == Status::Assigned,
            worker,
            requested_start: self.requested_start,
            scheduled,
            actual_start: None,
            actual_end: None,
            duration_min,
            parts: self.template.parts,
            steps,
            fields,
            source: self.source,
            is_new: from_portal,
            changed_by_customer: false,
            declined: Vec::new(),
            gone_from: Vec::new(),
            pending_since: None,
            asset: self.asset.map(|(asset, _)| asset),
            contact: self.contact,
            notes,
            internal_notes,
            invoice: Invoice { terms: self.terms, lines, ..Invoice::default() },
            files,
            last_at: now,
            created_at: now,
        };
        job.announced = Announced::next(None, &job);
        let event = Event {
            kind: Kind::JobCreated,
            at: now,
            received_at: now,
            by,
            source: self.source,
            change: Change::Created,
            files: Vec::new(),
            before: Before { customer, phone: None, status: None },
            portal_visible: true,
            on_invoice_only: false,
            differences: Vec::new(),
        };
        Ok((job, event))
    }

    /// What a portal user must give is there.
    fn check_filled(&self, steps: &[Step], fields: &[Field], faults: &mut Vec<Fault>) {
        self.check_parts(faults);
        for (position, &index) in visible_steps(steps, self.filler).iter().enumerate() {
            let step = &steps[index];
            let sent = self.steps.iter().position(|sent| sent.index == position).unwrap_or(position);
            if step.portal == Rule::Required && step.has_address && step.address.is_none() {
                faults.push(Fault::at(format!("/steps/{sent}/address/text"), Why::Required));
            }
            if step.portal.writable() {
                faults.extend(unfilled(&step.fields, self.filler, &format!("/steps/{sent}/fields")));
            }
        }
        faults.extend(unfilled(fields, self.filler, "/fields"));
    }

    /// A portal user may give only the parts that the template shows, and must give the required ones.
    fn check_parts(&self, faults: &mut Vec<Fault>) {
        let parts = self.template.parts;
        let given = [
            (parts.requested_start, self.requested_start.is_some(), "/requested_start"),
            (parts.asset, self.asset.is_some(), "/asset"),
            (parts.contact, self.contact.as_ref().is_some_and(|contact| !contact.name.is_empty() || !contact.phone.is_empty()), "/contact"),
            (parts.notes, !self.notes.trim().is_empty(), "/notes"),
        ];
        for (rule, is_given, pointer) in given {
            match rule {
                Rule::Hidden if is_given => faults.push(Fault::at(pointer, Why::Unknown)),
                Rule::ReadOnly if is_given => faults.push(Fault::at(pointer, Why::ReadOnly)),
                Rule::Required if !is_given => faults.push(Fault::at(pointer, Why::Required)),
                _ => {}
            }
        }
    }

    /// Where the dispatcher puts it at once, if anywhere.
    fn place(&self, duration_min: u32, rules: DispatchRules, faults: &mut Vec<Fault>) -> (Status, Option<WorkerRef>, Option<Slot>) {
        let placement = &self.placement;
        match (&placement.worker, placement.start) {
            (None, None) => {
                if placement.publish {
                    faults.push(Fault::at("/worker", Why::Required));
                }
                (Status::Unassigned, None, None)
            }
            (None, Some(_)) => {
                faults.push(Fault::at("/worker", Why::Required));
                (Status::Unassigned, None, None)
            }
            (Some(_), None) => {
                faults.push(Fault::at("/scheduled_start", Why::Required));
                (Status::Unassigned, None, None)
            }
            (Some(worker), Some(start)) => {
                let end = placement.end.unwrap_or(start.plus_min(i64::from(duration_min)));
                if end <= start {
                    faults.push(Fault::at("/scheduled_end", Why::EndBeforeStart));
                }
                let status = match (placement.publish, rules.accept_decline && !rules.auto_accept) {
                    (false, _) => Status::Allocated,
                    (true, true) => Status::Pending,
                    (true, false) => Status::Assigned,
                };
                (status, Some(worker.clone()), Some(Slot { start, end }))
            }
        }
    }
}

/// The longest job, minutes: 14 days. The shortest takes five.
pub const DURATION_MAX: u32 = 14 * 24 * 60;

/// A wish for a time that just went by is still meant for now.
pub const PAST_MS: i64 = 5 * 60_000;

/// A contact's name and phone are one line each.
pub(super) fn check_contact(contact: Option<&Contact>, faults: &mut Vec<Fault>) {
    if let Some(contact) = contact {
        for (text, pointer) in [(&contact.name, "/contact/name"), (&contact.phone, "/contact/phone")] {
            if let Err(why) = parse_text(text, TEXT_MAX, false) {
                faults.push(Fault::at(pointer, why));
            }
        }
    }
}
