//! What viewers are told, and what they are never told.

use super::*;
use crate::domain::fix::RawFix;
use proptest::prelude::*;
use uuid::Uuid;

const NOW: At = At(1_790_000_000_000);
const TENANT: TenantId = TenantId(Uuid::from_u128(1));

fn worker(n: u128) -> WorkerId {
    WorkerId(Uuid::from_u128(100 + n))
}

fn fix(at: At, latitude: f64, longitude: f64) -> Fix {
    Fix::parse(RawFix { time_ms: at.millis(), latitude, longitude, accuracy_m: Some(8.0), speed_mps: None, heading_deg: None, battery: None })
        .unwrap()
}

/// A street-level view of about 2 km around a place.
fn street(latitude: f64, longitude: f64) -> Viewport {
    Viewport::parse(longitude - 0.02, latitude - 0.01, longitude + 0.02, latitude + 0.01, 14.0).unwrap()
}

fn country() -> Viewport {
    Viewport::parse(20.0, 59.0, 30.0, 66.0, 6.0).unwrap()
}

fn ticked(locations: &Locations) -> Tick {
    let mut all = Tick::default();
    locations.tick(|tick| {
        all.positions.extend(tick.positions);
        all.gone.extend(tick.gone);
        all.counts.extend(tick.counts);
    });
    all
}

fn looked(locations: &Locations, session: u64, tenant: TenantId, viewport: &Viewport) -> View {
    let mut seen = None;
    locations.watch(session, tenant, viewport, |view| seen = Some(view));
    seen.unwrap()
}

fn told(tick: &Tick, session: u64) -> Vec<WorkerId> {
    let mut told: Vec<_> =
        tick.positions.iter().filter(|cell| cell.sessions.contains(&session)).flat_map(|cell| &cell.list).map(|p| p.worker).collect();
    told.sort_unstable();
    told
}

fn gone(tick: &Tick, session: u64) -> Vec<WorkerId> {
    tick.gone.iter().filter(|gone| gone.session == session).flat_map(|gone| gone.workers.clone()).collect()
}

fn shown(view: View) -> Vec<WorkerId> {
    match view {
        View::Positions { list, .. } => list.into_iter().map(|position| position.worker).collect(),
        View::Cells { .. } => panic!("zoomed in"),
    }
}

#[test]
fn a_repeat_is_flagged_and_changes_nothing() {
    let locations = Locations::new();
    let first = locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    assert!(first.cell_changed && !first.repeated);
    let repeat = locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW.plus_ms(9000));
    assert!(repeat.repeated && repeat.verdict == Plausible::HistoryOnly);
    assert_eq!(repeat.position, first.position);
}

#[test]
fn an_inaccurate_fix_moves_the_marker_but_not_the_cell() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    let wild = Fix { accuracy_m: Some(2000.0), ..fix(NOW.plus_ms(1000), 60.30, 24.94) };
    let recorded = locations.record(TENANT, worker(1), &wild, NOW.plus_ms(1000));
    assert!(!recorded.cell_changed);
    assert!((recorded.position.unwrap().point.latitude() - 60.30).abs() < 1e-9);
    ticked(&locations);
    assert_eq!(shown(looked(&locations, 7, TENANT, &street(60.17, 24.94))), [worker(1)]);
    assert_eq!(shown(looked(&locations, 7, TENANT, &street(60.30, 24.94))), []);
    // A worker of whom nothing better is known is still somewhere.
    let known_at_all = locations.record(TENANT, worker(2), &Fix { at: NOW, ..wild }, NOW);
    assert!(known_at_all.cell_changed);
}

#[test]
fn late_and_impossible_fixes_are_not_shown() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    for at in [NOW.plus_ms(-5000), NOW.plus_min(-11), NOW.plus_min(6), At(-2_147_483_648_000)] {
        let recorded = locations.record(TENANT, worker(1), &fix(at, 61.0, 25.0), NOW.plus_ms(1));
        assert_eq!(recorded.position.unwrap().at, NOW);
    }
}

#[test]
fn a_viewer_gets_everything_in_view_then_changes_then_who_left() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    ticked(&locations);
    assert_eq!(shown(looked(&locations, 7, TENANT, &street(60.17, 24.94))), [worker(1)]);
    locations.record(TENANT, worker(2), &fix(NOW, 60.171, 24.941), NOW);
    assert_eq!(told(&ticked(&locations), 7), [worker(2)]);
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(1000), 60.30, 24.94), NOW.plus_ms(1000));
    let tick = ticked(&locations);
    assert_eq!((told(&tick, 7), gone(&tick, 7)), (vec![], vec![worker(1)]));
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(2000), 60.31, 24.94), NOW.plus_ms(2000));
    let tick = ticked(&locations);
    assert!(told(&tick, 7).is_empty() && gone(&tick, 7).is_empty(), "out of view is out of mind");
    locations.remove(TENANT, worker(2));
    assert_eq!(gone(&ticked(&locations), 7), [worker(2)]);
    locations.unwatch(7);
    locations.record(TENANT, worker(3), &fix(NOW, 60.17, 24.94), NOW);
    assert!(ticked(&locations).positions.is_empty());
}

#[test]
fn a_moved_view_says_who_is_no_longer_in_it() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    locations.record(TENANT, worker(2), &fix(NOW, 60.30, 24.94), NOW);
    ticked(&locations);
    looked(&locations, 7, TENANT, &street(60.17, 24.94));
    let View::Positions { list, gone } = looked(&locations, 7, TENANT, &street(60.30, 24.94)) else { panic!("zoomed in") };
    assert_eq!((list.len(), list[0].worker, gone), (1, worker(2), vec![worker(1)]));
}

/// A viewer looks between the move and the tick: the worker must not stay on the map for ever.
#[test]
fn whoever_leaves_between_two_ticks_is_gone_too() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.30, 24.94), NOW);
    ticked(&locations);
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(1), 60.17, 24.94), NOW.plus_ms(1));
    let seen = shown(looked(&locations, 7, TENANT, &street(60.17, 24.94)));
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(2), 60.30, 24.94), NOW.plus_ms(2));
    let tick = ticked(&locations);
    assert!(seen.is_empty() || gone(&tick, 7) == [worker(1)]);
}

#[test]
fn a_change_of_status_is_seen_at_the_next_tick() {
    let locations = Locations::new();
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    ticked(&locations);
    looked(&locations, 7, TENANT, &street(60.17, 24.94));
    locations.set_status(TENANT, worker(1), WorkerStatus::Working);
    locations.set_status(TENANT, worker(1), WorkerStatus::Working);
    let tick = ticked(&locations);
    assert_eq!(tick.positions[0].list[0].status, WorkerStatus::Working);
    assert!(ticked(&locations).positions.is_empty(), "said once");
}

/// One frame per cell and tick, whatever the number of fixes and viewers.
#[test]
fn a_tick_makes_one_list_per_cell() {
    let locations = Locations::new();
    for session in 0..200 {
        looked(&locations, session, TENANT, &street(60.17, 24.94));
    }
    for second in 0..10 {
        for n in 0..50 {
            let at = NOW.plus_ms(second * 1000);
            locations.record(TENANT, worker(n), &fix(at, 60.17, 24.94), at);
        }
    }
    let tick = ticked(&locations);
    assert_eq!((tick.positions.len(), tick.positions[0].list.len(), tick.positions[0].sessions.len()), (1, 50, 200));
    assert!(tick.positions[0].list.iter().all(|position| position.at == NOW.plus_ms(9000)), "the newest only");
}

#[test]
fn other_tenants_are_never_seen() {
    let (locations, other) = (Locations::new(), TenantId(Uuid::from_u128(2)));
    looked(&locations, 7, other, &street(60.17, 24.94));
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    assert!(ticked(&locations).positions.is_empty());
    assert!(shown(looked(&locations, 7, other, &street(60.17, 24.94))).is_empty());
    assert!(locations.latest(other, worker(1)).is_none() && locations.latest_all(other).is_empty());
    looked(&locations, 7, TENANT, &street(60.17, 24.94));
    locations.record(other, worker(2), &fix(NOW, 60.17, 24.94), NOW);
    assert!(ticked(&locations).positions.is_empty(), "the session changed sides");
}

#[test]
fn zoomed_out_are_counts_of_workers_and_open_jobs() {
    let (locations, job) = (Locations::new(), JobId(Uuid::from_u128(5)));
    locations.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW);
    locations.set_job(TENANT, job, Some(Point::parse(60.17, 24.94).unwrap()));
    ticked(&locations);
    let View::Cells { resolution, list } = looked(&locations, 7, TENANT, &country()) else { panic!("zoomed out") };
    assert_eq!((list.len(), list[0].workers, list[0].open_jobs), (1, 1, 1));
    assert_eq!(list[0].cell.resolution(), resolution);
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(5), 60.1701, 24.9401), NOW.plus_ms(5));
    assert!(ticked(&locations).counts.is_empty(), "no count changed");
    locations.record(TENANT, worker(1), &fix(NOW.plus_ms(9), 65.01, 25.47), NOW.plus_ms(9));
    locations.set_job(TENANT, job, None);
    let mut counts: Vec<_> =
        ticked(&locations).counts.into_iter().flat_map(|counts| counts.list).map(|count| (count.workers, count.open_jobs)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(0, 0), (1, 0)]);
}

#[test]
fn stored_positions_are_shown_after_a_start() {
    let locations = Locations::new();
    let before = Locations::new();
    let position = before.record(TENANT, worker(1), &fix(NOW, 60.17, 24.94), NOW).position.unwrap();
    locations.seed(TENANT, position);
    ticked(&locations);
    assert_eq!(locations.latest_all(TENANT), [position]);
    locations.seed(TENANT, Position { at: NOW.plus_ms(-1), ..position });
    assert_eq!(locations.latest(TENANT, worker(1)), Some(position));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Workers and viewers wander; at each tick every viewer knows exactly who is in the cells that it watches, and is told of nobody else.
    #[test]
    fn viewers_know_exactly_who_is_in_their_cells(
        steps in prop::collection::vec((0..6u128, 0..12i32, 0..12i32, 0..4u64, any::<bool>()), 1..80)
    ) {
        let place = |north: i32, east: i32| (60.10 + f64::from(north) * 0.01, 24.80 + f64::from(east) * 0.02);
        let locations = Locations::new();
        let mut seen: HashMap<u64, (HashSet<Cell>, HashSet<WorkerId>)> = HashMap::new();
        for (step, (who, north, east, session, look)) in steps.into_iter().enumerate() {
            let at = NOW.plus_ms(i64::try_from(step).unwrap() * 1000);
            let (latitude, longitude) = place(north, east);
            if look {
                let viewport = street(latitude, longitude);
                let known = shown(looked(&locations, session, TENANT, &viewport)).into_iter().collect();
                seen.insert(session, (viewport.cover(FINE).into_iter().collect(), known));
            } else {
                locations.record(TENANT, worker(who), &fix(at, latitude, longitude), at);
            }
            if step % 3 != 0 {
                continue;
            }
            let tick = ticked(&locations);
            for (session, (cells, known)) in &mut seen {
                let grain = cells.iter().next().unwrap().resolution();
                for position in tick.positions.iter().filter(|cell| cell.sessions.contains(session)).flat_map(|cell| &cell.list) {
                    prop_assert!(cells.contains(&Cell::of(position.point, FINE).parent(grain)), "told of a worker it does not watch");
                    known.insert(position.worker);
                }
                for left in gone(&tick, *session) {
                    known.remove(&left);
                }
                let there: HashSet<WorkerId> = locations.latest_all(TENANT).into_iter()
                    .filter(|position| cells.contains(&Cell::of(position.point, FINE).parent(grain))).map(|position| position.worker).collect();
                prop_assert_eq!(&*known, &there);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The rings find whom a look at everybody finds.
    #[test]
    fn the_nearest_are_the_nearest(
        places in prop::collection::vec((59.9_f64..60.4, 24.5_f64..25.6), 0..60),
        far in prop::collection::vec((-80.0_f64..80.0, -180.0_f64..180.0), 0..10),
        from in (59.9_f64..60.4, 24.5_f64..25.6),
        most in 1_usize..12,
    ) {
        let locations = Locations::new();
        let mut everybody = Vec::new();
        let from = Point::parse(from.0, from.1).unwrap();
        for (number, (latitude, longitude)) in places.into_iter().chain(far).enumerate() {
            let fix = fix(NOW, latitude, longitude);
            locations.record(TENANT, worker(number as u128), &fix, NOW);
            everybody.push(from.distance_m(fix.point));
        }
        ticked(&locations);
        everybody.sort_by(f64::total_cmp);
        everybody.truncate(most);
        let found: Vec<f64> = locations.nearest(TENANT, from, most, |_| true).iter().map(|near| from.distance_m(near.point)).collect();
        prop_assert_eq!(found, everybody);
    }
}
