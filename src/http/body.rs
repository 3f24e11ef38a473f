//! Bodies that make and change jobs, as sent. They serialise to one normal form, by which a retry is known from another request.

use super::error::Error;
use super::local_time;
use crate::domain::At;
use crate::domain::command::Contact;
use crate::domain::field::{LONG_TEXT_MAX, TEXT_MAX};
use crate::domain::ids::{AssetId, CustomerId, TemplateId, WorkerId};
use crate::domain::invoice::{CODE_MAX, LineInput, MAX_LINES};
use crate::domain::job::DURATION_MAX;
use crate::domain::refusal::Why;
use crate::domain::template::{AddressInput, StepInput};
use crate::domain::visibility::COPIES_MAX;
use crate::hub::{EditInput, NewJobs};
use crate::protocol::client::CommandBody;
use crate::protocol::{Millis, Rfc3339};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What `POST /api/jobs` takes.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub(super) struct NewJobBody {
    template: TemplateId,
    customer: Option<CustomerId>,
    #[schemars(range(min = 1, max = COPIES_MAX))]
    copies: Option<u16>,
    requested_start: Option<String>,
    asset: Option<AssetId>,
    contact: Option<ContactBody>,
    #[schemars(length(max = LONG_TEXT_MAX))]
    notes: Option<String>,
    #[schemars(length(max = 50))]
    steps: Option<Vec<StepBody>>,
    fields: Option<Map<String, Value>>,
    worker: Option<WorkerId>,
    scheduled_start: Option<String>,
    scheduled_end: Option<String>,
    #[schemars(range(min = 5, max = DURATION_MAX))]
    duration_min: Option<u32>,
    #[schemars(length(max = LONG_TEXT_MAX))]
    internal_notes: Option<String>,
    #[schemars(length(max = MAX_LINES))]
    invoice_lines: Option<Vec<LineBody>>,
    publish: Option<bool>,
}

/// What `PATCH /api/jobs/{id}` takes. Absent members stay, null empties.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[expect(clippy::option_option, reason = "absent and emptied differ")]
pub(super) struct EditBody {
    pub(super) version: Option<i64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    requested_start: Option<Option<String>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    asset: Option<Option<AssetId>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    contact: Option<Option<ContactBody>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = LONG_TEXT_MAX))]
    notes: Option<Option<String>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = LONG_TEXT_MAX))]
    internal_notes: Option<Option<String>>,
    #[schemars(range(min = 5, max = DURATION_MAX))]
    duration_min: Option<u32>,
    #[schemars(length(max = 50))]
    steps: Option<Vec<StepBody>>,
    fields: Option<Map<String, Value>>,
    #[schemars(length(max = MAX_LINES))]
    invoice_lines: Option<Vec<LineBody>>,
    /// What a job keeps for life, or what commands change.
    #[serde(flatten)]
    fixed: Fixed,
}

/// Members of a new job that an edit cannot change.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct Fixed {
    template: Option<Value>,
    customer: Option<Value>,
    copies: Option<Value>,
    worker: Option<Value>,
    scheduled_start: Option<Value>,
    scheduled_end: Option<Value>,
    publish: Option<Value>,
}

/// A line of the invoice; decimals are text.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct LineBody {
    #[schemars(length(max = CODE_MAX))]
    code: Option<String>,
    #[schemars(length(max = TEXT_MAX))]
    description: Option<String>,
    quantity: Option<String>,
    unit_price: Option<String>,
    tax_rate: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct ContactBody {
    #[schemars(length(max = TEXT_MAX))]
    name: Option<String>,
    #[schemars(length(max = TEXT_MAX))]
    phone: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct StepBody {
    index: usize,
    address: Option<AddressBody>,
    fields: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
struct AddressBody {
    #[schemars(length(max = TEXT_MAX))]
    text: Option<String>,
    #[schemars(range(min = -90, max = 90))]
    latitude: Option<f64>,
    #[schemars(range(min = -180, max = 180))]
    longitude: Option<f64>,
}

/// Tells an absent member from one that is there and null.
#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl NewJobBody {
    /// The request, its times read in the tenant's zone.
    pub(super) fn into_new_jobs(self, zone: &str) -> Result<NewJobs, Error> {
        Ok(NewJobs {
            template: self.template,
            customer: self.customer,
            copies: self.copies.unwrap_or(1),
            requested_start: instant(self.requested_start.as_deref(), zone, "/requested_start")?,
            asset: self.asset,
            contact: self.contact.and_then(ContactBody::into_contact),
            notes: self.notes.unwrap_or_default(),
            steps: steps(self.steps),
            fields: self.fields.unwrap_or_default(),
            worker: self.worker,
            scheduled_start: instant(self.scheduled_start.as_deref(), zone, "/scheduled_start")?,
            scheduled_end: instant(self.scheduled_end.as_deref(), zone, "/scheduled_end")?,
            duration_min: self.duration_min,
            internal_notes: self.internal_notes.unwrap_or_default(),
            invoice_lines: self.invoice_lines.map(lines),
            publish: self.publish.unwrap_or_default(),
        })
    }
}

impl EditBody {
    /// The edit, its times read in the tenant's zone.
    pub(super) fn into_edit(self, zone: &str) -> Result<EditInput, Error> {
        self.fixed.check()?;
        let requested_start = match self.requested_start {
            Some(text) => Some(instant(text.as_deref(), zone, "/requested_start")?),
            None => None,
        };
        Ok(EditInput {
            requested_start,
            duration_min: self.duration_min,
            asset: self.asset,
            contact: self.contact.map(|contact| contact.and_then(ContactBody::into_contact)),
            notes: self.notes.map(Option::unwrap_or_default),
            internal_notes: self.internal_notes.map(Option::unwrap_or_default),
            steps: steps(self.steps),
            fields: self.fields.unwrap_or_default(),
            invoice_lines: self.invoice_lines.map(lines),
        })
    }
}

impl Fixed {
    fn check(&self) -> Result<(), Error> {
        let given = [
            (&self.template, "/template"),
            (&self.customer, "/customer"),
            (&self.copies, "/copies"),
            (&self.worker, "/worker"),
            (&self.scheduled_start, "/scheduled_start"),
            (&self.scheduled_end, "/scheduled_end"),
            (&self.publish, "/publish"),
        ];
        match given.iter().find(|(value, _)| value.is_some()) {
            Some((_, pointer)) => Err(Error::invalid(*pointer, &Why::ReadOnly)),
            None => Ok(()),
        }
    }
}

impl ContactBody {
    /// Nobody, if neither name nor number is there.
    fn into_contact(self) -> Option<Contact> {
        let contact = Contact { name: self.name.unwrap_or_default(), phone: self.phone.unwrap_or_default() };
        (!contact.name.trim().is_empty() || !contact.phone.trim().is_empty()).then_some(contact)
    }
}

fn lines(sent: Vec<LineBody>) -> Vec<LineInput> {
    let line = |line: LineBody| LineInput {
        code: line.code.unwrap_or_default(),
        description: line.description.unwrap_or_default(),
        quantity: line.quantity.unwrap_or_default(),
        unit_price: line.unit_price.unwrap_or_default(),
        tax_rate: line.tax_rate.unwrap_or_default(),
    };
    sent.into_iter().map(line).collect()
}

fn steps(sent: Option<Vec<StepBody>>) -> Vec<StepInput> {
    let address =
        |address: AddressBody| AddressInput { text: address.text.unwrap_or_default(), latitude: address.latitude, longitude: address.longitude };
    let step = |step: StepBody| StepInput { index: step.index, address: step.address.map(address), fields: step.fields.unwrap_or_default() };
    sent.unwrap_or_default().into_iter().map(step).collect()
}

fn instant(text: Option<&str>, zone: &str, pointer: &str) -> Result<Option<At>, Error> {
    text.map(|text| local_time::parse(text, zone).map_err(|why| Error::invalid(pointer, &why))).transpose()
}

/// The command in the socket's spelling, in which both are hashed.
pub(super) fn in_millis(body: CommandBody<Rfc3339>) -> CommandBody<Millis> {
    let millis = |at: Rfc3339| Millis::from(At::from(at));
    CommandBody {
        verb: body.verb,
        at: body.at.map(millis),
        version: body.version,
        worker: body.worker,
        start: body.start.map(millis),
        end: body.end.map(millis),
        reason: body.reason,
        step: body.step,
        fields: body.fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::body_hash;
    use serde_json::{from_value, json};

    const TEMPLATE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn hash(body: Value) -> i64 {
        body_hash(&from_value::<NewJobBody>(body).unwrap())
    }

    #[test]
    fn order_and_nulls_do_not_make_another_request() {
        let one = hash(json!({ "template": TEMPLATE, "notes": "a", "steps": [{ "index": 0, "fields": { "x": 1, "y": 2 } }] }));
        let same = hash(
            json!({ "steps": [{ "fields": { "y": 2, "x": 1 }, "index": 0, "address": null }], "notes": "a", "template": TEMPLATE, "copies": null }),
        );
        let other = hash(json!({ "template": TEMPLATE, "notes": "b", "steps": [{ "index": 0, "fields": { "x": 1, "y": 2 } }] }));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }

    #[test]
    fn an_edit_tells_absent_from_emptied() {
        let edit = |body: Value| from_value::<EditBody>(body).unwrap();
        let emptied = edit(json!({ "requested_start": null, "contact": { "name": " " }, "notes": null })).into_edit("UTC").unwrap();
        assert_eq!((emptied.requested_start, emptied.contact, emptied.notes.as_deref()), (Some(None), Some(None), Some("")));
        let untouched = edit(json!({})).into_edit("UTC").unwrap();
        assert_eq!((untouched.requested_start, untouched.asset, untouched.notes), (None, None, None));
        assert_ne!(body_hash(&edit(json!({ "asset": null }))), body_hash(&edit(json!({}))));
    }

    #[test]
    fn what_commands_change_is_no_edit() {
        let edit = from_value::<EditBody>(json!({ "version": 3, "worker": TEMPLATE })).unwrap();
        let problem = edit.into_edit("UTC").unwrap_err().into_problem();
        assert_eq!((problem.name(), problem.errors[0].pointer.as_str()), ("invalid", "/worker"));
    }

    #[test]
    fn a_skipped_local_time_is_named_at_its_member() {
        let body = from_value::<NewJobBody>(json!({ "template": TEMPLATE, "requested_start": "2026-03-29T03:30" })).unwrap();
        let problem = body.into_new_jobs("Europe/Helsinki").unwrap_err().into_problem();
        assert_eq!((problem.name(), problem.errors[0].pointer.as_str()), ("invalid", "/requested_start"));
    }
}
