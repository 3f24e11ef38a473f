//! Whatever set of permissions a portal user has: nothing that it does not allow is ever sent, neither in frames nor in answers.

use crate::fixes::fix;
use crate::harness::{Estate, HIDDEN, Job, Live, Person, TestHub, dice, in_ms};
use crate::journeys::allocate;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::{ServerMessage, Topic};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::{Value, json};

/// Every combination of what decides about being shown something, and at random about what may be done.
fn sets() -> Vec<Overrides> {
    let mut dice = dice("portal permissions");
    let mut sets: Vec<Overrides> = (0..16_u8)
        .map(|bits| Overrides {
            view_jobs: Some(bits & 1 == 0),
            live_status: Some(bits & 2 == 0),
            see_map: Some(bits & 4 == 0),
            see_worker: Some(bits & 8 == 0),
            create: Some(dice.random()),
            edit: Some(dice.random()),
            cancel: Some(dice.random()),
            delete: Some(dice.random()),
            invoice: Some(dice.random()),
            ..Overrides::default()
        })
        .collect();
    sets.shuffle(&mut dice);
    sets
}

struct Watcher {
    set: Overrides,
    person: Person,
    portal: Live,
}

#[tokio::test]
async fn nothing_that_is_not_permitted_is_ever_sent() {
    let hub = TestHub::start().await;
    let company = hub.company();
    let estate = Estate::plant(&hub).await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let mut watchers = Vec::new();
    for set in sets() {
        let person = hub.portal_user_with(company.bakery.id, &set).await;
        let portal = person.listens_to(Topic::Portal).await;
        watchers.push(Watcher { set, person, portal });
    }
    let job = estate.fresh_job(&hub).await;
    let mut phone = worker.live().await;
    phone.goes_on_duty(true).await;
    let commands = [
        json!({ "do": "en_route" }),
        json!({ "do": "complete_step", "step": 0, "fields": { "meter": format!("8 {HIDDEN}") } }),
        json!({ "do": "pause" }),
        json!({ "do": "resume" }),
        json!({ "do": "complete_step", "step": 1, "fields": { "parts": format!("tap {HIDDEN}") } }),
    ];
    for (nth, command) in commands.into_iter().enumerate() {
        phone.does(job, command).await.unwrap();
        let north = 60.15 + f64::from(u8::try_from(nth).unwrap()) * 1e-3;
        phone.measures(&[fix(in_ms(0), north, 24.94)]).await;
    }
    // The life of another one, back and forth.
    let other = estate.fresh_job(&hub).await;
    for command in [json!({ "do": "unpublish" }), json!({ "do": "unallocate" }), allocate(&hub, 2), json!({ "do": "publish" })] {
        dispatcher.does(other, command).await;
    }
    dispatcher.client.patch(&format!("/api/jobs/{other}"), &json!({ "internal_notes": HIDDEN, "fields": { "margin": HIDDEN } })).await.unwrap();
    dispatcher.client.delete(&format!("/api/jobs/{other}")).await.unwrap();
    for watcher in &mut watchers {
        check(&hub, &estate, watcher, job, other).await;
    }
}

async fn check(hub: &TestHub, estate: &Estate, watcher: &mut Watcher, job: Job, deleted: Job) {
    let set = watcher.set.clone();
    let may = |permission: Option<bool>| permission == Some(true);
    let (views, live, worker, map) = (may(set.view_jobs), may(set.live_status), may(set.see_worker), may(set.see_map));
    if views {
        // Told to everybody who may see the job at all: what was let through of everything before came before it.
        watcher.portal.until("the deletion", |message| removal(message, deleted)).await;
    }
    let mut answers = vec![watcher.person.reads("/api/jobs?limit=200").await];
    for path in [format!("/api/jobs/{job}"), format!("/api/jobs/{job}/events"), format!("/api/jobs/{}", estate.job), format!("/api/jobs/{deleted}")] {
        let answer = watcher.person.tries(Method::GET, &path, None, None).await;
        assert_eq!(answer.status, if views && !path.ends_with(&deleted.to_string()) { 200 } else { 404 }, "{path} with {set:?}");
        answers.push(answer.body);
    }
    for path in ["/api/customers", "/api/templates", "/api/assets", "/api/me"] {
        answers.push(watcher.person.reads(path).await);
    }
    let frames: Vec<Value> = watcher.portal.raw().iter().map(|frame| frame.decode().expect("a map")).collect();
    let mut never =
        vec![HIDDEN, "mk-dispatch-only", "mk-north-mill", "mk-north-garage", "mk-south", "Label of margin", "Label of meter", "Label of parts"];
    let of_workers: Vec<String> = (1..=3).map(|number| hub.company().worker(number).to_string()).collect();
    if !worker {
        never.extend(["Aino"]);
        never.extend(of_workers.iter().map(String::as_str));
    }
    if !views {
        let theirs = [job, estate.job, deleted].map(|job| job.to_string());
        watcher.portal.never_said(&theirs.each_ref().map(String::as_str));
        assert!(answers[0]["items"].as_array().unwrap().is_empty());
    }
    watcher.portal.never_said(&never);
    for answer in &answers {
        let text = answer.to_string();
        for marker in &never {
            assert!(!text.contains(marker), "{marker} with {set:?} in {text}");
        }
    }
    let positions = watcher.portal.all_positions();
    assert_eq!(!positions.is_empty(), views && live && worker && map, "positions with {set:?}");
    if !live {
        frames.iter().chain(&answers).for_each(|said| tells_no_status(said, &set));
    }
    let orders = json!({ "template": estate.errand, "customer": estate.bakery });
    let ordered = watcher.person.tries(Method::POST, "/api/jobs", Some(&orders), None).await;
    assert_eq!(ordered.status, if may(set.create) { 201 } else { 403 }, "{set:?}: {}", ordered.body);
}

fn removal(message: &ServerMessage, job: Job) -> Option<()> {
    matches!(message, ServerMessage::Event(event) if event.kind == Kind::JobRemoved && event.job_id == job.0).then_some(())
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
                    "kind" if value == "actual" => false,
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
