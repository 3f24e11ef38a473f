//! When workers work: planned by dispatchers, and on every schedule at once. Who leaves leaves nothing behind.

use crate::harness::{Live, TestHub};
use crate::journeys::{allocate, assign, repair_for_the_bakery};
use dispatch_hub::protocol::workers::Rows;
use dispatch_hub::protocol::{ServerMessage, Topic};
use reqwest::Method;
use serde_json::{Value, json};

fn course() -> Value {
    json!({ "hours": [[480, 720], null, null, null, null, null, null], "absences": [{ "from": "2030-03-04", "to": "2030-03-06", "note": "Course" }] })
}

/// The next rows in which a worker, by number, is away.
async fn rows_with_an_absence(hub: &TestHub, live: &mut Live, number: usize) -> Rows {
    let worker = hub.company().worker(number);
    live.until("rows", |message| match message {
        ServerMessage::Rows(rows) if rows.workers.iter().any(|row| row.id == worker && !row.absences.is_empty()) => Some(rows.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_absence_is_on_every_schedule_at_once_and_after_a_cut() {
    let hub = TestHub::start().await;
    let (dispatcher, other) = (hub.dispatcher(1).await, hub.dispatcher(2).await);
    let mut watching = other.live().await;
    let snapshot = watching.joins(Topic::Schedule).await;
    let mut cut = other.live().await;
    let path = format!("/api/workers/{}/availability", hub.company().worker(1));
    let set = dispatcher.tries(Method::PUT, &path, Some(&course()), None).await;
    assert_eq!(set.status, 200, "{}", set.body);
    assert_eq!((&set.body["own_hours"], &set.body["absences"]), (&json!(true), &course()["absences"]));

    let rows = rows_with_an_absence(&hub, &mut watching, 1).await;
    assert_eq!(rows.workers.len(), snapshot.workers.expect("rows").len(), "all of them, not only the changed one");
    let row = rows.workers.iter().find(|row| row.id == hub.company().worker(1)).unwrap();
    assert_eq!((row.hours[0], row.hours[1]), (Some((480, 720)), None));
    // Who comes back asks for the events that were missed; rows are in no log.
    cut.resumes(Topic::Schedule, Some(snapshot.seq)).await;
    rows_with_an_absence(&hub, &mut cut, 1).await;
    let schedule = other.reads("/api/schedule").await;
    assert!(schedule["workers"].as_array().unwrap().iter().any(|row| row["absences"] == course()["absences"]), "{schedule}");

    let back = dispatcher.tries(Method::PUT, &path, Some(&json!({ "hours": null, "absences": [] })), None).await;
    assert_eq!((&back.body["own_hours"], &back.body["hours"][1]), (&json!(false), &json!([480, 960])));
}

#[tokio::test]
async fn what_does_not_fit_is_said_at_its_place_and_changes_nothing() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let path = format!("/api/workers/{}/availability", hub.company().worker(1));
    for (body, pointer) in [
        (json!({ "hours": null, "absences": [{ "from": "2030-03-06", "to": "2030-03-04" }] }), "/absences/0/to"),
        (json!({ "hours": null, "absences": [{ "from": "2030-03-04", "to": "2030-03-04", "note": "x".repeat(81) }] }), "/absences/0/note"),
        (json!({ "hours": [[600, 500], null, null, null, null, null, null], "absences": [] }), "/hours/0/1"),
    ] {
        let refused = dispatcher.tries(Method::PUT, &path, Some(&body), None).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    for body in [json!({}), json!({ "hours": [null], "absences": [] }), json!({ "hours": null, "absences": [{ "from": "2030-02-30", "to": "x" }] })] {
        let refused = dispatcher.tries(Method::PUT, &path, Some(&body), None).await;
        assert!([400, 422].contains(&refused.status), "{body}: {}", refused.body);
    }
    let worker = dispatcher.reads(&format!("/api/workers/{}", hub.company().worker(1))).await;
    assert_eq!((&worker["own_hours"], &worker["absences"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_day_away_is_no_working_time() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let worker = hub.company().worker(1);
    dispatcher.tries(Method::PUT, &format!("/api/workers/{worker}/availability"), Some(&course()), None).await;
    for (day, minutes) in [("2030-03-04", 0), ("2030-03-11", 240)] {
        let overview = dispatcher.reads(&format!("/api/overview?day={day}")).await;
        let load = overview["workers"].as_array().unwrap().iter().find(|load| load["id"] == json!(worker)).unwrap();
        assert_eq!(load["available_min"], minutes, "{day}: {load}");
    }
}

#[tokio::test]
async fn what_was_planned_for_who_leaves_is_to_be_placed_again() {
    let hub = TestHub::start().await;
    let (admin, dispatcher) = (hub.admin().await, hub.dispatcher(1).await);
    let worker = hub.worker(1).await;
    let mut watching = dispatcher.live().await;
    let order = || dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub));
    let (planned, begun) = (order().await, order().await);
    dispatcher.does(planned, allocate(&hub, 1)).await;
    assign(&hub, &dispatcher, 1, &worker, begun).await;
    worker.does(begun, json!({ "do": "complete_step", "step": 0 })).await;

    let path = format!("/api/workers/{}", hub.company().worker(1));
    let refused = admin.tries(Method::DELETE, &path, None, None).await;
    let number = dispatcher.sees(begun).await["number"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains(&number), "{}", refused.body);
    assert_eq!(dispatcher.sees(planned).await["status"], "allocated", "nothing changed");

    let start = dispatcher.sees(begun).await["scheduled_start"].clone();
    dispatcher.does(begun, json!({ "do": "reschedule", "worker": hub.company().worker(2), "start": start })).await;
    let before = watching.joins(Topic::Schedule).await.workers.expect("rows").len();
    assert_eq!(admin.tries(Method::DELETE, &path, None, None).await.status, 204);
    let job = dispatcher.sees(planned).await;
    assert_eq!((&job["status"], &job["worker"]), (&json!("unassigned"), &Value::Null));
    let rows = watching.until("rows", |message| if let ServerMessage::Rows(rows) = message { Some(rows.clone()) } else { None }).await;
    assert_eq!(rows.workers.len(), before - 1, "their row is gone");
}
