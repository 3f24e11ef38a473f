//! Text messages to a gateway that speaks Twilio's request and answer: sent, refused, reported, stopped, and paid for to the last digit.

use crate::harness::{Gateway, Job, Person, TestHub, in_ms, problem, rfc3339};
use crate::settings::put;
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What waits waits no longer.
const HURRY: &str = "update message set due_at = now() where due_at is not null; select pg_notify('message', '')";
const NUMBER: &str = "+358401234567";

async fn hub_with(settings: &str) -> TestHub {
    let hub = TestHub::start_with(&format!("public_url = \"http://hub.example.com\"\n{settings}")).await;
    put(&hub.admin().await, "/api/settings/alerts", &json!({ "sms": true })).await;
    hub
}

/// Asks for everything by SMS, with the code that came.
async fn asks(gateway: &mut Gateway, person: &Person, number: &str) -> Value {
    let point = person.client.post("/api/contact-points", &json!({ "kind": "sms", "address": number })).await.unwrap();
    let text = gateway.gets().await;
    let code: String = text.says.chars().take(6).collect();
    let id = point["id"].as_str().unwrap();
    person.client.post(&format!("/api/contact-points/{id}/verify"), &json!({ "code": code })).await.unwrap();
    let wish = json!({ "contact_point": id, "events": ["scheduled", "cancelled"] });
    person.client.post("/api/alert-subscriptions", &wish).await.unwrap();
    point
}

/// A job that is scheduled at once.
async fn scheduled(hub: &TestHub) -> Job {
    let order = json!({
        "customer": hub.company().bakery.id, "worker": hub.company().worker(1),
        "scheduled_start": rfc3339(in_ms(20 * 3_600_000)), "publish": true,
    });
    let job = hub.dispatcher(1).await.orders(hub.company().errand, order).await;
    hub.worker(1).await.does(job, json!({ "do": "accept" })).await;
    job
}

async fn until(hub: &TestHub, job: Job, state: &str) -> Value {
    hub.dispatcher(1).await.finds(&format!("/api/alerts?job={job}"), |alert| alert["state"] == state).await
}

#[tokio::test]
async fn an_alert_goes_to_twilio_as_it_documents_it_and_its_report_comes_back() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&gateway.as_twilio()).await;
    let customer = hub.portal_user(1).await;
    asks(&mut gateway, &customer, "+358 40 123 4567").await;
    let job = scheduled(&hub).await;
    let text = gateway.gets().await;
    assert_eq!((text.to.as_str(), text.form["From"].as_str()), (NUMBER, "+15005550006"));
    assert_eq!(text.form["StatusCallback"], "http://hub.example.com/api/sms/twilio/status");
    assert!(text.says.contains("Company of the north") && text.says.contains(&format!("http://hub.example.com/p/north/jobs/{job}")), "{}", text.says);
    let sent = until(&hub, job, "sent").await;
    assert_eq!((&sent["said"], &sent["amount"]), (&json!(text.says), &json!("0.10")));
    let report = |status: &'static str| [("MessageSid", text.sid.clone()), ("MessageStatus", status.to_owned()), ("ErrorCode", "30003".to_owned())];
    let calls = async |form: &[(&str, String)], token: &str| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        gateway.calls(&hub, "/api/sms/twilio/status", &form, token).await
    };
    assert_eq!(calls(&report("delivered"), "another token").await, 403, "whoever is not Twilio reports nothing");
    assert_eq!(calls(&report("sent"), Gateway::token()).await, 204);
    until(&hub, job, "sent").await;
    assert_eq!(calls(&report("undelivered"), Gateway::token()).await, 204);
    assert!(until(&hub, job, "undelivered").await["error"].as_str().unwrap().contains("30003"));
    assert_eq!(calls(&report("delivered"), Gateway::token()).await, 204);
    until(&hub, job, "delivered").await;
    assert_eq!(hub.table("select 1 from message where said like '%is your code%'").await, [] as [Value; 0], "codes are not kept");
}

#[tokio::test]
async fn a_lasting_refusal_ends_it_unpaid_and_others_are_tried_again() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&gateway.as_messaging_service()).await;
    let customer = hub.portal_user(1).await;
    asks(&mut gateway, &customer, NUMBER).await;
    gateway.refuses(400, 21614);
    let job = scheduled(&hub).await;
    gateway.gets().await;
    let dead = until(&hub, job, "dead").await;
    assert_eq!((&dead["error"], &dead["amount"]), (&json!("Twilio 21614: Refused with 21614"), &json!(null)));
    assert_eq!(hub.announced_errors().len(), 1, "given up loudly");
    // By hand, once more.
    let path = format!("/api/alerts/{}/resend", dead["id"].as_str().unwrap());
    hub.dispatcher(1).await.tries(Method::POST, &path, None, None).await;
    let text = gateway.gets().await;
    assert_eq!(text.form["MessagingServiceSid"], "MG0123456789abcdef0123456789abcdef");
    until(&hub, job, "sent").await;
    for (status, code) in [(429, 20429), (503, 20503), (401, 20003)] {
        gateway.refuses(status, code);
        let job = scheduled(&hub).await;
        gateway.gets().await;
        let refused = |alert: &Value| alert["state"] == "waiting" && !alert["error"].is_null();
        hub.dispatcher(1).await.finds(&format!("/api/alerts?job={job}"), refused).await;
        hub.tamper(HURRY).await;
        gateway.gets().await;
        until(&hub, job, "sent").await;
    }
}

#[tokio::test]
async fn stop_is_honoured_by_whichever_way_it_comes() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&gateway.as_twilio()).await;
    let customer = hub.portal_user(1).await;
    let point = asks(&mut gateway, &customer, NUMBER).await;
    let path = "/api/sms/twilio/incoming";
    let texts = async |text: &str, token: &str| gateway.calls(&hub, path, &[("From", NUMBER), ("Body", text)], token).await;
    assert_eq!(texts("STOP", "another token").await, 403);
    assert_eq!(texts("Please do not stop", Gateway::token()).await, 200);
    assert_eq!(texts("stop", Gateway::token()).await, 200);
    scheduled(&hub).await;
    assert_eq!(customer.reads("/api/contact-points").await["items"][0]["stopped"], true);
    let resume = format!("/api/contact-points/{}", point["id"].as_str().unwrap());
    let refused = problem(&customer.tries(Method::PATCH, &resume, Some(&json!({ "stopped": false })), None).await);
    assert_eq!(refused.errors[0].pointer, "/stopped", "the phone says it, not the page");
    assert_eq!(texts("START", Gateway::token()).await, 200);
    // Twilio knew of a STOP that the hub never heard of.
    gateway.refuses(400, 21610);
    let job = scheduled(&hub).await;
    gateway.gets().await;
    until(&hub, job, "unsent").await;
    assert_eq!(customer.reads("/api/contact-points").await["items"][0]["stopped"], true);
    gateway.got_nothing();
}

#[tokio::test]
async fn any_gateway_gets_what_its_template_says() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&gateway.as_any(r#"{"phoneNumbers": ["{to}"], "textMessage": {"text": "{text}"}, "id": "{id}", "other": {}}"#)).await;
    let customer = hub.portal_user(1).await;
    customer.client.post("/api/contact-points", &json!({ "kind": "sms", "address": NUMBER })).await.unwrap();
    let sent = gateway.gets().await;
    let body: Value = serde_json::from_str(&sent.heard.text()).unwrap();
    assert_eq!(body["phoneNumbers"], json!([NUMBER]));
    let text = body["textMessage"]["text"].as_str().unwrap();
    assert!(text.contains("is your code for alerts from Company of the north"), "{text}");
    assert_eq!((sent.heard.header("authorization"), sent.heard.header("x-tag")), ("Basic YTpi", "a, b"));
    assert_eq!(json!(sent.heard.header("idempotency-key")), body["id"], "who can tell sees it once");
    let incoming = |secret: &str| (format!("/api/sms/incoming/{secret}"), json!({ "from": NUMBER, "text": "STOP" }));
    for (secret, status) in [("guessed", 404), ("0123456789abcdef", 204)] {
        let (path, body) = incoming(secret);
        assert_eq!(hub.asks(Method::POST, &path).json(&body).send().await.unwrap().status(), status);
    }
    assert_eq!(customer.reads("/api/contact-points").await["items"][0]["stopped"], true);
}

#[tokio::test]
async fn the_account_is_exact_warns_once_and_ends_at_its_cap() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&format!("{}price = \"0.0333\"\n", gateway.as_twilio())).await;
    let (admin, customer) = (hub.admin().await, hub.portal_user(1).await);
    asks(&mut gateway, &customer, NUMBER).await;
    let long = json!({ "subject": "S", "text": "T", "sms": "{job} ".to_owned() + &"ж".repeat(100) });
    // Two segments of an alphabet that takes more room: 0.0666 each, after 0.0333 for the code.
    put(&admin, "/api/settings/alerts", &json!({ "texts": { "scheduled": long }, "sms_cap": "0.20" })).await;
    for _ in 0..2 {
        let job = scheduled(&hub).await;
        gateway.gets().await;
        assert_eq!(until(&hub, job, "sent").await["amount"], "0.0666");
    }
    let over = scheduled(&hub).await;
    assert_eq!(until(&hub, over, "unsent").await["error"], "the company's limit for text messages is reached");
    gateway.got_nothing();
    let account = admin.reads("/api/sms-account").await;
    assert_eq!(
        (&account["months"][0]["segments"], &account["months"][0]["amount"], &account["price"]),
        (&json!(5), &json!("0.1665"), &json!("0.0333"))
    );
    let month = account["months"][0]["month"].as_str().unwrap();
    let statement = admin.reads(&format!("/api/sms-account/{month}")).await;
    let amounts: Vec<Decimal> = statement["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((amounts.len(), amounts.iter().sum::<Decimal>().to_string().as_str(), &statement["total"]), (3, "0.1665", &json!("0.1665")));
    assert_eq!(statement["lines"][1]["customer"], format!("The bakery {}", hub.company().bakery.marker));
    let warnings = hub.table("select address, letter from message where letter ->> 'about' = 'sms_cap'").await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0]["letter"]["spent"], "0.17 USD");
    // Whoever waits for a code is told why it does not come.
    put(&admin, "/api/settings/alerts", &json!({ "sms_cap": "0.17" })).await;
    let another = json!({ "kind": "sms", "address": "+358401234599" });
    customer.client.post("/api/contact-points", &another).await.unwrap();
    let waiting = customer.finds("/api/contact-points", |point| !point["code_failure"].is_null()).await;
    assert_eq!((&waiting["address"], &waiting["code_failure"]), (&another["address"], &json!("the company's limit for text messages is reached")));
    // A customer's own budget, in a company that has no cap.
    put(&admin, "/api/settings/alerts", &json!({ "sms_cap": null, "sms_customer_cap": "0.14" })).await;
    let over = scheduled(&hub).await;
    assert_eq!(until(&hub, over, "unsent").await["error"], "the customer's budget for text messages is used up");
    put(&admin, "/api/settings/alerts", &json!({ "sms": false })).await;
    let off = scheduled(&hub).await;
    assert_eq!(until(&hub, off, "unsent").await["error"], "the company has switched text messages off");
    assert_eq!(admin.reads(&format!("/api/sms-account/{month}")).await["total"], "0.1665", "what was not sent costs nothing");
}

#[tokio::test]
async fn wrong_numbers_are_named_and_codes_cost_only_so_much() {
    let mut gateway = Gateway::open().await;
    let hub = hub_with(&gateway.as_twilio()).await;
    let customer = hub.portal_user(1).await;
    for number in ["", "12", "0401234567", "+358401234567;drop", "call me", "+0000000000"] {
        let refused = problem(&customer.tries(Method::POST, "/api/contact-points", Some(&json!({ "kind": "sms", "address": number })), None).await);
        assert_eq!(refused.errors[0].pointer, "/address", "{number}");
    }
    let point = customer.client.post("/api/contact-points", &json!({ "kind": "sms", "address": NUMBER })).await.unwrap();
    gateway.gets().await;
    let again = format!("/api/contact-points/{}/code", point["id"].as_str().unwrap());
    for _ in 0..4 {
        customer.client.post(&again, &json!({})).await.unwrap();
        gateway.gets().await;
    }
    assert_eq!(customer.tries(Method::POST, &again, None, None).await.status, 429);
    gateway.got_nothing();
}
