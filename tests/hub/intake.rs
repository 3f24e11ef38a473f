//! Stock phone trackers: what every app posts is in the table and on a dispatcher's map, and what is of no use is answered and counted.
//!
//! The requests of our own are in `trackers.json`, with the positions that they must become.

use crate::harness::{Live, Person, TestHub, in_ms};
use crate::map::helsinki;
use dispatch_hub::domain::ids::WorkerId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;

/// A worker with a tracker address.
struct Tracked {
    admin: Person,
    worker: WorkerId,
    /// Path and secret.
    path: String,
    secret: String,
    /// Its socket, so that the worker is on duty.
    live: Live,
}

impl Tracked {
    async fn set_up(hub: &TestHub, number: usize) -> Self {
        let admin = hub.admin().await;
        let worker = hub.company().worker(number);
        let mut live = hub.worker(number).await.live().await;
        live.goes_on_duty(true).await;
        let made = make(&admin, worker).await;
        let secret = made["secret"].as_str().unwrap().to_owned();
        Self { admin, worker, path: format!("/in/{secret}"), secret, live }
    }

    async fn status(&self) -> Value {
        self.admin.reads(&format!("/api/workers/{}/tracker", self.worker)).await
    }

    /// How much was of no use for this reason, over all devices.
    async fn unusable(&self, reason: &str) -> i64 {
        let status = self.status().await;
        status["devices"].as_array().unwrap().iter().filter_map(|device| device["unusable"][reason].as_i64()).sum()
    }
}

async fn make(admin: &Person, worker: WorkerId) -> Value {
    admin.client.post(&format!("/api/workers/{worker}/tracker"), &json!({})).await.expect("an admin may")
}

/// Posts as a phone does: no cookie, any type. The answer's status and text.
async fn post(hub: &TestHub, method: &str, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> (StatusCode, String) {
    let method: Method = method.parse().unwrap();
    let mut request = hub.asks(method, path).body(body);
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let answer = request.send().await.expect("the hub answers");
    (answer.status(), answer.text().await.expect("a whole answer"))
}

async fn rows(hub: &TestHub, worker: WorkerId) -> Vec<Value> {
    hub.table(&format!(
        "select device, (extract(epoch from at) * 1000)::bigint as at_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery
         from fix where worker = '{worker}' order by at, device"
    ))
    .await
}

/// Equal but for the last digits of a float.
fn same(row: &Value, expected: &Value) -> bool {
    expected.as_object().unwrap().iter().all(|(key, value)| match (row[key].as_f64(), value.as_f64()) {
        (Some(found), Some(value)) => (found - value).abs() < 0.01,
        _ => row[key] == *value,
    })
}

fn own_requests() -> Vec<Value> {
    serde_json::from_str(include_str!("trackers.json")).unwrap()
}

/// Sends a request of the file; its answer must be as written there.
async fn send(hub: &TestHub, path: &str, request: &Value) {
    let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
    let path = if text("query").is_empty() { path.to_owned() } else { format!("{path}?{}", text("query")) };
    let answer = post(hub, &text("method"), &path, &text("content_type"), text("body")).await;
    assert_eq!(answer, (StatusCode::OK, text("answer")), "{}", request["name"]);
}

#[tokio::test]
async fn every_app_ends_in_the_same_table_and_a_replay_changes_nothing() {
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let requests = own_requests();
    let mut expected: Vec<Value> = requests.iter().flat_map(|request| request["expected"].as_array().unwrap().clone()).collect();
    expected.sort_by_key(|fix| fix["at_ms"].as_i64());
    for round in 0..2 {
        for request in &requests {
            let before = rows(&hub, tracked.worker).await.len();
            send(&hub, &tracked.path, request).await;
            // 2xx means that it is in the table.
            let more = if round == 0 { request["expected"].as_array().unwrap().len() } else { 0 };
            assert_eq!(rows(&hub, tracked.worker).await.len(), before + more, "{}", request["name"]);
        }
    }
    let rows = rows(&hub, tracked.worker).await;
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(&expected) {
        assert!(same(row, expected), "{row} is not {expected}");
    }
    let status = tracked.status().await;
    let devices: Vec<&str> = status["devices"].as_array().unwrap().iter().map(|device| device["device"].as_str().unwrap()).collect();
    for device in ["van-7", "van-8", "phone", "AV", "iphone", "a1b2"] {
        assert!(devices.contains(&device), "{device} of {devices:?}");
    }
    for (reason, number) in [("no_position", 2 * 2), ("encrypted", 2), ("unreadable", 2 * 2), ("bad_place", 2)] {
        assert_eq!(tracked.unusable(reason).await, number, "{reason}");
    }
    assert!(!status.to_string().contains(&tracked.secret), "never the secret again");
}

#[tokio::test]
async fn a_position_of_now_is_on_the_dispatchers_map() {
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let (status, _) =
        post(&hub, "POST", &format!("{}?id=a&lat=60.1811&lon=24.9511&timestamp={}&speed=10", tracked.path, in_ms(-1_000)), "", "").await;
    assert_eq!(status, StatusCode::OK);
    loop {
        let positions = map.positions().await;
        if let Some(position) = positions.list.iter().find(|position| position.0 == tracked.worker) {
            assert!((position.2 - 60.1811).abs() < 1e-9 && (position.3 - 24.9511).abs() < 1e-9, "{position:?}");
            break;
        }
    }
}

#[tokio::test]
async fn only_the_right_secret_gets_in_until_it_is_replaced_or_revoked() {
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let fix = |path: &str, nth: i64| format!("{path}?id=a&lat=60.17&lon=24.94&timestamp={}", in_ms(-10_000 + nth));
    assert_eq!(post(&hub, "GET", &fix(&tracked.path, 1), "", "").await.0, StatusCode::OK);
    let other_place = format!("{}A", &tracked.secret[..42]);
    let mut refused = Vec::new();
    for wrong in ["x", &other_place, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &"y".repeat(300)] {
        if wrong == tracked.secret {
            continue;
        }
        let (status, body) = post(&hub, "GET", &fix(&format!("/in/{wrong}"), 2), "", "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{wrong}");
        refused.push(body);
    }
    assert!(refused.windows(2).all(|pair| pair[0] == pair[1]), "all wrong ones look alike");
    let second = make(&tracked.admin, tracked.worker).await;
    assert_eq!(post(&hub, "GET", &fix(&tracked.path, 3), "", "").await.0, StatusCode::NOT_FOUND, "replaced");
    let path = format!("/in/{}", second["secret"].as_str().unwrap());
    assert_eq!(post(&hub, "GET", &fix(&path, 4), "", "").await.0, StatusCode::OK);
    tracked.admin.client.delete(&format!("/api/workers/{}/tracker", tracked.worker)).await.expect("an admin may");
    assert_eq!(post(&hub, "GET", &fix(&path, 5), "", "").await.0, StatusCode::NOT_FOUND, "revoked");
    assert_eq!(tracked.status().await["made_at"], Value::Null);
    assert_eq!(rows(&hub, tracked.worker).await.len(), 2);
    let hashes = hub.table("select encode(secret_hash, 'escape') as hash from tracker").await;
    assert!(!format!("{hashes:?}").contains(&tracked.secret));
    // What the operator watches says nothing of it either.
    let metrics = hub.asks(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("hub_tracker_requests_total") && !metrics.contains(&tracked.secret) && !metrics.contains(path.trim_start_matches("/in/"))
    );
}

#[tokio::test]
async fn whose_secret_it_is_is_whose_position_it_becomes() {
    let hub = TestHub::start().await;
    let (north, two) = (Tracked::set_up(&hub, 1).await, Tracked::set_up(&hub, 2).await);
    let south_admin = hub.log_in("admin@south.example").await;
    let south = hub.other().worker(1);
    let mut live = hub.log_in("worker1@south.example").await.live().await;
    live.goes_on_duty(true).await;
    let path = format!("/in/{}", make(&south_admin, south).await["secret"].as_str().unwrap());
    let at = in_ms(-5_000);
    for (path, latitude) in [(&north.path, 60.11), (&two.path, 60.12), (&path, 60.13)] {
        // The same device name and time everywhere.
        assert_eq!(post(&hub, "GET", &format!("{path}?id=phone&lat={latitude}&lon=24.9&timestamp={at}"), "", "").await.0, StatusCode::OK);
    }
    for (worker, latitude) in [(north.worker, 60.11), (two.worker, 60.12), (south, 60.13)] {
        let rows = rows(&hub, worker).await;
        assert_eq!(rows.len(), 1);
        assert!((rows[0]["latitude"].as_f64().unwrap() - latitude).abs() < 1e-9);
    }
    let foreign = south_admin.tries(Method::GET, &format!("/api/workers/{}/tracker", north.worker), None, None).await;
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn off_duty_it_is_answered_counted_and_dropped() {
    let hub = TestHub::start().await;
    let mut tracked = Tracked::set_up(&hub, 1).await;
    tracked.live.goes_on_duty(false).await;
    let query = format!("id=a&lat=60.17&lon=24.94&timestamp={}", in_ms(-1_000));
    assert_eq!(post(&hub, "POST", &tracked.path, "application/x-www-form-urlencoded", query.clone()).await.0, StatusCode::OK);
    assert_eq!((rows(&hub, tracked.worker).await.len(), tracked.unusable("off_duty").await), (0, 1));
    tracked.live.goes_on_duty(true).await;
    assert_eq!(post(&hub, "POST", &tracked.path, "", query).await.0, StatusCode::OK);
    assert_eq!((rows(&hub, tracked.worker).await.len(), tracked.unusable("off_duty").await), (1, 1));
    let status = tracked.status().await;
    assert_eq!((&status["devices"][0]["stored"], &status["devices"][0]["app"]), (&json!(1), &json!("osmand")));
}

#[tokio::test]
async fn what_is_too_long_or_impossible_does_not_come_back_for_ever() {
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let huge = vec![b'['; 3 * 1024 * 1024];
    assert_eq!(post(&hub, "POST", &tracked.path, "application/json", huge).await.0, StatusCode::OK);
    assert_eq!(tracked.unusable("too_large").await, 1);
    let deep = "[".repeat(100_000);
    assert_eq!(post(&hub, "POST", &tracked.path, "application/json", deep).await.0, StatusCode::OK);
    assert_eq!(post(&hub, "GET", &format!("{}?id=a&lat=60&lon=24&timestamp=-2145916800", tracked.path), "", "").await.0, StatusCode::OK);
    assert_eq!((tracked.unusable("unreadable").await, tracked.unusable("aside").await), (1, 1));
    assert_eq!(rows(&hub, tracked.worker).await.len(), 0);
    assert_eq!(hub.table("select device from fix_aside").await.len(), 1);
    // A batch of more than one commit holds.
    let features: Vec<Value> = (0..1_200)
        .map(|nth| json!({ "geometry": { "coordinates": [24.94, 60.17] }, "properties": { "timestamp": (in_ms(-3_600_000) + nth * 1000).to_string(), "device_id": "o" } }))
        .collect();
    let (status, answer) = post(&hub, "POST", &tracked.path, "application/json", json!({ "locations": features }).to_string()).await;
    assert_eq!((status, answer.as_str()), (StatusCode::OK, r#"{"result":"ok"}"#));
    assert_eq!(rows(&hub, tracked.worker).await.len(), 1_200);
}

#[tokio::test]
async fn guessing_is_slowed_down_but_not_the_phones_behind_the_same_router() {
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let fix = |nth: i64| format!("{}?id=a&lat=60.17&lon=24.94&timestamp={}", tracked.path, in_ms(-10_000 + nth));
    assert_eq!(post(&hub, "GET", &fix(0), "", "").await.0, StatusCode::OK);
    let mut statuses = Vec::new();
    for nth in 0..70 {
        statuses.push(post(&hub, "GET", &format!("/in/guess-{nth}?lat=1&lon=1"), "", "").await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::NOT_FOUND).count(), 60);
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(post(&hub, "GET", &fix(1), "", "").await.0, StatusCode::OK);
}

/// Real recordings of real apps, where they lie: every request is answered 2xx, and positions are as its source says.
#[tokio::test]
async fn recorded_requests_of_real_apps_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/payloads");
    if !folder.exists() {
        println!("SKIPPED: no {}", folder.display());
        return;
    }
    let hub = TestHub::start().await;
    let tracked = Tracked::set_up(&hub, 1).await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut understood = 0;
    for file in [
        "osmand-traccar-client",
        "owntracks-traccar-tests",
        "owntracks-recorder-demo-iphone",
        "owntracks-recorder-docs",
        "owntracks-android-fixtures",
        "gpslogger-custom-url",
        "other-http-devices-traccar-tests",
    ] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).unwrap();
        for line in text.lines() {
            let request: Value = serde_json::from_str(line).unwrap();
            let of = |key: &str| request[key].as_str().unwrap_or_default();
            let query = of("path").split_once('?').map_or("", |(_, query)| query);
            let path = if query.is_empty() { tracked.path.clone() } else { format!("{}?{query}", tracked.path) };
            let before = all_rows(&hub, &tracked).await;
            let (status, answer) = post(&hub, of("method"), &path, of("content_type"), of("body").to_owned()).await;
            assert_eq!(status, StatusCode::OK, "{}", request["id"]);
            if file.starts_with("owntracks") {
                assert!(answer.starts_with('['), "{}: {answer}", request["id"]);
            }
            let more = all_rows(&hub, &tracked).await - before;
            if let Some(expected) = expected_position(&request, query) {
                // Two of them are the same fix in two recordings.
                assert!(more <= 1, "{}: {line}", request["id"]);
                let found = hub
                    .table(&format!(
                        "select 1 as one from (select latitude, longitude from fix union all select latitude, longitude from fix_aside) f
                     where abs(latitude - {}) < 1e-6 and abs(longitude - {}) < 1e-6",
                        expected.0, expected.1
                    ))
                    .await;
                assert!(!found.is_empty(), "{}: {expected:?}", request["id"]);
                understood += 1;
            }
        }
    }
    println!("{understood} recorded positions understood; of no use: {}", tracked.status().await);
    assert!(understood >= 30, "{understood}");
    // Nothing of all that is here and of today: this map shows the first that is. (Some without a time came just before it.)
    assert_eq!(
        post(&hub, "GET", &format!("{}?id=now&lat=60.1822&lon=24.9522&timestamp={}", tracked.path, in_ms(1_000)), "", "").await.0,
        StatusCode::OK
    );
    let first = loop {
        if let Some(position) = map.positions().await.list.first().cloned() {
            break position;
        }
    };
    assert!((first.2 - 60.1822).abs() < 1e-9, "{first:?}");
}

async fn all_rows(hub: &TestHub, tracked: &Tracked) -> usize {
    let worker = tracked.worker;
    let count = hub
        .table(&format!(
            "select (select count(*) from fix where worker = '{worker}') + (select count(*) from fix_aside where worker = '{worker}') as n"
        ))
        .await;
    usize::try_from(count[0]["n"].as_i64().unwrap()).unwrap()
}

/// Where a recorded request says its phone is, found without the hub's own reader; none if it holds no position with a time of its own,
/// or one that an earlier line held already.
fn expected_position(request: &Value, query: &str) -> Option<(f64, f64)> {
    let body = request["body"].as_str().unwrap_or_default();
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        let place = |value: &Value, latitude: &str, longitude: &str| Some((value[latitude].as_f64()?, value[longitude].as_f64()?));
        return match json["_type"].as_str() {
            Some("location" | "transition") => place(&json, "lat", "lon"),
            Some(_) => None,
            None => place(&json["location"]["coords"], "latitude", "longitude"),
        };
    }
    // Repeats of one second: only the first of them is a row of its own.
    let is_timed = ["timestamp=", "spd_kph=", "batt="].iter().any(|key| query.contains(key));
    let number = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)).and_then(|text| text.parse::<f64>().ok());
    is_timed.then(|| Some((number("lat=")?, number("lon=")?)))?
}
