//! A change of settings or rights holds on open sockets at once, on other nodes soon, and for whoever was away.

use crate::fixes::fix;
use crate::harness::{Estate, Live, Resumed, TestHub, in_ms};
use crate::settings::put;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::server::Snapshot;
use dispatch_hub::protocol::{ServerMessage, Topic};
use serde_json::json;

/// The next snapshot that nobody asked for.
async fn told_anew(live: &mut Live) -> Snapshot {
    live.until("a snapshot", |message| match message {
        ServerMessage::Snapshot(snapshot) if snapshot.caller.is_some() => Some(snapshot.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn jobs_leave_and_come_back_on_an_open_socket() {
    let hub = TestHub::start().await;
    let (estate, admin) = (Estate::plant(&hub).await, hub.admin().await);
    let person = hub.portal_user_with(estate.bakery, &Overrides::default()).await;
    let mut portal = person.listens_to(Topic::Portal).await;
    let mut page = person.listens_to(estate.job.topic()).await;
    // Somebody whom the change is not about hears nothing of it.
    let mut other = hub.portal_user(2).await.listens_to(Topic::Portal).await;
    let link = format!("/api/portal-users/{}/customers/{}/permissions", person.caller.id, estate.bakery);
    put(&admin, &link, &json!({ "own": { "view_jobs": "deny" } })).await;
    portal.loses(estate.job, "not_permitted").await;
    let empty = told_anew(&mut portal).await;
    assert!(empty.jobs.is_empty() && !empty.caller.unwrap().customers[0].permissions.view_jobs);
    page.loses(estate.job, "not_permitted").await;
    let unseen = estate.fresh_job(&hub).await;
    put(&admin, &link, &json!({ "own": { "view_jobs": "inherit", "see_worker": "deny" } })).await;
    let back = told_anew(&mut portal).await;
    assert_eq!(back.jobs.len(), 2);
    assert!(back.jobs.iter().all(|job| job.worker.is_none()));
    let dispatcher = hub.dispatcher(1).await;
    dispatcher.does(unseen, json!({ "do": "cancel" })).await;
    assert!(portal.event().await.seq > back.seq, "the topic goes on from there");
    other.asks(json!({ "t": "subscribe", "topic": "nonsense" })).await.unwrap_err();
    assert!(
        !other
            .raw()
            .iter()
            .filter_map(|frame| frame.message().ok())
            .any(|said| matches!(said, ServerMessage::Snapshot(said) if said.caller.is_some()))
    );
}

#[tokio::test]
async fn each_level_reaches_the_socket_and_positions_obey_at_once() {
    let hub = TestHub::start().await;
    let (estate, admin, worker) = (Estate::plant(&hub).await, hub.admin().await, hub.worker(1).await);
    let person = hub.portal_user_with(estate.bakery, &Overrides::default()).await;
    let mut portal = person.listens_to(Topic::Portal).await;
    let mut phone = worker.live().await;
    phone.goes_on_duty(true).await;
    phone.measures(&[fix(in_ms(0), 60.17, 24.94)]).await;
    portal.positions().await;
    let customer = format!("/api/customers/{}/permissions", estate.bakery);
    put(&admin, "/api/settings/portal", &json!({ "permissions": { "see_map": false } })).await;
    assert!(!told_anew(&mut portal).await.caller.unwrap().customers[0].permissions.see_map);
    let before = portal.all_positions().len();
    phone.measures(&[fix(in_ms(0), 60.18, 24.94)]).await;
    put(&admin, &customer, &json!({ "own": { "see_map": "allow" } })).await;
    assert!(told_anew(&mut portal).await.caller.unwrap().customers[0].permissions.see_map);
    phone.measures(&[fix(in_ms(1), 60.19, 24.94)]).await;
    portal.positions().await;
    let north: Vec<f64> = portal.all_positions()[before..].iter().flat_map(|positions| positions.list.iter().map(|position| position.2)).collect();
    // Where the worker is now is shown with the permission; what passed meanwhile is not.
    assert!(north.iter().all(|north| (*north - 60.17).abs() > 1e-6), "{north:?}");
}

#[tokio::test]
async fn the_portal_goes_off_and_on() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let customer = hub.portal_user(1).await;
    let mut portal = customer.listens_to(Topic::Portal).await;
    let mut schedule = hub.dispatcher(1).await.listens_to(Topic::Schedule).await;
    put(&admin, "/api/settings/portal", &json!({ "enabled": false })).await;
    assert_eq!(portal.closes().await.code, Some(4501));
    let answer = customer.tries(reqwest::Method::GET, "/api/jobs", None, None).await;
    assert_eq!((answer.status, &answer.body["type"]), (403, &json!("/problems/portal_off")));
    assert_eq!(hub.stranger().get("/api/portals/north").await.unwrap()["enabled"], json!(false));
    put(&admin, "/api/settings/portal", &json!({ "enabled": true })).await;
    customer.listens_to(Topic::Portal).await;
    schedule.asks(json!({ "t": "subscribe", "topic": "map" })).await.expect("staff stay");
}

#[tokio::test]
async fn another_node_feels_it_too_and_so_does_a_change_behind_the_hubs_back() {
    let mut hub = TestHub::start().await;
    let url = hub.second_node().await;
    let (estate, admin) = (Estate::plant(&hub).await, hub.admin().await);
    let person = hub.portal_user_with(estate.bakery, &Overrides::default()).await;
    let mut there = person.by_way_of(&url).listens_to(Topic::Portal).await;
    put(&admin, "/api/settings/portal", &json!({ "permissions": { "view_jobs": false } })).await;
    there.loses(estate.job, "not_permitted").await;
    told_anew(&mut there).await;
    hub.tamper("update customer set permissions = '{\"view_jobs\": true}'").await;
    assert_eq!(told_anew(&mut there).await.jobs.len(), 1);
    hub.tamper("delete from portal_link").await;
    there.loses(estate.job, "not_permitted").await;
    assert!(told_anew(&mut there).await.caller.unwrap().customers.is_empty());
}

#[tokio::test]
async fn who_was_away_forgets_what_was_told_under_other_rights() {
    let mut hub = TestHub::start().await;
    let (estate, admin) = (Estate::plant(&hub).await, hub.admin().await);
    let person = hub.portal_user_with(estate.bakery, &Overrides::default()).await;
    let mut portal = person.live().await;
    let (epoch, seen) = (portal.welcome.epoch, portal.joins(Topic::Portal).await);
    assert_eq!(seen.jobs.len(), 1);
    drop(portal);
    let mut again = person.live().await;
    assert_eq!(again.welcome.epoch, epoch, "nothing changed: what is remembered is good");
    assert!(matches!(again.resumes(Topic::Portal, Some(seen.seq)).await, Resumed::Events(..)));
    drop(again);
    let customer = format!("/api/customers/{}/permissions", estate.bakery);
    put(&admin, &customer, &json!({ "own": { "view_jobs": "deny" } })).await;
    hub.restart().await;
    let mut after = person.live().await;
    assert_ne!(after.welcome.epoch, epoch, "rights changed: subscribe afresh");
    assert!(after.joins(Topic::Portal).await.jobs.is_empty());
}
