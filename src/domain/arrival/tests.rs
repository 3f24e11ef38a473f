//! Tracks of our own making, recorded ones where they lie, and any order of arrival.

use super::*;
use crate::domain::fix::RawFix;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::io::Read as _;

const BEGAN_MS: i64 = 1_790_000_000_000;
const M_PER_DEGREE: f64 = 111_195.0;

fn site() -> Point {
    Point::parse(60.17, 24.94).unwrap()
}

fn fence() -> Fence {
    Fence::new(site(), 100.0)
}

/// A fix so many seconds after the beginning, so many metres north of the site.
fn fix(after_s: i64, north_m: f64, accuracy_m: f32) -> Fix {
    let raw = RawFix {
        time_ms: BEGAN_MS + after_s * 1000,
        latitude: 60.17 + north_m / M_PER_DEGREE,
        longitude: 24.94,
        accuracy_m: Some(accuracy_m),
        speed_mps: None,
        heading_deg: None,
        battery: None,
    };
    Fix::parse(raw).unwrap()
}

fn at(after_s: i64) -> At {
    At(BEGAN_MS + after_s * 1000)
}

fn crossings(fixes: impl IntoIterator<Item = Fix>) -> Vec<Crossing> {
    let mut detector = Detector::default();
    fixes.into_iter().filter_map(|fix| detector.observe(&fence(), &fix, None)).collect()
}

/// Drives up at 10 m/s from 2 km away, stays, drives on.
fn visit(stay_s: i64) -> Vec<Fix> {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let (come, go) = ((0..200).map(|s| fix(s, -2_000.0 + 10.0 * s as f64, 8.0)), (0..200).map(move |s| fix(200 + stay_s + s, 10.0 * s as f64, 8.0)));
    come.chain((0..stay_s).map(|s| fix(200 + s, if s % 3 == 0 { 20.0 } else { -15.0 }, 12.0))).chain(go).collect()
}

#[test]
fn a_visit_has_one_arrival_and_one_departure() {
    // The circle is entered 190 s in, so the first fix inside is that of 191 s; twice its radius is left 21 s into the drive on, plus the accuracy.
    assert_eq!(crossings(visit(600)), [Crossing::Arrived { at: at(191) }, Crossing::Left { at: at(200 + 600 + 21) }]);
}

#[test]
fn who_drives_by_or_waits_at_a_light_has_not_arrived() {
    let by = |mps: f64| (-600_i32..600).map(move |s| fix(i64::from(s) + 600, f64::from(s) * mps, 8.0));
    for mps in [5.0, 10.0, 30.0] {
        assert_eq!(crossings(by(mps)), [], "{mps} m/s");
    }
    let light = visit(0).into_iter().take(200).chain((0..35).map(|s| fix(200 + s, 0.0, 8.0))).chain((0..200).map(|s| fix(235 + s, 250.0, 8.0)));
    assert_eq!(crossings(light), []);
    // In a jam inside of the circle, with a speed.
    let jam = (0..300).map(|s| Fix { speed_mps: Some(9.0), ..fix(s, 10.0, 8.0) });
    assert_eq!(crossings(jam), []);
}

#[test]
fn the_table_of_what_counts() {
    let stay = |accuracy_m: f32, north_m: f64, every_s: i64| (0..10).map(move |n| fix(n * every_s, north_m, accuracy_m));
    let arrived = |at_s: i64| vec![Crossing::Arrived { at: at(at_s) }];
    for (what, fixes, expected) in [
        ("a good stay", stay(10.0, 20.0, 15).collect::<Vec<_>>(), arrived(0)),
        ("on the border", stay(10.0, 99.0, 15).collect(), arrived(0)),
        ("next door", stay(10.0, 130.0, 15).collect(), vec![]),
        ("inaccurate", stay(51.0, 0.0, 60).collect(), vec![]),
        ("a ping every half hour", stay(10.0, 20.0, 1800).collect(), arrived(0)),
        ("a ping every two hours is no stay", stay(10.0, 20.0, 7200).collect(), vec![]),
        ("the same fix again and again", stay(10.0, 20.0, 0).collect(), vec![]),
    ] {
        assert_eq!(crossings(fixes), expected, "{what}");
    }
    let unknown = stay(10.0, 20.0, 15).map(|fix| Fix { accuracy_m: None, ..fix });
    assert_eq!(crossings(unknown), arrived(0), "unknown accuracy is taken as good");
}

#[test]
fn wandering_between_the_circles_is_no_departure() {
    let wander = (0..3_600).map(|s| fix(s, if s % 120 < 60 { 30.0 } else { 190.0 }, 10.0));
    assert_eq!(crossings(wander), [Crossing::Arrived { at: at(0) }]);
    // Far outside by a bad fix, or for a moment.
    let spikes = (0..3_600).map(|s| if s % 300 == 250 { fix(s, 900.0, 30.0) } else { fix(s, 10.0, 10.0) });
    assert_eq!(crossings(spikes), [Crossing::Arrived { at: at(0) }]);
}

#[test]
fn a_restart_tells_nothing_twice() {
    let mut inside = Detector::beginning(true);
    assert!((0..300).all(|s| inside.observe(&fence(), &fix(s, 10.0, 8.0), None).is_none()));
    let left: Vec<Crossing> = (300..500).filter_map(|s| inside.observe(&fence(), &fix(s, 3_000.0, 8.0), None)).collect();
    assert_eq!(left, [Crossing::Left { at: at(300) }]);
}

#[test]
fn a_phone_that_watches_the_region_itself_is_believed_near_it() {
    let mut detector = Detector::default();
    assert_eq!(detector.observe(&fence(), &fix(0, 5_000.0, 10.0), Some(Side::Inside)), None, "another region");
    assert_eq!(detector.observe(&fence(), &fix(10, 150.0, 65.0), Some(Side::Inside)), Some(Crossing::Arrived { at: at(10) }));
    assert_eq!(detector.observe(&fence(), &fix(10, 150.0, 65.0), Some(Side::Inside)), None, "a repeat");
    assert_eq!(detector.observe(&fence(), &fix(500, 210.0, 30.0), Some(Side::Outside)), Some(Crossing::Left { at: at(500) }));
}

#[test]
fn no_circle_is_smaller_than_a_phone_wanders() {
    assert!((Fence::new(site(), 10.0).radius_m() - RADIUS_MIN_M).abs() < 1e-9);
    assert!((Fence::new(site(), 200.0).radius_m() - 200.0).abs() < 1e-9);
}

fn track() -> impl Strategy<Value = Vec<Fix>> {
    let one = (0..3_600_i64, -400.0..400.0f64, 1.0..120.0f32).prop_map(|(after_s, north_m, accuracy_m)| fix(after_s, north_m, accuracy_m));
    prop::collection::vec(one, 1..120)
}

proptest! {
    /// Arrivals and departures take turns, and their times rise, whatever the order in which fixes come.
    #[test]
    fn crossings_take_turns_in_time(fixes in track()) {
        let crossings = crossings(fixes);
        let times: Vec<(bool, At)> = crossings.iter().map(|crossing| match crossing {
            Crossing::Arrived { at } => (true, *at),
            Crossing::Left { at } => (false, *at),
        }).collect();
        prop_assert!(times.iter().enumerate().all(|(index, (arrived, _))| *arrived == (index % 2 == 0)));
        prop_assert!(times.windows(2).all(|pair| pair[0].1 < pair[1].1));
    }

    /// A repeat, at once or later, changes nothing.
    #[test]
    fn repeats_change_nothing(mut fixes in track(), repeats in prop::collection::vec((any::<Index>(), any::<Index>()), 0..60)) {
        fixes.sort_by_key(|fix| fix.at);
        fixes.dedup_by_key(|fix| fix.at);
        let once = crossings(fixes.clone());
        let mut again = fixes.clone();
        for (from, to) in repeats {
            let from = from.index(fixes.len());
            let place = again.iter().position(|fix| fix.at == fixes[from].at).unwrap_or_default();
            let to = place + 1 + to.index(again.len() - place);
            again.insert(to.min(again.len()), fixes[from]);
        }
        prop_assert_eq!(crossings(again), once);
    }

    /// In whatever order the fixes of a phone at rest come: inside it arrives at most once and never leaves, outside it never arrives.
    #[test]
    fn a_phone_at_rest_makes_no_false_event_in_any_order(
        fixes in prop::collection::vec((0..20_000_i64, -70.0..70.0f64, 1.0..2_000.0f32), 1..150).prop_shuffle(),
    ) {
        let here = fixes.iter().map(|(after_s, north_m, accuracy_m)| fix(*after_s, *north_m, *accuracy_m));
        let is_calm = matches!(crossings(here).as_slice(), [] | [Crossing::Arrived { .. }]);
        prop_assert!(is_calm);
        let next_door = fixes.iter().map(|(after_s, north_m, accuracy_m)| fix(*after_s, 400.0 + north_m, *accuracy_m));
        prop_assert_eq!(crossings(next_door), []);
    }
}

/// Every recorded track, in the order of its arrival.
fn recorded() -> Option<BTreeMap<(String, String), Vec<Fix>>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/tracks.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("SKIPPED: no recorded tracks at {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut tracks: BTreeMap<(String, String), Vec<Fix>> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let number = |index: usize| row.get(index).and_then(|text| text.parse::<f32>().ok());
        let (Ok(time_ms), Ok(latitude), Ok(longitude)) = (row[2].parse(), row[3].parse(), row[4].parse()) else { continue };
        let raw = RawFix { time_ms, latitude, longitude, accuracy_m: number(7), speed_mps: number(5), heading_deg: number(6), battery: None };
        if let Ok(fix) = Fix::parse(raw).map(|fix| Fix { at: fix.at, ..fix }) {
            tracks.entry((row[0].to_owned(), row[1].to_owned())).or_default().push(fix);
        }
    }
    Some(tracks)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Phones that lay still for hours: at the place itself one arrival and no departure; 300 m away nothing at all.
#[test]
fn recorded_phones_at_rest_make_no_false_event() {
    let Some(tracks) = recorded() else { return };
    let mut still = 0;
    for ((source, name), fixes) in tracks.iter().filter(|((source, _), _)| source.contains("stationary")) {
        let good: Vec<&Fix> = fixes.iter().filter(|fix| fix.accuracy_m.is_none_or(|accuracy_m| accuracy_m <= ACCURACY_MAX_M)).collect();
        if good.is_empty() {
            continue;
        }
        let home =
            Point::parse(median(good.iter().map(|f| f.point.latitude()).collect()), median(good.iter().map(|f| f.point.longitude()).collect()));
        let home = home.unwrap();
        let next_door = Point::parse(home.latitude() + 300.0 / M_PER_DEGREE, home.longitude()).unwrap();
        let told = |centre: Point| {
            let (mut detector, fence) = (Detector::default(), Fence::new(centre, RADIUS_MIN_M));
            fixes.iter().filter_map(|fix| detector.observe(&fence, fix, None)).collect::<Vec<_>>()
        };
        assert!(matches!(told(home).as_slice(), [] | [Crossing::Arrived { .. }]), "{source} {name}: {:?}", told(home));
        assert_eq!(told(next_door), [], "{source} {name}");
        still += 1;
    }
    println!("{still} phones at rest, no false event");
    assert!(still > 20);
}

/// Buses and cars: where one stood for two minutes it arrived, and it left when it drove on.
#[test]
fn recorded_tracks_that_move_arrive_where_they_stop() {
    let Some(tracks) = recorded() else { return };
    let mut stops = 0;
    for ((source, name), fixes) in tracks.iter().filter(|((source, _), _)| source == "hsl-hfp" || source == "mobilitynet") {
        let mut good: Vec<&Fix> = fixes.iter().filter(|fix| fix.accuracy_m.is_none_or(|accuracy_m| accuracy_m <= 20.0)).collect();
        good.sort_by_key(|fix| fix.at);
        good.dedup_by_key(|fix| fix.at);
        // The first stay of at least three minutes within 30 m, with fixes all the while, that was driven to.
        let stay = (0..good.len()).find_map(|from| {
            let first = good[from];
            let until = good[from..].iter().position(|fix| fix.point.distance_m(first.point) > 30.0)? + from;
            let steady = good[from..until].windows(2).all(|pair| pair[1].at.since(pair[0].at) < 30_000);
            let slow = good[from..until].iter().all(|fix| fix.speed_mps.is_none_or(|mps| mps < DRIVING_MPS));
            let long = good[until - 1].at.since(first.at) >= 180_000;
            let came = good[..from].iter().any(|fix| fix.point.distance_m(first.point) > 500.0);
            (long && steady && slow && came).then_some((from, until))
        });
        let Some((from, until)) = stay else { continue };
        let (mut detector, fence) = (Detector::default(), Fence::new(good[from].point, RADIUS_MIN_M));
        let told: Vec<Crossing> = good.iter().filter_map(|fix| detector.observe(&fence, fix, None)).collect();
        let during = told.iter().any(|crossing| matches!(crossing, Crossing::Arrived { at } if *at <= good[until - 1].at));
        assert!(during, "{source} {name}: stood from {:?}: {told:?}", good[from].at);
        stops += 1;
    }
    println!("{stops} stops of moving tracks found");
    assert!(stops > 5);
}
