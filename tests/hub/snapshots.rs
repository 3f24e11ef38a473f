//! What a topic begins with, and how lists are read page by page.

use crate::harness::{Job, Person, TestHub, in_ms, rfc3339};
use crate::journeys::{allocate, assign, repair_for_the_bakery};
use dispatch_hub::protocol::Topic;
use dispatch_hub::protocol::server::Snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn jobs(snapshot: &Snapshot) -> BTreeSet<Job> {
    snapshot.jobs.iter().map(|job| Job(job.id)).collect()
}

async fn snapshot(person: &Person, topic: Topic) -> BTreeSet<Job> {
    jobs(&person.live().await.joins(topic).await)
}

/// Moves everything that happened to a job into the past, as the tables say it.
async fn long_ago(hub: &TestHub, job: Job, days: i64) {
    let ms = days * 86_400_000;
    let moved = ["actual_start", "actual_end", "last_at", "created_at"]
        .map(|member| format!("'{member}', (doc -> 'job' ->> '{member}')::bigint - {ms}"))
        .join(", ");
    hub.tamper(&format!(
        "update job set updated_at = updated_at - interval '{days} days',
           doc = jsonb_set(doc, '{{job}}', doc -> 'job' || jsonb_build_object({moved})) where id = '{job}'"
    ))
    .await;
}

#[tokio::test]
async fn a_phone_begins_with_what_is_to_be_done_and_what_was_done_today() {
    let hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let order = async || dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    let (unassigned, allocated, pending, assigned, completed, old, of_second) =
        (order().await, order().await, order().await, order().await, order().await, order().await, order().await);
    dispatcher.does(allocated, allocate(&hub, 1)).await;
    dispatcher.does(pending, allocate(&hub, 1)).await;
    dispatcher.does(pending, json!({ "do": "publish" })).await;
    for job in [assigned, completed, old] {
        assign(&hub, &dispatcher, 1, &worker, job).await;
    }
    assign(&hub, &dispatcher, 2, &hub.worker(2).await, of_second).await;
    for job in [completed, old] {
        worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    }
    long_ago(&hub, old, 2).await;
    assert_eq!(snapshot(&worker, Topic::Worker).await, BTreeSet::from([pending, assigned, completed]));
    let list = worker.reads("/api/jobs").await;
    let listed: BTreeSet<Job> = list["items"].as_array().unwrap().iter().map(Job::of).collect();
    assert_eq!(listed, BTreeSet::from([pending, assigned, completed, old]), "completed ones are listed for 30 days");
    long_ago(&hub, old, 30).await;
    assert_eq!(worker.sees_not(old).await.name(), "missing");
    assert_eq!(worker.sees_not(unassigned).await.name(), "missing");
    assert_eq!(worker.sees_not(allocated).await, worker.sees_not(of_second).await);
}

#[tokio::test]
async fn a_portal_begins_with_what_is_open_and_what_changed_lately() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let open = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let cancelled = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let old = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let foreign = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().mill.id })).await;
    for job in [cancelled, old] {
        dispatcher.does(job, json!({ "do": "cancel" })).await;
    }
    long_ago(&hub, old, 2).await;
    assert_eq!(snapshot(&customer, Topic::Portal).await, BTreeSet::from([open, cancelled]));
    assert_eq!(snapshot(&customer, old.topic()).await, BTreeSet::from([old]), "by itself it is still there");
    assert_eq!(snapshot(&dispatcher, foreign.topic()).await, BTreeSet::from([foreign]));
}

#[tokio::test]
async fn a_schedule_begins_with_its_days_and_what_is_to_be_placed() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let placed = async |days: i64| {
        let start = rfc3339(in_ms(days * 86_400_000));
        let order = json!({ "customer": hub.company().bakery.id, "worker": hub.company().worker(1), "scheduled_start": start });
        dispatcher.orders(hub.company().errand, order).await
    };
    placed(-3).await;
    let (today, soon, far) = (placed(0).await, placed(13).await, placed(20).await);
    let to_place = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    assert_eq!(snapshot(&dispatcher, Topic::Schedule).await, BTreeSet::from([today, soon, to_place]));
    let range = format!("/api/schedule?from={}&to={}", rfc3339(in_ms(18 * 86_400_000)), rfc3339(in_ms(22 * 86_400_000)));
    let schedule = dispatcher.reads(&range).await;
    let of = |list: &Value| list.as_array().unwrap().iter().map(Job::of).collect::<Vec<_>>();
    assert_eq!((of(&schedule["jobs"]), of(&schedule["to_place"])), (vec![far], vec![to_place]));
    assert_eq!(schedule["workers"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_holes() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut order = repair_for_the_bakery(&hub);
    order["template"] = json!(hub.company().repair);
    order["copies"] = json!(5);
    for _ in 0..5 {
        dispatcher.client.post("/api/jobs", &order).await.unwrap();
    }
    for (person, sort) in [
        (&dispatcher, "number"),
        (&dispatcher, "-number"),
        (&customer, "date"),
        (&customer, "-status"),
        (&dispatcher, "customer"),
        (&dispatcher, "template"),
    ] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = person.reads(&format!("/api/jobs?limit=7&sort={sort}{after}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(Job::of));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (25, 25), "{sort}");
    }
    let newest = dispatcher.reads("/api/jobs?limit=1").await;
    assert_eq!(newest["items"][0]["number"], "J-25", "the newest comes first");
    let unassigned = customer.reads("/api/jobs?status=unassigned&limit=200").await;
    assert_eq!(unassigned["items"].as_array().unwrap().len(), 25);
    let job = Job::of(&newest["items"][0]);
    dispatcher.does(job, allocate(&hub, 1)).await;
    let still = customer.reads("/api/jobs?status=unassigned&limit=200").await;
    assert_eq!(still["items"].as_array().unwrap().len(), 25, "an allocated one is unassigned for them");
    assert_eq!(customer.reads("/api/jobs?status=allocated").await["items"].as_array().map(Vec::len), Some(0));
    assert_eq!(dispatcher.reads("/api/jobs?status=allocated&status=pending").await["items"].as_array().map(Vec::len), Some(1));
}
