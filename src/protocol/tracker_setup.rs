//! Setting up a worker's stock tracker: the address in each app's own form, and what an admin sees of the devices.

use super::instant::Rfc3339;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What `GET /api/workers/{id}/tracker` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Tracker {
    /// When the address was made; none: there is no address.
    pub made_at: Option<Rfc3339>,
    /// When any device was last heard.
    pub last_seen_at: Option<Rfc3339>,
    /// The devices, the one heard last first.
    pub devices: Vec<TrackerDevice>,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct TrackerDevice {
    /// As it names itself.
    pub device: String,
    /// The app that it last used, as `App` spells it.
    pub app: String,
    /// When it was last heard.
    pub last_seen_at: Rfc3339,
    /// Positions stored.
    #[ts(type = "number")]
    pub stored: i64,
    /// What was of no use, by reason as `Unusable` spells it.
    #[ts(type = "Record<string, number>")]
    pub unusable: BTreeMap<String, i64>,
}

/// What `POST /api/workers/{id}/tracker` answers, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct NewTracker {
    /// The secret; the hub keeps only its hash.
    pub secret: String,
    /// Where phones post.
    pub url: String,
    /// The same for each app.
    pub links: TrackerLinks,
}

/// The address in each app's own form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct TrackerLinks {
    /// Traccar Client scans or opens it: it keeps the path, and reads its settings from the query.
    pub traccar: String,
    /// `OwnTracks` opens it: its whole configuration.
    pub owntracks: String,
    /// Overland opens it.
    pub overland: String,
    /// What to paste into `GPSLogger`'s custom address.
    pub gpslogger: String,
}

impl TrackerLinks {
    /// Of an address and its secret; the phone is named after the worker where the app wants a name.
    pub fn new(url: &str, secret: &str, worker: &str) -> Self {
        let initials: String = worker.split_whitespace().filter_map(|word| word.chars().find(|char| char.is_alphanumeric())).take(2).collect();
        // Mode 3 is HTTP, monitoring 2 sends while moving; with `cmd` it takes the job sites as regions.
        let configuration = json!({
            "_type": "configuration", "mode": 3, "url": url, "auth": false, "monitoring": 2, "cmd": true,
            "tid": if initials.is_empty() { "W".to_owned() } else { initials },
        });
        let inline = STANDARD.encode(configuration.to_string());
        let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        Self {
            traccar: format!("{url}?accuracy=highest&distance=25&interval=15&angle=30&buffer=true&stop_detection=true"),
            owntracks: format!("owntracks:///config?inline={}", escaped(&inline)),
            overland: format!("overland://setup?url={}&token={}", escaped(url), escaped(secret)),
            // `speed` would be knots.
            gpslogger: format!(
                "{url}?aid=%AID&lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&accuracy=%ACC&altitude=%ALT&bearing=%DIR&batt=%BATT&charge=%ISCHARGING&speed_ms=%SPD"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn links_are_in_the_apps_own_forms() {
        let links = TrackerLinks::new("https://hub.example/in/abc", "abc", "Aino Virtanen");
        assert!(links.traccar.starts_with("https://hub.example/in/abc?"));
        let inline = links.owntracks.strip_prefix("owntracks:///config?inline=").unwrap();
        let inline = form_urlencoded::parse(format!("x={inline}").as_bytes()).next().unwrap().1.into_owned();
        let configuration: Value = serde_json::from_slice(&STANDARD.decode(inline).unwrap()).unwrap();
        assert_eq!(configuration["url"], "https://hub.example/in/abc");
        assert_eq!((&configuration["mode"], &configuration["tid"]), (&json!(3), &json!("AV")));
        assert!(links.overland.starts_with("overland://setup?url=https%3A%2F%2Fhub.example%2Fin%2Fabc&token=abc"));
        assert!(links.gpslogger.starts_with("https://hub.example/in/abc?aid=%AID&lat=%LAT"));
    }
}
