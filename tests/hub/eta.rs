//! When the worker is expected: asked of a router now and then, told through the gate that positions pass.

use crate::gate::{Phone, hears_all_of};
use crate::harness::{Job, Live, TestHub, in_ms};
use crate::journeys::{assign, repair_for_the_bakery};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::server::Eta;
use dispatch_hub::protocol::{ServerMessage, Topic};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What OSRM's documentation shows for a route.
const OSRM: &str =
    r#"{"code":"Ok","routes":[{"legs":[],"weight_name":"routability","weight":300.1,"distance":2499.6,"duration":540.2}],"waypoints":[]}"#;

/// A router that answers everything alike, or never; and how often it was asked.
struct Stub {
    settings: String,
    asked: Arc<AtomicUsize>,
}

impl Stub {
    async fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = format!("[router]\nkind = \"osrm\"\nurl = \"http://{}\"", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, answer, Arc::clone(&count)));
            }
        });
        Self { settings, asked }
    }
}

async fn serve(mut socket: TcpStream, answer: Option<&'static str>, count: Arc<AtomicUsize>) {
    let mut asked = vec![0; 4096];
    while socket.read(&mut asked).await.is_ok_and(|length| length > 0) {
        count.fetch_add(1, Ordering::Relaxed);
        if let Some(answer) = answer {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
            socket.write_all(format!("{head}{answer}").as_bytes()).await.ok();
        }
    }
}

impl Live {
    async fn eta(&mut self) -> Eta {
        self.until("an ETA", |message| if let ServerMessage::Eta(eta) = message { Some(eta.clone()) } else { None }).await
    }
}

/// A job of the bakery whose worker has accepted it.
async fn accepted(hub: &TestHub, phone: &Phone) -> Job {
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(hub)).await;
    assign(hub, &dispatcher, 1, &phone.person, job).await;
    job
}

#[tokio::test]
async fn a_router_is_asked_once_and_everybody_is_told_what_they_may_know() {
    let router = Stub::start(Some(OSRM)).await;
    let hub = TestHub::start_with(&router.settings).await;
    let mut phone = Phone::of(&hub, 1).await;
    let job = accepted(&hub, &phone).await;
    let (no, bakery) = (Some(false), hub.company().bakery.id);
    let mut customer = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    let mut dispatcher = hub.dispatcher(2).await.listens_to(job.topic()).await;
    let unseeing = hub.portal_user_with(bakery, &Overrides { see_worker: no, ..Overrides::default() }).await;
    let mut unseeing = unseeing.listens_to(job.topic()).await;
    let quiet = hub.portal_user_with(bakery, &Overrides { live_status: no, ..Overrides::default() }).await;
    let mut quiet = quiet.listens_to(Topic::Portal).await;
    let mut stranger = hub.portal_user(2).await.listens_to(Topic::Portal).await;

    phone.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut customer, Kind::JobEnRoute, job).await;
    // Measured before they set off: it says nothing about this way.
    phone.measures_at(in_ms(-60_000)).await;
    for _ in 0..5 {
        phone.measures().await;
    }
    let told = customer.eta().await;
    assert_eq!((told.topic, told.job, told.seconds, told.distance_m, told.estimated), (Topic::Portal, job.0, 540, Some(2_500), false));
    let same = |eta: &Eta| (eta.job, eta.seconds, eta.distance_m);
    assert_eq!(same(&dispatcher.eta().await), (job.0, 540, Some(2_500)));
    assert_eq!(same(&unseeing.eta().await), (job.0, 540, None), "how far away they are says where they are");
    assert_eq!(router.asked.load(Ordering::Relaxed), 1, "at most once in 15 s");

    // Whoever comes later is told what was last said.
    let mut late = hub.portal_user(1).await.listens_to(job.topic()).await;
    assert_eq!(late.eta().await.seconds, 540);

    phone.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    hears_all_of(&mut customer, Kind::JobStarted, job).await;
    let mut arrived = hub.portal_user(1).await.listens_to(job.topic()).await;
    phone.measures().await;
    arrived.positions().await;
    // An event that also the quiet one and the stranger hear comes after whatever was let through.
    hub.dispatcher(1).await.does(job, json!({ "do": "cancel" })).await;
    hub.dispatcher(1).await.client.delete(&format!("/api/jobs/{job}")).await.unwrap();
    hears_all_of(&mut quiet, Kind::JobRemoved, job).await;
    hears_all_of(&mut arrived, Kind::JobRemoved, job).await;
    let theirs = hub.portal_user(2).await.orders(hub.company().errand, json!({})).await;
    stranger.hears(Kind::JobCreated, theirs).await;
    for live in [&quiet, &stranger, &arrived] {
        live.never_said(&["\"eta\""]);
    }
}

#[tokio::test]
async fn a_silent_router_makes_it_an_estimate_that_says_so() {
    let router = Stub::start(None).await;
    let hub = TestHub::start_with(&router.settings).await;
    let mut phone = Phone::of(&hub, 1).await;
    let job = accepted(&hub, &phone).await;
    let mut customer = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    phone.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut customer, Kind::JobEnRoute, job).await;
    phone.measures().await;
    let told = customer.eta().await;
    assert!(told.estimated);
    // About two kilometres as the crow flies.
    assert!((2_000..4_000).contains(&told.distance_m.unwrap()), "{told:?}");
    assert!((120..900).contains(&told.seconds), "{told:?}");
    assert_eq!(router.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_a_router_the_straight_line_is_told() {
    let hub = TestHub::start().await;
    let mut phone = Phone::of(&hub, 1).await;
    let job = accepted(&hub, &phone).await;
    let mut customer = hub.portal_user(1).await.listens_to(job.topic()).await;
    phone.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut customer, Kind::JobEnRoute, job).await;
    phone.measures().await;
    let told = customer.eta().await;
    assert!(told.estimated && told.seconds > 60, "{told:?}");
}

#[tokio::test]
async fn nearly_there_is_told_once_and_only_on_the_way() {
    // Two and a half kilometres and four minutes: near by time.
    let router = Stub::start(Some(r#"{"code":"Ok","routes":[{"distance":2500.0,"duration":240.0}],"waypoints":[]}"#)).await;
    let hub = TestHub::start_with(&router.settings).await;
    let mut phone = Phone::of(&hub, 1).await;
    let job = accepted(&hub, &phone).await;
    let mut customer = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    phone.measures().await;
    phone.does(job, json!({ "do": "en_route" })).await;
    customer.hears(Kind::JobEnRoute, job).await;
    phone.measures().await;
    let told = customer.hears(Kind::JobNearby, job).await;
    let job_then = told.job.expect("the job");
    assert!(job_then.en_route && job_then.nearby, "still on the way");
    // Again on the way to the same job: it is the same worker's coming.
    phone.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    phone.does(job, json!({ "do": "undo_step" })).await;
    phone.does(job, json!({ "do": "en_route" })).await;
    phone.measures().await;
    customer.eta().await;
    let events = hub.dispatcher(1).await.reads(&format!("/api/jobs/{job}/events?limit=200")).await;
    let nearby = events["items"].as_array().unwrap().iter().filter(|event| event["kind"] == "job_nearby").count();
    assert_eq!(nearby, 1, "{events}");
}
