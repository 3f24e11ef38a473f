//! A job's history: dispatchers see from where each change came and both values of it; nobody else does.

use crate::harness::{TestHub, in_ms, rfc3339};
use crate::journeys::{allocate, repair_for_the_bakery};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::Topic;
use serde_json::{Value, json};

fn change<'a>(event: &'a Value, member: &str) -> &'a Value {
    let changes = event["detail"]["changes"].as_array().unwrap();
    changes.iter().find(|change| change["member"] == member).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn a_customers_edit_is_shown_to_dispatchers_as_a_difference() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut schedule = dispatcher.live().await;
    schedule.joins(Topic::Schedule).await;
    let path = format!("/api/jobs/{job}");
    customer.client.patch(&path, &json!({ "notes": "At the back", "contact": { "name": "Ada", "phone": "+358 1" } })).await.unwrap();

    let heard = schedule.hears(Kind::JobEdited, job).await;
    let detail = heard.detail.unwrap();
    assert_eq!(detail.changes.len(), 2, "{:?}", detail.changes);

    let events: Value = dispatcher.client.get(&format!("{path}/events")).await.unwrap();
    let edited = events["items"].as_array().unwrap().iter().find(|event| event["kind"] == "job_edited").unwrap();
    assert_eq!(edited["detail"]["source"], "portal");
    assert_eq!(change(edited, "/notes")["after"], "At the back");
    assert_eq!(change(edited, "/contact")["after"], "Ada +358 1");

    let theirs: Value = customer.client.get(&format!("{path}/events")).await.unwrap();
    assert!(theirs["items"].as_array().unwrap().iter().all(|event| event.get("detail").is_none()), "{theirs}");
}

#[tokio::test]
async fn a_move_keeps_both_workers_and_both_times() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    dispatcher.does(job, allocate(&hub, 1)).await;
    let start = rfc3339(in_ms(5 * 3_600_000));
    dispatcher.does(job, json!({ "do": "reschedule", "start": start, "worker": hub.company().worker(2) })).await;
    let events: Value = dispatcher.client.get(&format!("/api/jobs/{job}/events")).await.unwrap();
    let moved = events["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&moved["kind"], &moved["detail"]["source"]), (&json!("job_rescheduled"), &json!("dispatcher")));
    assert_eq!(change(moved, "/scheduled_start")["after"], start);
    assert!(change(moved, "/worker")["before"].is_string() && change(moved, "/worker")["before"] != change(moved, "/worker")["after"]);
}
