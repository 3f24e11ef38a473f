//! A request that is sent again changes the world once, whichever way it comes and whatever happened in between.

use crate::alerts::asks;
use crate::harness::{Job, Person, TestHub, in_ms, rfc3339};
use crate::journeys::{allocate, repair_for_the_bakery};
use crate::templates::inspection;
use dispatch_hub::client::Answer;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

async fn commands(person: &Person, job: Job, key: &str, command: &Value) -> Answer {
    person.tries(Method::POST, &format!("/api/jobs/{job}/commands"), Some(command), Some(key)).await
}

async fn version(person: &Person, job: Job) -> i64 {
    person.sees(job).await["version"].as_i64().unwrap()
}

#[tokio::test]
async fn a_command_counts_once_over_http_and_socket_and_across_a_restart() {
    let mut hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let start = in_ms(86_400_000);
    // The same instant, as each of the two spells it.
    let over_http = json!({ "do": "allocate", "worker": hub.company().worker(1), "start": rfc3339(start) });
    let on_socket = json!({ "do": "allocate", "worker": hub.company().worker(1), "start": start });
    let id = Uuid::now_v7();
    let key = id.to_string();
    let path_alike = (0..5).map(|_| commands(&dispatcher, job, &key, &over_http));
    let answers = join_all(path_alike).await;
    let first = answers[0].clone();
    assert_eq!(first.status, 200, "{}", first.body);
    for answer in &answers {
        assert_eq!((answer.status, &answer.body["seq"]), (200, &first.body["seq"]));
    }
    assert_eq!(version(&dispatcher, job).await, 2);
    let mut live = dispatcher.live().await;
    let again = live.does_again(id, job.0, on_socket.clone()).await.unwrap();
    assert_eq!(json!(again.seq), first.body["seq"]);

    hub.restart().await;
    let after = commands(&dispatcher, job, &key, &over_http).await;
    assert_eq!((after.status, &after.body["seq"]), (200, &first.body["seq"]));
    let mut live = dispatcher.live().await;
    assert_eq!(json!(live.does_again(id, job.0, on_socket).await.unwrap().seq), first.body["seq"]);

    // Meanwhile the job went on: the retry answers with what it is now, and takes nothing back.
    dispatcher.does(job, json!({ "do": "publish" })).await;
    let late = commands(&dispatcher, job, &key, &over_http).await;
    assert_eq!((&late.body["seq"], &late.body["job"]["status"]), (&first.body["seq"], &json!("pending")));
    assert_eq!(version(&dispatcher, job).await, 3);

    for other in [json!({ "do": "publish" }), allocate(&hub, 2)] {
        let refused = commands(&dispatcher, job, &key, &other).await;
        assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/idempotency_mismatch")), "{other}");
    }
    let refused = live.does_again(id, job.0, json!({ "do": "cancel" })).await.unwrap_err();
    assert_eq!(refused.name(), "idempotency_mismatch");
    let elsewhere = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assert_eq!(commands(&dispatcher, elsewhere, &key, &over_http).await.body["type"], "/problems/idempotency_mismatch", "another target");
    assert_eq!(version(&dispatcher, job).await, 3);
    assert_eq!(hub.table(&format!("select 1 from event where job = '{job}'")).await.len(), 3);
}

#[tokio::test]
async fn an_order_counts_once() {
    let mut hub = TestHub::start().await;
    let customer = hub.portal_user(1).await;
    let mut order = repair_for_the_bakery(&hub);
    order["template"] = json!(hub.company().repair);
    order["copies"] = json!(3);
    let key = "three taps, please";
    let sent = (0..5).map(|_| customer.tries(Method::POST, "/api/jobs", Some(&order), Some(key)));
    let mut answers = join_all(sent).await;
    hub.restart().await;
    answers.push(customer.tries(Method::POST, "/api/jobs", Some(&order), Some(key)).await);
    let ids = |answer: &Answer| -> Vec<Job> { answer.body["jobs"].as_array().unwrap().iter().map(Job::of).collect() };
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(ids(answer), ids(&answers[0]));
    }
    assert_eq!(ids(&answers[0]).len(), 3);
    assert_eq!(customer.reads("/api/jobs").await["items"].as_array().unwrap().len(), 3);
    order["copies"] = json!(2);
    let refused = customer.tries(Method::POST, "/api/jobs", Some(&order), Some(key)).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/idempotency_mismatch")));
    // Somebody else's key is their own.
    let other = hub.portal_user(2).await;
    let theirs = json!({ "template": hub.company().errand });
    assert_eq!(other.tries(Method::POST, "/api/jobs", Some(&theirs), Some(key)).await.status, 201);
}

#[tokio::test]
async fn an_edit_and_a_deletion_count_once() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let path = format!("/api/jobs/{job}");
    let edit = json!({ "notes": "Mind the dog", "version": version(&dispatcher, job).await });
    for _ in 0..3 {
        let answer = dispatcher.tries(Method::PATCH, &path, Some(&edit), Some("dog")).await;
        assert_eq!((answer.status, &answer.body["notes"]), (200, &json!("Mind the dog")), "{}", answer.body);
    }
    assert_eq!(version(&dispatcher, job).await, 2);
    let other = dispatcher.tries(Method::PATCH, &path, Some(&json!({ "notes": "Mind the cat" })), Some("dog")).await;
    assert_eq!(other.body["type"], "/problems/idempotency_mismatch");
    for _ in 0..3 {
        let answer = dispatcher.tries(Method::DELETE, &path, None, Some("gone")).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    assert_eq!(dispatcher.tries(Method::DELETE, &path, None, Some("gone again")).await.status, 404);
}

#[tokio::test]
async fn a_refusal_is_decided_anew() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let publish = json!({ "do": "publish" });
    let early = commands(&dispatcher, job, "publish it", &publish).await;
    assert_eq!((early.status, &early.body["job_status"]), (409, &json!("unassigned")));
    dispatcher.does(job, allocate(&hub, 1)).await;
    assert_eq!(commands(&dispatcher, job, "publish it", &publish).await.status, 200);
}

#[tokio::test]
async fn a_key_is_short_and_printable() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    for key in ["", &"k".repeat(201), "tab\there"] {
        let refused = commands(&dispatcher, job, key, &json!({ "do": "mark_seen" })).await;
        assert_eq!((refused.status, &refused.body["type"]), (422, &json!("/problems/invalid")), "{key:?}");
    }
    assert_eq!(commands(&dispatcher, job, &"k".repeat(200), &allocate(&hub, 1)).await.status, 200);
}

/// What is made, by whom, at which path, and what a second one would be.
async fn creations(hub: &TestHub) -> Vec<(Person, String, Value, Value)> {
    let (admin, customer) = (hub.admin().await, hub.portal_user(1).await);
    let job = hub.dispatcher(1).await.orders(hub.company().repair, repair_for_the_bakery(hub)).await;
    let bakery = hub.company().bakery.id;
    let point = asks(&customer, &["started"], json!({})).await["id"].clone();
    let person = |name: &str| json!({ "name": name, "email": format!("{name}@example.com"), "invite": false });
    let of_bakery = |name: &str| json!({ "name": name, "email": format!("{name}@example.com"), "customers": [bakery] });
    let mut roof = inspection();
    roof["name"] = "Roof".into();
    let email = |address: &str| json!({ "kind": "email", "address": address });
    vec![
        (hub.admin().await, "/api/customers".into(), json!({ "name": "Kiosk" }), json!({ "name": "Bistro" })),
        (hub.admin().await, "/api/portal-users".into(), of_bakery("una"), of_bakery("otto")),
        (hub.admin().await, "/api/workers".into(), person("wilma"), person("willi")),
        (hub.admin().await, "/api/dispatchers".into(), person("dora"), person("dino")),
        (hub.admin().await, "/api/templates".into(), inspection(), roof),
        (
            hub.admin().await,
            "/api/assets".into(),
            json!({ "customer": bakery, "type": "Oven", "name": "A" }),
            json!({ "customer": bakery, "type": "Oven", "name": "B" }),
        ),
        (
            hub.admin().await,
            "/api/price-list".into(),
            json!({ "code": "A1", "description": "A", "unit_price": "1" }),
            json!({ "code": "B1", "description": "B", "unit_price": "2" }),
        ),
        (hub.admin().await, "/api/webhooks".into(), json!({ "url": "https://hooks.example.com/a" }), json!({ "url": "https://hooks.example.com/b" })),
        (hub.admin().await, "/api/tokens".into(), json!({ "name": "A", "scopes": ["jobs:read"] }), json!({ "name": "B", "scopes": ["jobs:read"] })),
        (admin, format!("/api/jobs/{job}/links"), json!({ "days": 3 }), json!({ "days": 4 })),
        (hub.portal_user(1).await, "/api/contact-points".into(), email("a@example.com"), email("b@example.com")),
        (
            customer,
            "/api/alert-subscriptions".into(),
            json!({ "contact_point": point, "events": ["started"], "job": job.0 }),
            json!({ "contact_point": point, "events": ["completed"], "customer": bakery }),
        ),
    ]
}

#[tokio::test]
async fn whatever_is_made_is_made_once_for_each_key() {
    let mut hub = TestHub::start().await;
    let list = async |person: &Person, path: &str| person.reads(path).await["items"].as_array().unwrap().len();
    for (index, (person, path, body, other)) in creations(&hub).await.into_iter().enumerate() {
        let is_shown_once = path == "/api/tokens" || path.ends_with("/links");
        let before = list(&person, &path).await;
        let key = Uuid::now_v7().to_string();
        let make = |body| person.tries(Method::POST, &path, Some(body), Some(&key));
        let answers = join_all((0..4).map(|_| make(&body))).await;
        let first = answers.iter().find(|answer| answer.status == 201).unwrap_or_else(|| panic!("{path}: {:?}", answers[0]));
        assert_eq!(list(&person, &path).await, before + 1, "{path}");
        for answer in &answers {
            if is_shown_once && answer.status != 201 {
                assert_eq!((answer.status, &answer.body["type"]), (409, &json!("/problems/conflict")), "{path}");
            } else {
                assert_eq!((answer.status, &answer.body), (201, &first.body), "{path}");
            }
        }
        let mismatch = make(&other).await;
        assert_eq!((mismatch.status, &mismatch.body["type"]), (409, &json!("/problems/idempotency_mismatch")), "{path}");
        let fresh = person.tries(Method::POST, &path, Some(&other), Some(&format!("{key} again"))).await;
        assert_eq!(fresh.status, 201, "{path}: {}", fresh.body);
        if index == 0 {
            hub.restart().await;
            let again = hub.admin().await.tries(Method::POST, &path, Some(&body), Some(&key)).await;
            assert_eq!((again.status, &again.body), (201, &first.body));
            // Somebody else's key means nothing, and what is refused is not remembered.
            let of_another = hub.dispatcher(1).await.tries(Method::POST, &path, Some(&body), Some(&key)).await;
            assert_ne!(of_another.body["id"], first.body["id"]);
            let refused = hub.admin().await.tries(Method::POST, &path, Some(&json!({ "name": "" })), Some("k")).await;
            let then = hub.admin().await.tries(Method::POST, &path, Some(&json!({ "name": "Deli" })), Some("k")).await;
            assert_eq!((refused.status, then.status), (422, 201));
        }
    }
}
