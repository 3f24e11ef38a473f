//! What becomes of measured positions: stored before they are acknowledged, shown only if they say where somebody is now.

use crate::harness::{Live, TestHub, in_ms, rfc3339};
use crate::map::helsinki;
use dispatch_hub::protocol::Topic;
use dispatch_hub::protocol::client::RawFix;
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const YEAR_1901_MS: i64 = -2_145_916_800_000;

pub(crate) fn fix(at_ms: i64, latitude: f64, longitude: f64) -> RawFix {
    RawFix(at_ms, latitude, longitude, Some(8.0), Some(4.0), Some(90.0), Some(0.5))
}

async fn rows(hub: &TestHub, table: &str) -> Vec<Value> {
    hub.table(&format!("select device, latitude, (extract(epoch from at) * 1000)::bigint as at_ms from {table} order by at, device")).await
}

/// The next position shown, after those already seen.
async fn shown(map: &mut Live) -> (i64, f64) {
    loop {
        let positions = map.positions().await;
        if let Some(position) = positions.list.first() {
            return (position.1.0, position.2);
        }
    }
}

#[tokio::test]
async fn stored_means_that_it_is_in_the_table() {
    let hub = TestHub::start().await;
    let worker = hub.worker(1).await;
    let mut live = worker.live().await;
    live.goes_on_duty(true).await;
    let began = in_ms(-10 * 1_000);
    for batch in 0..10 {
        let fixes: Vec<RawFix> = (0..50).map(|nth| fix(began + batch * 500 + nth * 10, 60.17, 24.94)).collect();
        live.measures(&fixes).await;
        assert_eq!(rows(&hub, "fix").await.len(), (usize::try_from(batch).unwrap() + 1) * 50);
    }
    // All sent, one waited for: `stored` is cumulative.
    let mut last = 0;
    for nth in 0..20 {
        last = live.sends_fixes(&[fix(began + 6_000 + nth, 60.17, 24.94)]).await;
    }
    live.has_stored(last).await;
    assert_eq!(rows(&hub, "fix").await.len(), 520);
    let track = format!("/api/workers/{}/track?from={}&to={}", hub.company().worker(1), rfc3339(began), rfc3339(in_ms(1_000)));
    assert_eq!(hub.dispatcher(1).await.reads(&track).await["items"].as_array().unwrap().len(), 520);
}

#[tokio::test]
async fn off_duty_fixes_are_acknowledged_and_dropped() {
    let hub = TestHub::start().await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut live = hub.worker(1).await.live().await;
    live.measures(&[fix(in_ms(-3_000), 60.17, 24.94)]).await;
    live.goes_on_duty(true).await;
    live.measures(&[fix(in_ms(-2_000), 60.18, 24.95)]).await;
    live.goes_on_duty(false).await;
    live.measures(&[fix(in_ms(-1_000), 60.19, 24.96)]).await;
    // Duty outlives sockets and restarts of the phone.
    let mut again = hub.worker(1).await.live().await;
    again.measures(&[fix(in_ms(-500), 60.16, 24.93)]).await;
    assert_eq!(rows(&hub, "fix").await.iter().map(|row| row["latitude"].as_f64().unwrap()).collect::<Vec<_>>(), [60.18]);
    again.goes_on_duty(true).await;
    again.measures(&[fix(in_ms(0), 60.175, 24.945)]).await;
    while shown(&mut map).await.1 < 60.174
        || map.all_positions().last().unwrap().list.first().is_none_or(|position| (position.2 - 60.175).abs() > 1e-9)
    {}
    let latitudes: Vec<f64> = map.all_positions().iter().flat_map(|positions| positions.list.iter().map(|position| position.2)).collect();
    assert!(latitudes.iter().all(|latitude| [60.18, 60.175].contains(latitude)), "{latitudes:?}");
}

#[tokio::test]
async fn times_decide_what_is_stored_where_and_what_is_shown() {
    let hub = TestHub::start().await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut live = hub.worker(1).await.live().await;
    live.goes_on_duty(true).await;
    let now = in_ms(0);
    let (late, future, ahead) = (now - 11 * MINUTE_MS, now + 10 * MINUTE_MS, now + 3 * MINUTE_MS);
    live.measures(&[fix(YEAR_1901_MS, 60.11, 24.9), fix(future, 60.12, 24.9), fix(late, 60.13, 24.9)]).await;
    live.measures(&[fix(now - 20 * 86_400_000, 60.14, 24.9)]).await;
    live.measures(&[fix(now - 5_000, 60.17, 24.94)]).await;
    assert_eq!(shown(&mut map).await, (now - 5_000, 60.17), "the first that says where they are now");
    live.measures(&[fix(now - 9_000, 60.15, 24.94), fix(now - 7_000, 60.16, 24.94)]).await;
    live.measures(&[fix(now - 5_000, 60.17, 24.94)]).await;
    live.measures(&[fix(ahead, 60.18, 24.94)]).await;
    let (shown_at, latitude) = shown(&mut map).await;
    assert!((latitude - 60.18).abs() < 1e-9, "what came out of order or again is not shown: {latitude}");
    assert!((now..=in_ms(0)).contains(&shown_at), "a clock that is ahead is shown at its arrival, not frozen in the future");
    let aside: Vec<i64> = rows(&hub, "fix_aside").await.iter().map(|row| row["at_ms"].as_i64().unwrap()).collect();
    assert_eq!(aside, [YEAR_1901_MS, future]);
    let stored: Vec<i64> = rows(&hub, "fix").await.iter().map(|row| row["at_ms"].as_i64().unwrap()).collect();
    assert_eq!(stored, [now - 20 * 86_400_000, late, now - 9_000, now - 7_000, now - 5_000, ahead], "each once, as sent");
    let times: Vec<i64> = map.all_positions().iter().flat_map(|positions| positions.list.iter().map(|position| position.1.0)).collect();
    assert!(times.is_sorted(), "the shown position never goes back: {times:?}");
}

#[tokio::test]
async fn a_repeat_is_one_row_per_device() {
    let hub = TestHub::start().await;
    let worker = hub.worker(1).await;
    let mut live = worker.live().await;
    live.goes_on_duty(true).await;
    let same = fix(in_ms(-1_000), 60.17, 24.94);
    for (n, device) in [(1, None), (2, None), (3, Some("watch")), (4, Some("watch")), (5, Some("app"))] {
        live.sender.fixes(n, vec![same, same], device).await.unwrap();
    }
    live.has_stored(5).await;
    let devices: Vec<Value> = rows(&hub, "fix").await.into_iter().map(|row| row["device"].clone()).collect();
    assert_eq!(devices, [json!("app"), json!("watch")]);
    let mut again = worker.live().await;
    again.measures(&[same]).await;
    assert_eq!(rows(&hub, "fix").await.len(), 2);
}

#[tokio::test]
async fn unknown_is_not_zero() {
    let hub = TestHub::start().await;
    let mut map = hub.dispatcher(1).await.listens_to_map(helsinki()).await;
    let mut live = hub.worker(1).await.live().await;
    live.goes_on_duty(true).await;
    live.measures(&[RawFix(in_ms(-1_000), 60.17, 24.94, None, Some(-1.0), Some(-1.0), Some(-1.0))]).await;
    let position = map.positions().await.list.remove(0);
    assert_eq!((position.4, position.5, position.6), (None, None, None));
    let stored = hub.table("select accuracy_m, speed_mps, heading_deg, battery from fix").await;
    assert_eq!(stored[0], json!({ "accuracy_m": null, "speed_mps": null, "heading_deg": null, "battery": null }));
}

#[tokio::test]
async fn the_schedule_hears_how_a_worker_is() {
    let hub = TestHub::start().await;
    let mut schedule = hub.dispatcher(1).await.listens_to(Topic::Schedule).await;
    let worker = hub.worker(1).await;
    let mut live = worker.live().await;
    let id = hub.company().worker(1);
    for (on_duty, connected) in [(false, true), (true, true)] {
        if on_duty {
            live.goes_on_duty(true).await;
        }
        let what = format!("worker 1 with on_duty {on_duty}, connected {connected}");
        schedule
            .until(&what, |message| match message {
                dispatch_hub::protocol::ServerMessage::Worker(state) => {
                    (state.worker == id && (state.on_duty, state.connected) == (on_duty, connected)).then_some(())
                }
                _ => None,
            })
            .await;
    }
}
