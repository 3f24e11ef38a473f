//! Getting in: invitations, sign-ups, forgotten passwords, and that all of it ends when it should.

use crate::harness::company::PASSWORD;
use crate::harness::{Mailbox, Person, TestHub};
use dispatch_hub::protocol::Topic;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::Instant;

async fn ask(hub: &TestHub, method: Method, path: &str, body: &Value) -> Response {
    hub.asks(method, path).json(body).send().await.expect("the hub answers")
}

async fn log_in(hub: &TestHub, email: &str, password: &str) -> u16 {
    ask(hub, Method::POST, "/api/login", &json!({ "email": email, "password": password })).await.status().as_u16()
}

async fn state(hub: &TestHub, token: &str) -> Value {
    hub.stranger().get(&format!("/api/invitations/{token}")).await.unwrap()["state"].clone()
}

async fn invite(dispatcher: &Person, hub: &TestHub, email: &str) -> String {
    let body = json!({ "name": "Elsa Mäki", "email": email, "customers": [hub.company().bakery.id], "phone": "+358 40 1" });
    let made = dispatcher.client.post("/api/portal-users", &body).await.unwrap();
    assert_eq!((&made["invitation"], &made["email"]), (&json!("open"), &json!(email)));
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_invitation_sets_the_first_password_once_and_leads_to_the_log_in_afterwards() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let dispatcher = hub.dispatcher(1).await;
    let id = invite(&dispatcher, &hub, "elsa@example.com").await;
    let token = mailbox.gets().await.token();
    let path = format!("/api/invitations/{token}");
    let seen = hub.stranger().get(&path).await.unwrap();
    assert_eq!((&seen["state"], &seen["email"], &seen["has_password"]), (&json!("open"), &json!("elsa@example.com"), &json!(false)));
    assert_eq!(seen["tenant"]["slug"], "north");
    for (body, status) in [(json!({}), 422), (json!({ "password": "short" }), 422)] {
        let refused = ask(&hub, Method::POST, &path, &body).await;
        assert_eq!(refused.status(), status);
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/password");
    }
    let in_vain = log_in(&hub, "elsa@example.com", "a good password").await;
    assert_eq!(in_vain, 401, "not before it is accepted");
    let accepted = ask(&hub, Method::POST, &path, &json!({ "password": "a good password" })).await;
    assert_eq!((accepted.status().as_u16(), accepted.headers().contains_key("set-cookie")), (200, true));
    assert_eq!(accepted.json::<Value>().await.unwrap()["caller"]["kind"], "portal_user");
    assert_eq!(state(&hub, &token).await, "used");
    assert_eq!(ask(&hub, Method::POST, &path, &json!({ "password": "another password" })).await.status(), 409);
    assert_eq!(log_in(&hub, "elsa@example.com", "a good password").await, 200);
    assert_eq!(dispatcher.reads(&format!("/api/portal-users/{id}")).await["invitation"], "used");
    let guessed = ask(&hub, Method::GET, "/api/invitations/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &json!({})).await;
    assert_eq!(guessed.status(), 404);
    let stored = hub.table("select encode(token_hash, 'escape') as hash from invitation").await;
    assert!(!stored[0].to_string().contains(&token), "only the hash is kept");
}

#[tokio::test]
async fn a_known_log_in_keeps_its_password_and_gains_a_company() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let south = hub.log_in("dispatcher1@south.example").await;
    let email = "customer1@north.example";
    let body = json!({ "name": "Siiri", "email": email, "customers": [hub.other().bakery.id] });
    south.client.post("/api/portal-users", &body).await.unwrap();
    let token = mailbox.gets().await.token();
    let path = format!("/api/invitations/{token}");
    let memberships = hub.portal_user(1).await.reads("/api/memberships").await;
    assert_eq!(memberships["items"].as_array().unwrap().len(), 1, "nobody is made a member without saying yes");
    assert_eq!(ask(&hub, Method::POST, &path, &json!({ "password": "not theirs at all" })).await.status(), 422);
    let customer = hub.portal_user(1).await;
    let accepted = customer.tries(Method::POST, &path, Some(&json!({})), None).await;
    assert_eq!((accepted.status, &accepted.body["caller"]["tenant"]["slug"]), (200, &json!("south")), "who is logged in needs no password");
    let choose = ask(&hub, Method::POST, "/api/login", &json!({ "email": email, "password": PASSWORD })).await;
    let choices: Value = choose.json().await.unwrap();
    assert_eq!(choices["choose"].as_array().unwrap().len(), 2, "the old password, two companies");
    let switched = customer.tries(Method::POST, "/api/switch", Some(&json!({ "tenant": "south", "kind": "portal_user" })), None).await;
    assert_eq!(switched.status, 200);
}

#[tokio::test]
async fn withdrawn_and_expired_links_say_so_and_resent_ones_work() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let dispatcher = hub.dispatcher(1).await;
    let id = invite(&dispatcher, &hub, "elsa@example.com").await;
    let first = mailbox.gets().await.token();
    let invitation = format!("/api/portal-users/{id}/invitation");
    assert_eq!(dispatcher.tries(Method::DELETE, &invitation, None, None).await.status, 204);
    assert_eq!(state(&hub, &first).await, "withdrawn");
    let accept = |token: &str| format!("/api/invitations/{token}");
    assert_eq!(ask(&hub, Method::POST, &accept(&first), &json!({ "password": "long enough" })).await.status(), 409);
    let again = dispatcher.tries(Method::POST, &invitation, None, None).await;
    assert_eq!((again.status, &again.body["invitation"]), (200, &json!("open")));
    let second = mailbox.gets().await.token();
    hub.tamper("update invitation set expires_at = now() - interval '1 s' where withdrawn_at is null").await;
    assert_eq!(state(&hub, &second).await, "expired");
    assert_eq!(dispatcher.reads(&format!("/api/portal-users/{id}")).await["invitation"], "expired");
    assert_eq!(dispatcher.tries(Method::POST, &invitation, None, None).await.status, 200);
    let third = mailbox.gets().await.token();
    assert_eq!(ask(&hub, Method::POST, &accept(&third), &json!({ "password": "long enough" })).await.status(), 200);
    assert_eq!(dispatcher.tries(Method::POST, &invitation, None, None).await.status, 409, "they have joined");
}

#[tokio::test]
async fn a_public_portal_lets_in_who_shows_their_mailbox() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let signup = |email: &str| json!({ "tenant": "north", "name": "Kaino", "company": "Gallery", "email": email, "password": "a good password" });
    let shut = ask(&hub, Method::POST, "/api/signup", &signup("kaino@example.com")).await;
    assert_eq!(shut.status(), 403, "not unless the company wants it");
    hub.tamper("update tenant set settings = jsonb_set(settings, '{portal, public_signup}', 'true') where slug = 'north'").await;
    let bad = ask(&hub, Method::POST, "/api/signup", &json!({ "tenant": "north", "name": " ", "email": "x", "password": "short" })).await;
    let problem: Value = bad.json().await.unwrap();
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/name", "/email", "/password"], "all at once");
    // Known and unknown look alike.
    let mut answers = Vec::new();
    for email in ["kaino@example.com", "customer1@north.example"] {
        let began = Instant::now();
        let answer = ask(&hub, Method::POST, "/api/signup", &signup(email)).await;
        answers.push((answer.status().as_u16(), answer.text().await.unwrap()));
        assert!(began.elapsed().as_millis() >= 250);
    }
    assert_eq!(answers[0], answers[1]);
    let (mut token, mut known) = (String::new(), false);
    for _ in 0..2 {
        let mail = mailbox.gets().await;
        match mail.to.as_str() {
            "kaino@example.com" => token = mail.token(),
            _ => known = mail.text.contains("already have access"),
        }
    }
    assert!(known);
    assert_eq!(log_in(&hub, "kaino@example.com", "a good password").await, 401, "not before the mailbox is shown");
    let verified = ask(&hub, Method::POST, "/api/signup/verify", &json!({ "token": token })).await;
    assert!(verified.headers().contains_key("set-cookie"));
    let caller = verified.json::<Value>().await.unwrap()["caller"].clone();
    assert_eq!((&caller["name"], &caller["customers"][0]["name"]), (&json!("Kaino"), &json!("Gallery")));
    let again = ask(&hub, Method::POST, "/api/signup/verify", &json!({ "token": token })).await;
    assert_eq!(again.json::<Value>().await.unwrap(), json!({ "log_in": { "email": "kaino@example.com", "tenant": "north" } }));
    let customers = hub.dispatcher(1).await.reads("/api/customers?q=Gallery").await;
    assert_eq!(customers["items"].as_array().unwrap().len(), 1, "one customer, however often the link is opened");
    assert_eq!(ask(&hub, Method::POST, "/api/signup/verify", &json!({ "token": "nonsense" })).await.status(), 404);
}

#[tokio::test]
async fn a_forgotten_password_is_set_once_and_ends_every_session() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let owner = hub.worker(4).await;
    let mut live = owner.live().await;
    let mut answers = Vec::new();
    for email in ["nobody@north.example", "worker4@north.example"] {
        let began = Instant::now();
        let answer = ask(&hub, Method::POST, "/api/password/forgot", &json!({ "email": email, "tenant": "north" })).await;
        answers.push((answer.status().as_u16(), answer.text().await.unwrap()));
        assert!(began.elapsed().as_millis() >= 250, "the time tells nothing");
    }
    assert_eq!(answers[0], answers[1]);
    let mail = mailbox.gets().await;
    assert_eq!(mail.to, "worker4@north.example");
    let reset = |password: &str| json!({ "token": mail.token(), "password": password });
    assert_eq!(ask(&hub, Method::POST, "/api/password/reset", &reset("short")).await.status(), 422);
    let done = ask(&hub, Method::POST, "/api/password/reset", &reset("battery staple")).await;
    assert_eq!(done.json::<Value>().await.unwrap(), json!({ "email": "worker4@north.example" }));
    assert_eq!(live.closes().await.code, Some(4500));
    assert!(owner.client.me().await.is_err());
    assert_eq!(ask(&hub, Method::POST, "/api/password/reset", &reset("another staple")).await.status(), 404, "once");
    assert_eq!(log_in(&hub, "worker4@north.example", PASSWORD).await, 401);
    assert_eq!(log_in(&hub, "worker4@north.example", "battery staple").await, 200);
    let mut limited = 0;
    for _ in 0..40 {
        let answer = ask(&hub, Method::POST, "/api/password/forgot", &json!({ "email": "flood@north.example" })).await;
        limited += u32::from(answer.status() == 429);
        if limited > 0 {
            break;
        }
    }
    assert_eq!(limited, 1, "nobody floods mailboxes from one address");
}

#[tokio::test]
async fn who_is_archived_or_whose_portal_is_off_is_out_within_five_seconds() {
    let hub = TestHub::start().await;
    let (one, two, dispatcher) = (hub.portal_user(1).await, hub.portal_user(2).await, hub.dispatcher(1).await);
    let (mut first, mut second) = (one.listens_to(Topic::Portal).await, two.listens_to(Topic::Portal).await);
    let mut staff = dispatcher.live().await;
    dispatcher.client.delete(&format!("/api/portal-users/{}", hub.company().portal_users[0])).await.unwrap();
    assert_eq!(first.closes().await.code, Some(4500), "archived");
    assert!(one.client.me().await.is_err());
    assert_eq!(log_in(&hub, "customer1@north.example", PASSWORD).await, 403);
    let began = Instant::now();
    hub.tamper("update tenant set settings = jsonb_set(settings, '{portal, enabled}', 'false') where slug = 'north'").await;
    assert_eq!(second.closes().await.code, Some(4501), "the portal is off");
    assert!(began.elapsed().as_secs() < 5);
    staff.joins(Topic::Schedule).await;
    let refused = two.tries(Method::GET, "/api/me", None, None).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/portal_off")));
}

#[tokio::test]
async fn people_are_made_and_changed_with_every_fault_at_its_field() {
    let hub = TestHub::start().await;
    let (dispatcher, admin) = (hub.dispatcher(1).await, hub.admin().await);
    let faults = |body: &Value| -> Vec<String> {
        body["errors"].as_array().map(|errors| errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()).unwrap_or_default()
    };
    let foreign = hub.other().bakery.id;
    let table = [
        (json!({}), vec!["/name", "/email", "/customers"]),
        (json!({ "name": "A\u{7}", "email": "a@b", "customers": [], "admin": true }), vec!["/name", "/email", "/admin", "/customers"]),
        (json!({ "name": "A", "email": "a@b.example\r\nBcc: c@d.example", "customers": [foreign] }), vec!["/email"]),
        (json!({ "name": "A", "email": "a@b.example", "customers": [foreign] }), vec!["/customers/0"]),
        (json!({ "name": "A", "email": "customer1@north.example", "customers": [hub.company().mill.id] }), vec!["/email"]),
        (json!({ "name": 7, "email": "a@b.example" }), vec!["/name"]),
        (json!({ "name": "x".repeat(501), "email": "a@b.example", "customers": [hub.company().mill.id] }), vec!["/name"]),
    ];
    for (body, pointers) in table {
        let answer = dispatcher.tries(Method::POST, "/api/portal-users", Some(&body), None).await;
        assert_eq!((answer.status, faults(&answer.body)), (422, pointers.iter().map(|pointer| (*pointer).to_owned()).collect()), "{body}");
    }
    let worker = json!({ "name": "Oiva", "email": "oiva@example.com", "phone": "+358 1" });
    assert_eq!(dispatcher.tries(Method::POST, "/api/workers", Some(&worker), None).await.status, 403, "workers are the admin's");
    let made = admin.client.post("/api/workers", &worker).await.unwrap();
    let path = format!("/api/workers/{}", made["id"].as_str().unwrap());
    let changed = admin.client.patch(&path, &json!({ "name": "Oiva Vuori", "phone": null, "email": "oiva2@example.com" })).await.unwrap();
    assert_eq!((&changed["name"], &changed["phone"], &changed["email"]), (&json!("Oiva Vuori"), &Value::Null, &json!("oiva2@example.com")));
    let joined = format!("/api/workers/{}", hub.company().worker(1));
    let fixed = admin.tries(Method::PATCH, &joined, Some(&json!({ "email": "other@example.com" })), None).await;
    assert_eq!((fixed.status, faults(&fixed.body)), (422, vec!["/email".to_owned()]), "a log-in is its owner's");
    let own = format!("/api/dispatchers/{}", admin.caller.id);
    assert_eq!(admin.tries(Method::DELETE, &own, None, None).await.status, 409, "nobody shuts themselves out");
    let customer = dispatcher.client.post("/api/customers", &json!({ "name": "Gallery", "email": "", "phone": "1" })).await.unwrap();
    let path = format!("/api/customers/{}", customer["id"].as_str().unwrap());
    let changed = dispatcher.client.patch(&path, &json!({ "address": "Street 1\nTown", "phone": null })).await.unwrap();
    assert_eq!((&changed["address"], &changed["phone"]), (&json!("Street 1\nTown"), &Value::Null));
    let bad = dispatcher.tries(Method::PATCH, &path, Some(&json!({ "name": " ", "email": "x" })), None).await;
    assert_eq!((bad.status, faults(&bad.body)), (422, vec!["/email".to_owned(), "/name".to_owned()]));
    assert_eq!(dispatcher.tries(Method::DELETE, &path, None, None).await.status, 204);
    assert_eq!(dispatcher.tries(Method::DELETE, &path, None, None).await.status, 404);
}
