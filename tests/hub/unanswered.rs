//! A published job that nobody answers comes back to be placed anew, also when the hub was away meanwhile.

use crate::harness::{Job, Person, TestHub, in_ms, rfc3339};
use crate::journeys::allocate;
use crate::settings::put;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::Topic;
use serde_json::json;

async fn publishes(hub: &TestHub, dispatcher: &Person) -> Job {
    let job = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    dispatcher.does(job, allocate(hub, 1)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    job
}

/// As if it had been published so many minutes ago.
async fn ages(hub: &TestHub, job: Job, minutes: i64) {
    let since = in_ms(-minutes * 60_000);
    hub.tamper(&format!("update job set doc = jsonb_set(doc, '{{job,pending_since}}', '{since}') where id = '{}'", job.0)).await;
}

#[tokio::test]
async fn after_the_time_it_is_declined_once_and_everybody_hears() {
    let mut hub = TestHub::start().await;
    hub.second_node().await;
    let (admin, dispatcher, worker) = (hub.admin().await, hub.dispatcher(1).await, hub.worker(1).await);
    let (mut desk, mut phone) = (dispatcher.listens_to(Topic::Schedule).await, worker.listens_to(Topic::Worker).await);
    let old = publishes(&hub, &dispatcher).await;
    ages(&hub, old, 45).await;
    put(&admin, "/api/settings/dispatch", &json!({ "auto_decline_min": 30 })).await;
    let fresh = publishes(&hub, &dispatcher).await;
    let answered = publishes(&hub, &dispatcher).await;
    worker.does(answered, json!({ "do": "accept" })).await;
    ages(&hub, answered, 45).await;
    let event = loop {
        let event = desk.event().await;
        if event.kind == Kind::JobDeclined {
            break event;
        }
    };
    assert_eq!(event.job_id, old.0);
    let seen = dispatcher.reads(&format!("/api/jobs/{old}")).await;
    assert_eq!((&seen["status"], &seen["declined"][0]["reason"]), (&json!("unassigned"), &json!("No answer within 30 min")), "{seen}");
    while phone.event().await.kind != Kind::JobRemoved {}
    for (job, status) in [(fresh, "pending"), (answered, "assigned")] {
        assert_eq!(dispatcher.reads(&format!("/api/jobs/{job}")).await["status"], status);
    }
    let history = dispatcher.reads(&format!("/api/jobs/{old}/events")).await;
    let declines: Vec<_> = history["items"].as_array().unwrap().iter().filter(|event| event["kind"] == "job_declined").collect();
    assert_eq!(declines.len(), 1, "two nodes looked");
    assert_eq!(declines[0]["by"]["kind"], "hub");
}

#[tokio::test]
async fn a_restart_does_not_start_the_time_again() {
    let mut hub = TestHub::start().await;
    let (admin, dispatcher) = (hub.admin().await, hub.dispatcher(1).await);
    put(&admin, "/api/settings/dispatch", &json!({ "auto_decline_min": 10 })).await;
    let job = publishes(&hub, &dispatcher).await;
    ages(&hub, job, 9).await;
    hub.restart().await;
    let dispatcher = hub.dispatcher(1).await;
    assert_eq!(dispatcher.reads(&format!("/api/jobs/{job}")).await["status"], "pending");
    ages(&hub, job, 11).await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    while desk.event().await.kind != Kind::JobDeclined {}
    let again = dispatcher.client.get(&format!("/api/jobs/{job}")).await.unwrap();
    assert_eq!(again["status"], "unassigned");
    // Published again, it waits the whole time again.
    dispatcher.does(job, json!({ "do": "allocate", "worker": hub.company().worker(2), "start": rfc3339(in_ms(3_600_000)) })).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    let since = hub.table(&format!("select (doc #>> '{{job,pending_since}}')::bigint as since from job where id = '{}'", job.0)).await;
    assert!(since[0]["since"].as_i64().unwrap() > in_ms(-60_000), "{since:?}");
}
