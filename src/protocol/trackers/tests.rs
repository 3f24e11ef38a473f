//! Every app's formats and units, and what is of no use.

use super::*;
use proptest::prelude::*;

const NOW: At = At(1_790_000_000_000);

fn read_body(body: &str) -> Report {
    read(Posted { body: body.as_bytes(), ..Posted::default() }, NOW)
}

fn read_query(query: &str) -> Report {
    read(Posted { query, ..Posted::default() }, NOW)
}

/// time in ms, latitude, longitude, accuracy, speed, heading, battery
type Numbers = (i64, f64, f64, Option<f32>, Option<f32>, Option<f32>, Option<f32>);

fn numbers(fix: &Fix) -> Numbers {
    let round = |value: Option<f32>| value.map(|value| (value * 100.0).round() / 100.0);
    (
        fix.at.millis(),
        fix.point.latitude(),
        fix.point.longitude(),
        round(fix.accuracy_m),
        round(fix.speed_mps),
        round(fix.heading_deg),
        round(fix.battery),
    )
}

fn one(report: &Report) -> (App, Option<&str>, Numbers) {
    assert_eq!((report.fixes.len(), report.unusable.as_slice()), (1, &[][..]), "{report:?}");
    (report.app, report.device.as_deref(), numbers(&report.fixes[0]))
}

#[test]
fn every_format_gives_the_same_fix() {
    let ms = 1_789_990_000_000;
    let full: Numbers = (ms, 60.17, 24.94, Some(8.0), Some(6.94), Some(271.0), Some(0.87));
    let query = "id=phone-1&lat=60.17&lon=24.94&timestamp=1789990000&accuracy=8.0&speed=13.49&bearing=271.0&batt=87&charge=true";
    assert_eq!(one(&read_query(query)), (App::Osmand, Some("phone-1"), full), "query string");
    assert_eq!(one(&read_body(query)), (App::Osmand, Some("phone-1"), full), "form");
    let transistor = r#"{"location":{"timestamp":"2026-09-21T11:26:40.000Z","coords":{"latitude":60.17,"longitude":24.94,"accuracy":8,"speed":6.944,"heading":271,
        "altitude":40},"is_moving":true,"battery":{"level":0.87,"is_charging":true},"extras":{}},"device_id":"phone-1"}"#;
    assert_eq!(one(&read_body(transistor)), (App::Transistor, Some("phone-1"), full), "JSON");
    let own = r#"{"_type":"location","lat":60.17,"lon":24.94,"tst":1789990000,"acc":8,"vel":25,"cog":271,"batt":87,"tid":"P1","topic":"owntracks/aino/phone-1"}"#;
    assert_eq!(one(&read_body(own)), (App::Owntracks, Some("phone-1"), full), "OwnTracks");
    let overland = r#"{"locations":[{"type":"Feature","geometry":{"type":"Point","coordinates":[24.94,60.17]},"properties":{"timestamp":"2026-09-21T14:26:40+03:00",
        "speed":6.944,"course":271,"horizontal_accuracy":8,"battery_level":0.87,"device_id":"phone-1"}}]}"#;
    assert_eq!(one(&read_body(overland)), (App::Overland, Some("phone-1"), full), "Overland");
    let logger = "aid=phone-1&lat=60.17&lon=24.94&timestamp=1789990000&accuracy=8.0&altitude=3&bearing=271.0&batt=87.0&charge=false&speed_ms=6.944";
    assert_eq!(one(&read_query(logger)), (App::Gpslogger, Some("phone-1"), full), "GPSLogger");
}

#[test]
fn instants_come_in_many_spellings() {
    for (text, ms) in [
        ("1789990000", 1_789_990_000_000),
        ("1789990000.250", 1_789_990_000_250),
        ("1789990000250", 1_789_990_000_250),
        ("2026-09-21T11:26:40Z", 1_789_990_000_000),
        ("2026-09-21T11:26:40.250Z", 1_789_990_000_250),
        ("2026-09-21T14:26:40%2B03:00", 1_789_990_000_000),
        ("2026-09-21T14:26:40+03:00", 1_789_990_000_000),
        ("2026-09-21+11:26:40", 1_789_990_000_000),
    ] {
        let report = read_query(&format!("id=1&lat=1&lon=2&timestamp={text}"));
        assert_eq!(report.fixes.first().map(|fix| fix.at), Some(At(ms)), "{text}: {report:?}");
    }
    assert_eq!(read_query("id=1&lat=1&lon=2").fixes[0].at, NOW, "without a time it is of now");
    assert_eq!(read_query("id=1&lat=1&lon=2&timestamp=soon").unusable, [Unusable::BadTime]);
}

#[test]
fn unknown_is_not_zero() {
    let sentinels = r#"{"location":{"timestamp":"2026-09-21T11:26:40Z","coords":{"latitude":1,"longitude":2,"accuracy":-1,"speed":-1,"heading":-1},
        "battery":{"level":-1}},"device_id":"1"}"#;
    let unknown: Numbers = (1_789_990_000_000, 1.0, 2.0, None, None, None, None);
    assert_eq!(one(&read_body(sentinels)).2, unknown);
    assert_eq!(one(&read_body(r#"{"_type":"location","lat":1,"lon":2,"tst":1789990000,"vel":-1,"cog":-1,"batt":-1,"acc":0}"#)).2, unknown);
    assert_eq!(one(&read_query("lat=1&lon=2&timestamp=1789990000&acc=&dir=&batt=&accuracy=0.0")).2, unknown);
}

#[test]
fn what_is_of_no_use_is_named() {
    use Unusable::{BadPlace, BadTime, Encrypted, Invalid, NoPosition, Unreadable};
    for (body, reason) in [
        ("", NoPosition),
        ("{", Unreadable),
        ("hello", Unreadable),
        ("[]", Unreadable),
        ("{}", Unreadable),
        (r#"{"foo":1}"#, Unreadable),
        ("id=1&notificationToken=abc", NoPosition),
        ("id=1&timestamp=1377177267&cell=257,02,16,2224", NoPosition),
        ("id=1&lat=91&lon=0", BadPlace),
        ("id=1&lat=60", BadPlace),
        ("id=1&lat=NaN&lon=1", BadPlace),
        ("id=1&lat=1&lon=1&valid=false", Invalid),
        (r#"{"_type":"lwt","tst":"1440363922"}"#, NoPosition),
        (r#"{"_type":"card","tid":"xx","name":"X"}"#, NoPosition),
        (r#"{"_type":"encrypted","data":"x"}"#, Encrypted),
        (r#"{"_type":"location","lat":1,"lon":2}"#, BadTime),
        (r#"{"_type":"location","lat":1,"tst":1789990000}"#, BadPlace),
        (r#"{"locations":[]}"#, NoPosition),
        (r#"{"locations":{}}"#, Unreadable),
        (r#"{"location":{"timestamp":"2026-09-21T11:26:40Z","event":"heartbeat"},"device_id":"1"}"#, NoPosition),
    ] {
        let report = read_body(body);
        assert_eq!((report.fixes.len(), report.unusable.as_slice()), (0, &[reason][..]), "{body}");
    }
}

#[test]
fn batches_keep_what_is_good() {
    let feature = |lat: f64, time: &str| format!(r#"{{"geometry":{{"coordinates":[24.94,{lat}]}},"properties":{{"timestamp":"{time}"}}}}"#);
    let batch = format!(
        r#"{{"locations":[{},{},{}],"current":{}}}"#,
        feature(60.1, "2026-09-21T11:26:40Z"),
        feature(95.0, "2026-09-21T11:26:41Z"),
        feature(60.2, "yesterday"),
        feature(60.3, "2026-09-21T11:26:43Z")
    );
    let report = read_body(&batch);
    assert_eq!(report.fixes.iter().map(|fix| fix.point.latitude()).collect::<Vec<_>>(), [60.1, 60.3]);
    assert_eq!(report.unusable, [Unusable::BadPlace, Unusable::BadTime]);
    let list = read_body(r#"[{"id":"a","lat":1,"lon":2,"timestamp":1789990000},{"id":"a","lat":"1.5","lon":2,"timestamp":1789990001}]"#);
    assert_eq!((list.device.as_deref(), list.fixes.len()), (Some("a"), 2));
    let sync =
        read_body(r#"{"location":[{"timestamp":"2026-09-21T11:26:40Z","coords":{"latitude":1,"longitude":2}},{"timestamp":"x"}],"device_id":7}"#);
    assert_eq!((sync.device.as_deref(), sync.fixes.len(), sync.unusable.len()), (Some("7"), 1, 1));
}

#[test]
fn a_transition_says_on_which_side() {
    let transition =
        |event: &str| read_body(&format!(r#"{{"_type":"transition","event":"{event}","lat":1,"lon":2,"tst":1789990000,"acc":9,"desc":"J-1"}}"#));
    assert_eq!((transition("enter").side, transition("enter").fixes.len()), (Some(Side::Inside), 1));
    assert_eq!(transition("leave").side, Some(Side::Outside));
    assert_eq!(transition("rest").side, None);
    assert_eq!(read_body(r#"{"_type":"transition","event":"enter"}"#).side, None);
}

#[test]
fn devices_are_told_apart_by_the_best_name_there_is() {
    let body = br#"{"_type":"location","lat":1,"lon":2,"tst":1789990000,"tid":"P1"}"#;
    let named = |query, device_header| read(Posted { query, body, device_header }, NOW).device;
    assert_eq!(named("", None).as_deref(), Some("P1"));
    assert_eq!(named("u=aino&d=tablet", None).as_deref(), Some("tablet"));
    assert_eq!(named("u=aino&d=tablet", Some("phone")).as_deref(), Some("phone"));
    assert_eq!(read_query(&format!("id={}&lat=1&lon=1", "x".repeat(900))).device.unwrap().len(), DEVICE_MAX);
    assert_eq!(read_query("id=%00%0a&lat=1&lon=1").device, None);
}

#[test]
fn gpslogger_puts_lines_around_its_form() {
    let report =
        read_body("This my post body\nlat=12.193&lon=19.111&acc=8.0&dir=359.0&spd=10.0&time=2016-03-05T19:24:29.949Z&battery=91.0&androidId=22");
    assert_eq!(one(&report), (App::Gpslogger, Some("22"), (1_457_205_869_949, 12.193, 19.111, Some(8.0), Some(10.0), Some(359.0), Some(0.91))));
}

#[test]
fn regions_are_answered_as_owntracks_wants_them() {
    let answer = waypoints(&[Waypoint { name: "J-17".into(), latitude: 1.0, longitude: 2.0, radius_m: 100.4, key_s: 1_700_000_000 }]);
    assert_eq!(answer[0]["action"], "setWaypoints");
    assert_eq!(answer[0]["waypoints"]["waypoints"][0]["desc"], "J-17");
    assert_eq!(answer[0]["waypoints"]["waypoints"][0]["rad"], 100.0);
}

proptest! {
    #[test]
    fn nothing_makes_it_fall_over(query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..400)) {
        let report = read(Posted { query: &query, body: &body, device_header: None }, NOW);
        prop_assert!(!report.fixes.is_empty() || !report.unusable.is_empty());
    }

    #[test]
    fn keys_of_any_value_neither(values in prop::collection::vec("[ -~]{0,12}", 8)) {
        let keys = ["id", "lat", "lon", "timestamp", "speed", "accuracy", "batt", "location"];
        let pairs: Vec<String> = keys.iter().zip(&values).map(|(key, value)| format!("{key}={value}")).collect();
        let query = pairs.join("&");
        read_query(&query);
    }
}
