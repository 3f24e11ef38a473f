//! API tokens: within their scopes and no further, named in the log, counted, and over at once when they are taken back.

use crate::harness::{Job, Person, TestHub, in_ms, problem, rfc3339};
use dispatch_hub::client::Client;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::scope::Scope;
use dispatch_hub::http;
use dispatch_hub::protocol::Topic;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A token with these scopes: its id and its secret.
async fn token(admin: &Person, scopes: &[&str]) -> (String, String) {
    let made = admin.client.post("/api/tokens", &json!({ "name": "Books", "scopes": scopes })).await.unwrap();
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

async fn program(hub: &TestHub, scopes: &[&str]) -> (String, Person) {
    let (id, secret) = token(&hub.admin().await, scopes).await;
    (id, Person::with_link(&hub.stranger(), &secret).await)
}

#[tokio::test]
async fn a_program_does_what_its_scopes_say_and_is_named_for_it() {
    let hub = TestHub::start().await;
    let (_, books) = program(&hub, &["jobs:read", "jobs:write"]).await;
    assert_eq!((json!(books.caller.kind), books.caller.name.as_str()), (json!("api"), "Books"));
    let order = json!({ "customer": hub.company().bakery.id });
    let job = books.orders(hub.company().errand, order.clone()).await;
    assert_eq!(books.sees(job).await["source"], "api");
    books.does(job, json!({ "do": "allocate", "worker": hub.company().worker(1), "start": rfc3339(in_ms(3_600_000)) })).await;
    let history = hub.dispatcher(1).await.reads(&format!("/api/jobs/{job}/events")).await;
    for event in history["items"].as_array().unwrap() {
        assert_eq!(
            (&event["by"]["kind"], &event["by"]["name"], &event["detail"]["source"]),
            (&json!("api"), &json!("Books"), &json!("api")),
            "{event}"
        );
    }
    // The same key twice is one job.
    let key = Uuid::now_v7().to_string();
    let mut body = order;
    body["template"] = json!(hub.company().errand);
    let made = async || Job::of(&books.tries(Method::POST, "/api/jobs", Some(&body), Some(&key)).await.body["jobs"][0]);
    assert_eq!(made().await, made().await);
    for path in ["/api/customers", "/api/settings/company", "/api/webhooks", "/api/tokens", "/api/sessions"] {
        assert_eq!(books.tries(Method::GET, path, None, None).await.status, 403, "{path}");
    }
}

/// Every route of the table, asked by a program that has every scope but the route's own.
#[tokio::test]
async fn no_route_lets_a_program_in_without_its_scope() {
    let hub = TestHub::start_with("[api]\nper_minute = 60000").await;
    let admin = hub.admin().await;
    let word = |scope: Scope| serde_json::to_value(scope).unwrap().as_str().unwrap().to_owned();
    let mut without: Vec<(Option<Scope>, Client)> = Vec::new();
    for missing in Scope::ALL.into_iter().map(Some).chain([None]) {
        let others: Vec<String> = Scope::ALL.into_iter().filter(|scope| Some(*scope) != missing).map(word).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        without.push((missing, hub.stranger().with_bearer(&token(&admin, &others).await.1)));
    }
    let mut asked = 0;
    for endpoint in http::routes() {
        for entry in &endpoint.methods {
            if entry.access == http::Access::Anyone || endpoint.path == "/api/me" {
                continue;
            }
            let scope = Scope::of_request(endpoint.path, ["GET", "HEAD"].contains(&entry.method.as_str()));
            let (_, client) = without.iter().find(|(missing, _)| *missing == scope).unwrap();
            let path = ["id", "link", "customer", "seq", "month", "token"]
                .iter()
                .fold(endpoint.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), &Uuid::now_v7().to_string()));
            let method: Method = entry.method.as_str().parse().unwrap();
            let body = (method != Method::GET && method != Method::HEAD).then(|| json!({}));
            let answer = client.request(method, &path, body.as_ref(), None).await;
            let status = answer.map_or_else(|error| panic!("{path}: {error}"), |answer| answer.status);
            // A file may be anybody's to see: a visitor without a scope is a visitor.
            assert!(status == 403 || path.starts_with("/api/files") && status == 404, "{} {}: {status}", entry.method, endpoint.path);
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

#[tokio::test]
async fn a_token_that_was_taken_back_or_is_over_ends_also_on_the_socket() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let (id, books) = program(&hub, &["jobs:read"]).await;
    let mut live = books.listens_to(Topic::Schedule).await;
    let job = hub.dispatcher(1).await.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    live.hears(Kind::JobCreated, job).await;
    let refused = live.does(job, json!({ "do": "mark_seen" })).await.unwrap_err();
    assert_eq!(refused.name(), "forbidden", "reading is not writing");
    admin.client.delete(&format!("/api/tokens/{id}")).await.unwrap();
    assert_eq!(live.closes().await.code, Some(4500));
    assert_eq!(books.tries(Method::GET, "/api/jobs", None, None).await.status, 401);
    assert_eq!(admin.reads("/api/tokens").await["items"], json!([]));
    // One that ends by itself, found out by the look that is taken now and then.
    let (id, books) = program(&hub, &["jobs:read"]).await;
    let mut live = books.listens_to(Topic::Schedule).await;
    hub.tamper(&format!("update api_token set expires_at = now() - interval '1 second' where id = '{id}'")).await;
    assert_eq!(live.closes().await.code, Some(4500));
    assert_eq!(books.tries(Method::GET, "/api/jobs", None, None).await.status, 401);
    let used = hub.table(&format!("select used_at is not null as used from api_token where id = '{id}'")).await;
    assert_eq!(used, [json!({ "used": true })]);
}

#[tokio::test]
async fn a_program_is_told_how_often_it_may_come() {
    let hub = TestHub::start_with("[api]\nper_minute = 3").await;
    let (_, secret) = token(&hub.admin().await, &["jobs:read"]).await;
    let asks = async || hub.asks(Method::GET, "/api/jobs").header("authorization", format!("Bearer {secret}")).send().await.unwrap();
    for left in [2, 1, 0] {
        let answer = asks().await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), header("ratelimit-policy")), (200, "\"token\";q=3;w=60".to_owned()));
        assert!(header("ratelimit").starts_with(&format!("\"token\";r={left};t=")), "{}", header("ratelimit"));
    }
    let answer = asks().await;
    assert_eq!(answer.status().as_u16(), 429);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 60);
    // People are not counted.
    for _ in 0..5 {
        hub.dispatcher(1).await.reads("/api/jobs").await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_new_token_is_said_at_its_place() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let wrong = json!({ "name": " ", "scopes": [], "expires_in_days": 0 });
    let refused = problem(&admin.tries(Method::POST, "/api/tokens", Some(&wrong), None).await);
    let mut pointers: Vec<&str> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/expires_in_days", "/name", "/scopes"]);
    let unknown = json!({ "name": "x", "scopes": ["everything"] });
    assert_eq!(admin.tries(Method::POST, "/api/tokens", Some(&unknown), None).await.status, 422);
    let made = admin.client.post("/api/tokens", &json!({ "name": "Books", "scopes": ["jobs:read"], "expires_in_days": 30 })).await.unwrap();
    assert!(made["token"].as_str().unwrap().starts_with("hub_"));
    let listed: Value = admin.reads("/api/tokens").await["items"][0].clone();
    assert!(listed.get("token").is_none() && listed["expires_at"].is_string() && listed["created_by"].is_string(), "{listed}");
}
