//! Quick alerts from the event to the mailbox: who is told what, when it is better left unsaid, and what survives a crash.

use crate::harness::{HIDDEN, Job, Mailbox, Person, Program, Received, TestHub, company, in_ms, problem, rfc3339};
use crate::settings::put;
use dispatch_hub::client::Client;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::store::scratch;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// What waits for an undo waits no longer.
const HURRY: &str = "update message set due_at = now() where due_at is not null; select pg_notify('message', '')";

const EVERYTHING: [&str; 7] = ["scheduled", "changed", "en_route", "nearby", "started", "completed", "cancelled"];

/// The log's alert of this job that tells the event, once it is in this state.
async fn until(hub: &TestHub, job: Job, event: &str, state: &str) -> Value {
    let tells = |alert: &Value| alert["events"].as_array().unwrap().contains(&json!(event)) && alert["state"] == state;
    hub.dispatcher(1).await.finds(&format!("/api/alerts?job={job}"), tells).await
}

/// Asks for alerts at the address of the log-in, which needs no code.
pub(crate) async fn asks(person: &Person, events: &[&str], more: Value) -> Value {
    let own = person.reads("/api/alert-options").await["own_email"].clone();
    let point = person.client.post("/api/contact-points", &json!({ "kind": "email", "address": own })).await.unwrap();
    assert_eq!(point["verified"], true);
    let mut wish = more;
    wish["contact_point"] = point["id"].clone();
    wish["events"] = json!(events);
    person.client.post("/api/alert-subscriptions", &wish).await.unwrap();
    point
}

fn order(hub: &TestHub) -> Value {
    json!({ "customer": hub.company().bakery.id, "steps": [{ "index": 0, "address": { "text": "Street mk-north-bakery", "latitude": 60.17, "longitude": 24.94 } }] })
}

/// A job of the bakery that worker 1 will do at eight tomorrow.
async fn promised(hub: &TestHub) -> Job {
    let (dispatcher, worker) = (hub.dispatcher(1).await, hub.worker(1).await);
    let job = dispatcher.orders(hub.company().repair, order(hub)).await;
    let allocate = json!({ "do": "allocate", "worker": hub.company().worker(1), "start": rfc3339(in_ms(20 * 3_600_000)) });
    dispatcher.does(job, allocate).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    worker.does(job, json!({ "do": "accept" })).await;
    job
}

#[tokio::test]
async fn a_customer_who_asks_is_told_each_thing_once_in_the_companys_name() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (customer, other, worker) = (hub.portal_user(1).await, hub.portal_user(2).await, hub.worker(1).await);
    asks(&customer, &EVERYTHING, json!({})).await;
    asks(&other, &EVERYTHING, json!({})).await;
    let job = promised(&hub).await;
    let mail = mailbox.gets().await;
    let text = mail.plain();
    assert_eq!(mail.to, "customer1@north.example");
    assert_eq!(mail.link(), format!("/p/north/jobs/{job}"));
    for part in [
        "From: \"Company of the north\" <hub@hub.example.com>",
        "List-Unsubscribe: <http://hub.example.com/u/",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Street mk-north-bakery",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains(HIDDEN) && !text.contains("mk-south"), "{text}");
    let sent = until(&hub, job, "scheduled", "sent").await;
    assert_eq!((&sent["to"], &sent["kind"], &sent["amount"]), (&json!("customer1@north.example"), &json!("email"), &json!(null)));
    assert_eq!(mail.message_id, format!("<{}@hub.example.com>", sent["id"].as_str().unwrap()));
    for (command, event) in [
        (json!({ "do": "en_route" }), "en_route"),
        (json!({ "do": "complete_step", "step": 0 }), "started"),
        (json!({ "do": "complete_step", "step": 1 }), "nothing"),
        (json!({ "do": "complete_step", "step": 2, "fields": { "result": "Fine" } }), "completed"),
    ] {
        worker.does(job, command).await;
        if event != "nothing" {
            until(&hub, job, event, "waiting").await;
            hub.tamper(HURRY).await;
            let mail = mailbox.gets().await;
            assert_eq!(mail.to, "customer1@north.example");
            until(&hub, job, event, "sent").await;
        }
    }
    mailbox.got_nothing().await;
}

#[tokio::test]
async fn an_address_is_told_nothing_until_its_code_was_typed() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let customer = hub.portal_user(1).await;
    let body = json!({ "kind": "email", "address": " Elsa@Example.com " });
    let point = customer.client.post("/api/contact-points", &body).await.unwrap();
    assert_eq!((&point["address"], &point["verified"]), (&json!("elsa@example.com"), &json!(false)));
    let mail = mailbox.gets().await;
    let code: String = mail.plain().lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
    let (id, wish) = (point["id"].as_str().unwrap(), json!({ "contact_point": point["id"], "events": ["started"] }));
    assert_eq!(customer.tries(Method::POST, "/api/alert-subscriptions", Some(&wish), None).await.status, 422);
    let verify = format!("/api/contact-points/{id}/verify");
    let wrong = json!({ "code": if code == "000000" { "000001" } else { "000000" } });
    for _ in 0..5 {
        assert_eq!(customer.tries(Method::POST, &verify, Some(&wrong), None).await.status, 422);
    }
    // Guessed at too often: also the right one does not count any more.
    assert_eq!(customer.tries(Method::POST, &verify, Some(&json!({ "code": code })), None).await.status, 422);
    customer.client.post(&format!("/api/contact-points/{id}/code"), &json!({})).await.unwrap();
    let again: String =
        mailbox.gets().await.plain().lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
    let verified = customer.client.post(&verify, &json!({ "code": again })).await.unwrap();
    assert_eq!(verified["verified"], true);
    customer.client.post("/api/alert-subscriptions", &wish).await.unwrap();
    // The same address twice, and the same wish twice, is said and not done.
    assert_eq!(customer.tries(Method::POST, "/api/contact-points", Some(&body), None).await.status, 422);
    assert_eq!(customer.tries(Method::POST, "/api/alert-subscriptions", Some(&wish), None).await.status, 422);
    assert_eq!(hub.table("select secret from message where secret is not null").await, [] as [Value; 0], "codes that are out or over are gone");
}

#[tokio::test]
async fn what_is_undone_is_not_told() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (customer, worker) = (hub.portal_user(1).await, hub.worker(1).await);
    asks(&customer, &["started"], json!({})).await;
    let job = promised(&hub).await;
    worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    worker.does(job, json!({ "do": "undo_step" })).await;
    hub.tamper(HURRY).await;
    assert_eq!(until(&hub, job, "started", "unsent").await["error"], "it is not so any more");
    mailbox.got_nothing().await;
}

#[tokio::test]
async fn rights_count_when_it_is_sent() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (admin, worker) = (hub.admin().await, hub.worker(1).await);
    let customer = hub.portal_user_with(hub.company().bakery.id, &Overrides::default()).await;
    asks(&customer, &["en_route", "started"], json!({})).await;
    let job = promised(&hub).await;
    worker.does(job, json!({ "do": "en_route" })).await;
    let permissions = format!("/api/portal-users/{}/customers/{}/permissions", customer.caller.id, hub.company().bakery.id);
    put(&admin, &permissions, &json!({ "own": { "live_status": "deny" } })).await;
    hub.tamper(HURRY).await;
    assert_eq!(until(&hub, job, "en_route", "unsent").await["error"], "the recipient may not see it");
    put(&admin, &permissions, &json!({ "own": { "live_status": "inherit", "alerts_email": "deny" } })).await;
    worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    hub.tamper(HURRY).await;
    assert_eq!(until(&hub, job, "started", "unsent").await["error"], "the recipient has no permission for alerts");
    // Nor can they ask for more.
    assert_eq!(customer.reads("/api/alert-options").await["email"], false);
    let body = json!({ "kind": "email", "address": "more@example.com" });
    assert_eq!(customer.tries(Method::POST, "/api/contact-points", Some(&body), None).await.status, 422);
    mailbox.got_nothing().await;
}

#[tokio::test]
async fn one_click_stops_and_can_be_taken_back() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let customer = hub.portal_user(1).await;
    let point = asks(&customer, &EVERYTHING, json!({})).await;
    promised(&hub).await;
    let text = mailbox.gets().await.plain();
    let token: String = text[text.find("/u/").unwrap() + 3..].chars().take(36).collect();
    // As a mail program does it: no log-in, a form.
    let click = hub.asks(Method::POST, &format!("/u/{token}")).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(click.body("List-Unsubscribe=One-Click").send().await.unwrap().status(), 200);
    let shown = hub.stranger().get(&format!("/api/unsubscribe/{token}")).await.unwrap();
    assert_eq!(shown, json!({ "company": "Company of the north", "address": "cu…@north.example", "stopped": true }));
    assert_eq!(customer.reads("/api/contact-points").await["items"][0]["stopped"], true);
    promised(&hub).await;
    mailbox.got_nothing().await;
    hub.stranger().delete(&format!("/api/unsubscribe/{token}")).await.unwrap();
    promised(&hub).await;
    mailbox.gets().await;
    let path = format!("/api/contact-points/{}", point["id"].as_str().unwrap());
    customer.client.delete(&path).await.unwrap();
    assert_eq!(customer.reads("/api/alert-subscriptions").await["items"], json!([]), "wishes go with their address");
    assert!(hub.stranger().get(&format!("/api/unsubscribe/{token}")).await.unwrap_err().to_string().contains("404"));
}

#[tokio::test]
async fn nothing_rings_at_night() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (customer, worker) = (hub.portal_user(1).await, hub.worker(1).await);
    let point = asks(&customer, &EVERYTHING, json!({})).await;
    let path = format!("/api/contact-points/{}", point["id"].as_str().unwrap());
    let quiet = |from: &str, to: &str| json!({ "quiet": { "from": from, "to": to }, "time_zone": "UTC" });
    for (wrong, pointer) in [(quiet("9:00", "10:00"), "/quiet/from"), (quiet("09:00", "24:00"), "/quiet/to"), (quiet("09:00", "09:00"), "/quiet/to")]
    {
        let refused = problem(&customer.tries(Method::PATCH, &path, Some(&wrong), None).await);
        assert_eq!(refused.errors[0].pointer, pointer);
    }
    // An hour before and after now are quiet, whatever the hour.
    let now = jiff::Timestamp::now();
    let at = |hours: i64| (now + jiff::Span::new().hours(hours)).strftime("%H:00").to_string();
    customer.client.request(Method::PATCH, &path, Some(&quiet(&at(-1), &at(2))), None).await.unwrap();
    let job = promised(&hub).await;
    worker.does(job, json!({ "do": "en_route" })).await;
    hub.tamper(HURRY).await;
    assert_eq!(until(&hub, job, "en_route", "unsent").await["error"], "it came in the recipient's quiet hours");
    let held = until(&hub, job, "scheduled", "waiting").await;
    assert_eq!((&held["tries"], &held["error"]), (&json!(0), &json!(null)), "waiting is no failure");
    mailbox.got_nothing().await;
    customer.client.request(Method::PATCH, &path, Some(&json!({ "quiet": null })), None).await.unwrap();
    hub.tamper(HURRY).await;
    mailbox.gets().await;
    until(&hub, job, "scheduled", "sent").await;
}

#[tokio::test]
async fn what_comes_hours_later_is_not_told_as_if_it_were_happening() {
    let mut mailbox = Mailbox::open().await;
    let mut hub = TestHub::start_with(&mailbox.settings()).await;
    let (customer, worker) = (hub.portal_user(1).await, hub.worker(1).await);
    let job = promised(&hub).await;
    // Promised long ago: a phone's own times begin where the job's last event ended.
    hub.tamper("update job set doc = jsonb_set(doc, '{job,last_at}', '0')").await;
    hub.restart().await;
    asks(&customer, &EVERYTHING, json!({})).await;
    let ago = |minutes: i64| rfc3339(in_ms(-minutes * 60_000));
    worker.does(job, json!({ "do": "complete_step", "step": 0, "at": ago(50) })).await;
    worker.does(job, json!({ "do": "complete_step", "step": 1, "at": ago(45) })).await;
    worker.does(job, json!({ "do": "complete_step", "step": 2, "fields": { "result": "Fine" }, "at": ago(40) })).await;
    hub.tamper(HURRY).await;
    let dispatcher = hub.dispatcher(1).await;
    let at = dispatcher.sees(job).await["actual_end"].as_str().unwrap().to_owned();
    assert!(at < rfc3339(in_ms(-35 * 60_000)), "{at}");
    assert_eq!(until(&hub, job, "started", "unsent").await["error"], "it came too late to be told");
    until(&hub, job, "completed", "sent").await;
    assert!(mailbox.gets().await.plain().contains("is done"));
    mailbox.got_nothing().await;
}

#[tokio::test]
async fn workers_hear_of_their_jobs_and_dispatchers_of_refusals() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (dispatcher, first, second) = (hub.dispatcher(1).await, hub.worker(1).await, hub.worker(2).await);
    for worker in [&first, &second] {
        asks(worker, &["published", "moved", "withdrawn"], json!({})).await;
    }
    asks(&dispatcher, &["declined"], json!({})).await;
    for (person, event) in [(&first, "started"), (&dispatcher, "published"), (&hub.portal_user(1).await, "declined")] {
        let wish = json!({ "contact_point": Uuid::now_v7(), "events": [event] });
        let refused = problem(&person.tries(Method::POST, "/api/alert-subscriptions", Some(&wish), None).await);
        assert_eq!(refused.errors[0].pointer, "/events/0", "{event}");
    }
    let job = dispatcher.orders(hub.company().repair, order(&hub)).await;
    let at = |hours: i64| rfc3339(in_ms(hours * 3_600_000));
    dispatcher.does(job, json!({ "do": "allocate", "worker": hub.company().worker(1), "start": at(20) })).await;
    let mut told = async |expected: &[(&str, &str)]| {
        let mut mails: Vec<Received> = Vec::new();
        for _ in expected {
            mails.push(mailbox.gets().await);
        }
        mails.sort_by(|a, b| a.to.cmp(&b.to));
        for (mail, (to, said)) in mails.iter().zip(expected) {
            assert_eq!(mail.to, format!("{to}@north.example"));
            assert!(mail.plain().contains(said), "{said} in {}", mail.plain());
        }
        mailbox.got_nothing().await;
    };
    dispatcher.does(job, json!({ "do": "publish" })).await;
    told(&[("worker1", "New job")]).await;
    dispatcher.does(job, json!({ "do": "reschedule", "start": at(22), "worker": hub.company().worker(2) })).await;
    told(&[("worker1", "no longer on your phone")]).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    told(&[("worker2", "New job")]).await;
    dispatcher.does(job, json!({ "do": "reschedule", "start": at(23) })).await;
    told(&[("worker2", "has changed")]).await;
    second.does(job, json!({ "do": "decline", "reason": "No time" })).await;
    told(&[("dispatcher1", "No time")]).await;
}

#[tokio::test]
async fn a_company_says_it_in_its_own_words_and_shows_one_job_without_a_log_in() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let (admin, customer) = (hub.admin().await, hub.portal_user(1).await);
    asks(&customer, &["scheduled"], json!({ "customer": hub.company().bakery.id })).await;
    let text = |subject: &str, text: &str| json!({ "subject": subject, "text": text, "sms": "{job}" });
    let wrong = json!({ "texts": { "scheduled": text("A {subject}", "x") } });
    let refused = problem(&admin.tries(Method::PUT, "/api/settings/alerts", Some(&wrong), None).await);
    assert_eq!(refused.errors[0].pointer, "/texts/scheduled/subject");
    let own = text("Moi! {type}\u{1f600}", "Tulemme {date}.\n\nTyöntekijä: {worker}\nSyy: {reason}\n\n<b>Terveisin</b> {company}");
    let shown = admin.client.post("/api/settings/alerts/preview", &json!({ "event": "scheduled", "text": own })).await.unwrap();
    assert!(shown["html"].as_str().unwrap().contains("&lt;b&gt;Terveisin"), "{shown:#}");
    assert_eq!((&shown["sms"], &shown["segments"]), (&json!("J-1042"), &json!(1)));
    let set = put(&admin, "/api/settings/alerts", &json!({ "texts": { "scheduled": own }, "one_job_links": true })).await;
    assert_eq!(set["own"], json!(["scheduled"]));
    let job = promised(&hub).await;
    let mail = mailbox.gets().await;
    let plain = mail.plain();
    assert!(!plain.contains("Syy:") && plain.contains("<b>Terveisin</b> Company of the north"), "{plain}");
    let (place, token) = mail.link().strip_prefix('/').and_then(|link| link.split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned()))).unwrap();
    assert_eq!(place, "t");
    let visitor = Person::with_link(&hub.stranger(), &token).await;
    assert_eq!(visitor.sees(job).await["id"], json!(job.0));
    assert_eq!(hub.table("select secret from message where secret is not null").await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_a_header_or_a_huge_text_tries_is_refused_by_name() {
    let hub = TestHub::start().await;
    let (customer, admin) = (hub.portal_user(1).await, hub.admin().await);
    for address in ["a@x.example\r\nBcc: b@x.example", "a@x.example,b@x.example", "Elsa <a@x.example>", "", "a"] {
        let refused =
            problem(&customer.tries(Method::POST, "/api/contact-points", Some(&json!({ "kind": "email", "address": address })), None).await);
        assert_eq!(refused.errors[0].pointer, "/address", "{address:?}");
    }
    for text in [json!({ "subject": "a\r\nBcc: x", "text": "t", "sms": "s" }), json!({ "subject": "s", "text": "x".repeat(50_000), "sms": "s" })] {
        let body = json!({ "texts": { "started": text } });
        assert_eq!(admin.tries(Method::PUT, "/api/settings/alerts", Some(&body), None).await.status, 422);
    }
    // Without a mail server they wait, and nothing is lost.
    asks(&customer, &["scheduled"], json!({})).await;
    let job = promised(&hub).await;
    assert_eq!(until(&hub, job, "scheduled", "waiting").await["tries"], 0);
    // Of one job only: another one's changes are not told.
    let wish = json!({ "contact_point": customer.reads("/api/contact-points").await["items"][0]["id"], "events": ["started"], "job": job.0 });
    customer.client.post("/api/alert-subscriptions", &wish).await.unwrap();
    let foreign = json!({ "contact_point": wish["contact_point"], "events": ["started"], "job": Uuid::now_v7() });
    let refused = problem(&customer.tries(Method::POST, "/api/alert-subscriptions", Some(&foreign), None).await);
    assert_eq!(refused.errors[0].pointer, "/job");
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_thousand_alerts_loses_none() {
    const MANY: usize = 1_000;
    /// As many may be in hand when it is killed.
    const IN_HAND: usize = 8;
    let mut mailbox = Mailbox::open().await;
    let (database, store) = scratch::store().await.unwrap();
    let company = company::found(&store, "north").await;
    let variables = [
        ("HUB_PUBLIC_URL", "http://hub.example.com".into()),
        ("HUB_SMTP_HOST", "127.0.0.1".into()),
        ("HUB_SMTP_PORT", mailbox.port.to_string()),
        ("HUB_SMTP_SECURITY", "plain".into()),
        ("HUB_SMTP_FROM", "hub@hub.example.com".into()),
        ("HUB_SMTP_TIMEOUT_S", "1".into()),
        ("HUB_COURIER_PER_MINUTE", "60000".into()),
    ];
    let mut program = Program::start_with(&database, &variables).await;
    crate::harness::tables::change(
        &database,
        &format!(
            "insert into contact_point (tenant, id, portal_user, kind, address, verified_at)
               select '{tenant}', gen_random_uuid(), '{user}', 1, 'many' || n || '@example.com', now() from generate_series(1, {MANY}) n;
             insert into alert_subscription (tenant, id, contact_point, portal_user, kinds)
               select tenant, gen_random_uuid(), id, portal_user, 1 from contact_point",
            tenant = company.tenant,
            user = company.portal_users[0],
        ),
    )
    .await;
    let client = async |email: &str, url: &str| Client::login(url, email, company::PASSWORD, None).await.unwrap();
    let dispatcher = client("dispatcher1@north.example", program.url()).await;
    let order = json!({
        "template": company.errand, "customer": company.bakery.id, "worker": company.worker(1),
        "scheduled_start": rfc3339(in_ms(20 * 3_600_000)), "publish": true,
    });
    let made = dispatcher.post("/api/jobs", &order).await.unwrap();
    let worker = client("worker1@north.example", program.url()).await;
    let path = format!("/api/jobs/{}/commands", made["jobs"][0]["id"].as_str().unwrap());
    worker.post(&path, &json!({ "do": "accept" })).await.unwrap();
    let mut got: HashMap<String, Vec<String>> = HashMap::new();
    let mut count = 0;
    for kills_at in [100, 300, 600] {
        while count < kills_at {
            let mail = mailbox.gets().await;
            got.entry(mail.to).or_default().push(mail.message_id);
            count += 1;
        }
        program.kill_and_restart().await;
    }
    while got.len() < MANY {
        let mail = mailbox.gets().await;
        got.entry(mail.to).or_default().push(mail.message_id);
    }
    let twice: Vec<&Vec<String>> = got.values().filter(|ids| ids.len() > 1).collect();
    assert!(twice.len() <= 3 * IN_HAND, "{} came twice", twice.len());
    assert!(twice.iter().all(|ids| ids.iter().all(|id| *id == ids[0])), "with another id");
    println!("{MANY} alerts, 3 kills: {} came twice", twice.len());
}
