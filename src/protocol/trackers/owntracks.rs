//! `OwnTracks` in HTTP mode (<https://owntracks.org/booklet/tech/json/>): `vel` in kilometres per hour, `tst` in seconds, `batt` in percent.
//!
//! The answer is a list, and may tell the phone which regions to watch: then its `transition` says when it arrives.

use super::text::{epoch_ms, measure, name, number};
use super::{App, Posted, Report, Unusable};
use crate::domain::arrival::Side;
use crate::domain::fix::RawFix;
use serde_json::{Value, json};

/// Reads one message, or a list of them.
pub(super) fn read(value: &Value, posted: &Posted<'_>) -> Report {
    let mut report = Report::new(App::Owntracks);
    let messages = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    for message in messages {
        match message.get("_type").and_then(Value::as_str) {
            Some("location") => report.take(position(message)),
            Some("transition") => {
                let before = report.fixes.len();
                report.take(position(message));
                report.side = match message.get("event").and_then(Value::as_str) {
                    _ if report.fixes.len() == before => None,
                    Some("enter") => Some(Side::Inside),
                    Some("leave") => Some(Side::Outside),
                    _ => None,
                };
            }
            Some("encrypted") => report.unusable.push(Unusable::Encrypted),
            Some(_) => report.unusable.push(Unusable::NoPosition),
            None => report.unusable.push(Unusable::Unreadable),
        }
    }
    report.named(device(messages, posted))
}

/// The header, else the end of the topic, else `d` of the address, else the two letters.
fn device(messages: &[Value], posted: &Posted<'_>) -> Option<String> {
    let of = |key: &str| messages.iter().find_map(|message| name(message.get(key)));
    let topic = || of("topic").and_then(|topic| topic.split('/').nth(2).map(str::to_owned));
    let query = || super::text::pairs(posted.query, "").into_iter().find(|(key, _)| key == "d").map(|(_, device)| device);
    posted.device_header.map(str::to_owned).or_else(topic).or_else(query).or_else(|| of("tid"))
}

fn position(message: &Value) -> Result<RawFix, Unusable> {
    let (Some(latitude), Some(longitude)) = (number(message.get("lat")), number(message.get("lon"))) else {
        return Err(if message.get("lat").is_none() && message.get("lon").is_none() { Unusable::NoPosition } else { Unusable::BadPlace });
    };
    let seconds = number(message.get("tst")).filter(|seconds| seconds.abs() < 1e11);
    Ok(RawFix {
        time_ms: seconds.and_then(epoch_ms).ok_or(Unusable::BadTime)?,
        latitude,
        longitude,
        accuracy_m: measure(number(message.get("acc")).filter(|metres| *metres > 0.0)),
        speed_mps: measure(number(message.get("vel")).map(|kmh| kmh / 3.6)),
        heading_deg: measure(number(message.get("cog"))),
        battery: measure(number(message.get("batt")).map(|percent| percent / 100.0)),
    })
}

/// A region for the phone to watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Waypoint {
    /// What the phone shows.
    pub name: String,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Metres.
    pub radius_m: f64,
    /// Seconds since 1970: by it the phone knows a waypoint again.
    pub key_s: i64,
}

/// The answer that makes these the phone's regions.
pub fn waypoints(regions: &[Waypoint]) -> Value {
    let region = |region: &Waypoint| json!({ "_type": "waypoint", "desc": region.name, "lat": region.latitude, "lon": region.longitude, "rad": region.radius_m.round(), "tst": region.key_s });
    let regions: Vec<Value> = regions.iter().map(region).collect();
    json!([{ "_type": "cmd", "action": "setWaypoints", "waypoints": { "_type": "waypoints", "waypoints": regions } }])
}
