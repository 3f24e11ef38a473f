//! Job types on the wire: for dispatchers with both rules of everything, for portal users with what they may do.

use super::invoice::TemplateLine;
use crate::domain::field::{FieldDef, FieldKind, Rule};
use crate::domain::ids::TemplateId;
use crate::domain::{portal, template};
use serde::{Deserialize, Serialize};

/// A job type: for dispatchers with both rules of everything, for portal users with what they may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Template {
    pub id: TemplateId,
    pub name: String,
    pub colour: String,
    pub duration_min: u32,
    pub parts: TemplateParts,
    pub steps: Vec<TemplateStep>,
    pub fields: Vec<TemplateField>,
    /// What is charged; for dispatchers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<TemplateLine>>", optional)]
    pub invoice_lines: Vec<TemplateLine>,
    pub archived: bool,
    /// For dispatchers: sent back with a change, it refuses the change if somebody else was faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub version: Option<String>,
}

/// The built-in parts of a job; hidden ones are absent for portal users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TemplateParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_start: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Rule>,
    /// The most identical jobs in one request.
    #[ts(optional = false)]
    pub copies: u16,
}

/// A step of a template: with `portal` for dispatchers, with `access` for portal users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TemplateStep {
    pub name: String,
    pub address: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Rule>,
    /// The worker's arrival completes it; for dispatchers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completes_on_arrival: Option<bool>,
    pub fields: Vec<TemplateField>,
}

/// A field of a template: with `worker` and `portal` for dispatchers, with `access` for portal users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TemplateField {
    pub key: String,
    pub label: String,
    pub kind: FieldKind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub options: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Rule>,
}

impl Template {
    /// As dispatchers see it: everything.
    pub fn staff(from: &template::Template) -> Self {
        let parts = from.parts;
        let step = |step: &template::StepDef| TemplateStep {
            name: step.name.clone(),
            address: step.address,
            portal: Some(step.portal),
            access: None,
            completes_on_arrival: Some(step.completes_on_arrival),
            fields: step.fields.iter().map(TemplateField::staff).collect(),
        };
        Self {
            parts: TemplateParts {
                requested_start: Some(parts.requested_start),
                asset: Some(parts.asset),
                contact: Some(parts.contact),
                notes: Some(parts.notes),
                copies: parts.copies,
            },
            steps: from.steps.iter().map(step).collect(),
            fields: from.fields.iter().map(TemplateField::staff).collect(),
            invoice_lines: from.invoice_lines.iter().map(TemplateLine::from).collect(),
            ..Self::head(from)
        }
    }

    /// As portal users see it: what is hidden from them does not exist.
    pub fn portal(from: &template::Template) -> Self {
        let shown = |rule: Rule| Some(rule).filter(|rule| rule.visible());
        let step = |step: &template::StepDef| TemplateStep {
            name: step.name.clone(),
            address: step.address,
            portal: None,
            access: Some(step.portal),
            completes_on_arrival: None,
            fields: TemplateField::portal(&step.fields),
        };
        Self {
            parts: TemplateParts {
                requested_start: shown(from.parts.requested_start),
                asset: shown(from.parts.asset),
                contact: shown(from.parts.contact),
                notes: shown(from.parts.notes),
                copies: from.parts.copies,
            },
            steps: portal::template_steps(from).map(|(_, def)| step(def)).collect(),
            fields: TemplateField::portal(&from.fields),
            ..Self::head(from)
        }
    }

    fn head(from: &template::Template) -> Self {
        Self {
            id: from.id,
            name: from.name.clone(),
            colour: from.colour.clone(),
            duration_min: from.duration_min,
            parts: TemplateParts { requested_start: None, asset: None, contact: None, notes: None, copies: 1 },
            steps: Vec::new(),
            fields: Vec::new(),
            invoice_lines: Vec::new(),
            archived: from.archived,
            version: None,
        }
    }
}

impl TemplateField {
    fn staff(from: &FieldDef) -> Self {
        Self { worker: Some(from.worker), portal: Some(from.portal), ..Self::head(from) }
    }

    fn portal(from: &[FieldDef]) -> Vec<Self> {
        let visible = from.iter().filter(|def| def.portal.visible());
        visible.map(|def| Self { access: Some(def.portal), ..Self::head(def) }).collect()
    }

    fn head(from: &FieldDef) -> Self {
        Self {
            key: from.key.clone(),
            label: from.label.clone(),
            kind: from.kind,
            options: from.options.clone(),
            worker: None,
            portal: None,
            access: None,
        }
    }
}
