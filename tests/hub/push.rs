//! Notifications in a worker's browser: only that browser can read them, and they end with the log-in on it.

use crate::harness::{Heard, Job, Listener, Person, TestHub, in_ms, problem, rfc3339};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use web_push_native::p256::SecretKey;
use web_push_native::{Auth, decrypt};

/// The push service of a test is on this machine.
const ON: &str = "[push]\ncontact = \"mailto:ops@example.com\"\nprivate = true\n";
const HURRY: &str = "update message set due_at = now() where due_at is not null; select pg_notify('message', '')";
/// The receiver of RFC 8291, section 5: what it shows, and what it keeps to itself.
const KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";

async fn push_service() -> Listener {
    Listener::open(|_| (201, Vec::new(), String::new())).await
}

fn browser(service: &Listener, path: &str) -> Value {
    let endpoint = format!("http://{}/{path}", service.address);
    json!({ "endpoint": endpoint, "keys": { "p256dh": KEY, "auth": SECRET }, "device": "Chrome on Android", "expirationTime": null })
}

async fn subscribes(worker: &Person, browser: &Value) -> Value {
    let answer = worker.tries(Method::PUT, "/api/push-subscription", Some(browser), None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// What the browser makes of a message.
fn opened(heard: &Heard) -> Value {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let secret: [u8; 16] = bytes(SECRET).try_into().unwrap();
    let key = SecretKey::from_slice(&bytes(PRIVATE)).unwrap();
    serde_json::from_slice(&decrypt(heard.body.clone(), &key, &Auth::from(secret)).unwrap()).unwrap()
}

/// The claims of its signature, which the key of the alert options checks.
fn signed(heard: &Heard, key: &Value) -> Value {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (token, by) = heard.header("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(&json!(by), key);
    let (signed, mark) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(by)).verify(signed.as_bytes(), &bytes(mark)).unwrap();
    serde_json::from_slice(&bytes(signed.split_once('.').unwrap().1)).unwrap()
}

/// A job of worker 1, published.
async fn published(hub: &TestHub) -> Job {
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    let allocate = json!({ "do": "allocate", "worker": hub.company().worker(1), "start": rfc3339(in_ms(20 * 3_600_000)) });
    dispatcher.does(job, allocate).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    job
}

/// The log's alert of this job, once it fits.
async fn logged(hub: &TestHub, job: Job, fits: impl Fn(&Value) -> bool) -> Value {
    hub.dispatcher(1).await.finds(&format!("/api/alerts?job={job}"), fits).await
}

#[tokio::test]
async fn a_browser_is_told_of_a_job_as_only_it_can_read() {
    let mut service = push_service().await;
    let hub = TestHub::start_with(ON).await;
    let worker = hub.worker(1).await;
    let key = worker.reads("/api/alert-options").await["push"].clone();
    let point = subscribes(&worker, &browser(&service, "a")).await;
    assert_eq!((&point["kind"], &point["address"], &point["verified"]), (&json!("push"), &json!("Chrome on Android"), &json!(true)));
    let wishes = worker.reads("/api/alert-subscriptions").await;
    assert_eq!(wishes["items"][0]["events"], json!(["published", "moved", "withdrawn"]), "everything at first");
    let job = published(&hub).await;
    let heard = service.hears().await;
    assert_eq!((heard.path.as_str(), heard.header("content-encoding"), heard.header("urgency")), ("/a", "aes128gcm", "high"));
    assert!((86_000..=86_400).contains(&heard.header("ttl").parse::<i64>().unwrap()));
    let claims = signed(&heard, &key);
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(format!("http://{}", service.address)), &json!("mailto:ops@example.com")));
    let said = opened(&heard);
    let number = hub.dispatcher(1).await.sees(job).await["number"].clone();
    assert!(said["title"].as_str().unwrap().contains(number.as_str().unwrap()), "{said}");
    assert!(said["body"].as_str().unwrap().contains("Planned:"), "{said}");
    assert_eq!((&said["link"], &said["tag"]), (&json!(format!("/worker/jobs/{job}")), &json!(job.0)));
    let told = logged(&hub, job, |alert| alert["state"] == "sent").await;
    assert_eq!((&told["kind"], &told["to"], &told["said"]), (&json!("push"), &json!("Chrome on Android"), &said["title"]));
    // What comes later of the same job takes its place, at the service and on the phone.
    hub.dispatcher(1).await.does(job, json!({ "do": "cancel" })).await;
    let next = service.hears().await;
    assert_eq!((next.header("topic"), &opened(&next)["tag"]), (heard.header("topic"), &said["tag"]));
    assert!(opened(&next)["title"].as_str().unwrap().contains("not yours any more"));
    // The same browser again stays what it is, whatever it is called now, and keeps what was chosen for it.
    let wish = format!("/api/alert-subscriptions/{}", wishes["items"][0]["id"].as_str().unwrap());
    worker.tries(Method::PATCH, &wish, Some(&json!({ "events": ["withdrawn"] })), None).await;
    let mut renamed = browser(&service, "a");
    renamed["device"] = json!("Fennec");
    let again = subscribes(&worker, &renamed).await;
    assert_eq!((&again["id"], &again["address"]), (&point["id"], &json!("Fennec")));
    assert_eq!(worker.reads("/api/alert-subscriptions").await["items"][0]["events"], json!(["withdrawn"]));
    published(&hub).await;
    hub.tamper(HURRY).await;
    service.heard_nothing();
}

#[tokio::test]
async fn a_service_that_fails_is_asked_again_and_a_browser_that_left_is_forgotten() {
    let mut service = push_service().await;
    let hub = TestHub::start_with(ON).await;
    let worker = hub.worker(1).await;
    subscribes(&worker, &browser(&service, "a")).await;
    service.answers([(429, vec![("retry-after", "3600".into())], String::new())]);
    let job = published(&hub).await;
    let first = service.hears().await;
    let waiting = logged(&hub, job, |alert| !alert["error"].is_null()).await;
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["due_at"].as_str().unwrap() > rfc3339(in_ms(3_500_000)).as_str(), "as long as it asks for: {waiting}");
    hub.tamper(HURRY).await;
    let second = service.hears().await;
    assert_eq!(opened(&first), opened(&second));
    logged(&hub, job, |alert| alert["state"] == "sent").await;
    service.answers([(413, Vec::new(), String::new()), (410, Vec::new(), String::new())]);
    let refused = published(&hub).await;
    logged(&hub, refused, |alert| alert["state"] == "dead" && alert["error"].as_str().unwrap().contains("413")).await;
    let unheard = published(&hub).await;
    let why = logged(&hub, unheard, |alert| alert["state"] == "unsent").await;
    assert!(why["error"].as_str().unwrap().contains("switched off in that browser"), "{why}");
    assert_eq!(worker.reads("/api/contact-points").await["items"], json!([]));
    for _ in 0..2 {
        service.hears().await;
    }
    published(&hub).await;
    service.heard_nothing();
    assert_eq!(hub.announced_errors().len(), 1, "the one that was given up");
}

#[tokio::test]
async fn a_browser_is_told_for_as_long_as_somebody_is_logged_in_there_and_only_them() {
    let mut service = push_service().await;
    let hub = TestHub::start_with(ON).await;
    let (first, second) = (hub.worker(1).await, hub.worker(2).await);
    subscribes(&first, &browser(&service, "shared")).await;
    subscribes(&second, &browser(&service, "shared")).await;
    assert_eq!(first.reads("/api/contact-points").await["items"], json!([]), "it is one browser");
    published(&hub).await;
    subscribes(&first, &browser(&service, "own")).await;
    let job = published(&hub).await;
    assert_eq!(service.hears().await.path, "/own", "not the job before");
    logged(&hub, job, |alert| alert["state"] == "sent").await;
    first.client.post("/api/logout", &json!({})).await.unwrap();
    published(&hub).await;
    hub.tamper(HURRY).await;
    assert_eq!(hub.worker(1).await.reads("/api/contact-points").await["items"], json!([]));
    service.heard_nothing();
}

#[tokio::test]
async fn a_browser_that_moves_takes_along_what_was_chosen_for_it() {
    let mut service = push_service().await;
    let hub = TestHub::start_with(ON).await;
    let (worker, elsewhere) = (hub.worker(1).await, hub.worker(1).await);
    let point = subscribes(&worker, &browser(&service, "a")).await;
    let other = subscribes(&elsewhere, &browser(&service, "b")).await;
    let quiet = json!({ "quiet": { "from": "22:00", "to": "07:00" } });
    let path = |point: &Value| format!("/api/contact-points/{}", point["id"].as_str().unwrap());
    assert_eq!(worker.tries(Method::PATCH, &path(&point), Some(&quiet), None).await.status, 200);
    // As a service worker tells it, which does not know what people call its browser.
    let mut moved = browser(&service, "moved");
    moved.as_object_mut().unwrap().remove("device");
    let again = subscribes(&worker, &moved).await;
    assert_eq!((&again["id"], &again["address"], &again["quiet"]), (&point["id"], &point["address"], &quiet["quiet"]));
    assert_eq!(worker.reads("/api/contact-points").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(worker.tries(Method::PATCH, &path(&point), Some(&json!({ "quiet": null })), None).await.status, 200);
    published(&hub).await;
    let mut paths = [service.hears().await.path, service.hears().await.path];
    paths.sort();
    assert_eq!(paths, ["/b", "/moved"]);
    // Two log-ins that say they are one browser are one: the last.
    let taken = subscribes(&worker, &browser(&service, "b")).await;
    assert_eq!(taken["id"], other["id"]);
    assert_eq!(worker.reads("/api/contact-points").await["items"].as_array().unwrap().len(), 1);
    moved["endpoint"] = json!(format!("http://{}/new", service.address));
    assert_eq!(subscribes(&hub.worker(1).await, &moved).await["address"], "A browser");
}

#[tokio::test]
async fn what_is_no_browser_is_refused_by_name_and_without_the_operator_there_are_none() {
    let service = push_service().await;
    let hub = TestHub::start_with(&ON.replace("private = true", "")).await;
    let worker = hub.worker(1).await;
    let wrong = json!({ "endpoint": "https://127.0.0.1/x", "keys": { "p256dh": SECRET, "auth": KEY }, "device": " " });
    let refused = problem(&worker.tries(Method::PUT, "/api/push-subscription", Some(&wrong), None).await);
    let pointers: Vec<&str> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!((refused.status, pointers), (422, vec!["/keys/p256dh", "/keys/auth", "/device", "/endpoint"]));
    for endpoint in [format!("http://{}/a", service.address), "https://localhost/a".into(), format!("https://push.example.com/{}", "x".repeat(1_000))]
    {
        let body = json!({ "endpoint": endpoint, "keys": { "p256dh": KEY, "auth": SECRET }, "device": "A" });
        let refused = problem(&worker.tries(Method::PUT, "/api/push-subscription", Some(&body), None).await);
        assert_eq!((refused.status, refused.errors[0].pointer.as_str()), (422, "/endpoint"), "{endpoint}");
    }
    let by_hand = json!({ "kind": "push", "address": "https://push.example.com/" });
    let refused = problem(&worker.tries(Method::POST, "/api/contact-points", Some(&by_hand), None).await);
    assert_eq!(refused.errors[0].pointer, "/kind");
    // One that leads inside since it was taken is not called, and gone.
    let mut taken = browser(&service, "a");
    taken["endpoint"] = json!("https://push.example.com/a");
    subscribes(&worker, &taken).await;
    hub.tamper(&format!("update contact_point set endpoint = 'https://{}/a' where kind = 3", service.address)).await;
    let job = published(&hub).await;
    let why = logged(&hub, job, |alert| alert["state"] == "unsent").await;
    assert!(why["error"].as_str().unwrap().contains("public internet"), "{why}");
    assert_eq!(worker.reads("/api/contact-points").await["items"], json!([]));
    // Too many.
    for number in 0..10 {
        taken["endpoint"] = json!(format!("https://push.example.com/{number}"));
        subscribes(&hub.worker(1).await, &taken).await;
    }
    taken["endpoint"] = json!("https://push.example.com/10");
    assert_eq!(worker.tries(Method::PUT, "/api/push-subscription", Some(&taken), None).await.status, 422);
    let others = hub.portal_user(1).await;
    assert_eq!(others.reads("/api/alert-options").await["push"], json!(null));

    let off = TestHub::start().await;
    let worker = off.worker(1).await;
    assert_eq!(worker.reads("/api/alert-options").await["push"], json!(null));
    assert_eq!(problem(&worker.tries(Method::PUT, "/api/push-subscription", Some(&taken), None).await).status, 409);
}

#[tokio::test]
async fn all_nodes_sign_with_one_key_which_a_restart_keeps() {
    let mut hub = TestHub::start_with(ON).await;
    let key = async |hub: &TestHub| hub.worker(1).await.reads("/api/alert-options").await["push"].clone();
    let before = key(&hub).await;
    assert_eq!(URL_SAFE_NO_PAD.decode(before.as_str().unwrap()).unwrap().len(), 65);
    hub.restart().await;
    assert_eq!(key(&hub).await, before);
}
