//! Free start times: what a customer who is bound to business hours is offered, gets, and does not get twice.

use crate::harness::{Job, Person, TestHub};
use dispatch_hub::domain::ids::TemplateId;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::domain::tenant::Settings;
use dispatch_hub::store;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Open around the clock, so that tests may run at any time of day.
async fn open_with(hub: &TestHub, workers: u16) {
    let mut settings = Settings { hours: [Some((0, 24 * 60)); 7], ..Settings::default() };
    settings.portal.booking.bookable_workers = Some(workers);
    let mut connection = hub.store().write().await.unwrap();
    store::tenants::set_settings(&mut connection, hub.company().tenant, &settings).await.unwrap();
    connection.commit().await.unwrap();
}

async fn bound(hub: &TestHub) -> Person {
    hub.portal_user_with(hub.company().bakery.id, &Overrides { outside_hours: Some(false), ..Overrides::default() }).await
}

async fn free(hub: &TestHub, person: &Person) -> Vec<String> {
    free_for(person, hub.company().errand).await
}

async fn free_for(person: &Person, template: TemplateId) -> Vec<String> {
    let times = person.reads(&format!("/api/times?template={template}&days=3")).await;
    assert_eq!(times["time_zone"], "Europe/Helsinki");
    times["items"].as_array().unwrap().iter().map(|item| item["start"].as_str().unwrap().to_owned()).collect()
}

fn order(hub: &TestHub, start: &str) -> Value {
    json!({ "template": hub.company().errand, "requested_start": start })
}

async fn asks(hub: &TestHub, person: &Person, start: &str) -> (u16, Value) {
    let answer = person.tries(Method::POST, "/api/jobs", Some(&order(hub, start)), None).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn what_is_offered_is_given_and_then_no_longer_offered() {
    let hub = TestHub::start().await;
    open_with(&hub, 1).await;
    let me = bound(&hub).await;
    let before = free(&hub, &me).await;
    assert!(before.len() > 90, "{before:?}");
    let wish = &before[10];
    let (status, made) = asks(&hub, &me, wish).await;
    assert_eq!(status, 201, "{made}");
    let after: HashSet<String> = free(&hub, &me).await.into_iter().collect();
    // The errand takes half an hour, as long as the grid's step.
    assert!(!after.contains(wish) && after.contains(&before[9]) && after.contains(&before[11]));
    let (status, refused) = asks(&hub, &me, wish).await;
    assert_eq!(
        (status, &refused["type"], &refused["errors"][0]["pointer"]),
        (409, &json!("/problems/time_not_available"), &json!("/requested_start"))
    );
    // Called off, it is free again.
    let job = Job::of(&made["jobs"][0]);
    me.does(job, json!({ "do": "cancel" })).await;
    assert_eq!(asks(&hub, &me, wish).await.0, 201);
    assert_eq!(hub.table("select 1 from job where doc ? 'booking'").await.len(), 0);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_to_those_who_are_bound_only() {
    let hub = TestHub::start().await;
    open_with(&hub, 1).await;
    let me = bound(&hub).await;
    let (free_one, dispatcher) = (hub.portal_user(1).await, hub.dispatcher(1).await);
    let offered = free(&hub, &me).await;
    let off_grid = offered[5].replace(":00Z", ":01Z").replace(":00.000Z", ":00.001Z");
    let soon = crate::harness::rfc3339(crate::harness::in_ms(60_000));
    let far = crate::harness::rfc3339(crate::harness::in_ms(70 * 24 * 3_600_000));
    for start in [&off_grid, &soon, &far] {
        let (status, refused) = asks(&hub, &me, start).await;
        assert_eq!((status, &refused["type"]), (409, &json!("/problems/time_not_available")), "{start}");
        let with_customer = json!({ "template": hub.company().errand, "requested_start": start, "customer": hub.company().bakery.id });
        for person in [&free_one, &dispatcher] {
            assert_eq!(person.tries(Method::POST, "/api/jobs", Some(&with_customer), None).await.status, 201);
        }
    }
    // Who asks for no time is not bound to one.
    assert_eq!(me.tries(Method::POST, "/api/jobs", Some(&json!({ "template": hub.company().errand })), None).await.status, 201);
    for (query, pointer) in [("", "/template"), ("template=7", "/template"), ("template=T&days=32", "/days"), ("template=T&from=soon", "/from")] {
        let path = format!("/api/times?{}", query.replace('T', &hub.company().errand.to_string()));
        let answer = me.tries(Method::GET, &path, None, None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}");
    }
    let foreign = me.tries(Method::GET, &format!("/api/times?template={}", hub.other().errand), None, None).await;
    assert_eq!((foreign.status, &foreign.body["errors"][0]["pointer"]), (422, &json!("/template")));
}

#[tokio::test]
async fn of_many_who_want_the_last_time_as_many_get_it_as_there_is_room() {
    let hub = TestHub::start().await;
    open_with(&hub, 3).await;
    let me = bound(&hub).await;
    let others = hub.portal_user(1).await;
    let times = free(&hub, &me).await;
    for wish in times.iter().skip(4).step_by(3).take(5) {
        let answers = join_all((0..24).map(|_| asks(&hub, &me, wish))).await;
        let made = answers.iter().filter(|(status, _)| *status == 201).count();
        let late = answers.iter().filter(|(status, body)| *status == 409 && body["type"] == "/problems/time_not_available").count();
        assert_eq!((made, late), (3, 21), "{answers:?}");
    }
    // What shared a batch with them was written all the same.
    let wish = &times[40];
    let rivals = join_all((0..12).map(|_| asks(&hub, &me, wish)));
    let plain = json!({ "template": hub.company().errand, "customer": hub.company().bakery.id });
    let bystanders = join_all((0..12).map(|_| others.tries(Method::POST, "/api/jobs", Some(&plain), None)));
    let (rivals, bystanders) = futures_util::join!(rivals, bystanders);
    assert_eq!(rivals.iter().filter(|(status, _)| *status == 201).count(), 3);
    assert!(bystanders.iter().all(|answer| answer.status == 201));
}

#[tokio::test]
async fn copies_count_as_many_and_come_all_or_none() {
    let hub = TestHub::start().await;
    open_with(&hub, 3).await;
    let me = bound(&hub).await;
    // Of a job that takes an hour: half past eleven at night is none of them.
    let times = free_for(&me, hub.company().repair).await;
    let order = |copies: u16, start: &str| json!({ "template": hub.company().repair, "copies": copies, "requested_start": start, "steps": [{ "index": 0, "address": { "text": "There" } }] });
    // Two rivals want two each of three.
    let two = order(2, &times[20]);
    let answers = join_all((0..8).map(|_| me.tries(Method::POST, "/api/jobs", Some(&two), None))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(hub.table("select 1 from job").await.len(), 2);
    assert_eq!(me.tries(Method::POST, "/api/jobs", Some(&order(4, &times[60])), None).await.status, 409);
    assert_eq!(me.tries(Method::POST, "/api/jobs", Some(&order(3, &times[60])), None).await.status, 201);
    assert_eq!(hub.table("select 1 from job").await.len(), 5);
}

#[tokio::test]
async fn an_edit_to_another_time_is_bound_in_the_same_way() {
    let hub = TestHub::start().await;
    open_with(&hub, 1).await;
    let me = bound(&hub).await;
    let times = free(&hub, &me).await;
    let (first, second) = (asks(&hub, &me, &times[10]).await.1, asks(&hub, &me, &times[20]).await.1);
    let path = |made: &Value| format!("/api/jobs/{}", made["jobs"][0]["id"].as_str().unwrap());
    let moved = |to: &str| json!({ "requested_start": to });
    let taken = me.tries(Method::PATCH, &path(&first), Some(&moved(&times[20])), None).await;
    assert_eq!((taken.status, &taken.body["type"]), (409, &json!("/problems/time_not_available")));
    assert_eq!(me.tries(Method::PATCH, &path(&first), Some(&moved(&times[30])), None).await.status, 200);
    let (second, to_first) = (path(&second), moved(&times[10]));
    let rivals = join_all((0..6).map(|_| me.tries(Method::PATCH, &second, Some(&to_first), None))).await;
    assert!(rivals.iter().all(|answer| answer.status == 200), "one job may ask for its own time as often as it likes");
    // Something else of the job may still change, although its time has come to be one that is not offered.
    hub.dispatcher(1).await.client.patch(&path(&first), &json!({ "requested_start": "2031-01-01T00:07:00Z" })).await.unwrap();
    let step = json!({ "steps": [{ "index": 0, "address": { "text": "Elsewhere" } }] });
    assert_eq!(me.tries(Method::PATCH, &path(&first), Some(&step), None).await.status, 200);
}
