//! The job types of the demo company: between them every kind of field, every part and every rule.

use crate::domain::field::{FieldDef, FieldKind, Rule};
use crate::domain::invoice::{LineInput, parse_lines};
use crate::domain::template::{Parts, StepDef, Template};
use Rule::{Hidden, Optional, ReadOnly, Required};

/// The job types, in the order of the list. Jobs name them by their place here.
pub(super) fn of_the_company() -> Vec<Template> {
    vec![
        charging(repair(), &[("CALL", "Call-out", "1", "45"), ("WORK", "Repair, hour", "1", "79.90"), ("MAT", "Small parts", "1", "12.50")]),
        charging(window_cleaning(), &[("WIN", "Window, both sides", "8", "6.40")]),
        charging(delivery(), &[("DEL", "Delivery within the city", "1", "24"), ("KM", "Kilometre", "3.2", "0.95")]),
        charging(heating_service(), &[("HEAT", "Heating service", "1", "149"), ("FILT", "Filter", "1", "18.90")]),
        charging(
            lock_change(),
            &[("LOCK", "Lock cylinder, class 3", "1", "119"), ("KEY", "Key, cut to code", "3", "14.50"), ("WORK", "Fitting", "0.5", "79.90")],
        ),
        charging(deep_cleaning(), &[("DEEP", "Deep cleaning, hour", "2", "58"), ("CHEM", "Cleaning agents", "1", "9.95")]),
        inspection(),
    ]
}

/// The other company's one job type.
pub(super) fn of_the_other() -> Vec<Template> {
    let steps = vec![step("Arrive", Required).at_an_address().build(), step("Water the plants", ReadOnly).build()];
    vec![template("Plant care", "#15803d", 30, parts(Optional, Hidden, Optional, Optional, 1), steps, vec![])]
}

/// A step and a field of each rule, as seen from the portal.
fn repair() -> Template {
    let steps = vec![
        step("Arrive", Required).at_an_address().with(text("access", "Door code or where the key is", ReadOnly, Optional)).build(),
        step("Find the fault", ReadOnly).with(choice("cause", "Cause", &["Wear", "Damage", "Installation", "Not found"], Required, ReadOnly)).build(),
        step("Repair", ReadOnly)
            .with(field("work", "Work done", FieldKind::LongText, Required, ReadOnly))
            .with(field("parts", "Parts used, pieces", FieldKind::Number, Optional, ReadOnly))
            .build(),
        step("Safety check", Hidden).with(field("safe", "Safe to use", FieldKind::Checkbox, Required, Hidden)).build(),
        step("Return the key", Optional).at_an_address().with(text("returned_to", "Returned to", Optional, ReadOnly)).build(),
    ];
    let fields = vec![
        field("problem", "What is wrong?", FieldKind::LongText, ReadOnly, Required),
        field("since", "Since when?", FieldKind::Date, ReadOnly, Optional),
        field("photos", "Photos", FieldKind::Photo, ReadOnly, Optional),
        choice("priority", "Priority", &["Low", "Normal", "High"], ReadOnly, ReadOnly),
        text("cost_centre", "Cost centre", Hidden, Hidden),
    ];
    template("Repair", "#2563eb", 60, parts(Optional, Optional, Optional, Optional, 1), steps, fields)
}

/// Several identical jobs at once.
fn window_cleaning() -> Template {
    let steps = vec![
        step("Arrive", Required).at_an_address().build(),
        step("Clean", ReadOnly).with(choices("weather", "Weather", &["Dry", "Wind", "Rain", "Frost"], Optional, Hidden)).build(),
        step("Look it over together", ReadOnly).with(text("seen_by", "Seen by", Required, ReadOnly)).build(),
    ];
    let fields = vec![
        field("windows", "How many windows?", FieldKind::Number, ReadOnly, Required),
        choices("sides", "Which sides?", &["Inside", "Outside", "Frames"], ReadOnly, Optional),
    ];
    template("Window cleaning", "#0891b2", 45, parts(Required, Optional, Optional, Optional, 5), steps, fields)
}

/// Two addresses.
fn delivery() -> Template {
    let steps = vec![
        step("Collect", Required).at_an_address().with(field("pieces", "Pieces", FieldKind::Number, Optional, Optional)).build(),
        step("Deliver", Required).at_an_address().with(text("received_by", "Received by", Required, ReadOnly)).build(),
    ];
    let fields = vec![
        field("not_after", "Not after", FieldKind::Time, ReadOnly, Optional),
        field("fragile", "Fragile", FieldKind::Checkbox, ReadOnly, Optional),
    ];
    template("Delivery", "#b45309", 30, parts(Optional, Hidden, Required, Optional, 1), steps, fields)
}

/// At an asset, which brings its address along.
fn heating_service() -> Template {
    let checks = ["Filter", "Pump", "Valves", "Pressure", "Smoke alarm"];
    let steps = vec![
        step("Arrive", Optional).at_an_address().build(),
        step("Service", ReadOnly)
            .with(choices("checked", "Checked", &checks, Required, ReadOnly))
            .with(field("pressure", "Pressure, bar", FieldKind::Number, Required, Hidden))
            .build(),
        step("Log the service", ReadOnly)
            .with(field("next", "Next service", FieldKind::Date, Required, ReadOnly))
            .with(field("report", "Report", FieldKind::Link, Optional, ReadOnly))
            .build(),
    ];
    let fields = vec![
        field("manual", "Manual", FieldKind::Link, ReadOnly, Optional),
        field("signature", "Signature", FieldKind::Signature, ReadOnly, Optional),
    ];
    template("Heating service", "#c2410c", 75, parts(Required, Required, Optional, Optional, 1), steps, fields)
}

/// As soon as possible, so nobody is asked when.
fn lock_change() -> Template {
    let steps = vec![
        step("Arrive", Required).at_an_address().build(),
        step("Change the lock", ReadOnly).with(text("keys", "Key numbers", Required, Hidden)).build(),
        step("Hand over the keys", ReadOnly).with(text("handed_to", "Handed to", Required, ReadOnly)).build(),
    ];
    let fields = vec![field("keys", "How many keys?", FieldKind::Number, ReadOnly, Required)];
    template("Lock change", "#be123c", 30, parts(Hidden, Hidden, Required, Optional, 1), steps, fields)
}

fn deep_cleaning() -> Template {
    let rooms = ["Kitchen", "Dining room", "Offices", "Stairs", "Toilets"];
    let steps = vec![
        step("Arrive", Required).at_an_address().build(),
        step("Set up", Hidden).with(field("started", "Machine started at", FieldKind::Time, Optional, Hidden)).build(),
        step("Clean", ReadOnly).with(choices("done", "Rooms done", &rooms, Required, ReadOnly)).build(),
        step("Hand over", ReadOnly)
            .with(field("remarks", "Remarks", FieldKind::LongText, Optional, ReadOnly))
            .with(field("after", "Photos of the rooms", FieldKind::Photo, Optional, ReadOnly))
            .with(field("signed", "Customer's signature", FieldKind::Signature, Optional, ReadOnly))
            .build(),
    ];
    let fields =
        vec![choices("rooms", "Which rooms?", &rooms, ReadOnly, Required), field("first_day", "Not before", FieldKind::Date, ReadOnly, Optional)];
    template("Deep cleaning", "#7c3aed", 90, parts(Optional, Optional, Optional, Optional, 1), steps, fields)
}

/// The company's own round.
fn inspection() -> Template {
    let steps = vec![
        step("Arrive", Required).at_an_address().done_on_arrival().build(),
        step("Walk round", ReadOnly).with(choice("state", "State", &["Good", "Fair", "Poor"], Required, ReadOnly)).build(),
        step("Note the meters", Hidden).with(field("meter", "Meter", FieldKind::Number, Required, Hidden)).build(),
    ];
    template("Inspection round", "#4d7c0f", 30, parts(Optional, Optional, Hidden, Hidden, 1), steps, vec![])
}

fn template(name: &str, colour: &str, duration_min: u32, parts: Parts, steps: Vec<StepDef>, fields: Vec<FieldDef>) -> Template {
    Template {
        id: super::id(name).into(),
        name: name.into(),
        colour: colour.into(),
        duration_min,
        parts,
        steps,
        fields,
        invoice_lines: vec![],
        archived: false,
    }
}

fn parts(requested_start: Rule, asset: Rule, contact: Rule, notes: Rule, copies: u16) -> Parts {
    Parts { requested_start, asset, contact, notes, copies }
}

/// A job type with its price: code, description, quantity, unit price without tax. The tax is Finland's.
fn charging(template: Template, lines: &[(&str, &str, &str, &str)]) -> Template {
    let line = |(code, description, quantity, unit_price): &(&str, &str, &str, &str)| LineInput {
        code: (*code).into(),
        description: (*description).into(),
        quantity: (*quantity).into(),
        unit_price: (*unit_price).into(),
        tax_rate: "25.5".into(),
    };
    let sent: Vec<LineInput> = lines.iter().map(line).collect();
    let mut faults = Vec::new();
    let invoice_lines = parse_lines(&sent, &mut faults);
    debug_assert!(faults.is_empty(), "{faults:?}");
    Template { invoice_lines, ..template }
}

struct StepBuilder(StepDef);

fn step(name: &str, portal: Rule) -> StepBuilder {
    StepBuilder(StepDef { name: name.into(), address: false, portal, fields: vec![], completes_on_arrival: false })
}

impl StepBuilder {
    fn at_an_address(mut self) -> Self {
        self.0.address = true;
        self
    }

    /// Arriving is all there is to it.
    fn done_on_arrival(mut self) -> Self {
        self.0.completes_on_arrival = true;
        self
    }

    fn with(mut self, field: FieldDef) -> Self {
        self.0.fields.push(field);
        self
    }

    fn build(self) -> StepDef {
        self.0
    }
}

fn field(key: &str, label: &str, kind: FieldKind, worker: Rule, portal: Rule) -> FieldDef {
    FieldDef { key: key.into(), label: label.into(), kind, options: vec![], worker, portal }
}

fn text(key: &str, label: &str, worker: Rule, portal: Rule) -> FieldDef {
    field(key, label, FieldKind::Text, worker, portal)
}

fn choice(key: &str, label: &str, options: &[&str], worker: Rule, portal: Rule) -> FieldDef {
    FieldDef { options: options.iter().map(ToString::to_string).collect(), ..field(key, label, FieldKind::Choice, worker, portal) }
}

fn choices(key: &str, label: &str, options: &[&str], worker: Rule, portal: Rule) -> FieldDef {
    FieldDef { options: options.iter().map(ToString::to_string).collect(), ..field(key, label, FieldKind::Choices, worker, portal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn one_template_has_a_step_and_a_field_of_each_rule() {
        let repair = repair();
        let of = |rules: &mut dyn Iterator<Item = Rule>| rules.collect::<HashSet<_>>().len();
        assert_eq!(of(&mut repair.steps.iter().map(|step| step.portal)), 4);
        assert_eq!(of(&mut repair.fields.iter().map(|field| field.portal)), 4);
    }

    #[test]
    fn every_kind_occurs() {
        let templates = of_the_company();
        let all = templates.iter().flat_map(|template| template.fields.iter().chain(template.steps.iter().flat_map(|step| &step.fields)));
        let kinds: HashSet<String> = all.map(|field| format!("{:?}", field.kind)).collect();
        assert_eq!(kinds.len(), 11, "{kinds:?}");
    }

    /// The drivers can tick off every step: what a worker must fill is in steps, and is no file.
    #[test]
    fn a_worker_can_finish_every_job_with_its_steps_alone() {
        for template in of_the_company() {
            assert!(template.fields.iter().all(|field| field.worker != Required), "{}", template.name);
        }
    }
}
