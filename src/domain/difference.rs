//! What a change made of a job, member by member: kept with the event, so that a history can show both values.

use super::at::At;
use super::field::Field;
use super::job::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One member of a job before and after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, as a pointer into the job: `/notes`, `/steps/0/fields/cause`.
    pub member: String,
    /// The words of the template for it, where it has any: a field's label, or a step's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What it was.
    pub before: Worth,
    /// What it became.
    pub after: Worth,
}

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    /// An instant: the wire has two spellings for it.
    At(At),
    /// Anything else, as JSON; null for nothing.
    Value(Value),
}

impl Worth {
    fn at(at: Option<At>) -> Self {
        at.map_or(Self::Value(Value::Null), Self::At)
    }

    fn text(text: &str) -> Self {
        Self::Value(if text.is_empty() { Value::Null } else { json!(text) })
    }
}

impl Job {
    /// What differs in `after`, of everything that people fill in or plan. Progress (steps done, status) is the event itself.
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut list = List::default();
        let name = |job: &Self| job.worker.as_ref().map_or(Worth::Value(Value::Null), |worker| Worth::text(&worker.name));
        list.add("/worker", "", name(self), name(after));
        list.add("/scheduled_start", "", Worth::at(self.scheduled.map(|slot| slot.start)), Worth::at(after.scheduled.map(|slot| slot.start)));
        list.add("/scheduled_end", "", Worth::at(self.scheduled.map(|slot| slot.end)), Worth::at(after.scheduled.map(|slot| slot.end)));
        list.add("/requested_start", "", Worth::at(self.requested_start), Worth::at(after.requested_start));
        list.add("/duration_min", "", Worth::Value(json!(self.duration_min)), Worth::Value(json!(after.duration_min)));
        let asset = |job: &Self| Worth::text(job.asset.as_ref().map_or("", |asset| &asset.name));
        list.add("/asset", "", asset(self), asset(after));
        let contact =
            |job: &Self| job.contact.as_ref().map_or(String::new(), |contact| format!("{} {}", contact.name, contact.phone).trim().to_owned());
        list.add("/contact", "", Worth::text(&contact(self)), Worth::text(&contact(after)));
        list.add("/notes", "", Worth::text(&self.notes), Worth::text(&after.notes));
        list.add("/internal_notes", "", Worth::text(&self.internal_notes), Worth::text(&after.internal_notes));
        list.fields("/fields", &self.fields, &after.fields);
        for (index, (before, after)) in self.steps.iter().zip(&after.steps).enumerate() {
            let address = |address: &Option<super::step::Address>| Worth::text(address.as_ref().map_or("", |address| &address.text));
            list.add(&format!("/steps/{index}/address"), &after.name, address(&before.address), address(&after.address));
            list.fields(&format!("/steps/{index}/fields"), &before.fields, &after.fields);
        }
        list.0
    }
}

#[derive(Default)]
struct List(Vec<Difference>);

impl List {
    fn add(&mut self, member: &str, label: &str, before: Worth, after: Worth) {
        if before != after {
            self.0.push(Difference { member: member.to_owned(), label: label.to_owned(), before, after });
        }
    }

    fn fields(&mut self, pointer: &str, before: &[Field], after: &[Field]) {
        for (before, after) in before.iter().zip(after) {
            let value = |field: &Field| Worth::Value(field.value.as_ref().map_or(Value::Null, |value| json!(value)));
            self.add(&format!("{pointer}/{}", after.def.key), &after.def.label, value(before), value(after));
        }
    }
}
