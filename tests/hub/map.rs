//! The dispatchers' maps: by viewport, one frame per cell and tick, and nothing of who is elsewhere.

use crate::fixes::fix;
use crate::harness::{Live, Person, TestHub, in_ms};
use crate::journeys::repair_for_the_bakery;
use dispatch_hub::domain::ids::WorkerId;
use dispatch_hub::protocol::client::Viewport;
use dispatch_hub::protocol::{ServerMessage, Topic};
use std::collections::BTreeSet;
use std::time::Instant;

/// The ticks of the map are this far apart.
const TICK_MS: u128 = 200;

pub(crate) fn helsinki() -> Viewport {
    Viewport { west: 24.8, south: 60.1, east: 25.1, north: 60.25, zoom: 12.0 }
}

fn tampere() -> Viewport {
    Viewport { west: 23.6, south: 61.4, east: 23.9, north: 61.55, zoom: 12.0 }
}

impl Person {
    /// Opens a socket and looks at a part of the map.
    pub(crate) async fn listens_to_map(&self, viewport: Viewport) -> Live {
        let mut live = self.live().await;
        live.joins_map().await;
        live.looks(viewport).await;
        // What is there already comes first, even if it is nothing.
        live.positions().await;
        live
    }
}

impl Live {
    /// Joins the map.
    pub(crate) async fn joins_map(&mut self) {
        self.asks(serde_json::json!({ "t": "subscribe", "topic": Topic::Map })).await.expect("the map");
    }

    /// Waits until the map shows the worker at this latitude.
    async fn shows(&mut self, worker: WorkerId, latitude: f64) {
        self.until("a position on the map", |message| match message {
            ServerMessage::Positions(positions) => {
                positions.list.iter().any(|position| position.0 == worker && (position.2 - latitude).abs() < 1e-9).then_some(())
            }
            _ => None,
        })
        .await;
    }

    fn workers_shown(&self) -> BTreeSet<WorkerId> {
        self.all_positions().iter().flat_map(|positions| positions.list.iter().map(|position| position.0)).collect()
    }
}

async fn on_duty(hub: &TestHub, number: usize) -> Live {
    let mut live = hub.worker(number).await.live().await;
    live.goes_on_duty(true).await;
    live
}

#[tokio::test]
async fn a_viewport_gets_who_is_in_it_and_nothing_of_who_is_not() {
    let hub = TestHub::start().await;
    let (first, second) = (hub.company().worker(1), hub.company().worker(2));
    let mut here = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut there = hub.dispatcher(2).await.listens_to_map(tampere()).await;
    let mut foreign = hub.log_in("dispatcher1@south.example").await.listens_to_map(helsinki()).await;
    let (mut of_first, mut of_second) = (on_duty(&hub, 1).await, on_duty(&hub, 2).await);
    of_second.measures(&[fix(in_ms(-60_000), 61.5, 23.75)]).await;
    there.shows(second, 61.5).await;
    for step in 0..10 {
        let north = 60.15 + f64::from(step) * 0.005;
        of_first.measures(&[fix(in_ms(-50_000 + i64::from(step) * 1_000), north, 24.94)]).await;
        here.shows(first, north).await;
    }
    // Two more moves over there, each seen: at least one whole tick lies behind all that happened here.
    for (age_ms, north) in [(-5_000, 61.51), (-4_000, 61.52)] {
        of_second.measures(&[fix(in_ms(age_ms), north, 23.75)]).await;
        there.shows(second, north).await;
    }
    assert_eq!(here.workers_shown(), BTreeSet::from([first]));
    assert_eq!(there.workers_shown(), BTreeSet::from([second]));
    there.never_said(&[&first.to_string()]);
    assert_eq!(foreign.workers_shown(), BTreeSet::new());
    foreign.never_said(&["mk-north", &first.to_string()]);
    foreign.looks(tampere()).await;
    assert!(foreign.positions().await.list.is_empty());
}

#[tokio::test]
async fn who_leaves_the_viewport_is_gone_and_who_is_there_comes_first() {
    let hub = TestHub::start().await;
    let first = hub.company().worker(1);
    let mut worker = on_duty(&hub, 1).await;
    worker.measures(&[fix(in_ms(-60_000), 60.17, 24.94)]).await;
    let mut map = hub.dispatcher(1).await.live().await;
    map.joins_map().await;
    map.looks(helsinki()).await;
    map.shows(first, 60.17).await;
    worker.measures(&[fix(in_ms(-1_000), 61.5, 23.75)]).await;
    map.until("who is gone", |message| match message {
        ServerMessage::Positions(positions) => positions.gone.contains(&first).then_some(()),
        _ => None,
    })
    .await;
    assert!(map.all_positions().iter().all(|positions| positions.list.iter().all(|position| position.2 < 61.0)), "not where they went");
    map.looks(tampere()).await;
    map.shows(first, 61.5).await;
}

#[tokio::test]
async fn a_cell_is_one_frame_per_tick_however_many_move_in_it() {
    let hub = TestHub::start().await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut workers = Vec::new();
    for number in 1..=4 {
        workers.push(on_duty(&hub, number).await);
    }
    let before = map.all_positions().len();
    let began = Instant::now();
    let start = in_ms(-60_000);
    for round in 0..100_i32 {
        for worker in &mut workers {
            // All in one cell: some metres apart.
            worker.sends_fixes(&[fix(start + i64::from(round) * 500, 60.17 + f64::from(round) * 1e-6, 24.94)]).await;
        }
    }
    for (number, worker) in workers.iter_mut().enumerate() {
        worker.measures(&[fix(in_ms(-1_000), 60.1702, 24.94)]).await;
        map.shows(hub.company().worker(number + 1), 60.1702).await;
    }
    let ticks = began.elapsed().as_millis() / TICK_MS + 1;
    let frames = map.all_positions().split_off(before);
    assert!(frames.len() as u128 <= ticks, "{} frames in {ticks} ticks", frames.len());
    for frame in &frames {
        let whose: BTreeSet<WorkerId> = frame.list.iter().map(|position| position.0).collect();
        assert_eq!(whose.len(), frame.list.len(), "each worker once in a frame");
    }
}

#[tokio::test]
async fn zoomed_out_the_map_counts_workers_and_open_jobs() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut map = dispatcher.live().await;
    map.joins_map().await;
    map.looks(Viewport { zoom: 7.0, west: 20.0, south: 59.0, east: 30.0, north: 65.0 }).await;
    let counts = |workers: u32, open_jobs: u32| {
        move |message: &ServerMessage| match message {
            ServerMessage::Cells(cells) => cells.list.iter().any(|cell| (cell.1, cell.2) == (workers, open_jobs)).then_some(()),
            _ => None,
        }
    };
    map.until("a cell with a job", counts(0, 1)).await;
    let mut worker = on_duty(&hub, 1).await;
    worker.measures(&[fix(in_ms(-1_000), 60.169, 24.941)]).await;
    map.until("a cell with a job and a worker", counts(1, 1)).await;
    assert!(map.all_positions().is_empty(), "counts, not people");
}
