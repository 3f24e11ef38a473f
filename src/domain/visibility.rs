//! What a portal user may do with each part, step and field of a template, as admins set it in the matrix.

use super::field::{FieldDef, Rule};
use super::refusal::{Fault, Why};
use super::template::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Cells of the matrix to change; absent ones stay.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VisibilityChange {
    /// What the sender looked at.
    pub version: Option<String>,
    /// The built-in parts.
    pub parts: PartsChange,
    /// Steps by their index in the template.
    pub steps: Vec<StepChange>,
    /// Fields of the job as a whole, by key.
    pub fields: BTreeMap<String, Rule>,
}

/// Rules of built-in parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "members are those of `Parts`")]
pub struct PartsChange {
    pub requested_start: Option<Rule>,
    pub asset: Option<Rule>,
    pub contact: Option<Rule>,
    pub notes: Option<Rule>,
    pub copies: Option<u16>,
}

/// Rules of one step and its fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepChange {
    /// Among all steps of the template.
    pub index: usize,
    /// Of the step.
    #[serde(default)]
    pub portal: Option<Rule>,
    /// Of its fields, by key.
    #[serde(default)]
    pub fields: BTreeMap<String, Rule>,
}

/// The most identical jobs that a template may allow in one request.
pub const COPIES_MAX: u16 = 50;

impl VisibilityChange {
    /// The template with these cells changed, or everything that is wrong with them. Jobs keep what they copied.
    pub fn onto(&self, template: &Template) -> Result<Template, Vec<Fault>> {
        let mut changed = template.clone();
        let mut faults = Vec::new();
        let parts = &mut changed.parts;
        for (cell, rule, name) in [
            (&mut parts.requested_start, self.parts.requested_start, "requested_start"),
            (&mut parts.asset, self.parts.asset, "asset"),
            (&mut parts.contact, self.parts.contact, "contact"),
            (&mut parts.notes, self.parts.notes, "notes"),
        ] {
            match rule {
                // A part has no value of the company's own to read.
                Some(Rule::ReadOnly) => faults.push(Fault::at(format!("/parts/{name}"), Why::NotAnOption)),
                Some(rule) => *cell = rule,
                None => {}
            }
        }
        match self.parts.copies {
            Some(copies @ 1..=COPIES_MAX) => parts.copies = copies,
            Some(_) => faults.push(Fault::at("/parts/copies", Why::OutOfRange("1 to 50"))),
            None => {}
        }
        for (position, change) in self.steps.iter().enumerate() {
            let Some(step) = changed.steps.get_mut(change.index) else {
                faults.push(Fault::at(format!("/steps/{position}/index"), Why::Unknown));
                continue;
            };
            step.portal = change.portal.unwrap_or(step.portal);
            set_fields(&mut step.fields, &change.fields, &format!("/steps/{position}/fields"), &mut faults);
            if step.portal == Rule::Required && !step.address && step.fields.is_empty() {
                faults.push(Fault::at(format!("/steps/{position}/portal"), Why::Unfillable));
            }
            // Whoever may not fill in the step could never send the form.
            if step.portal == Rule::ReadOnly {
                let required = step.fields.iter().filter(|field| field.portal == Rule::Required);
                faults.extend(required.map(|field| Fault::at(format!("/steps/{position}/fields/{}", field.key), Why::Unfillable)));
            }
        }
        set_fields(&mut changed.fields, &self.fields, "/fields", &mut faults);
        if faults.is_empty() { Ok(changed) } else { Err(faults) }
    }
}

fn set_fields(fields: &mut [FieldDef], rules: &BTreeMap<String, Rule>, pointer: &str, faults: &mut Vec<Fault>) {
    for (key, rule) in rules {
        match fields.iter_mut().find(|field| field.key == *key) {
            Some(field) => field.portal = *rule,
            None => faults.push(Fault::at(format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), Why::Unknown)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldKind;
    use crate::domain::ids::TemplateId;
    use crate::domain::template::{Parts, StepDef};
    use serde_json::{Value, json};

    fn template() -> Template {
        let field = |key: &str| FieldDef {
            key: key.into(),
            label: key.into(),
            kind: FieldKind::Text,
            options: Vec::new(),
            worker: Rule::Optional,
            portal: Rule::Optional,
        };
        let step = |name: &str, address, fields| StepDef { name: name.into(), address, portal: Rule::Optional, completes_on_arrival: false, fields };
        Template {
            id: TemplateId(uuid::Uuid::nil()),
            name: "Repair".into(),
            colour: "#000000".into(),
            duration_min: 60,
            parts: Parts { requested_start: Rule::Optional, asset: Rule::Hidden, contact: Rule::Optional, notes: Rule::Optional, copies: 1 },
            steps: vec![step("Visit", true, vec![field("door")]), step("Leave", false, Vec::new())],
            fields: vec![field("wish")],
            invoice_lines: Vec::new(),
            archived: false,
        }
    }

    fn change(change: Value) -> Result<Template, Vec<Fault>> {
        serde_json::from_value::<VisibilityChange>(change).unwrap().onto(&template())
    }

    #[test]
    fn cells_change_and_the_rest_stays() {
        let changed = change(json!({
            "parts": { "asset": "required", "copies": 50 },
            "steps": [{ "index": 0, "portal": "required", "fields": { "door": "hidden" } }],
            "fields": { "wish": "read_only" }
        }))
        .unwrap();
        assert_eq!((changed.parts.asset, changed.parts.contact, changed.parts.copies), (Rule::Required, Rule::Optional, 50));
        assert_eq!((changed.steps[0].portal, changed.steps[0].fields[0].portal), (Rule::Required, Rule::Hidden));
        assert_eq!(changed.steps[1], template().steps[1]);
        assert_eq!(changed.fields[0].portal, Rule::ReadOnly);
        assert_eq!(change(json!({})).unwrap(), template());
    }

    #[test]
    fn what_nobody_could_fill_in_is_refused_at_its_cell() {
        let table = [
            (json!({ "parts": { "notes": "read_only" } }), "/parts/notes", Why::NotAnOption),
            (json!({ "parts": { "copies": 0 } }), "/parts/copies", Why::OutOfRange("1 to 50")),
            (json!({ "steps": [{ "index": 2 }] }), "/steps/0/index", Why::Unknown),
            (json!({ "steps": [{ "index": 1, "portal": "required" }] }), "/steps/0/portal", Why::Unfillable),
            (json!({ "steps": [{ "index": 0, "portal": "read_only", "fields": { "door": "required" } }] }), "/steps/0/fields/door", Why::Unfillable),
            (json!({ "steps": [{ "index": 0, "fields": { "do/or": "hidden" } }] }), "/steps/0/fields/do~1or", Why::Unknown),
            (json!({ "fields": { "other": "hidden" } }), "/fields/other", Why::Unknown),
        ];
        for (sent, pointer, why) in table {
            assert_eq!(change(sent.clone()), Err(vec![Fault::at(pointer, why)]), "{sent}");
        }
    }
}
