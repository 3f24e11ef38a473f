//! The database is away for a while: the hub stays, tells the truth, and goes on where it stopped.

use crate::fixes::fix;
use crate::harness::{Live, TestHub, in_ms};
use crate::journeys::{allocate, repair_for_the_bakery};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::{ServerMessage, Topic};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

fn is_stored(message: &ServerMessage) -> bool {
    matches!(message, ServerMessage::Stored(_))
}

/// Nothing was acknowledged on this socket so far.
fn nothing_stored(live: &Live, before: usize) -> bool {
    live.raw().iter().skip(before).filter_map(|frame| frame.message().ok()).all(|message| !is_stored(&message))
}

#[tokio::test]
async fn without_its_database_the_hub_is_busy_keeps_its_sockets_and_then_drains() {
    let mut hub = TestHub::start_with_own_database().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let mut phone = worker.live().await;
    phone.goes_on_duty(true).await;
    phone.measures(&[fix(in_ms(-60_000), 60.17, 24.94)]).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    schedule.hears(Kind::JobCreated, job).await;

    hub.stop_database().await;
    let heard = phone.raw().len();
    let began = in_ms(-50_000);
    let mut last = 0;
    for nth in 0..20 {
        last = phone.sends_fixes(&[fix(began + nth * 100, 60.17, 24.94)]).await;
    }
    let key = Uuid::now_v7();
    let command = allocate(&hub, 1);
    let over_http = dispatcher.tries(Method::POST, &format!("/api/jobs/{job}/commands"), Some(&command), Some(&key.to_string())).await;
    assert_eq!((over_http.status, &over_http.body["type"]), (503, &json!("/problems/busy")));
    let mark_seen = json!({ "do": "cancel" });
    let on_socket = schedule.does(job, mark_seen).await.unwrap_err();
    assert_eq!(on_socket.name(), "busy");
    let ready = hub.asks(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!((ready.status().as_u16(), ready.headers().contains_key("retry-after")), (503, true));
    assert_eq!(hub.asks(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    assert!(nothing_stored(&phone, heard), "nothing is acknowledged that is not on the disk");

    hub.start_database().await;
    phone.has_stored(last).await;
    assert_eq!(hub.table("select 1 from fix").await.len(), 21, "what waited is stored, once");
    // The same request again is what `busy` asks for.
    let again = until_not_busy(&hub, &dispatcher, &format!("/api/jobs/{job}/commands"), &command, &key.to_string()).await;
    assert_eq!(again["job"]["status"], "allocated", "{again}");
    schedule.hears(Kind::JobAllocated, job).await;
    assert_eq!(hub.table("select 1 from event").await.len(), 2, "nothing was done behind anybody's back");
    drop(hub.announced_errors());
}

async fn until_not_busy(hub: &TestHub, person: &crate::harness::Person, path: &str, body: &serde_json::Value, key: &str) -> serde_json::Value {
    // Each try takes as long as the hub waits for a connection.
    for _ in 0..20 {
        let answer = person.tries(Method::POST, path, Some(body), Some(key)).await;
        if answer.status != 503 {
            return answer.body;
        }
    }
    panic!("still busy although the database is back: {:?}", hub.announced_errors());
}

#[tokio::test]
async fn a_database_that_crashes_under_load_takes_nothing_acknowledged_with_it() {
    let hub = TestHub::start_with_own_database().await;
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let mut phone = worker.live().await;
    phone.goes_on_duty(true).await;
    let began = in_ms(-500_000);
    let mut acknowledged = Vec::new();
    let mut last = 0;
    for nth in 0..300_i64 {
        last = phone.sends_fixes(&[fix(began + nth * 100, 60.17, 24.94)]).await;
        if nth % 3 == 0 {
            let key = format!("order {nth}");
            let order = json!({ "template": hub.company().errand, "customer": hub.company().mill.id });
            let made = until_not_busy(&hub, &dispatcher, "/api/jobs", &order, &key).await;
            acknowledged.push(crate::harness::Job::of(&made["jobs"][0]));
        }
        if nth == 100 || nth == 200 {
            hub.kill_database();
        }
    }
    phone.has_stored(last).await;
    assert_eq!(hub.table("select 1 from fix").await.len(), 300);
    let jobs = hub.table("select id from job").await;
    assert_eq!(jobs.len(), acknowledged.len(), "each order is one job");
    for job in acknowledged {
        assert!(jobs.contains(&json!({ "id": job.0 })));
        schedule.hears(Kind::JobCreated, job).await;
    }
    drop(hub.announced_errors());
}
