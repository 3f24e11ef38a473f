//! One-job links: one job, live, without a log-in, until it ends.

use crate::harness::{Estate, PATIENCE, Person, TestHub, problem};
use dispatch_hub::domain::caller::ByKind;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::Encoding;
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use uuid::Uuid;

/// An open socket of an ended link closes within this time.
const SOON: Duration = Duration::from_secs(5);
/// "Not authenticated any more".
const ENDED: u16 = 4500;

#[tokio::test]
async fn a_link_shows_its_job_live_and_nothing_to_change_or_to_pay() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let job = estate.fresh_job(&hub).await;
    let shared = estate.share(job).await;
    assert_eq!(shared.url, format!("{}/t/{}", hub.url(), shared.token));
    let holder = Person::with_link(&hub.stranger(), &shared.token).await;
    assert_eq!((holder.caller.kind, holder.caller.job), (ByKind::Link, Some(job.0)));
    assert!(holder.caller.customers.is_empty());
    let seen = holder.sees(job).await;
    assert_eq!((&seen["status"], &seen["worker"]["name"]), (&json!("assigned"), &json!("Aino1")), "as a portal user with the tenant's defaults");
    let can = json!({ "edit": false, "cancel": false, "delete": false, "accept": false, "decline": false, "see_map": true, "see_worker": true, "invoice": false, "alerts": false });
    assert_eq!((&seen["can"], &seen["invoice"]), (&can, &Value::Null));
    let mut live = holder.live().await;
    assert_eq!(live.joins(job.topic()).await.jobs.len(), 1);
    let dispatcher = hub.dispatcher(1).await;
    dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "invoice_lines": [] })).await.expect("no sound for the link");
    hub.worker(1).await.does(job, json!({ "do": "en_route" })).await;
    let event = live.hears(Kind::JobEnRoute, job).await;
    assert_eq!(event.by.name, "Aino1");
    live.never_said(&["mk-bill", "mk-staff-only", "mk-dispatch-only"]);
    let history = holder.reads(&format!("/api/jobs/{job}/events")).await.to_string();
    assert!(history.contains("job_en_route") && !history.contains("job_invoice_changed"));
}

#[tokio::test]
async fn a_position_reaches_the_link_only_while_the_worker_is_at_its_job() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let (job, other) = (estate.fresh_job(&hub).await, estate.fresh_job(&hub).await);
    let worker = hub.worker(1).await;
    // The estate's own job is started: its worker is there until they set off.
    worker.does(estate.job, json!({ "do": "pause" })).await;
    let mut phone = worker.live().await;
    phone.goes_on_duty(true).await;
    let watching = async |job| {
        let mut live = Person::with_link(&hub.stranger(), &estate.share(job).await.token).await.live().await;
        live.joins(job.topic()).await;
        live
    };
    let (mut of_job, of_other) = (watching(job).await, watching(other).await);
    worker.does(job, json!({ "do": "en_route" })).await;
    of_job.hears(Kind::JobEnRoute, job).await;
    phone.measures(&[crate::fixes::fix(crate::harness::in_ms(0), 60.171, 24.941)]).await;
    assert_eq!(of_job.positions().await.list.len(), 1);
    assert!(of_other.all_positions().is_empty(), "another job of the same customer");
}

#[tokio::test]
async fn the_link_in_the_address_beats_the_cookie() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let token = estate.share(estate.job).await.token;
    let session = hub.dispatcher(1).await.session;
    let open = async |link: &str| {
        let mut request = format!("{}/ws?link={link}", hub.url().replace("http", "ws")).into_client_request().unwrap();
        request.headers_mut().insert("cookie", format!("hub_session={session}").parse().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", Encoding::Json.subprotocol().parse().unwrap());
        connect_async(request).await
    };
    let (mut socket, _) = open(&token).await.expect("the link opens a socket");
    let first = socket.next().await.unwrap().unwrap();
    let welcome: Value = serde_json::from_str(first.to_text().unwrap()).unwrap();
    assert_eq!((&welcome["caller"]["kind"], &welcome["caller"]["job"]), (&json!("link"), &json!(estate.job.0)));
    for wrong in ["nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""] {
        assert!(open(wrong).await.is_err(), "{wrong:?} does not fall back to the cookie");
    }
    // Only the socket takes it from the address.
    let answer = hub.asks(Method::GET, &format!("/api/me?link={token}")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn whatever_ends_a_link_closes_its_sockets_and_says_so() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let dispatcher = hub.dispatcher(1).await;
    for cause in ["revoked", "expired", "cancelled", "deleted", "a day after completion", "portal off"] {
        let job = estate.fresh_job(&hub).await;
        let shared = estate.share(job).await;
        let holder = Person::with_link(&hub.stranger(), &shared.token).await;
        let mut live = holder.live().await;
        live.joins(job.topic()).await;
        match cause {
            "revoked" => drop(dispatcher.client.delete(&format!("/api/jobs/{job}/links/{}", shared.id)).await.expect("revoked")),
            "expired" => hub.tamper(&format!("update job_link set expires_at = now() where id = '{}'", shared.id)).await,
            "cancelled" => drop(dispatcher.does(job, json!({ "do": "cancel" })).await),
            "deleted" => drop(dispatcher.client.delete(&format!("/api/jobs/{job}")).await.expect("deleted")),
            "portal off" => {
                hub.tamper("update tenant set settings = jsonb_set(settings, '{portal}', '{\"enabled\": false}') where slug = 'north'").await;
            }
            _ => {
                for step in 0..3 {
                    dispatcher
                        .does(
                            job,
                            json!({ "do": "complete_step", "step": step, "fields": if step == 2 { json!({ "result": "done" }) } else { json!({}) } }),
                        )
                        .await;
                }
                live.hears(Kind::JobStarted, job).await;
                live.hears(Kind::JobCompleted, job).await;
                assert_eq!(holder.sees(job).await["status"], "completed", "the final state is shown");
                hub.tamper(&format!("update job set doc = jsonb_set(doc, '{{job,actual_end}}', '1000') where id = '{job}'")).await;
            }
        }
        let closed = live.closes_within(SOON.min(PATIENCE)).await;
        assert_eq!(closed.code, Some(ENDED), "{cause}: {closed:?}");
        let answer = holder.tries(Method::GET, &format!("/api/jobs/{job}"), None, None).await;
        let problem = problem(&answer);
        if cause == "portal off" {
            assert_eq!(problem.name(), "portal_off");
        } else {
            assert_eq!((problem.name(), problem.detail.as_str()), ("not_authenticated", "This link has ended"), "{cause}");
        }
    }
}

#[tokio::test]
async fn dispatchers_list_and_end_links_and_never_see_a_token_again() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let (dispatcher, job) = (hub.dispatcher(1).await, estate.job);
    let path = format!("/api/jobs/{job}/links");
    let (first, second) = (estate.share(job).await, estate.share(job).await);
    assert_ne!(first.token, second.token);
    dispatcher.client.delete(&format!("{path}/{}", first.id)).await.expect("ended");
    dispatcher.client.delete(&format!("{path}/{}", first.id)).await.expect("ending twice is no quarrel");
    let list = dispatcher.reads(&path).await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), [second.id.as_str(), &first.id], "the newest first");
    assert!(items[0]["revoked_at"].is_null() && !items[1]["revoked_at"].is_null());
    assert!(!list.to_string().contains(&first.token) && !list.to_string().contains(&second.token));
    let stored = hub.table("select * from job_link").await;
    assert!(stored.iter().all(|row| !row.to_string().contains(&second.token)), "only the hash is stored");
    for (days, fits) in [(0, false), (1, true), (365, true), (366, false)] {
        let answer = dispatcher.tries(Method::POST, &path, Some(&json!({ "days": days })), None).await;
        assert_eq!(answer.status == 201, fits, "{days}: {}", answer.body);
    }
    let unknown = dispatcher.tries(Method::DELETE, &format!("{path}/{}", Uuid::now_v7()), None, None).await;
    assert_eq!(unknown.status, 404);
    let elsewhere = dispatcher.tries(Method::DELETE, &format!("/api/jobs/{}/links/{}", estate.mill.job, second.id), None, None).await;
    assert_eq!(elsewhere.status, 404, "a link belongs to its job");
}

/// Also the tenant's defaults: what they deny, a link does not show.
#[tokio::test]
async fn a_link_follows_the_tenants_defaults() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let token = estate.share(estate.job).await.token;
    let holder = Person::with_link(&hub.stranger(), &token).await;
    assert_eq!(holder.sees(estate.job).await["status"], "started");
    let mut live = holder.live().await;
    live.joins(estate.job.topic()).await;
    hub.tamper("update tenant set settings = jsonb_set(settings, '{portal}', '{\"permissions\": {\"live_status\": false, \"see_worker\": false}}') where slug = 'north'").await;
    let closed = live.closes_within(SOON).await;
    assert_eq!(closed.code, Some(4002), "to come back with what it may see now: {closed:?}");
    let seen = holder.sees(estate.job).await;
    assert_eq!((&seen["status"], &seen["worker"]), (&Value::Null, &Value::Null));
}
