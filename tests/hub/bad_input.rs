//! Whatever is wrong with what was sent is named, by a pointer where there is one, and the connection lives on.

use crate::harness::{Live, TestHub, in_ms};
use crate::journeys::{allocate, repair_for_the_bakery};
use dispatch_hub::protocol::{Encoding, Topic};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// What was refused, and where.
async fn refusal(live: &mut Live, message: &Value) -> (String, Option<String>) {
    let problem = match message.get("ref") {
        Some(Value::Null) | None if message["t"] == "fixes" || message["t"] == "viewport" || message["t"] == "editing" || message["t"] == "dance" => {
            live.says(message).await;
            live.is_refused().await
        }
        _ => live.asks(message.clone()).await.expect_err("a refusal"),
    };
    (problem.name().to_owned(), problem.errors.first().map(|error| error.pointer.clone()))
}

#[tokio::test]
async fn a_dispatchers_messages_are_refused_with_a_pointer() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let command = |more: Value| {
        let mut message = json!({ "t": "command", "id": Uuid::now_v7(), "job": job.0 });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    let nobody = Uuid::now_v7();
    let table = [
        (json!({ "t": "dance" }), "invalid", Some("/t")),
        (json!({ "t": "dance", "ref": 0 }), "invalid", Some("/t")),
        (json!({ "t": "subscribe", "ref": 0 }), "invalid", Some("/topic")),
        (json!({ "t": "subscribe", "ref": 0, "topic": "weather" }), "invalid", Some("/topic")),
        (json!({ "t": "subscribe", "ref": 0, "topic": "job/7" }), "invalid", Some("/topic")),
        (json!({ "t": "subscribe", "ref": 0, "topic": "schedule", "after": "yesterday" }), "invalid", Some("/after")),
        (json!({ "t": "subscribe", "ref": 0, "topic": "schedule", "from": 2, "to": 1 }), "invalid", Some("/to")),
        (json!({ "t": "subscribe", "ref": 0, "topic": "portal" }), "forbidden", None),
        (json!({ "t": "subscribe", "ref": 0, "topic": "worker" }), "forbidden", None),
        (json!({ "t": "subscribe", "ref": 0, "topic": format!("job/{nobody}") }), "missing", None),
        (json!({ "t": "viewport", "west": 24, "south": 60, "east": 25, "north": 61, "zoom": 12 }), "invalid", Some("/t")),
        (json!({ "t": "duty", "ref": 0, "on": true }), "forbidden", None),
        (json!({ "t": "fixes", "n": 1, "fixes": [[1, 60.0, 24.0, null, null, null, null]] }), "forbidden", None),
        (command(json!({})), "invalid", Some("/do")),
        (command(json!({ "do": "fly" })), "invalid", Some("/do")),
        (command(json!({ "do": "publish", "version": "new" })), "invalid", Some("/version")),
        (command(json!({ "do": "allocate" })), "invalid", Some("/start")),
        (command(json!({ "do": "allocate", "start": in_ms(0) })), "invalid", Some("/worker")),
        (command(json!({ "do": "allocate", "start": in_ms(0), "worker": nobody })), "invalid", Some("/worker")),
        (command(json!({ "do": "allocate", "start": "noon", "worker": nobody })), "invalid", Some("/start")),
        (command(json!({ "do": "complete_step" })), "invalid", Some("/step")),
        (command(json!({ "do": "accept" })), "forbidden", None),
        (json!({ "t": "command", "ref": 0, "id": 7, "job": job.0, "do": "publish" }), "invalid", Some("/id")),
        (json!({ "t": "command", "ref": 0, "id": nobody, "job": nobody, "do": "publish" }), "missing", None),
    ];
    for encoding in Encoding::ALL {
        let mut live = dispatcher.live_in(encoding).await;
        for (message, name, pointer) in &table {
            let refused = refusal(&mut live, message).await;
            assert_eq!((refused.0.as_str(), refused.1.as_deref()), (*name, *pointer), "{message}");
        }
        live.joins_map().await;
        for (member, value) in [("west", 1_081.0), ("south", -91.0), ("north", 100.0), ("zoom", -1.0), ("south", 61.5)] {
            let mut viewport = json!({ "t": "viewport", "west": 24.0, "south": 60.0, "east": 25.0, "north": 61.0, "zoom": 12.0 });
            viewport[member] = json!(value);
            assert_eq!(refusal(&mut live, &viewport).await.0, "invalid", "{viewport}");
        }
        live.joins(Topic::Schedule).await;
    }
}

#[tokio::test]
async fn fixes_are_taken_all_or_none() {
    let hub = TestHub::start().await;
    let mut live = hub.worker(1).await.live().await;
    live.goes_on_duty(true).await;
    let now = in_ms(0);
    let good = json!([now, 60.17, 24.94, 5.0, 1.0, 90.0, 0.5]);
    let with = |bad: Value| json!({ "t": "fixes", "n": 7, "fixes": [good.clone(), bad] });
    let table = [
        (json!({ "t": "fixes", "n": 7, "fixes": [] }), "/fixes"),
        (json!({ "t": "fixes", "n": 7, "fixes": vec![good.clone(); 501] }), "/fixes"),
        (json!({ "t": "fixes", "n": 7, "fixes": "here" }), "/fixes"),
        (json!({ "t": "fixes", "fixes": [good] }), "/n"),
        (json!({ "t": "fixes", "n": 7, "fixes": [good], "device": "" }), "/device"),
        (json!({ "t": "fixes", "n": 7, "fixes": [good], "device": "d".repeat(65) }), "/device"),
        (with(json!([now, 91.0, 24.94, null, null, null, null])), "/fixes/1"),
        (with(json!([now, 60.0, -180.5, null, null, null, null])), "/fixes/1"),
        (with(json!([i64::MAX, 60.0, 24.0, null, null, null, null])), "/fixes/1"),
        (with(json!([now, "north", 24.0, null, null, null, null])), "/fixes/1/1"),
        (with(json!([now, null, 24.0, null, null, null, null])), "/fixes/1/1"),
        (with(json!([now, 60.0])), "/fixes/1"),
        (with(json!({ "lat": 60 })), "/fixes/1"),
    ];
    for (message, pointer) in &table {
        let refused = refusal(&mut live, message).await;
        assert_eq!(refused.0, "invalid", "{message}");
        let said = refused.1.unwrap();
        assert!(said == *pointer || said.starts_with(&format!("{pointer}/")), "{message}: {said}");
    }
    assert_eq!(hub.table("select 1 from fix").await.len() + hub.table("select 1 from fix_aside").await.len(), 0);
    let refused = refusal(&mut live, &json!({ "t": "editing", "job": null })).await;
    assert_eq!(refused.0, "forbidden");
}

#[tokio::test]
async fn http_bodies_are_refused_with_a_pointer() {
    let hub = TestHub::start().await;
    let company = hub.company();
    let (dispatcher, customer, worker) = (hub.dispatcher(1).await, hub.portal_user(1).await, hub.worker(1).await);
    let job = customer.orders(company.repair, repair_for_the_bakery(&hub)).await;
    let order = |more: Value| {
        let mut order = repair_for_the_bakery(&hub);
        order["template"] = json!(company.repair);
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let table = [
        (order(json!({ "template": Uuid::now_v7() })), "/template"),
        (order(json!({ "template": hub.other().repair })), "/template"),
        (order(json!({ "template": 7 })), "/template"),
        (order(json!({ "customer": company.mill.id })), "/customer"),
        (order(json!({ "customer": hub.other().bakery.id })), "/customer"),
        (order(json!({ "customer": null })), "/customer"),
        (order(json!({ "copies": 6 })), "/copies"),
        (order(json!({ "copies": 0 })), "/copies"),
        (order(json!({ "requested_start": "2026-03-29T03:30" })), "/requested_start"),
        (order(json!({ "requested_start": "soon" })), "/requested_start"),
        (order(json!({ "requested_start": "2020-01-01T00:00:00Z" })), "/requested_start"),
        (order(json!({ "asset": company.mill.asset })), "/asset"),
        (order(json!({ "steps": [] })), "/steps/0/address/text"),
        (order(json!({ "steps": [{ "index": 2 }] })), "/steps/0/index"),
        (order(json!({ "steps": [{ "index": 0, "address": { "text": "A", "latitude": 95.0, "longitude": 1.0 } }] })), "/steps/0/address/latitude"),
        (order(json!({ "fields": { "margin": "40 %" } })), "/fields/margin"),
        (order(json!({ "fields": { "price": "40" } })), "/fields/price"),
        (order(json!({ "fields": { "wish": 40 } })), "/fields/wish"),
        (order(json!({ "notes": "x".repeat(10_001) })), "/notes"),
        (order(json!({ "notes": "bell \u{7}" })), "/notes"),
        (order(json!({ "internal_notes": "x" })), "/internal_notes"),
        (order(json!({ "worker": company.worker(1) })), "/worker"),
        (order(json!({ "publish": true })), "/publish"),
    ];
    for (body, pointer) in &table {
        let answer = customer.tries(Method::POST, "/api/jobs", Some(body), None).await;
        assert_eq!((answer.status, &answer.body["type"]), (422, &json!("/problems/invalid")), "{body}: {}", answer.body);
        let pointers: Vec<&str> = answer.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert!(pointers.contains(pointer), "{body}: {pointers:?}");
    }
    let path = format!("/api/jobs/{job}");
    for (edit, pointer) in
        [(json!({ "template": company.errand }), "/template"), (json!({ "duration_min": 10 }), "/duration_min"), (json!({ "notes": 7 }), "/notes")]
    {
        let answer = customer.tries(Method::PATCH, &path, Some(&edit), None).await;
        assert_eq!((answer.status, answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{edit}");
    }
    for (list, pointer) in [
        ("?limit=0", "/limit"),
        ("?limit=201", "/limit"),
        ("?status=lost", "/status"),
        ("?after=x", "/after"),
        ("?sort=luck", "/sort"),
        ("?from=x", "/from"),
    ] {
        let answer = dispatcher.tries(Method::GET, &format!("/api/jobs{list}"), None, None).await;
        assert_eq!((answer.status, answer.body["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{list}");
    }
    assert_eq!(worker.tries(Method::POST, "/api/jobs", Some(&order(json!({}))), None).await.status, 403);
    dispatcher.does(job, allocate(&hub, 1)).await;
}

#[tokio::test]
async fn what_is_not_json_is_unreadable_and_what_is_too_long_too() {
    let hub = TestHub::start().await;
    for body in ["", "{", "{\"email\":1", "null}", &format!("{{\"email\":\"{}\"}}", "x".repeat(70_000))] {
        let answer = hub.asks(Method::POST, "/api/login").header("content-type", "application/json").body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{}", &body[..body.len().min(40)]);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/unreadable");
    }
    for (method, path, status) in [(Method::GET, "/api/nothing", 404), (Method::PUT, "/api/jobs", 405), (Method::GET, "/api/login", 405)] {
        let answer = hub.asks(method, path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (status, &"application/problem+json".parse().unwrap()), "{path}");
    }
    let foreign = hub
        .asks(Method::POST, "/api/login")
        .header("origin", "https://evil.example")
        .json(&json!({ "email": "a", "password": "b" }))
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
}
