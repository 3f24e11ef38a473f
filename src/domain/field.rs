//! Form fields: their kinds, who may do what with them, and values that can only be made by parsing.

use super::file::PICTURES_MAX;
use super::refusal::{Fault, Why};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest one-line text, in characters.
pub const TEXT_MAX: usize = 500;
/// The longest text of several lines, in characters.
pub const LONG_TEXT_MAX: usize = 10_000;

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A JSON number.
    Number,
    /// `YYYY-MM-DD`.
    Date,
    /// `HH:MM`.
    Time,
    /// One of the options.
    Choice,
    /// Any of the options.
    Choices,
    /// True or false.
    Checkbox,
    /// An http or https address.
    Link,
    /// File ids of pictures.
    Photo,
    /// One file id of a drawing.
    Signature,
}

/// What somebody may do with a field, a step or a part of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Does not exist for them.
    Hidden,
    /// May be seen.
    ReadOnly,
    /// May be filled.
    Optional,
    /// Must be filled.
    Required,
}

impl Rule {
    /// Whether it exists for them at all.
    pub fn visible(self) -> bool {
        self != Self::Hidden
    }

    /// Whether they may change it.
    pub fn writable(self) -> bool {
        matches!(self, Self::Optional | Self::Required)
    }
}

/// A field as a template defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDef {
    /// Unique within its step or job.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// For choice and choices.
    #[serde(default)]
    pub options: Vec<String>,
    /// What the worker must do with it.
    pub worker: Rule,
    /// What a portal user may do with it.
    pub portal: Rule,
}

/// A field of a job: the definition copied in, and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The definition at the time the job was made.
    #[serde(flatten)]
    pub def: FieldDef,
    /// What was filled in.
    pub value: Option<FieldValue>,
}

/// A value that fits the kind of its field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// Checkbox.
    Flag(bool),
    /// Number.
    Number(f64),
    /// Text, long text, date, time, choice, link, signature.
    Text(String),
    /// Choices, photo.
    List(Vec<String>),
}

impl FieldValue {
    /// Whether a required field holding this counts as filled.
    pub fn is_filled(&self) -> bool {
        match self {
            Self::Flag(on) => *on,
            Self::Number(_) => true,
            Self::Text(text) => !text.trim().is_empty(),
            Self::List(list) => !list.is_empty(),
        }
    }
}

impl FieldDef {
    /// Parses what was sent for this field; `null` empties it. Faults carry no pointer prefix of their own: `pointer` is the whole one.
    pub fn parse(&self, value: &Value, pointer: &str) -> Result<Option<FieldValue>, Fault> {
        let fault = |why| Fault::at(pointer, why);
        if value.is_null() {
            return Ok(None);
        }
        let text = |max| -> Result<String, Fault> {
            let text = value.as_str().ok_or_else(|| fault(Why::Expected("a string")))?;
            parse_text(text, max, self.kind == FieldKind::LongText).map_err(fault)
        };
        let list = || -> Result<Vec<String>, Fault> {
            let items = value.as_array().ok_or_else(|| fault(Why::Expected("a list of strings")))?;
            let mut parsed = Vec::with_capacity(items.len());
            for item in items {
                let item = item.as_str().ok_or_else(|| fault(Why::Expected("a list of strings")))?;
                if parsed.iter().any(|known| known == item) {
                    return Err(fault(Why::Repeated));
                }
                parsed.push(item.to_owned());
            }
            Ok(parsed)
        };
        let parsed = match self.kind {
            FieldKind::Text => FieldValue::Text(text(TEXT_MAX)?),
            FieldKind::LongText => FieldValue::Text(text(LONG_TEXT_MAX)?),
            FieldKind::Number => FieldValue::Number(value.as_f64().ok_or_else(|| fault(Why::Expected("a number")))?),
            FieldKind::Checkbox => FieldValue::Flag(value.as_bool().ok_or_else(|| fault(Why::Expected("true or false")))?),
            FieldKind::Date => {
                let date = text(10)?;
                date.parse::<jiff::civil::Date>().ok().filter(|_| date.len() == 10).ok_or_else(|| fault(Why::Expected("a date, YYYY-MM-DD")))?;
                FieldValue::Text(date)
            }
            FieldKind::Time => {
                let time = text(5)?;
                time.parse::<jiff::civil::Time>().ok().filter(|_| time.len() == 5).ok_or_else(|| fault(Why::Expected("a time, HH:MM")))?;
                FieldValue::Text(time)
            }
            FieldKind::Link => {
                let link = text(TEXT_MAX)?;
                if !(link.starts_with("https://") || link.starts_with("http://")) {
                    return Err(fault(Why::Expected("an address that begins with https:// or http://")));
                }
                FieldValue::Text(link)
            }
            FieldKind::Choice => {
                let choice = text(TEXT_MAX)?;
                if !self.options.contains(&choice) {
                    return Err(fault(Why::NotAnOption));
                }
                FieldValue::Text(choice)
            }
            FieldKind::Choices => {
                let choices = list()?;
                if choices.iter().any(|choice| !self.options.contains(choice)) {
                    return Err(fault(Why::NotAnOption));
                }
                FieldValue::List(choices)
            }
            FieldKind::Photo => {
                let ids = list()?;
                if ids.len() > PICTURES_MAX {
                    return Err(fault(Why::OutOfRange("at most 20 pictures")));
                }
                FieldValue::List(file_ids(ids).ok_or_else(|| fault(Why::Expected("a list of file ids")))?)
            }
            FieldKind::Signature => {
                let id = file_ids(vec![text(36)?]).and_then(|mut ids| ids.pop());
                FieldValue::Text(id.ok_or_else(|| fault(Why::Expected("a file id")))?)
            }
        };
        Ok(Some(parsed))
    }
}

fn file_ids(ids: Vec<String>) -> Option<Vec<String>> {
    // In one spelling, so that two of one file are seen to be two of one file.
    ids.iter().all(|id| id.parse::<uuid::Uuid>().is_ok_and(|parsed| parsed.to_string() == *id)).then_some(ids)
}

/// Text that fits: trimmed at the ends, within `max` characters, without control characters (line breaks and tabs only if `lines`).
pub fn parse_text(text: &str, max: usize, lines: bool) -> Result<String, Why> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(Why::TooLong { max });
    }
    if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) {
        return Err(Why::ControlCharacter);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(kind: FieldKind) -> FieldDef {
        FieldDef { key: "k".into(), label: "L".into(), kind, options: vec!["a".into(), "b".into()], worker: Rule::Optional, portal: Rule::Optional }
    }

    #[test]
    fn each_kind_takes_its_own_values_only() {
        use FieldKind::*;
        let good = [
            (Text, json!("x")),
            (LongText, json!("x\ny")),
            (Number, json!(-1.5)),
            (Date, json!("2026-02-28")),
            (Time, json!("23:59")),
            (Choice, json!("a")),
            (Choices, json!(["a", "b"])),
            (Checkbox, json!(false)),
            (Link, json!("https://example.com/?q=1")),
            (Photo, json!(["01890a5d-ac96-774b-bcce-b302099a8057"])),
            (Signature, json!("01890a5d-ac96-774b-bcce-b302099a8057")),
        ];
        for (kind, value) in &good {
            assert!(field(*kind).parse(value, "/f").expect("fits").is_some(), "{kind:?} {value}");
            assert_eq!(field(*kind).parse(&Value::Null, "/f"), Ok(None));
        }
        let bad = [
            (Text, json!(1)),
            (Text, json!("x\u{0}")),
            (Text, json!("a\nb")),
            (Text, json!("x".repeat(501))),
            (Number, json!("1")),
            (Date, json!("2026-02-30")),
            (Date, json!("tomorrow")),
            (Time, json!("25:00")),
            (Time, json!("7:5")),
            (Choice, json!("c")),
            (Choices, json!(["a", "a"])),
            (Choices, json!("a")),
            (Checkbox, json!("yes")),
            (Link, json!("javascript:alert(1)")),
            (Photo, json!(["nope"])),
            (Signature, json!(["x"])),
        ];
        for (kind, value) in &bad {
            let fault = field(*kind).parse(value, "/fields/k").expect_err("does not fit");
            assert_eq!(fault.pointer, "/fields/k", "{kind:?} {value}");
        }
    }
}
