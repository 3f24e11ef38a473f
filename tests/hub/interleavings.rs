//! A phone whose network loses answers sends again; copies of old requests come late. Whatever the interleaving, the job ends the same.

use crate::harness::{Job, Person, TestHub, in_ms};
use crate::journeys::{allocate, repair_for_the_bakery};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const SCHEDULES: usize = 12;

/// A worker's day at one job, in the order in which it happens.
fn acts() -> Vec<Value> {
    vec![
        json!({ "do": "accept" }),
        json!({ "do": "en_route" }),
        json!({ "do": "complete_step", "step": 0, "fields": { "meter": "12" } }),
        json!({ "do": "pause" }),
        json!({ "do": "resume" }),
        json!({ "do": "complete_step", "step": 1, "fields": { "parts": "tap" } }),
        json!({ "do": "undo_step" }),
        json!({ "do": "complete_step", "step": 1, "fields": { "parts": "two taps" } }),
        json!({ "do": "complete_step", "step": 2, "fields": { "result": "It runs" } }),
    ]
}

/// One sending: which act, and whether over HTTP.
type Sending = (usize, bool);

/// Each act for the first time in order, with copies of what was sent before in between, several of them at once.
fn schedules() -> impl Strategy<Value = Vec<Vec<Sending>>> {
    let count = acts().len();
    let copies = prop::collection::vec(prop::collection::vec((0..count, any::<bool>()), 0..4), count);
    (copies, prop::collection::vec(any::<bool>(), count)).prop_map(|(copies, ways)| {
        let round = |(act, (copies, over_http)): (usize, (Vec<Sending>, bool))| {
            let late = copies.into_iter().map(move |(of, over_http)| (of % (act + 1), over_http));
            std::iter::once((act, over_http)).chain(late).collect()
        };
        copies.into_iter().zip(ways).enumerate().map(round).collect()
    })
}

async fn run(hub: &TestHub, dispatcher: &Person, worker: &Person, schedule: &[Vec<Sending>]) -> Job {
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(hub)).await;
    dispatcher.does(job, allocate(hub, 1)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    let begun = in_ms(-60_000);
    let acts: Vec<(Uuid, Value)> = (0..)
        .zip(acts())
        .map(|(place, mut act): (i64, Value)| {
            act["at"] = json!(begun + place * 1_000);
            (Uuid::now_v7(), act)
        })
        .collect();
    for round in schedule {
        // The copies race with what is new, over sockets of their own.
        let each = round.iter().map(|(act, over_http)| {
            let (id, command) = acts[*act].clone();
            async move {
                if *over_http {
                    let mut command = command;
                    command["at"] = json!(crate::harness::rfc3339(command["at"].as_i64().expect("milliseconds")));
                    let path = format!("/api/jobs/{job}/commands");
                    let answer = worker.tries(Method::POST, &path, Some(&command), Some(&id.to_string())).await;
                    assert_eq!(answer.status, 200, "{command}: {}", answer.body);
                } else {
                    let mut live = worker.live().await;
                    live.does_again(id, job.0, command.clone()).await.unwrap_or_else(|problem| panic!("{command}: {problem:?}"));
                }
            }
        });
        join_all(each).await;
    }
    job
}

/// What does not depend on when the test ran.
async fn end_of(dispatcher: &Person, job: Job) -> (Value, Vec<Value>) {
    let mut stands = dispatcher.sees(job).await;
    for member in ["id", "number", "requested_start", "scheduled_start", "scheduled_end", "actual_start", "actual_end", "date", "declined"] {
        stands[member] = Value::Null;
    }
    for step in stands["steps"].as_array_mut().expect("steps") {
        assert!(step["done_at"].is_string(), "{step}");
        (step["done_at"], step["done_received_at"]) = (Value::Null, Value::Null);
    }
    stands["invoice"] = Value::Null;
    let events = dispatcher.reads(&format!("/api/jobs/{job}/events?limit=200")).await;
    let kinds = events["items"].as_array().expect("events").iter().map(|event| event["kind"].clone()).collect();
    (stands, kinds)
}

#[tokio::test]
async fn whatever_is_repeated_and_comes_late_the_job_ends_the_same() {
    let hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let plain: Vec<Vec<Sending>> = (0..acts().len()).map(|act| vec![(act, false)]).collect();
    let expected = end_of(&dispatcher, run(&hub, &dispatcher, &worker, &plain).await).await;
    assert_eq!(expected.0["status"], "completed");
    let mut runner = TestRunner::deterministic();
    for _ in 0..SCHEDULES {
        let schedule = schedules().new_tree(&mut runner).expect("a schedule").current();
        let job = run(&hub, &dispatcher, &worker, &schedule).await;
        assert_eq!(end_of(&dispatcher, job).await, expected, "{schedule:?}");
    }
}
