//! Job types: what a new job of this kind consists of, and how a request for one becomes a job's steps and fields.

use super::field::{Field, FieldDef, Rule, TEXT_MAX, parse_text};
use super::file::FileRef;
use super::ids::TemplateId;
use super::invoice::Line;
use super::refusal::{Fault, Why};
use super::step::{Address, Step};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A job type. Its definitions are copied into each job, so a later change never rewrites one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// Planned duration, minutes.
    pub duration_min: u32,
    /// The built-in parts of a job and what a portal user may do with each.
    pub parts: Parts,
    /// What is to be done, in order.
    pub steps: Vec<StepDef>,
    /// Fields of the job as a whole.
    pub fields: Vec<FieldDef>,
    /// What is charged unless the dispatcher says otherwise.
    #[serde(default)]
    pub invoice_lines: Vec<Line>,
    /// Whether new jobs can still be made of it.
    #[serde(default)]
    pub archived: bool,
}

/// What a portal user may do with the built-in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Parts {
    /// When the customer would like it.
    pub requested_start: Rule,
    /// The customer's equipment or place.
    pub asset: Rule,
    /// Whom to call on site.
    pub contact: Rule,
    /// Notes for the worker.
    pub notes: Rule,
    /// The most identical jobs in one request; 1 hides the choice.
    pub copies: u16,
}

/// A step as a template defines it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDef {
    /// What is to be done.
    pub name: String,
    /// Whether it has an address.
    pub address: bool,
    /// What a portal user may do with it.
    pub portal: Rule,
    /// Its form.
    pub fields: Vec<FieldDef>,
    /// The worker's arrival at the address completes it, unless something has to be filled in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completes_on_arrival: bool,
}

/// Who fills a form, and so which of the two rules of a field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filler {
    /// May fill everything, must fill nothing.
    Dispatcher,
    /// Bound by the worker's rules.
    Worker,
    /// Bound by the portal's rules.
    Portal,
}

impl Filler {
    /// What this filler may do with a field.
    pub fn rule(self, def: &FieldDef) -> Rule {
        match self {
            Self::Dispatcher => Rule::Optional,
            Self::Worker => def.worker,
            Self::Portal => def.portal,
        }
    }

    /// What this filler may do with a step.
    pub fn step_rule(self, portal: Rule) -> Rule {
        match self {
            Self::Dispatcher | Self::Worker => Rule::Optional,
            Self::Portal => portal,
        }
    }
}

/// What was sent for one step, by its index as the sender sees the steps.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct StepInput {
    /// Index among the steps that the sender sees.
    pub index: usize,
    /// Its address.
    pub address: Option<AddressInput>,
    /// Values by field key.
    pub fields: Map<String, Value>,
}

/// An address as sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct AddressInput {
    /// As people write it.
    #[schemars(length(max = TEXT_MAX))]
    pub text: String,
    /// WGS 84 degrees.
    #[schemars(range(min = -90, max = 90))]
    pub latitude: Option<f64>,
    /// WGS 84 degrees.
    #[schemars(range(min = -180, max = 180))]
    pub longitude: Option<f64>,
}

impl AddressInput {
    /// The address, if its text is there and its coordinates lie on the earth.
    pub fn parse(&self, pointer: &str) -> Result<Option<Address>, Fault> {
        let text = parse_text(&self.text, TEXT_MAX, false).map_err(|why| Fault::at(format!("{pointer}/text"), why))?;
        let on_earth = |value: Option<f64>, most: f64, member: &str| match value {
            Some(degrees) if !degrees.is_finite() || degrees.abs() > most => {
                Err(Fault::at(format!("{pointer}/{member}"), Why::OutOfRange("degrees of WGS 84")))
            }
            other => Ok(other),
        };
        let latitude = on_earth(self.latitude, 90.0, "latitude")?;
        let longitude = on_earth(self.longitude, 180.0, "longitude")?;
        if latitude.is_some() != longitude.is_some() {
            let absent = if latitude.is_some() { "longitude" } else { "latitude" };
            return Err(Fault::at(format!("{pointer}/{absent}"), Why::Required));
        }
        if text.is_empty() {
            return if latitude.is_some() { Err(Fault::at(format!("{pointer}/text"), Why::Required)) } else { Ok(None) };
        }
        Ok(Some(Address { text, latitude, longitude }))
    }
}

impl Template {
    /// Fresh steps and fields, nothing filled in.
    pub fn blank(&self) -> (Vec<Step>, Vec<Field>) {
        let steps = self.steps.iter().map(|def| Step {
            name: def.name.clone(),
            has_address: def.address,
            portal: def.portal,
            address: None,
            fields: blank_fields(&def.fields),
            done: None,
            completes_on_arrival: def.completes_on_arrival,
            visit: None,
        });
        (steps.collect(), blank_fields(&self.fields))
    }
}

fn blank_fields(defs: &[FieldDef]) -> Vec<Field> {
    defs.iter().map(|def| Field { def: def.clone(), value: None }).collect()
}

/// Indices of the steps that `filler` sees, in order: position there = the index they use.
pub fn visible_steps(steps: &[Step], filler: Filler) -> Vec<usize> {
    (0..steps.len()).filter(|&index| filler.step_rule(steps[index].portal).visible()).collect()
}

/// Writes `input` into `steps`, as far as `filler` may. `files` are those that may be named. Every fault is collected into `faults`.
pub fn fill_steps(steps: &mut [Step], input: &[StepInput], filler: Filler, files: &[FileRef], faults: &mut Vec<Fault>) {
    let visible = visible_steps(steps, filler);
    let mut seen = Vec::new();
    for (position, sent) in input.iter().enumerate() {
        let pointer = format!("/steps/{position}");
        let Some(&index) = visible.get(sent.index) else {
            faults.push(Fault::at(format!("{pointer}/index"), Why::Unknown));
            continue;
        };
        if seen.contains(&index) {
            faults.push(Fault::at(format!("{pointer}/index"), Why::Repeated));
            continue;
        }
        seen.push(index);
        let step = &mut steps[index];
        if let Some(address) = &sent.address {
            let pointer = format!("{pointer}/address");
            if !step.has_address {
                faults.push(Fault::at(pointer, Why::Unknown));
            } else if !filler.step_rule(step.portal).writable() {
                faults.push(Fault::at(pointer, Why::ReadOnly));
            } else {
                match address.parse(&pointer) {
                    Ok(parsed) => step.address = parsed,
                    Err(fault) => faults.push(fault),
                }
            }
        }
        let locked = !filler.step_rule(step.portal).writable();
        let filling = Filling { filler, locked, files };
        fill_fields(&mut step.fields, &sent.fields, filling, &format!("{pointer}/fields"), faults);
    }
}

/// By whose rules a form is filled, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// Who fills it.
    pub filler: Filler,
    /// All of it is read-only.
    pub locked: bool,
    /// The files that may be named.
    pub files: &'a [FileRef],
}

/// Writes `values` into `fields`, as far as the filling allows.
pub fn fill_fields(fields: &mut [Field], values: &Map<String, Value>, filling: Filling<'_>, pointer: &str, faults: &mut Vec<Fault>) {
    let Filling { filler, locked, files } = filling;
    for (key, value) in values {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let field = fields.iter_mut().find(|field| field.def.key == *key && filler.rule(&field.def).visible());
        let Some(field) = field else {
            faults.push(Fault::at(pointer, Why::Unknown));
            continue;
        };
        if locked || !filler.rule(&field.def).writable() {
            faults.push(Fault::at(pointer, Why::ReadOnly));
            continue;
        }
        match field.def.parse(value, &pointer) {
            Ok(parsed) => {
                let filled = Field { def: field.def.clone(), value: parsed };
                if filled.files().iter().any(|id| !files.iter().any(|file| file.id == *id)) {
                    faults.push(Fault::at(pointer, Why::NotFound));
                } else {
                    *field = filled;
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
}

/// Fields that `filler` must fill and that are empty.
pub fn unfilled(fields: &[Field], filler: Filler, pointer: &str) -> Vec<Fault> {
    let empty = |field: &&Field| filler.rule(&field.def) == Rule::Required && !field.value.as_ref().is_some_and(super::field::FieldValue::is_filled);
    fields.iter().filter(empty).map(|field| Fault::at(format!("{pointer}/{}", field.def.key), Why::Required)).collect()
}
