//! A job type as an admin writes it: every fault at once, or a template that can be ordered, done and charged.

use super::colour::Colour;
use super::field::{FieldDef, FieldKind, Rule, TEXT_MAX, parse_text};
use super::ids::TemplateId;
use super::invoice::{self, LineInput, MAX_LINES};
use super::refusal::{Fault, Why};
use super::template::{Parts, StepDef, Template};
use super::visibility::COPIES_MAX;
use serde::{Deserialize, Serialize};

/// The longest name of a job type, a step or a field.
const NAME_MAX: usize = 80;
/// The longest planned duration: a week, in minutes.
const DURATION_MAX: u32 = 7 * 24 * 60;
/// The most steps, and the most fields of a form.
const MOST: usize = 50;
/// The most options of a choice.
const OPTIONS_MAX: usize = 200;

/// A job type as sent.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "members are those of `Template`")]
pub struct Definition {
    /// What the sender looked at.
    pub version: Option<String>,
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: String,
    #[schemars(regex(pattern = "^#[0-9a-fA-F]{6}$"))]
    pub colour: String,
    #[schemars(range(min = 5, max = DURATION_MAX))]
    pub duration_min: u32,
    pub parts: Parts,
    #[schemars(length(max = MOST))]
    pub steps: Vec<StepInput>,
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub fields: Vec<FieldInput>,
    #[serde(default)]
    #[schemars(length(max = MAX_LINES))]
    pub invoice_lines: Vec<LineInput>,
}

/// A step as sent.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "members are those of `StepDef`")]
pub struct StepInput {
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: String,
    #[serde(default)]
    pub address: bool,
    pub portal: Rule,
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub fields: Vec<FieldInput>,
    #[serde(default)]
    pub completes_on_arrival: bool,
}

/// A field as sent. Without a key it gets one, made of its label.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "members are those of `FieldDef`")]
pub struct FieldInput {
    #[serde(default)]
    #[schemars(regex(pattern = "^[a-z0-9_]{0,80}$"))]
    pub key: String,
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub label: String,
    pub kind: FieldKind,
    #[serde(default)]
    #[schemars(length(max = OPTIONS_MAX))]
    pub options: Vec<String>,
    pub worker: Rule,
    pub portal: Rule,
}

impl Definition {
    /// The template, in use.
    pub fn parse(&self, id: TemplateId) -> Result<Template, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = named(&self.name, "/name", &mut faults);
        if Colour::parse(&self.colour).is_none() {
            faults.push(Fault::at("/colour", Why::Expected("a colour like #2563eb")));
        }
        if !(5..=DURATION_MAX).contains(&self.duration_min) {
            faults.push(Fault::at("/duration_min", Why::OutOfRange("5 minutes to a week")));
        }
        self.check_parts(&mut faults);
        if self.steps.is_empty() {
            faults.push(Fault::at("/steps", Why::Required));
        }
        check_most(self.steps.len(), "/steps", &mut faults);
        let steps = self.steps.iter().enumerate().map(|(index, step)| step.parse(&format!("/steps/{index}"), &mut faults)).collect();
        let fields = parse_fields(&self.fields, "/fields", &mut faults);
        let invoice_lines = invoice::parse_lines(&self.invoice_lines, &mut faults);
        let template = Template {
            id,
            name,
            colour: self.colour.to_ascii_lowercase(),
            duration_min: self.duration_min,
            parts: self.parts,
            steps,
            fields,
            invoice_lines,
            archived: false,
        };
        if faults.is_empty() { Ok(template) } else { Err(faults) }
    }

    fn check_parts(&self, faults: &mut Vec<Fault>) {
        let Parts { requested_start, asset, contact, notes, copies } = self.parts;
        for (rule, name) in [(requested_start, "requested_start"), (asset, "asset"), (contact, "contact"), (notes, "notes")] {
            // A part has no value of the company's own to read.
            if rule == Rule::ReadOnly {
                faults.push(Fault::at(format!("/parts/{name}"), Why::NotAnOption));
            }
        }
        if !(1..=COPIES_MAX).contains(&copies) {
            faults.push(Fault::at("/parts/copies", Why::OutOfRange("1 to 50")));
        }
    }
}

impl StepInput {
    fn parse(&self, pointer: &str, faults: &mut Vec<Fault>) -> StepDef {
        let step = StepDef {
            name: named(&self.name, &format!("{pointer}/name"), faults),
            address: self.address,
            portal: self.portal,
            fields: parse_fields(&self.fields, &format!("{pointer}/fields"), faults),
            completes_on_arrival: self.completes_on_arrival,
        };
        if step.completes_on_arrival && !step.address {
            faults.push(Fault::at(format!("{pointer}/completes_on_arrival"), Why::Unfillable));
        }
        // Whoever has nothing to fill in, or may not, could never send the form.
        if step.portal == Rule::Required && !step.address && step.fields.is_empty() {
            faults.push(Fault::at(format!("{pointer}/portal"), Why::Unfillable));
        }
        if step.portal == Rule::ReadOnly
            && let Some(index) = step.fields.iter().position(|field| field.portal == Rule::Required)
        {
            faults.push(Fault::at(format!("{pointer}/fields/{index}/portal"), Why::Unfillable));
        }
        step
    }
}

fn check_most(count: usize, pointer: &str, faults: &mut Vec<Fault>) {
    if count > MOST {
        faults.push(Fault::at(pointer, Why::OutOfRange("at most 50")));
    }
}

/// A name of one line that is there.
fn named(text: &str, pointer: &str, faults: &mut Vec<Fault>) -> String {
    match parse_text(text, NAME_MAX, false) {
        Ok(name) if !name.is_empty() => name,
        other => {
            faults.push(Fault::at(pointer, other.err().unwrap_or(Why::Required)));
            String::new()
        }
    }
}

fn parse_fields(fields: &[FieldInput], pointer: &str, faults: &mut Vec<Fault>) -> Vec<FieldDef> {
    check_most(fields.len(), pointer, faults);
    let mut parsed: Vec<FieldDef> = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let label = named(&field.label, &format!("{pointer}/label"), faults);
        let is_taken = |key: &str| parsed.iter().any(|known| known.key == key) || fields[index + 1..].iter().any(|later| later.key == key);
        let key = if field.key.is_empty() { key_of(&label, is_taken) } else { field.key.clone() };
        if key.len() > NAME_MAX || !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            faults.push(Fault::at(format!("{pointer}/key"), Why::Expected("small letters, digits and _")));
        } else if parsed.iter().any(|known| known.key == key) {
            faults.push(Fault::at(format!("{pointer}/key"), Why::Repeated));
        }
        let options = if matches!(field.kind, FieldKind::Choice | FieldKind::Choices) { parse_options(field, &pointer, faults) } else { Vec::new() };
        parsed.push(FieldDef { key, label, kind: field.kind, options, worker: field.worker, portal: field.portal });
    }
    parsed
}

fn parse_options(field: &FieldInput, pointer: &str, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    if field.options.is_empty() {
        faults.push(Fault::at(format!("{pointer}/options"), Why::Required));
    }
    if field.options.len() > OPTIONS_MAX {
        faults.push(Fault::at(format!("{pointer}/options"), Why::OutOfRange("at most 200")));
    }
    for (index, option) in field.options.iter().enumerate() {
        let why = match parse_text(option, TEXT_MAX, false) {
            Ok(option) if option.is_empty() => Why::Required,
            Ok(option) if options.contains(&option) => Why::Repeated,
            Ok(option) => {
                options.push(option);
                continue;
            }
            Err(why) => why,
        };
        faults.push(Fault::at(format!("{pointer}/options/{index}"), why));
    }
    options
}

/// A key that programs can write: the label's letters and digits, and a number if that is taken.
fn key_of(label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let spelt: String = label.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = spelt.split_whitespace().collect();
    let plain = if words.is_empty() { "field".to_owned() } else { words.join("_") };
    let mut key = plain.clone();
    let mut number = 2;
    while is_taken(&key) {
        key = format!("{plain}_{number}");
        number += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn parsed(change: &Value) -> Result<Template, Vec<String>> {
        let mut body = json!({
            "name": "Boiler service", "colour": "#2563EB", "duration_min": 90,
            "parts": { "requested_start": "optional", "asset": "optional", "contact": "hidden", "notes": "optional", "copies": 1 },
            "steps": [{ "name": "Arrive", "address": true, "portal": "required", "completes_on_arrival": true }],
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let definition: Definition = serde_json::from_value(body).unwrap();
        definition.parse(TemplateId(Uuid::nil())).map_err(|faults| faults.into_iter().map(|fault| fault.pointer).collect())
    }

    fn field(label: &str) -> Value {
        json!({ "label": label, "kind": "text", "worker": "optional", "portal": "optional" })
    }

    #[test]
    fn a_definition_becomes_a_template_whose_fields_have_keys() {
        let template = parsed(&json!({ "fields": [field("What is wrong?"), field("What is wrong"), field("日付")] })).unwrap();
        assert_eq!((template.colour.as_str(), template.archived), ("#2563eb", false));
        let keys: Vec<&str> = template.fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!(keys, ["what_is_wrong", "what_is_wrong_2", "field"]);
        let mut kept = field("New name");
        kept["key"] = "what_is_wrong".into();
        let template = parsed(&json!({ "fields": [field("What is wrong?"), kept] })).unwrap();
        assert_eq!(template.fields[0].key, "what_is_wrong_2", "a key that is named is not taken by a label");
    }

    #[test]
    fn every_fault_is_named_at_its_place() {
        let table = [
            (json!({ "name": " " }), "/name"),
            (json!({ "colour": "blue" }), "/colour"),
            (json!({ "duration_min": 1 }), "/duration_min"),
            (json!({ "steps": [] }), "/steps"),
            (json!({ "steps": [{ "name": "", "portal": "hidden" }] }), "/steps/0/name"),
            (json!({ "steps": [{ "name": "Work", "portal": "required" }] }), "/steps/0/portal"),
            (json!({ "steps": [{ "name": "Work", "portal": "hidden", "completes_on_arrival": true }] }), "/steps/0/completes_on_arrival"),
            (
                json!({ "parts": { "requested_start": "read_only", "asset": "hidden", "contact": "hidden", "notes": "hidden", "copies": 1 } }),
                "/parts/requested_start",
            ),
            (
                json!({ "parts": { "requested_start": "hidden", "asset": "hidden", "contact": "hidden", "notes": "hidden", "copies": 0 } }),
                "/parts/copies",
            ),
            (json!({ "fields": [{ "label": "Size", "kind": "choice", "worker": "optional", "portal": "optional" }] }), "/fields/0/options"),
            (
                json!({ "fields": [{ "label": "Size", "kind": "choice", "options": ["S", "S"], "worker": "optional", "portal": "optional" }] }),
                "/fields/0/options/1",
            ),
            (json!({ "fields": [{ "key": "A b", "label": "Size", "kind": "text", "worker": "optional", "portal": "optional" }] }), "/fields/0/key"),
            (
                json!({ "invoice_lines": [{ "description": "Hour", "quantity": "one", "unit_price": "1", "tax_rate": "0" }] }),
                "/invoice_lines/0/quantity",
            ),
        ];
        for (change, pointer) in table {
            assert_eq!(parsed(&change).unwrap_err(), [pointer], "{change}");
        }
    }
}
