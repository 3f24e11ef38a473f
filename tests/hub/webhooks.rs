//! Webhooks: signed as the standard says, told of what they asked for, tried again, never called inside, and told again by hand.

use crate::harness::{Heard, Job, Listener, Person, TestHub, in_ms, problem, rfc3339};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

/// Calls inside are allowed: the receiver of a test is on this machine.
const INSIDE: &str = "[webhooks]\nprivate = true\n";
const HURRY: &str = "update delivery set due_at = now() where due_at is not null";

async fn receiver() -> Listener {
    Listener::open(|_| (204, Vec::new(), String::new())).await
}

/// A webhook at the receiver; its path and its secret.
async fn hook(admin: &Person, receiver: &Listener, events: Value) -> (String, String) {
    let body = json!({ "name": "Books", "url": format!("http://{}/hook", receiver.address), "events": events });
    let made = admin.client.post("/api/webhooks", &body).await.unwrap();
    (format!("/api/webhooks/{}", made["id"].as_str().unwrap()), made["secret"].as_str().unwrap().to_owned())
}

/// What a published library makes of a call.
fn verified(heard: &Heard, secret: &str) -> Result<Value, String> {
    let header = |name: &str| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(heard.header(name)).unwrap());
    let headers: HeaderMap = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header).into_iter().collect();
    let library = Webhook::new(secret).map_err(|error| error.to_string())?;
    library.verify(&heard.body, &headers).map_err(|error| error.to_string())?;
    serde_json::from_slice(&heard.body).map_err(|error| error.to_string())
}

async fn ordered(hub: &TestHub) -> Job {
    hub.dispatcher(1).await.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await
}

async fn until(admin: &Person, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    admin.finds(&format!("{path}/deliveries"), fits).await
}

#[tokio::test]
async fn a_call_is_signed_has_an_id_and_says_what_happened() {
    let mut receiver = receiver().await;
    let hub = TestHub::start_with(INSIDE).await;
    let admin = hub.admin().await;
    let (path, secret) = hook(&admin, &receiver, json!(["job.created", "job.deleted"])).await;
    let job = ordered(&hub).await;
    let heard = receiver.hears().await;
    assert_eq!(heard.path, "/hook");
    let told = verified(&heard, &secret).unwrap();
    assert_eq!((&told["type"], &told["data"]["kind"], &told["data"]["job"]["id"]), (&json!("job.created"), &json!("job_created"), &json!(job.0)));
    assert_eq!(told["data"]["job"], hub.dispatcher(1).await.sees(job).await, "the job as the API has it");
    assert!(verified(&heard, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").is_err());
    let call = until(&admin, &path, |call| call["state"] == "sent").await;
    assert_eq!((&call["event"], &call["status"], &call["tries"]), (&json!("job.created"), &json!(204), &json!(1)));
    // What it did not ask for it is not told; what was deleted is, without the job.
    let dispatcher = hub.dispatcher(1).await;
    dispatcher.does(job, json!({ "do": "cancel" })).await;
    dispatcher.client.delete(&format!("/api/jobs/{job}")).await.unwrap();
    let told = verified(&receiver.hears().await, &secret).unwrap();
    assert_eq!((&told["type"], &told["data"]["job"]), (&json!("job.deleted"), &json!(null)));
    receiver.heard_nothing();
    // The secret is shown once.
    assert!(admin.reads(&path).await.get("secret").is_none());
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_again_with_the_same_id_and_one_that_is_gone_is_not() {
    let mut receiver = receiver().await;
    let hub = TestHub::start_with(INSIDE).await;
    let admin = hub.admin().await;
    let (path, secret) = hook(&admin, &receiver, json!(["job.created"])).await;
    receiver.answers([
        (503, vec![("retry-after", "3600".into())], String::new()),
        (302, vec![("location", "http://127.0.0.1:1/".into())], String::new()),
    ]);
    ordered(&hub).await;
    let first = receiver.hears().await;
    let waiting = until(&admin, &path, |call| call["status"] == 503).await;
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["due_at"].as_str().unwrap() > rfc3339(in_ms(3_500_000)).as_str(), "as long as it asks for: {waiting}");
    hub.tamper(HURRY).await;
    let second = receiver.hears().await;
    assert!(until(&admin, &path, |call| call["status"] == 302).await["error"].as_str().unwrap().contains("redirect"));
    hub.tamper(HURRY).await;
    let third = receiver.hears().await;
    for again in [&second, &third] {
        assert_eq!(first.header("webhook-id"), again.header("webhook-id"));
        verified(again, &secret).unwrap();
    }
    until(&admin, &path, |call| call["state"] == "sent" && call["tries"] == 3).await;
    receiver.answers([(410, Vec::new(), String::new())]);
    ordered(&hub).await;
    receiver.hears().await;
    until(&admin, &path, |call| call["state"] == "dead").await;
    let webhook = admin.reads(&path).await;
    assert_eq!((&webhook["enabled"], webhook["disabled_why"].as_str().unwrap().contains("410")), (&json!(false), true));
    ordered(&hub).await;
    let refused = problem(&admin.tries(Method::POST, &format!("{path}/test"), None, None).await);
    assert_eq!(refused.status, 409);
    receiver.heard_nothing();
    // On again, it is told what it missed.
    admin.tries(Method::PATCH, &path, Some(&json!({ "enabled": true })), None).await;
    let since = json!({ "since": rfc3339(in_ms(-60_000)) });
    assert_eq!(admin.client.post(&format!("{path}/replay"), &since).await.unwrap()["calls"], 2);
    for _ in 0..2 {
        verified(&receiver.hears().await, &secret).unwrap();
    }
    let sent = until(&admin, &path, |call| call["state"] == "sent" && call["tries"] == 1).await;
    let resend = format!("{path}/deliveries/{}/resend", sent["seq"]);
    assert_eq!(admin.tries(Method::POST, &resend, None, None).await.status, 202);
    verified(&receiver.hears().await, &secret).unwrap();
}

#[tokio::test]
async fn a_secret_is_changed_without_losing_a_call() {
    let mut receiver = receiver().await;
    let hub = TestHub::start_with(INSIDE).await;
    let admin = hub.admin().await;
    let (path, old) = hook(&admin, &receiver, json!(["job.created"])).await;
    let new = admin.client.post(&format!("{path}/secret"), &json!({})).await.unwrap()["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    admin.client.post(&format!("{path}/test"), &json!({})).await.unwrap();
    let heard = receiver.hears().await;
    for secret in [&old, &new] {
        assert_eq!(verified(&heard, secret).unwrap()["type"], "webhook.test");
    }
    hub.tamper("update webhook set old_secret_until = now() - interval '1 second'").await;
    ordered(&hub).await;
    let heard = receiver.hears().await;
    assert!(verified(&heard, &old).is_err() && verified(&heard, &new).is_ok());
    admin.client.delete(&path).await.unwrap();
    assert_eq!(hub.table("select 1 from delivery").await, [] as [Value; 0]);
}

#[tokio::test]
async fn no_address_inside_is_taken_or_called() {
    let mut receiver = receiver().await;
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    for url in [
        "",
        "nowhere",
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
    ] {
        let refused = problem(&admin.tries(Method::POST, "/api/webhooks", Some(&json!({ "url": url })), None).await);
        assert_eq!(refused.errors[0].pointer, "/url", "{url}");
    }
    let wrong = json!({ "url": "https://hooks.example.com/", "events": ["job.exploded"], "name": "x".repeat(100) });
    let refused = problem(&admin.tries(Method::POST, "/api/webhooks", Some(&wrong), None).await);
    let mut pointers: Vec<&str> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/events/0", "/name"]);
    // One that came into the table by another way, or leads inside since.
    let made = admin.client.post("/api/webhooks", &json!({ "url": "https://hooks.example.com/" })).await.unwrap();
    hub.tamper(&format!("update webhook set url = 'https://{}/hook'", receiver.address)).await;
    ordered(&hub).await;
    let path = format!("/api/webhooks/{}", made["id"].as_str().unwrap());
    let dead = until(&admin, &path, |call| call["state"] == "dead").await;
    assert!(dead["error"].as_str().unwrap().contains("public internet"), "{dead}");
    receiver.heard_nothing();
}

#[tokio::test]
async fn a_silent_receiver_holds_up_nobody_else() {
    let mut receiver = receiver().await;
    let hub = TestHub::start_with(INSIDE).await;
    let admin = hub.admin().await;
    let nobody = json!({ "url": "http://127.0.0.1:1/", "events": ["job.created"] });
    let broken = admin.client.post("/api/webhooks", &nobody).await.unwrap();
    hook(&admin, &receiver, json!(["job.created"])).await;
    for _ in 0..20 {
        ordered(&hub).await;
    }
    for _ in 0..20 {
        receiver.hears().await;
    }
    let path = format!("/api/webhooks/{}", broken["id"].as_str().unwrap());
    let waiting = until(&admin, &path, |call| !call["error"].is_null()).await;
    assert!(waiting["error"].as_str().unwrap().contains("could not be reached"), "{waiting}");
    assert!(!waiting["error"].as_str().unwrap().contains("127.0.0.1:1/"));
}
