//! Keys and values: Traccar Client (<https://www.traccar.org/osmand/>), scripts, and `GPSLogger` with an address of its own.
//!
//! `speed` is in knots, `batt` in percent. `GPSLogger`'s own names for metres and kilometres per hour are understood too.

use super::text::{instant_ms, measure, name};
use super::{App, Report, Unusable};
use crate::domain::At;
use crate::domain::fix::RawFix;
use serde_json::Value;

/// One international nautical mile per hour.
const MPS_PER_KNOT: f64 = 1852.0 / 3600.0;

/// Reads the keys and values of one position.
pub(super) fn of_pairs(pairs: &[(String, String)], now: At) -> Report {
    let named = |names: &[&str]| {
        let of = |wanted: &&str| pairs.iter().find(|(key, value)| key.eq_ignore_ascii_case(wanted) && !value.trim().is_empty());
        names.iter().find_map(of).map(|(_, value)| value.trim())
    };
    let number = |names: &[&str]| named(names).and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
    let has = |name: &str| pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let is_gpslogger =
        ["aid", "androidId", "spd", "spd_kph", "speed_ms", "ser", "serial", "prov", "timeoff", "stst", "fn"].iter().any(|name| has(name));
    let mut report = Report::new(if is_gpslogger { App::Gpslogger } else { App::Osmand });
    let place = match named(&["location"]).and_then(|text| text.split_once(',')) {
        Some((latitude, longitude)) => (latitude.trim().parse().ok(), longitude.trim().parse().ok()),
        None => (number(&["lat", "latitude"]), number(&["lon", "lng", "longitude"])),
    };
    let is_tracker = has("lat") || has("lon") || has("location") || has("id") || has("deviceid") || has("timestamp");
    let said_time = named(&["timestamp", "time", "epoch", "timeoffset", "timeoff"]);
    let time = said_time.map_or(Ok(now.millis()), |text| instant_ms(text).ok_or(Unusable::BadTime));
    let says_invalid = named(&["valid"]).is_some_and(|valid| matches!(valid, "false" | "0" | "V"));
    match place {
        (None, None) if !is_tracker => report.unusable.push(Unusable::Unreadable),
        (None, None) if !has("lat") && !has("lon") && !has("location") => report.unusable.push(Unusable::NoPosition),
        _ if says_invalid => report.unusable.push(Unusable::Invalid),
        (Some(latitude), Some(longitude)) => report.take(time.map(|time_ms| {
            RawFix {
                time_ms,
                latitude,
                longitude,
                accuracy_m: measure(number(&["accuracy", "acc", "horizontal_accuracy"]).filter(|metres| *metres > 0.0)),
                speed_mps: measure(
                    number(&["speed_ms", "spd"])
                        .or_else(|| number(&["speed_kmh", "spd_kph"]).map(|kmh| kmh / 3.6))
                        .or_else(|| number(&["speed"]).map(|knots| knots * MPS_PER_KNOT)),
                ),
                heading_deg: measure(number(&["bearing", "heading", "dir", "course"])),
                battery: measure(number(&["batt", "battery"]).map(|percent| percent / 100.0)),
            }
        })),
        _ => report.unusable.push(Unusable::BadPlace),
    }
    report.named(named(&["id", "deviceid", "device_id", "aid", "androidId", "ser", "serial"]).map(str::to_owned))
}

/// Reads the same keys from JSON, one object or a list of them.
pub(super) fn of_objects(value: &Value, query: &str, now: At) -> Report {
    let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    let mut whole = Report::new(App::Osmand);
    for object in list {
        let Some(members) = object.as_object() else {
            whole.unusable.push(Unusable::Unreadable);
            continue;
        };
        let mut pairs: Vec<(String, String)> = members.iter().filter_map(|(key, value)| Some((key.clone(), name(Some(value))?))).collect();
        pairs.extend(super::text::pairs(query, ""));
        let one = of_pairs(&pairs, now);
        whole.device = whole.device.or(one.device);
        whole.fixes.extend(one.fixes);
        whole.unusable.extend(one.unusable);
    }
    whole
}
