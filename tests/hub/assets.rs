//! Assets: dispatchers keep them, customers see their own with the jobs that were done there.

use crate::files::{picture, upload};
use crate::harness::TestHub;
use crate::journeys::assign;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_dispatcher_keeps_assets_and_the_customer_sees_them() {
    let hub = TestHub::start().await;
    let (dispatcher, me, foreign) = (hub.dispatcher(1).await, hub.portal_user(1).await, hub.portal_user(2).await);
    let photo = upload(&hub, &dispatcher.session, &picture(40, 30)).await;
    let new = json!({
        "customer": hub.company().bakery.id, "type": "Oven", "name": "Stone oven", "serial": "KU-1", "photo": photo,
        "address": { "text": "Keskuskatu 2", "latitude": 60.17, "longitude": 24.94 }, "fields": [{ "label": "Built", "value": "1987" }],
    });
    let made = dispatcher.client.post("/api/assets", &new).await.unwrap();
    let path = format!("/api/assets/{}", made["id"].as_str().unwrap());
    let seen = me.reads(&path).await;
    for (member, value) in new.as_object().unwrap() {
        assert_eq!(&seen[member], value, "{member}");
    }
    assert_eq!(foreign.tries(Method::GET, &path, None, None).await.status, 404);
    let edited = dispatcher.client.patch(&path, &json!({ "name": "Old oven", "serial": null, "address": null })).await.unwrap();
    assert_eq!(
        (&edited["name"], &edited["serial"], &edited["address"], &edited["photo"]),
        (&json!("Old oven"), &Value::Null, &Value::Null, &json!(photo))
    );
    dispatcher.client.delete(&path).await.unwrap();
    let listed = me.reads("/api/assets").await;
    assert!(listed["items"].as_array().unwrap().iter().all(|asset| asset["id"] != made["id"]));
    // What is put away can be ordered for no more.
    let order = json!({ "template": hub.company().repair, "customer": hub.company().bakery.id, "asset": made["id"], "steps": [{ "index": 0, "address": { "text": "There" } }] });
    let refused = me.tries(Method::POST, "/api/jobs", Some(&order), None).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/asset")));
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let hub = TestHub::start().await;
    let (dispatcher, me) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let not_mine = upload(&hub, &me.session, &picture(8, 8)).await;
    let with = |more: Value| {
        let mut body = json!({ "customer": hub.company().bakery.id, "type": "Oven", "name": "Oven" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let table = [
        (with(json!({ "customer": hub.other().bakery.id })), "/customer"),
        (with(json!({ "customer": null })), "/customer"),
        (with(json!({ "name": " " })), "/name"),
        (with(json!({ "type": "x".repeat(501) })), "/type"),
        (with(json!({ "serial": "bell \u{7}" })), "/serial"),
        (with(json!({ "address": { "text": "A", "latitude": 91.0, "longitude": 0.0 } })), "/address/latitude"),
        (with(json!({ "fields": [{ "label": "", "value": "x" }] })), "/fields/0/label"),
        (with(json!({ "photo": Uuid::now_v7() })), "/photo"),
        (with(json!({ "photo": not_mine })), "/photo"),
    ];
    for (body, pointer) in table {
        let answer = dispatcher.tries(Method::POST, "/api/assets", Some(&body), None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{body}");
    }
}

#[tokio::test]
async fn an_asset_lists_its_jobs_newest_first_and_nobody_elses() {
    let hub = TestHub::start().await;
    let (me, foreign) = (hub.portal_user(1).await, hub.portal_user(2).await);
    let company = hub.company();
    let order = |notes: &str| json!({ "customer": company.bakery.id, "asset": company.bakery.asset, "notes": notes });
    let (first, second) = (me.orders(company.repair, order("one")).await, me.orders(company.repair, order("two")).await);
    let path = format!("/api/assets/{}/jobs", company.bakery.asset);
    let listed = me.reads(&path).await;
    let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [second.to_string(), first.to_string()]);
    assert!(listed["items"][0]["steps"][0]["address"]["text"].as_str().unwrap().starts_with("Cellar"), "the asset's address became the job's");
    assert_eq!(foreign.tries(Method::GET, &path, None, None).await.status, 404);
}

#[tokio::test]
async fn a_worker_reads_what_was_done_at_the_asset_of_their_job_before() {
    let hub = TestHub::start().await;
    let (dispatcher, worker, other) = (hub.dispatcher(1).await, hub.worker(1).await, hub.worker(2).await);
    let (bakery, errand) = (&hub.company().bakery, hub.company().errand);
    let at_the_oven = json!({ "customer": bakery.id, "asset": bakery.asset, "notes": "The fan was loose" });
    let before = dispatcher.orders(errand, at_the_oven.clone()).await;
    assign(&hub, &dispatcher, 2, &other, before).await;
    let now = dispatcher.orders(errand, at_the_oven).await;
    assign(&hub, &dispatcher, 1, &worker, now).await;
    let elsewhere = dispatcher.orders(errand, json!({ "customer": bakery.id })).await;
    assign(&hub, &dispatcher, 1, &worker, elsewhere).await;
    let earlier = async |job| worker.reads(&format!("/api/jobs/{job}/earlier")).await["items"].clone();
    assert_eq!(earlier(now).await, json!([]), "it is not done yet");
    other.does(before, json!({ "do": "complete_step", "step": 0 })).await;
    let found = earlier(now).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert_eq!((&found[0]["id"], &found[0]["notes"]), (&json!(before.0), &json!("The fan was loose")));
    assert_eq!((found[0].get("invoice"), found[0].get("internal_notes")), (None, None), "as a worker sees jobs");
    assert_eq!(earlier(elsewhere).await, json!([]));
    // Reading about it is not having it.
    assert_eq!(worker.tries(Method::GET, &format!("/api/jobs/{before}"), None, None).await.status, 404);
}
