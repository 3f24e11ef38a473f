//! Overland (<https://github.com/aaronpk/Overland-iOS>): `GeoJSON` features, longitude first, metres per second, battery 0 to 1.
//! `current` stands beside a long queue and is where the phone is now.

use super::text::{json_instant_ms, measure, name, number};
use super::{App, Report, Unusable};
use crate::domain::fix::RawFix;
use serde_json::Value;

/// Reads one batch.
pub(super) fn read(value: &Value) -> Report {
    let mut report = Report::new(App::Overland);
    let Some(locations) = value.get("locations").and_then(Value::as_array) else {
        return Report::only(App::Overland, Unusable::Unreadable);
    };
    let current = value.get("current").filter(|current| current.is_object());
    if locations.is_empty() && current.is_none() {
        return Report::only(App::Overland, Unusable::NoPosition);
    }
    for feature in locations.iter().chain(current) {
        report.take(position(feature));
    }
    let device = |feature: &Value| {
        let properties = feature.get("properties")?;
        name(properties.get("device_id")).filter(|name| !name.is_empty()).or_else(|| name(properties.get("unique_id")))
    };
    let device = locations.iter().chain(current).find_map(device);
    report.named(device)
}

fn position(feature: &Value) -> Result<RawFix, Unusable> {
    let place = feature.get("geometry").and_then(|geometry| geometry.get("coordinates")).and_then(Value::as_array);
    let place = place.ok_or(Unusable::NoPosition)?;
    let (Some(longitude), Some(latitude)) = (number(place.first()), number(place.get(1))) else { return Err(Unusable::BadPlace) };
    let of = |key: &str| feature.get("properties").and_then(|properties| properties.get(key));
    Ok(RawFix {
        time_ms: of("timestamp").and_then(json_instant_ms).ok_or(Unusable::BadTime)?,
        latitude,
        longitude,
        accuracy_m: measure(number(of("horizontal_accuracy"))),
        speed_mps: measure(number(of("speed"))),
        heading_deg: measure(number(of("course"))),
        battery: measure(number(of("battery_level"))),
    })
}
