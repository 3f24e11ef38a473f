//! What the demo's people write into forms: plausible, and the same for the same turn.

use crate::domain::field::FieldKind;
use jiff::civil::Date;
use serde_json::{Value, json};

const PROBLEMS: [&str; 8] = [
    "The back door does not close by itself any more.",
    "Water drips from the tap in the staff kitchen.",
    "The lamp above the counter flickers.",
    "The radiator by the window stays cold.",
    "The extractor fan hums loudly in the morning.",
    "A tile in the entrance has come loose.",
    "The shutter stops half way.",
    "The fuse of the dishwasher blows every other day.",
];
const WORK: [&str; 4] = [
    "Adjusted the closer and greased the hinges.",
    "Changed the seal and cleaned the aerator.",
    "Replaced the ballast, tested for ten minutes.",
    "Bled the radiator and set the valve.",
];
const NAMES: [&str; 5] = ["Ms Niemi", "Mr Aho", "the caretaker", "the reception", "the shift manager"];

/// A value for a field, if the demo can give one: it has no files to give. `turn` picks among several.
pub(super) fn to(key: &str, kind: FieldKind, options: &[String], turn: usize, today: Date) -> Option<Value> {
    let pick = |from: &[&'static str]| json!(from[turn % from.len()]);
    Some(match (kind, key) {
        (FieldKind::LongText, "problem") => pick(&PROBLEMS),
        (FieldKind::LongText, "work") => pick(&WORK),
        (FieldKind::LongText, _) => json!("All in order."),
        (FieldKind::Text, "access") => pick(&["Door code 2580", "Key at the reception", "Ring at the yard gate"]),
        (FieldKind::Text, "keys") => json!(format!("K-{0}, K-{1}", 1100 + turn % 800, 1101 + turn % 800)),
        (FieldKind::Text, _) => pick(&NAMES),
        (FieldKind::Number, "pressure") => json!(f64::from(u8::try_from(14 + turn % 6).unwrap_or(14)) / 10.0),
        (FieldKind::Number, "meter") => json!(48_000 + turn * 17 % 4_000),
        (FieldKind::Number, _) => json!(2 + turn % 9),
        (FieldKind::Date, "next") => json!(today.saturating_add(jiff::Span::new().years(1)).to_string()),
        (FieldKind::Date, _) => json!(today.to_string()),
        (FieldKind::Time, _) => pick(&["15:30", "16:00", "18:00"]),
        (FieldKind::Checkbox, _) => json!(true),
        (FieldKind::Link, _) => json!("https://www.example.org/manuals/heat-exchanger"),
        (FieldKind::Choice, _) => json!(options.get(turn % options.len().max(1))?),
        (FieldKind::Choices, _) => json!(options.iter().skip(turn % 2).take(2).collect::<Vec<_>>()),
        (FieldKind::Photo | FieldKind::Signature, _) => return None,
    })
}
