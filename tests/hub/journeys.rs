//! A job's whole life, as each of the people in it hears of it.

use crate::harness::{HIDDEN, Live, Person, TestHub, in_ms, rfc3339};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::job::Status;
use dispatch_hub::protocol::{Encoding, Topic};
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;

/// An order for the repair, by whoever acts for the bakery.
pub(crate) fn repair_for_the_bakery(hub: &TestHub) -> Value {
    let steps = json!([{ "index": 0, "address": { "text": "Keskuskatu 1", "latitude": 60.169, "longitude": 24.941 } }]);
    json!({ "customer": hub.company().bakery.id, "requested_start": rfc3339(in_ms(HOUR_MS)), "notes": "Ring twice", "steps": steps })
}

/// A command that places a job on the row of the worker with this number, tomorrow.
pub(crate) fn allocate(hub: &TestHub, worker: usize) -> Value {
    json!({ "do": "allocate", "worker": hub.company().worker(worker), "start": rfc3339(in_ms(24 * HOUR_MS)) })
}

/// The dispatcher gives the job to the worker with this number, who accepts it.
pub(crate) async fn assign(hub: &TestHub, dispatcher: &Person, number: usize, worker: &Person, job: crate::harness::Job) {
    dispatcher.does(job, allocate(hub, number)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    worker.does(job, json!({ "do": "accept" })).await;
}

#[tokio::test]
async fn a_portal_job_is_on_every_dispatchers_schedule_in_both_encodings() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut schedules = Vec::new();
    for encoding in Encoding::ALL {
        let mut live = dispatcher.live_in(encoding).await;
        let snapshot = live.joins(Topic::Schedule).await;
        assert_eq!((snapshot.jobs.len(), snapshot.workers.unwrap().len()), (0, 4));
        schedules.push((live, snapshot.seq));
    }
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    for (live, seq) in &mut schedules {
        let event = live.hears(Kind::JobCreated, job).await;
        assert_eq!((event.seq, event.topic), (*seq + 1, Topic::Schedule));
        let seen = event.job.unwrap();
        assert!(seen.is_new, "a mark says that nobody has opened it");
        assert_eq!(seen.status, Some(Status::Unassigned));
        assert_eq!(seen.notes.as_deref(), Some("Ring twice"));
        assert_eq!(seen.steps.len(), 3, "dispatchers see hidden steps too");
    }
}

#[tokio::test]
async fn from_order_to_completion_everybody_hears_exactly_what_is_theirs() {
    let hub = TestHub::start().await;
    let (dispatcher, worker, customer) = (hub.dispatcher(1).await, hub.worker(1).await, hub.portal_user(1).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let mut portal = customer.listens_to(Topic::Portal).await;
    let mut phone = worker.listens_to(Topic::Worker).await;
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    schedule.hears(Kind::JobCreated, job).await;
    assert_eq!(portal.hears(Kind::JobCreated, job).await.by.name, customer.caller.name, "one's own people are named");

    dispatcher.does(job, allocate(&hub, 1)).await;
    assert_eq!(schedule.hears(Kind::JobAllocated, job).await.job.unwrap().status, Some(Status::Allocated));
    let seen = customer.sees(job).await;
    assert_eq!(seen["status"], "unassigned", "for the portal an allocated job is an unassigned one");
    assert!(seen["worker"].is_null() && seen["scheduled_start"].is_null());

    dispatcher.does(job, json!({ "do": "publish" })).await;
    schedule.hears(Kind::JobPublished, job).await;
    let told = portal.hears(Kind::JobPublished, job).await;
    let seen = told.job.unwrap();
    assert_eq!((seen.status, seen.worker.is_none()), (Some(Status::Pending), true), "the worker is named only once assigned");
    assert!(seen.scheduled_start.is_some());
    assert_eq!(told.by.name, "the company");
    assert_eq!(phone.hears(Kind::JobPublished, job).await.job.unwrap().internal_notes, None);

    phone.does(job, json!({ "do": "accept" })).await.unwrap();
    schedule.hears(Kind::JobAssigned, job).await;
    phone.hears(Kind::JobAssigned, job).await;
    assert_eq!(portal.hears(Kind::JobAssigned, job).await.job.unwrap().worker.as_ref().unwrap().name, "Aino1");

    phone.does(job, json!({ "do": "en_route" })).await.unwrap();
    everybody_hears(&mut [&mut schedule, &mut portal, &mut phone], Kind::JobEnRoute, job).await;
    phone.does(job, json!({ "do": "complete_step", "step": 0 })).await.unwrap();
    everybody_hears(&mut [&mut schedule, &mut portal, &mut phone], Kind::JobStarted, job).await;

    // A step that does not exist for the portal makes no sound there.
    phone.does(job, json!({ "do": "complete_step", "step": 1, "fields": { "parts": format!("tap {HIDDEN}") } })).await.unwrap();
    everybody_hears(&mut [&mut schedule, &mut phone], Kind::JobStepCompleted, job).await;

    let refused = phone.does(job, json!({ "do": "complete_step", "step": 2 })).await.unwrap_err();
    assert_eq!((refused.name(), refused.errors[0].pointer.as_str()), ("required_fields", "/fields/result"));
    phone.does(job, json!({ "do": "complete_step", "step": 2, "fields": { "result": "It runs" } })).await.unwrap();
    everybody_hears(&mut [&mut schedule, &mut phone], Kind::JobCompleted, job).await;
    let told = portal.hears(Kind::JobCompleted, job).await;
    let seen = told.job.unwrap();
    assert_eq!(seen.status, Some(Status::Completed));
    assert_eq!(told.by.name, "Aino1");
    assert_eq!(seen.steps.len(), 2, "without the hidden one");
    assert_eq!(seen.steps[1].index, 1);
    portal.never_said(&[HIDDEN, "mk-north-mill", "mk-south", &hub.company().mill.id.to_string()]);
    phone.never_said(&["margin", "price", "mk-south"]);
}

async fn everybody_hears(ears: &mut [&mut Live], kind: Kind, job: crate::harness::Job) {
    for live in ears {
        live.hears(kind, job).await;
    }
}

#[tokio::test]
async fn moving_an_unpublished_job_makes_no_sound_in_the_portal() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut portal = customer.listens_to(Topic::Portal).await;
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut watched = customer.listens_to(job.topic()).await;
    let version = dispatcher.sees(job).await["version"].clone();
    dispatcher.does(job, allocate(&hub, 1)).await;
    dispatcher.does(job, json!({ "do": "reschedule", "start": rfc3339(in_ms(30 * HOUR_MS)), "worker": hub.company().worker(2) })).await;
    dispatcher.does(job, json!({ "do": "mark_seen" })).await;
    dispatcher.does(job, json!({ "do": "unallocate" })).await;
    for kind in [Kind::JobCreated, Kind::JobAllocated, Kind::JobRescheduled, Kind::JobSeen, Kind::JobUnallocated] {
        let heard = schedule.event().await;
        if kind == Kind::JobSeen && heard.kind != kind {
            // Any command of a dispatcher opened it already: nothing was left to mark.
            assert_eq!(heard.kind, Kind::JobUnallocated);
            break;
        }
        assert_eq!((heard.kind, heard.job_id), (kind, job.0));
    }
    // What the portal user saw is still what there is: their edit is not stale.
    let edit = json!({ "version": version, "notes": "Please ring three times" });
    customer.client.patch(&format!("/api/jobs/{job}"), &edit).await.unwrap();
    portal.hears(Kind::JobCreated, job).await;
    portal.hears(Kind::JobEdited, job).await;
    watched.hears(Kind::JobEdited, job).await;
    portal.never_said(&["Aino", &hub.company().worker(1).to_string(), &hub.company().worker(2).to_string()]);
    let edited = schedule.hears(Kind::JobEdited, job).await.job.unwrap();
    assert!(edited.changed_by_customer);
}

#[tokio::test]
async fn a_job_that_leaves_a_phone_says_why() {
    let hub = TestHub::start().await;
    let company = hub.company();
    let dispatcher = hub.dispatcher(1).await;
    let (worker, second) = (hub.worker(1).await, hub.worker(2).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let mut phone = worker.listens_to(Topic::Worker).await;
    let other_worker = json!({ "do": "reschedule", "start": rfc3339(in_ms(48 * HOUR_MS)), "worker": company.worker(2) });
    let leaving = [
        (json!({ "do": "unpublish" }), "unpublished", Some(Kind::JobUnpublished)),
        (json!({ "do": "unallocate" }), "unpublished", Some(Kind::JobUnallocated)),
        (json!({ "do": "cancel", "reason": "Rain" }), "cancelled", Some(Kind::JobCancelled)),
        (other_worker, "reassigned", Some(Kind::JobRescheduled)),
        (json!({ "do": "decline", "reason": "No time" }), "declined", Some(Kind::JobDeclined)),
        (json!("delete"), "deleted", None),
    ];
    for (command, reason, kind) in leaving {
        let job = dispatcher.orders(company.repair, repair_for_the_bakery(&hub)).await;
        dispatcher.does(job, allocate(&hub, 1)).await;
        dispatcher.does(job, json!({ "do": "publish" })).await;
        phone.hears(Kind::JobPublished, job).await;
        let mut watching = worker.listens_to(job.topic()).await;
        match (&command, reason) {
            (_, "declined") => drop(worker.does(job, command.clone()).await),
            (Value::String(_), _) => drop(dispatcher.client.delete(&format!("/api/jobs/{job}")).await.unwrap()),
            _ => drop(dispatcher.does(job, command.clone()).await),
        }
        assert_eq!(phone.loses(job, reason).await.topic, Topic::Worker);
        assert_eq!(watching.loses(job, reason).await.topic, job.topic());
        let on_schedule = schedule.until("the same on the schedule", |message| match message {
            dispatch_hub::protocol::ServerMessage::Event(event) if event.job_id == job.0 && Some(event.kind) == kind.or(Some(Kind::JobDeleted)) => {
                Some(event.clone())
            }
            _ => None,
        });
        let event = on_schedule.await;
        assert_eq!(event.job.is_none(), kind.is_none(), "{reason}: only a deleted job is gone from the schedule");
        assert_eq!(event.reason, None);
        let problem = worker.cannot(job, json!({ "do": "accept" })).await;
        assert_eq!(problem.name(), "no_longer_yours", "{reason}");
        assert!(problem.number.is_some() && problem.job_status.is_none());
        let told = if matches!(reason, "cancelled" | "deleted") { reason } else { "reassigned" };
        assert_eq!(json!(problem.reason), json!(told));
        assert_eq!(worker.sees_not(job).await, problem, "reading says the same");
        let stranger = second.cannot(job, json!({ "do": "decline", "reason": "No" })).await;
        assert_eq!(stranger.name(), "missing", "who never had it knows nothing, not even if it is on their row now");
    }
}

#[tokio::test]
async fn a_deleted_job_leaves_the_portal_and_every_list() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut portal = customer.listens_to(Topic::Portal).await;
    let mut staff = dispatcher.live().await;
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    staff.joins(job.topic()).await;
    portal.hears(Kind::JobCreated, job).await;
    customer.client.delete(&format!("/api/jobs/{job}")).await.unwrap();
    portal.loses(job, "deleted").await;
    staff.loses(job, "deleted").await;
    assert_eq!(customer.sees_not(job).await.name(), "missing");
    assert_eq!(dispatcher.sees_not(job).await.name(), "missing");
    for list in ["/api/jobs", "/api/schedule"] {
        assert!(!dispatcher.reads(list).await.to_string().contains(&job.to_string()), "{list}");
    }
}

#[tokio::test]
async fn setting_off_ends_any_other_way_the_worker_was_on() {
    let hub = TestHub::start().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let first = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let second = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    for job in [first, second] {
        assign(&hub, &dispatcher, 1, &worker, job).await;
    }
    worker.does(first, json!({ "do": "en_route" })).await;
    worker.does(second, json!({ "do": "en_route" })).await;
    let mut ways = Vec::new();
    while ways.len() < 3 {
        let event = schedule.event().await;
        if matches!(event.kind, Kind::JobEnRoute | Kind::JobEdited) {
            ways.push((event.job_id, event.job.unwrap().en_route));
        }
    }
    assert_eq!(ways[0], (first.0, true));
    assert!(ways[1..].contains(&(first.0, false)) && ways[1..].contains(&(second.0, true)), "{ways:?}");
    assert_eq!(worker.sees(first).await["en_route"], false);
    assert_eq!(worker.sees(second).await["en_route"], true);
}
