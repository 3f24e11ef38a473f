//! A customer sees the worker while they are on the way to the customer's job or at it, and never else.

use crate::fixes::fix;
use crate::harness::{Job, Live, Person, TestHub, in_ms};
use crate::journeys::{allocate, assign, repair_for_the_bakery};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::Topic;
use serde_json::json;

/// One worker, on duty, and the number of metres that they have gone north: every fix is somewhere else.
pub(crate) struct Phone {
    pub(crate) person: Person,
    live: Live,
    steps: i32,
    last_ms: i64,
}

impl Phone {
    pub(crate) async fn of(hub: &TestHub, number: usize) -> Self {
        let person = hub.worker(number).await;
        let mut live = person.live().await;
        live.goes_on_duty(true).await;
        Self { person, live, steps: 0, last_ms: 0 }
    }

    /// Measures a position now; its latitude. Never twice in a millisecond: the second would not be newer, and not be shown.
    pub(crate) async fn measures(&mut self) -> f64 {
        while in_ms(0) <= self.last_ms {
            tokio::task::yield_now().await;
        }
        self.measures_at(in_ms(0)).await
    }

    pub(crate) async fn measures_at(&mut self, at_ms: i64) -> f64 {
        self.steps += 1;
        self.last_ms = at_ms;
        let latitude = 60.15 + f64::from(self.steps) * 1e-4;
        self.live.measures(&[fix(at_ms, latitude, 24.94)]).await;
        latitude
    }

    pub(crate) async fn does(&mut self, job: Job, command: serde_json::Value) {
        self.live.does(job, command).await.expect("the worker may");
    }
}

/// Every latitude that a socket was ever told.
fn latitudes(live: &Live) -> Vec<f64> {
    live.all_positions().iter().flat_map(|positions| positions.list.iter().map(|position| position.2)).collect()
}

impl Live {
    /// The latitudes of the next positions.
    async fn shown(&mut self) -> Vec<f64> {
        self.positions().await.list.iter().map(|position| position.2).collect()
    }
}

async fn order(hub: &TestHub, dispatcher: &Person, customer: dispatch_hub::domain::ids::CustomerId, worker: &Phone) -> Job {
    let job =
        dispatcher.orders(hub.company().errand, json!({ "customer": customer, "steps": [{ "index": 0, "address": { "text": "There" } }] })).await;
    assign(hub, dispatcher, 1, &worker.person, job).await;
    job
}

#[tokio::test]
async fn the_window_opens_on_the_way_and_closes_with_the_last_step() {
    let hub = TestHub::start().await;
    let (dispatcher, customer, other) = (hub.dispatcher(1).await, hub.portal_user(1).await, hub.portal_user(2).await);
    let mut phone = Phone::of(&hub, 1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut portal = customer.listens_to(Topic::Portal).await;
    let mut watching = customer.listens_to(job.topic()).await;
    let mut elsewhere = other.listens_to(Topic::Portal).await;
    assign(&hub, &dispatcher, 1, &phone.person, job).await;
    let mut allowed = Vec::new();

    phone.measures().await;
    phone.does(job, json!({ "do": "en_route" })).await;
    for live in [&mut portal, &mut watching] {
        live.until("the way", |message| {
            matches!(message, dispatch_hub::protocol::ServerMessage::Event(event) if event.kind == Kind::JobEnRoute).then_some(())
        })
        .await;
        assert!(latitudes(live).is_empty(), "nothing from before: {:?}", latitudes(live));
    }
    // Measured before they set off, though it arrives only now.
    phone.measures_at(in_ms(-60_000)).await;
    allowed.push(phone.measures().await);
    assert_eq!((portal.shown().await, watching.shown().await), (allowed.clone(), allowed.clone()));

    // Whoever comes to look sees at once where the worker is.
    let mut late = customer.live().await;
    late.joins(job.topic()).await;
    assert_eq!(late.shown().await, allowed);

    phone.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    allowed.push(phone.measures().await);
    phone.does(job, json!({ "do": "pause" })).await;
    hears_all_of(&mut portal, Kind::JobPaused, job).await;
    phone.measures().await;
    phone.does(job, json!({ "do": "resume" })).await;
    hears_all_of(&mut portal, Kind::JobResumed, job).await;
    allowed.push(phone.measures().await);
    phone.does(job, json!({ "do": "complete_step", "step": 1 })).await;
    phone.does(job, json!({ "do": "complete_step", "step": 2, "fields": { "result": "Fine" } })).await;
    hears_all_of(&mut portal, Kind::JobCompleted, job).await;
    phone.measures().await;
    phone.measures().await;
    // An event after all that: whatever positions were let through came before it.
    dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "notes": "Done" })).await.unwrap();
    hears_all_of(&mut portal, Kind::JobEdited, job).await;
    hears_all_of(&mut watching, Kind::JobEdited, job).await;
    assert_eq!(latitudes(&portal), allowed);
    assert_eq!(latitudes(&watching), allowed);
    let theirs = other.orders(hub.company().errand, json!({})).await;
    elsewhere.hears(Kind::JobCreated, theirs).await;
    assert_eq!(latitudes(&elsewhere), [0.0; 0]);
    elsewhere.never_said(&[&hub.company().worker(1).to_string(), &job.to_string(), "Aino"]);
}

pub(crate) async fn hears_all_of(live: &mut Live, kind: Kind, job: Job) {
    live.until("an event", |message| match message {
        dispatch_hub::protocol::ServerMessage::Event(event) => (event.kind == kind && event.job_id == job.0).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn while_another_customers_job_is_current_the_first_one_sees_nothing() {
    let hub = TestHub::start().await;
    let (dispatcher, baker, miller) = (hub.dispatcher(1).await, hub.portal_user(1).await, hub.portal_user(2).await);
    let mut phone = Phone::of(&hub, 1).await;
    let first = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assign(&hub, &dispatcher, 1, &phone.person, first).await;
    let second = order(&hub, &dispatcher, hub.company().mill.id, &phone).await;
    let mut bakery = baker.listens_to(Topic::Portal).await;
    let mut mill = miller.listens_to(Topic::Portal).await;

    phone.does(first, json!({ "do": "complete_step", "step": 0 })).await;
    hears_all_of(&mut bakery, Kind::JobStarted, first).await;
    let at_first = phone.measures().await;
    assert_eq!(bakery.shown().await, [at_first]);
    // Called away: the bakery's job is still started, but they are on the way to the mill.
    phone.does(second, json!({ "do": "en_route" })).await;
    hears_all_of(&mut mill, Kind::JobEnRoute, second).await;
    let away = phone.measures().await;
    assert_eq!(mill.shown().await, [away]);
    phone.does(second, json!({ "do": "complete_step", "step": 0 })).await;
    hears_all_of(&mut mill, Kind::JobCompleted, second).await;
    let back = phone.measures().await;
    assert_eq!(bakery.shown().await, [back], "the first job is current again");
    dispatcher.client.patch(&format!("/api/jobs/{second}"), &json!({ "duration_min": 45 })).await.ok();
    let theirs = miller.orders(hub.company().errand, json!({})).await;
    hears_all_of(&mut mill, Kind::JobCreated, theirs).await;
    assert_eq!(latitudes(&bakery), [at_first, back]);
    assert_eq!(latitudes(&mill), [away]);
    bakery.never_said(&[&hub.company().mill.marker, &second.to_string()]);
    mill.never_said(&[&hub.company().bakery.marker, &first.to_string()]);
}

#[tokio::test]
async fn a_job_that_goes_to_another_worker_takes_the_window_along() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let (mut first, mut second) = (Phone::of(&hub, 1).await, Phone::of(&hub, 2).await);
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assign(&hub, &dispatcher, 1, &first.person, job).await;
    let mut portal = customer.listens_to(Topic::Portal).await;
    first.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut portal, Kind::JobEnRoute, job).await;
    let on_the_way = first.measures().await;
    dispatcher.does(job, json!({ "do": "unallocate" })).await;
    hears_all_of(&mut portal, Kind::JobUnallocated, job).await;
    first.measures().await;
    dispatcher.does(job, allocate(&hub, 2)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    second.does(job, json!({ "do": "accept" })).await;
    second.measures().await;
    second.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut portal, Kind::JobEnRoute, job).await;
    first.measures().await;
    second.steps = 500;
    let also = second.measures().await;
    while latitudes(&portal).len() < 2 {
        portal.positions().await;
    }
    assert_eq!(latitudes(&portal), [on_the_way, also]);
}

#[tokio::test]
async fn without_the_permissions_no_position_is_sent() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut phone = Phone::of(&hub, 1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assign(&hub, &dispatcher, 1, &phone.person, job).await;
    let no = Some(false);
    let blind = [
        Overrides { see_worker: no, ..Overrides::default() },
        Overrides { see_map: no, ..Overrides::default() },
        Overrides { live_status: no, ..Overrides::default() },
        Overrides { view_jobs: no, ..Overrides::default() },
    ];
    let mut sockets = Vec::new();
    for permissions in &blind {
        let user = hub.portal_user_with(hub.company().bakery.id, permissions).await;
        let mut live = user.listens_to(Topic::Portal).await;
        if permissions.view_jobs.is_none() {
            live.joins(job.topic()).await;
        }
        sockets.push(live);
    }
    let mut seeing = hub.portal_user(1).await.listens_to(Topic::Portal).await;
    phone.does(job, json!({ "do": "en_route" })).await;
    hears_all_of(&mut seeing, Kind::JobEnRoute, job).await;
    let mut shown = Vec::new();
    for _ in 0..5 {
        shown.push(phone.measures().await);
        seeing.positions().await;
    }
    assert_eq!(latitudes(&seeing), shown);
    // A change that everybody with "view jobs" hears of, whatever else they may see, comes after whatever was let through.
    dispatcher.does(job, json!({ "do": "cancel" })).await;
    dispatcher.client.delete(&format!("/api/jobs/{job}")).await.unwrap();
    for (live, permissions) in sockets.iter_mut().zip(&blind) {
        if permissions.view_jobs.is_none() {
            hears_removal(live, job).await;
        }
        assert!(live.all_positions().is_empty(), "{permissions:?}");
        live.never_said(&[crate::harness::HIDDEN]);
    }
    sockets[0].never_said(&["Aino", &hub.company().worker(1).to_string()]);
}

async fn hears_removal(live: &mut Live, job: Job) {
    hears_all_of(live, Kind::JobRemoved, job).await;
}
