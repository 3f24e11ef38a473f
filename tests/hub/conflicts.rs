//! Two people want to change the same job: one does, the other is told.

use crate::harness::{Person, TestHub, in_ms, rfc3339};
use crate::journeys::{allocate, assign, repair_for_the_bakery};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::Topic;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

fn with_version(mut command: Value, version: &Value) -> Value {
    command["version"] = version.clone();
    command
}

#[tokio::test]
async fn of_dispatchers_who_look_at_the_same_version_one_wins() {
    let hub = TestHub::start().await;
    let (first, second) = (hub.dispatcher(1).await, hub.dispatcher(2).await);
    let job = first.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    for round in 0..5 {
        let version = first.sees(job).await["version"].clone();
        let path = format!("/api/jobs/{job}/commands");
        let attempts = (1..=4).map(|worker| {
            let dispatcher = if worker % 2 == 0 { &second } else { &first };
            let command = with_version(allocate(&hub, worker), &version);
            let path = &path;
            async move { (worker, dispatcher.tries(Method::POST, path, Some(&command), Some(&Uuid::now_v7().to_string())).await) }
        });
        let answers = join_all(attempts).await;
        let winners: Vec<usize> = answers.iter().filter(|(_, answer)| answer.status == 200).map(|(worker, _)| *worker).collect();
        let losers = answers.iter().filter(|(_, answer)| answer.body["type"] == "/problems/conflict" && answer.status == 409).count();
        assert_eq!((winners.len(), losers), (1, 3), "round {round}: {answers:?}");
        let now = first.sees(job).await;
        assert_eq!(now["worker"]["id"], json!(hub.company().worker(winners[0])));
        assert_eq!(now["version"], json!(version.as_i64().unwrap() + 1), "the losers changed nothing");
    }
}

/// Two nodes hold the same job in two actors, and only Postgres knows who was first.
#[tokio::test]
async fn of_dispatchers_on_two_nodes_one_wins_too() {
    let mut hub = TestHub::start().await;
    let there = hub.second_node().await;
    let (here, there) = (hub.dispatcher(1).await, hub.dispatcher(2).await.by_way_of(&there));
    let job = here.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let start = json!({ "do": "reschedule", "start": rfc3339(in_ms(3_600_000)), "worker": hub.company().worker(1) });
    here.does(job, start.clone()).await;
    // Both nodes hold the job from here on.
    for (node, other) in [(&here, &there), (&there, &here), (&here, &there), (&there, &here)] {
        let version = here.sees(job).await["version"].clone();
        let before: i64 = version.as_i64().unwrap();
        node.does(job, with_version(json!({ "do": "reschedule", "start": rfc3339(in_ms(before * 7_200_000)) }), &version)).await;
        let late = with_version(json!({ "do": "reschedule", "start": rfc3339(in_ms(before * 9_000_000)) }), &version);
        assert_eq!(other.cannot(job, late).await.name(), "conflict", "what this node remembers is no excuse");
        assert_eq!(here.sees(job).await["version"], json!(before + 1));
    }
    // Without a version the stale node decides again on what stands: nothing is overwritten.
    here.does(job, json!({ "do": "cancel" })).await;
    let problem = there.cannot(job, start).await;
    assert_eq!((problem.name(), json!(problem.job_status)), ("illegal_transition", json!("cancelled")));
    assert_eq!(there.sees(job).await["status"], "cancelled");
}

/// A node that remembers an older state neither refuses nor agrees because of it.
#[tokio::test]
async fn a_stale_node_decides_on_what_stands() {
    let mut hub = TestHub::start().await;
    let second = hub.second_node().await;
    let (here, there) = (hub.dispatcher(1).await, hub.dispatcher(2).await.by_way_of(&second));
    let worker = hub.worker(1).await.by_way_of(&second);
    let job = here.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let illegal = there.cannot(job, json!({ "do": "publish" })).await;
    assert_eq!(illegal.name(), "illegal_transition");
    here.does(job, allocate(&hub, 1)).await;
    let version = there.sees(job).await["version"].clone();
    there.does(job, with_version(json!({ "do": "publish" }), &version)).await;
    worker.does(job, json!({ "do": "accept" })).await;
    here.does(job, json!({ "do": "unallocate" })).await;
    assert_eq!(worker.cannot(job, json!({ "do": "accept" })).await.name(), "no_longer_yours");
}

#[tokio::test]
async fn what_another_node_did_is_told_in_order_once_the_hole_is_noticed() {
    let mut hub = TestHub::start().await;
    let there = hub.second_node().await;
    let (here, there) = (hub.dispatcher(1).await, hub.dispatcher(2).await.by_way_of(&there));
    let mut schedule = there.live().await;
    let began = schedule.joins(Topic::Schedule).await.seq;
    let elsewhere = here.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let alike = there.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assert_eq!(schedule.hears(Kind::JobCreated, elsewhere).await.seq, began + 1);
    assert_eq!(schedule.hears(Kind::JobCreated, alike).await.seq, began + 2);
    // Nothing follows here that would show the hole: the feed looks by itself.
    let alone = here.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assert_eq!(schedule.hears(Kind::JobCreated, alone).await.seq, began + 3);
}

#[tokio::test]
async fn a_portal_user_and_a_dispatcher_conflict_only_over_what_both_see() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let path = format!("/api/jobs/{job}");
    let seen = customer.sees(job).await["version"].clone();
    dispatcher.client.patch(&path, &json!({ "internal_notes": "Pays late", "version": seen })).await.unwrap();
    customer.client.patch(&path, &json!({ "notes": "At the back", "version": seen })).await.unwrap();
    let edit = json!({ "notes": "At the front", "version": seen });
    let stale = dispatcher.tries(Method::PATCH, &path, Some(&edit), None).await;
    assert_eq!((stale.status, &stale.body["type"]), (409, &json!("/problems/conflict")));
    dispatcher.does(job, json!({ "do": "mark_seen", "version": seen })).await;
    assert_eq!(customer.sees(job).await["notes"], "At the back");
}

#[tokio::test]
async fn accepting_twice_changes_nothing_the_second_time() {
    let hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assign(&hub, &dispatcher, 1, &worker, job).await;
    let version = worker.sees(job).await["version"].clone();
    worker.does(job, json!({ "do": "accept" })).await;
    assert_eq!(worker.sees(job).await["version"], version);
    let refused = Person::cannot(&worker, job, json!({ "do": "allocate" })).await;
    assert_eq!(refused.name(), "forbidden");
}
