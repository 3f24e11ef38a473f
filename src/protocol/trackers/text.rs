//! Spellings that several apps share: keys and values, instants, numbers.

use serde_json::Value;

/// Keys and values of a query and of a form. `GPSLogger`'s bodies may hold other lines around the form.
pub(super) fn pairs(query: &str, body: &str) -> Vec<(String, String)> {
    let lines = std::iter::once(query).chain(body.lines()).map(str::trim).filter(|line| line.contains('='));
    lines.flat_map(|line| form_urlencoded::parse(line.as_bytes())).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

/// Milliseconds since 1970, of seconds or milliseconds since then, of an ISO 8601 instant, or of `yyyy-MM-dd HH:mm:ss` (UTC).
pub(super) fn instant_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return epoch_ms(number);
    }
    // In a query a plus may have become a space: `2016-05-02T20:14:19 03:00`.
    if let Ok(at) = text.parse::<jiff::Timestamp>().or_else(|_| text.replace(' ', "+").parse()) {
        return Some(at.as_millisecond());
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Of a number of seconds or milliseconds since 1970: 1e11 s would be the year 5138.
pub(super) fn epoch_ms(number: f64) -> Option<i64> {
    let ms = if number.abs() < 1e11 { number * 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "in range")]
    (ms.is_finite() && ms.abs() < 1e15).then(|| ms.round() as i64)
}

/// An instant as a JSON number or string.
pub(super) fn json_instant_ms(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => epoch_ms(number.as_f64()?),
        Value::String(text) => instant_ms(text),
        _ => None,
    }
}

/// A number, which some apps write as a string.
pub(super) fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A measure for a fix; out of its range it becomes unknown there.
#[expect(clippy::cast_possible_truncation, reason = "a measure needs no more digits")]
pub(super) fn measure(number: Option<f64>) -> Option<f32> {
    number.map(|number| number as f32)
}

/// A text, or a number as one.
pub(super) fn name(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
