//! Arrival and departure by fixes: once per visit, by the hub, told to everybody whose job it is; a step that arriving completes is done.

use crate::fixes::fix;
use crate::harness::{Job, Live, Person, TestHub, in_ms};
use crate::journeys::assign;
use dispatch_hub::domain::caller::ByKind;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::Topic;
use dispatch_hub::protocol::client::RawFix;
use serde_json::{Value, json};

const SITE: (f64, f64) = (60.17, 24.94);
const M_PER_DEGREE: f64 = 111_195.0;

/// One fix every ten seconds, from `from_s` to `to_s` seconds from now, so many metres north of the site.
fn stay(from_s: i64, to_s: i64, north_m: f64) -> Vec<RawFix> {
    (from_s..=to_s).step_by(10).map(|s| RawFix(in_ms(s * 1000), SITE.0 + north_m / M_PER_DEGREE, SITE.1, Some(8.0), Some(0.0), None, None)).collect()
}

/// A job at the site, given to worker 1 and accepted long enough ago for the fixes of these tests.
async fn assigned(hub: &TestHub, dispatcher: &Person, worker: &Person) -> Job {
    let address = json!({ "text": "There", "latitude": SITE.0, "longitude": SITE.1 });
    let fields = json!({ "customer": hub.company().bakery.id, "steps": [{ "index": 0, "address": address }] });
    let job = dispatcher.orders(hub.company().repair, fields).await;
    assign(hub, dispatcher, 1, worker, job).await;
    job
}

/// Everything of the hub happened an hour earlier: fixes of the last minutes came after it.
async fn an_hour_later(hub: &mut TestHub) {
    hub.tamper(
        "update job set doc = jsonb_set(
           jsonb_set(doc, '{job,last_at}', to_jsonb((doc->'job'->>'last_at')::bigint - 3600000)),
           '{job,scheduled}', jsonb_build_object('start', (extract(epoch from now()) * 1000)::bigint, 'end', (extract(epoch from now()) * 1000)::bigint + 3600000))",
    )
    .await;
    hub.restart().await;
}

async fn on_duty(worker: &Person) -> Live {
    let mut live = worker.live().await;
    live.goes_on_duty(true).await;
    live
}

fn times(job: &Value) -> (bool, bool) {
    (job["steps"][0]["arrived_at"].is_string(), job["steps"][0]["left_at"].is_string())
}

#[tokio::test]
async fn a_visit_is_one_arrival_and_one_departure_for_everybody_whose_job_it_is() {
    let mut hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let job = assigned(&hub, &dispatcher, &worker).await;
    an_hour_later(&mut hub).await;
    let mut phone = on_duty(&worker).await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    let mut portal = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    phone.measures(&stay(-900, -800, -900.0)).await;
    phone.measures(&stay(-790, -600, 20.0)).await;
    let event = desk.hears(Kind::JobArrived, job).await;
    assert_eq!(event.by.kind, ByKind::Hub);
    let seen = event.job.unwrap();
    let arrived_at = seen.steps[0].arrived_at.unwrap().0;
    assert!((arrived_at - in_ms(-790_000)).abs() < 15_000, "by the time of the fix, not of the dwell");
    assert_eq!(portal.hears(Kind::JobArrived, job).await.job.unwrap().steps[0].arrived_at.unwrap().0, arrived_at);
    assert_eq!(dispatcher.sees(job).await["status"], "assigned", "a suggestion: the status stays");
    // Hours at rest say nothing more, and neither does the same batch again.
    phone.measures(&stay(-790, -600, 20.0)).await;
    phone.measures(&stay(-590, -300, -30.0)).await;
    phone.measures(&stay(-290, -100, 800.0)).await;
    let left = desk.hears(Kind::JobLeft, job).await;
    assert!(left.job.unwrap().steps[0].left_at.unwrap().0 > arrived_at);
    portal.hears(Kind::JobLeft, job).await;
    assert_eq!(times(&dispatcher.sees(job).await), (true, true));
}

#[tokio::test]
async fn a_restart_forgets_no_visit_and_invents_none() {
    let mut hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let job = assigned(&hub, &dispatcher, &worker).await;
    an_hour_later(&mut hub).await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    on_duty(&worker).await.measures(&stay(-900, -700, 10.0)).await;
    desk.hears(Kind::JobArrived, job).await;
    hub.restart().await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    let mut phone = on_duty(&worker).await;
    phone.measures(&stay(-690, -500, 15.0)).await;
    phone.measures(&stay(-490, -300, 900.0)).await;
    desk.hears(Kind::JobLeft, job).await;
    let arrivals = hub.table(&format!("select seq from event where job = '{job}' and kind = {}", Kind::JobArrived as i16)).await;
    assert_eq!(arrivals.len(), 1);
}

#[tokio::test]
async fn arriving_completes_the_step_if_the_template_says_so() {
    let mut hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    hub.tamper("update template set doc = jsonb_set(doc, '{steps,0,completes_on_arrival}', 'true')").await;
    let job = assigned(&hub, &dispatcher, &worker).await;
    an_hour_later(&mut hub).await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    on_duty(&worker).await.measures(&stay(-900, -700, 10.0)).await;
    desk.hears(Kind::JobArrived, job).await;
    let started = desk.hears(Kind::JobStarted, job).await;
    assert_eq!(started.by.kind, ByKind::Hub);
    let seen = started.job.unwrap();
    assert_eq!(seen.steps[0].done_at, seen.steps[0].arrived_at);
    assert_eq!(dispatcher.sees(job).await["status"], "started");
}

#[tokio::test]
async fn a_phone_that_watches_the_site_itself_arrives_at_once() {
    let mut hub = TestHub::start().await;
    let (dispatcher, worker, admin) = (hub.dispatcher(1).await, hub.worker(1).await, hub.admin().await);
    let job = assigned(&hub, &dispatcher, &worker).await;
    an_hour_later(&mut hub).await;
    let _phone = on_duty(&worker).await;
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    let made = admin.client.post(&format!("/api/workers/{}/tracker", hub.company().worker(1)), &json!({})).await.unwrap();
    let path = format!("/in/{}", made["secret"].as_str().unwrap());
    let post = async |body: Value| -> Value { hub.asks(reqwest::Method::POST, &path).json(&body).send().await.unwrap().json().await.unwrap() };
    let location = json!({ "_type": "location", "lat": 60.2, "lon": 24.9, "tst": in_ms(-120_000) / 1000, "tid": "A1" });
    let answer = post(location.clone()).await;
    assert_eq!(answer[0]["action"], "setWaypoints", "the job sites as regions");
    let region = &answer[0]["waypoints"]["waypoints"][0];
    assert_eq!((&region["lat"], &region["lon"], &region["rad"]), (&json!(SITE.0), &json!(SITE.1), &json!(100.0)));
    assert_eq!(post(location).await, json!([]), "told once");
    let enter = json!({ "_type": "transition", "event": "enter", "desc": region["desc"], "lat": SITE.0, "lon": SITE.1, "tst": in_ms(-60_000) / 1000, "acc": 20, "tid": "A1" });
    post(enter.clone()).await;
    desk.hears(Kind::JobArrived, job).await;
    post(enter).await;
    let leave =
        json!({ "_type": "transition", "event": "leave", "lat": SITE.0 + 0.001, "lon": SITE.1, "tst": in_ms(-5_000) / 1000, "acc": 20, "tid": "A1" });
    post(leave).await;
    desk.hears(Kind::JobLeft, job).await;
}

#[tokio::test]
async fn next_door_off_duty_and_on_the_way_to_another_job_nothing_is_told() {
    let mut hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let (job, other) = (assigned(&hub, &dispatcher, &worker).await, assigned(&hub, &dispatcher, &worker).await);
    an_hour_later(&mut hub).await;
    let mut phone = on_duty(&worker).await;
    phone.measures(&stay(-1_500, -1_300, 300.0)).await;
    phone.measures(&[fix(in_ms(-1_250_000), SITE.0, SITE.1)]).await;
    phone.goes_on_duty(false).await;
    phone.measures(&stay(-1_200, -1_000, 0.0)).await;
    phone.goes_on_duty(true).await;
    // On the way to another job at the same house: the arrival is that job's.
    let mut desk = dispatcher.listens_to(Topic::Schedule).await;
    phone.does(other, json!({ "do": "en_route", "at": in_ms(-990_000) })).await.unwrap();
    desk.hears(Kind::JobEnRoute, other).await;
    phone.measures(&stay(-980, -800, 0.0)).await;
    desk.hears(Kind::JobArrived, other).await;
    assert_eq!(times(&dispatcher.sees(job).await), (false, false));
}
