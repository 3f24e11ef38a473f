//! Who could be at a job soonest: on duty, seen of late, the nearest first, and nobody else's workers.

use crate::fixes::fix;
use crate::harness::{TestHub, in_ms};
use crate::journeys::repair_for_the_bakery;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

#[tokio::test]
async fn the_nearest_who_are_on_duty_come_first() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let place = dispatcher.reads(&format!("/api/jobs/{job}")).await["steps"][0]["address"].clone();
    let (latitude, longitude) = (place["latitude"].as_f64().unwrap(), place["longitude"].as_f64().unwrap());
    // 2 km, 400 m, 90 km away, and one who is nearest but off duty by now.
    let mut phones = Vec::new();
    for (number, north) in [(1, 0.018), (2, 0.0036), (3, 0.81), (4, 0.0001)] {
        let mut live = hub.worker(number).await.live().await;
        live.goes_on_duty(true).await;
        live.measures(&[fix(in_ms(0), latitude + north, longitude)]).await;
        phones.push(live);
    }
    phones[3].goes_on_duty(false).await;
    let path = format!("/api/workers/nearest?job={job}");
    let began = Instant::now();
    let near = loop {
        let near = dispatcher.reads(&path).await["items"].as_array().unwrap().clone();
        if near.len() == 3 {
            break near;
        }
        assert!(began.elapsed() < crate::harness::PATIENCE, "{near:?}");
    };
    let workers: Vec<&Value> = near.iter().map(|near| &near["worker"]).collect();
    assert_eq!(workers, [2, 1, 3].map(|number| json!(hub.company().worker(number))).iter().collect::<Vec<_>>());
    let metres = near[0]["distance_m"].as_i64().unwrap();
    assert!((400..700).contains(&metres) && near[0]["estimated"] == true && near[0]["seconds"].as_i64().unwrap() > 20, "{}", near[0]);
}

#[tokio::test]
async fn only_a_job_of_theirs_with_a_place_can_be_asked_about() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let placeless = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    for (query, status) in [("", 422), ("?job=x", 422), (&*format!("?job={placeless}"), 422), ("?job=01a21c65-526d-7606-9f0b-46e4e2bd2bd4", 404)] {
        let answer = dispatcher.tries(Method::GET, &format!("/api/workers/nearest{query}"), None, None).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.body);
    }
    let foreign = hub.log_in("dispatcher1@south.example").await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assert_eq!(foreign.tries(Method::GET, &format!("/api/workers/nearest?job={job}"), None, None).await.status, 404);
}

#[tokio::test]
async fn who_was_on_duty_before_a_restart_and_is_first_seen_after_it_is_free() {
    let mut hub = TestHub::start().await;
    hub.worker(1).await.live().await.goes_on_duty(true).await;
    hub.restart().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut live = hub.worker(1).await.live().await;
    live.measures(&[fix(in_ms(0), 60.17, 24.94)]).await;
    let began = Instant::now();
    loop {
        let near = dispatcher.reads(&format!("/api/workers/nearest?job={job}")).await["items"].as_array().unwrap().clone();
        if let Some(worker) = near.first() {
            assert_eq!(worker["status"], "free");
            break;
        }
        assert!(began.elapsed() < crate::harness::PATIENCE);
    }
}
