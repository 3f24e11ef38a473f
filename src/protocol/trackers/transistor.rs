//! Traccar Client 9 and other apps on the same location library: JSON with `location`, an object or a list of them.
//!
//! Metres, metres per second, degrees, battery 0 to 1; -1 is unknown, and `coords` may be missing.

use super::text::{json_instant_ms, measure, name, number};
use super::{App, Report, Unusable};
use crate::domain::fix::RawFix;
use serde_json::Value;

/// Reads one request, which may itself be a list of requests.
pub(super) fn read(value: &Value) -> Report {
    let mut report = Report::new(App::Transistor);
    let mut device = None;
    let requests = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    for request in requests {
        device = device.or_else(|| name(request.get("device_id")));
        match request.get("location") {
            Some(Value::Array(locations)) => locations.iter().for_each(|location| report.take(position(location))),
            Some(location) => report.take(position(location)),
            None => report.unusable.push(Unusable::NoPosition),
        }
    }
    report.named(device)
}

fn position(location: &Value) -> Result<RawFix, Unusable> {
    let coords = location.get("coords").ok_or(Unusable::NoPosition)?;
    let (Some(latitude), Some(longitude)) = (number(coords.get("latitude")), number(coords.get("longitude"))) else {
        return Err(Unusable::BadPlace);
    };
    let time = location.get("timestamp").or_else(|| coords.get("timestamp"));
    Ok(RawFix {
        time_ms: time.and_then(json_instant_ms).ok_or(Unusable::BadTime)?,
        latitude,
        longitude,
        accuracy_m: measure(number(coords.get("accuracy"))),
        speed_mps: measure(number(coords.get("speed"))),
        heading_deg: measure(number(coords.get("heading"))),
        battery: measure(number(location.get("battery").and_then(|battery| battery.get("level")))),
    })
}
