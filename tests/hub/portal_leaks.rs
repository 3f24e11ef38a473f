//! Every permission alone taken away, alone given, and many at random: what is not permitted is in no list, no search, no answer, no
//! snapshot, no event, no position and no ETA.

use crate::gate::{Phone, hears_all_of};
use crate::harness::{Estate, HIDDEN, Job, Live, Person, TestHub, dice, rfc3339};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::{Rfc3339, ServerMessage, Topic};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};

/// So many permissions are switches.
const SWITCHES: usize = 12;

fn set(on: impl Fn(usize) -> bool) -> Overrides {
    let on = |switch| Some(on(switch));
    Overrides {
        view_jobs: on(0),
        live_status: on(1),
        see_map: on(2),
        see_worker: on(3),
        create: on(4),
        edit: on(5),
        cancel: on(6),
        delete: on(7),
        invoice: on(8),
        alerts_email: on(9),
        alerts_sms: on(10),
        outside_hours: on(11),
        templates: None,
    }
}

fn sets() -> Vec<Overrides> {
    let mut dice = dice("portal leaks");
    let mut sets = vec![set(|_| true)];
    for switch in 0..SWITCHES {
        sets.push(set(|other| other != switch));
        sets.push(set(|other| other == switch));
    }
    // With "view jobs", or most of them would see nothing at all.
    sets.extend((0..8).map(|_| {
        let bits: u16 = dice.random();
        set(|switch| switch == 0 || bits & (1 << switch) != 0)
    }));
    sets
}

struct Watcher {
    set: Overrides,
    person: Person,
    portal: Live,
}

impl Watcher {
    fn may(&self) -> [bool; 4] {
        [self.set.view_jobs, self.set.live_status, self.set.see_map, self.set.see_worker].map(|switch| switch == Some(true))
    }
}

#[tokio::test]
async fn no_way_of_looking_shows_more_than_is_permitted() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let mut watchers = Vec::new();
    for set in sets() {
        let person = hub.portal_user_with(estate.bakery, &set).await;
        let portal = person.listens_to(Topic::Portal).await;
        watchers.push(Watcher { set, person, portal });
    }
    let (job, deleted) = (estate.fresh_job(&hub).await, estate.fresh_job(&hub).await);
    let mut everything = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    let mut phone = Phone::of(&hub, 1).await;
    phone.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut everything, Kind::JobEnRoute, job).await;
    phone.measures().await;
    everything.until("an ETA", |message| matches!(message, ServerMessage::Eta(_)).then_some(())).await;
    phone.does(job, json!({ "do": "complete_step", "step": 0, "fields": { "meter": format!("8 {HIDDEN}") } })).await;
    phone.does(job, json!({ "do": "complete_step", "step": 1, "fields": { "parts": format!("tap {HIDDEN}") } })).await;
    let dispatcher = hub.dispatcher(1).await;
    dispatcher.client.delete(&format!("/api/jobs/{deleted}")).await.unwrap();
    let started: Rfc3339 = serde_json::from_value(dispatcher.sees(job).await["actual_start"].clone()).unwrap();
    for watcher in &mut watchers {
        check(&hub, &estate, watcher, job, deleted, started.0.millis()).await;
    }
}

async fn check(hub: &TestHub, estate: &Estate, watcher: &mut Watcher, job: Job, deleted: Job, started_ms: i64) {
    let [views, live, map, worker] = watcher.may();
    let set = watcher.set.clone();
    if views {
        // Everybody with "view jobs" hears of it: whatever was let through of everything before came before it.
        hears_all_of(&mut watcher.portal, Kind::JobRemoved, deleted).await;
    }
    let frames: Vec<Value> = watcher.portal.raw().iter().map(|frame| frame.decode().expect("a map")).collect();
    let etas: Vec<&Value> = frames.iter().filter(|frame| frame["t"] == "eta").collect();
    assert_eq!(!etas.is_empty(), views && live, "ETA with {set:?}");
    assert!(etas.iter().all(|eta| eta["distance_m"].is_null() != worker), "distance with {set:?}: {etas:?}");
    assert_eq!(!watcher.portal.all_positions().is_empty(), views && live && map && worker, "positions with {set:?}");

    let person = &watcher.person;
    let mut answers = vec![person.reads("/api/jobs?limit=200").await];
    let shown = answers[0]["items"].as_array().unwrap().len();
    assert_eq!(shown, if views { 2 } else { 0 }, "{set:?}");
    for (q, found) in [("visit", true), ("finish", true), ("bakery", true), ("repair", true)] {
        assert_eq!(hits(person, q).await > 0, views && found, "{q} with {set:?}");
    }
    // Hidden steps, staff, workers, notes, fields, other customers, other tenants.
    for q in
        ["check", "staff", HIDDEN, "Aino1", "Otso", "dispatch-only", "margin", "meter", "tap", "mill", "garage", "south", "price", "notes", "contact"]
    {
        assert_eq!(hits(person, q).await, 0, "{q} with {set:?}");
    }
    for sort in ["number", "-date", "status", "customer", "-template"] {
        answers.push(person.reads(&format!("/api/jobs?sort={sort}")).await);
    }
    let by_status = person.reads("/api/jobs?status=started").await;
    assert_eq!(by_status["items"].as_array().unwrap().len(), if views && live { 2 } else { 0 }, "a status is looked for with {set:?}");
    let around = format!("/api/jobs?from={}&to={}", rfc3339(started_ms - 1_000), rfc3339(started_ms + 1_000));
    let by_start = person.reads(&around).await;
    assert_eq!(!by_start["items"].as_array().unwrap().is_empty(), views && live, "an actual start is looked for with {set:?}");
    for path in [format!("/api/jobs/{job}"), format!("/api/jobs/{job}/events"), format!("/api/jobs/{}/events", estate.job)] {
        let answer = person.tries(Method::GET, &path, None, None).await;
        assert_eq!(answer.status, if views { 200 } else { 404 }, "{path} with {set:?}");
        answers.push(answer.body);
    }
    for foreign in [estate.mill.job, estate.south.job] {
        assert_eq!(person.tries(Method::GET, &format!("/api/jobs/{foreign}"), None, None).await.status, 404);
    }

    let mut never =
        vec![HIDDEN, "mk-dispatch-only", "mk-north-mill", "mk-north-garage", "mk-south", "Label of margin", "Label of meter", "Label of parts"];
    let worker_id = hub.company().worker(1).to_string();
    if !worker {
        never.extend(["Aino", worker_id.as_str()]);
    }
    watcher.portal.never_said(&never);
    for answer in answers.iter().chain([&by_status, &by_start]) {
        let text = answer.to_string();
        for marker in &never {
            assert!(!text.contains(marker), "{marker} with {set:?} in {text}");
        }
        if !live {
            tells_no_status(answer, &set);
        }
    }
    if !live {
        for frame in &frames {
            tells_no_status(frame, &set);
        }
    }
}

async fn hits(person: &Person, q: &str) -> usize {
    person.reads(&format!("/api/jobs?q={q}")).await["items"].as_array().unwrap().len()
}

/// Without "live status" there is no status, no progress and no time of anything that was done, at whatever depth.
fn tells_no_status(said: &Value, set: &Overrides) {
    match said {
        Value::Object(members) => {
            for (name, value) in members {
                let silent = match name.as_str() {
                    // Problems have a number of that name.
                    "status" => value.is_null() || value.is_number(),
                    "actual_start" | "actual_end" | "done_at" | "done_received_at" | "last_completed_step" => value.is_null(),
                    "paused" | "en_route" => value == &json!(false),
                    "kind" => value != "actual",
                    _ => true,
                };
                assert!(silent, "{name}: {value} with {set:?}");
                tells_no_status(value, set);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| tells_no_status(item, set)),
        _ => {}
    }
}
