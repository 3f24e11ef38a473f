//! E-mails to a real mail server: delivered, refused, put off, and never lost when either side dies.

use crate::harness::{Mailbox, PATIENCE, Program, TestHub, company, rfc3339};
use dispatch_hub::client::Client;
use dispatch_hub::store::scratch;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

/// The hub's list, once it says so.
async fn until(hub: &TestHub, state: &str, to: &str) -> Value {
    hub.admin().await.finds(&format!("/api/mail?state={state}&q={to}"), |_| true).await
}

/// The waiting ones are due now, and the courier hears of it.
const HURRY: &str = "update message set due_at = now() where due_at is not null; select pg_notify('message', '')";

fn invitee(hub: &TestHub, email: &str) -> Value {
    json!({ "name": "Elsa Mäki", "email": email, "customers": [hub.company().bakery.id] })
}

#[tokio::test]
async fn an_invitation_is_delivered_once_as_text_and_html_in_the_companys_name() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let admin = hub.admin().await;
    admin.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
    let mail = mailbox.gets().await;
    assert_eq!(mail.to, "elsa@example.com");
    assert!(mail.link().starts_with("/i/"), "{}", mail.text);
    for part in
        ["From: \"Company of the north\" <hub@hub.example.com>", "multipart/alternative", "text/plain", "text/html", "Auto-Submitted: auto-generated"]
    {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    let listed = until(&hub, "sent", "elsa@example.com").await;
    assert_eq!(mail.message_id, format!("<{}@hub.example.com>", listed["id"].as_str().unwrap()));
    assert_eq!((&listed["tries"], &listed["subject"]), (&json!(1), &json!("Company of the north invites you")));
    // Once it is out, nobody can read its link out of the tables.
    assert_eq!(hub.table("select secret from message where sent_at is not null").await, [json!({ "secret": null })]);
    let again = admin.tries(Method::POST, &format!("/api/mail/{}/resend", listed["id"].as_str().unwrap()), None, None).await;
    assert_eq!(again.status, 409);
}

#[tokio::test]
async fn a_lasting_refusal_is_a_dead_letter_that_can_be_sent_again() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    mailbox.is(json!({ "refuse": { "gone@example.com": 550 } })).await;
    let admin = hub.admin().await;
    admin.client.post("/api/portal-users", &invitee(&hub, "gone@example.com")).await.unwrap();
    let dead = until(&hub, "dead", "gone@example.com").await;
    assert_eq!(dead["tries"], 1);
    assert!(dead["error"].as_str().unwrap().contains("550"), "{dead}");
    assert_eq!(hub.announced_errors().len(), 1, "given up loudly");
    mailbox.is_well().await;
    let resend = format!("/api/mail/{}/resend", dead["id"].as_str().unwrap());
    assert_eq!(admin.tries(Method::POST, &resend, None, None).await.status, 202);
    assert_eq!(mailbox.gets().await.to, "gone@example.com");
    until(&hub, "sent", "gone@example.com").await;
}

#[tokio::test]
async fn who_greylists_gets_it_later() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    mailbox.is(json!({ "refuse": { "grey@example.com": 451 } })).await;
    hub.admin().await.client.post("/api/portal-users", &invitee(&hub, "grey@example.com")).await.unwrap();
    mailbox.refuses().await;
    let began = Instant::now();
    let waiting = loop {
        let waiting = until(&hub, "waiting", "grey@example.com").await;
        if !waiting["error"].is_null() {
            break waiting;
        }
        assert!(began.elapsed() < PATIENCE);
    };
    assert!(waiting["due_at"].as_str().unwrap() > rfc3339(crate::harness::in_ms(5_000)).as_str(), "{waiting}");
    mailbox.is_well().await;
    hub.tamper(HURRY).await;
    let mail = mailbox.gets().await;
    assert_eq!(mail.to, "grey@example.com");
    assert_eq!(until(&hub, "sent", "grey@example.com").await["tries"], 2);
}

#[tokio::test]
async fn a_slow_and_a_dying_server_lose_nothing() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let admin = hub.admin().await;
    for (mood, email) in [(json!({ "hold": true }), "slow@example.com"), (json!({ "drop": true }), "dying@example.com")] {
        mailbox.is(mood).await;
        admin.client.post("/api/portal-users", &invitee(&hub, email)).await.unwrap();
        let first = mailbox.gets().await;
        let began = Instant::now();
        while until(&hub, "waiting", email).await["error"].is_null() {
            assert!(began.elapsed() < PATIENCE, "{email}");
        }
        mailbox.is_well().await;
        hub.tamper(HURRY).await;
        let second = mailbox.gets().await;
        assert_eq!((second.to.as_str(), &second.message_id), (email, &first.message_id), "the same mail, known by its id");
        until(&hub, "sent", email).await;
    }
}

#[tokio::test]
async fn the_way_to_the_mail_server_is_encrypted_as_it_was_set() {
    for security in ["tls", "starttls"] {
        let mut mailbox = Mailbox::open_with(security).await;
        let hub = TestHub::start_with(&mailbox.settings()).await;
        hub.admin().await.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
        let mail = mailbox.gets().await;
        assert!(mail.is_secure, "{security}");
        until(&hub, "sent", "elsa@example.com").await;
    }
}

#[tokio::test]
async fn nothing_is_told_to_a_mail_server_that_is_another_or_does_not_encrypt() {
    let (strict, open, elsewhere) = (Mailbox::open_with("tls").await, Mailbox::open().await, Mailbox::open_with("tls").await);
    for (mut mailbox, settings) in [
        // Its certificate is not the one that is believed in.
        {
            let settings = strict.settings_with("tls", &elsewhere.certificate());
            (strict, settings)
        },
        // It offers no encryption: somebody in between may have taken the offer away.
        {
            let settings = open.settings_with("starttls", "");
            (open, settings)
        },
    ] {
        let hub = TestHub::start_with(&settings).await;
        hub.admin().await.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
        let began = Instant::now();
        let waiting = loop {
            let waiting = until(&hub, "waiting", "elsa@example.com").await;
            if !waiting["error"].is_null() {
                break waiting;
            }
            assert!(began.elapsed() < PATIENCE);
        };
        let error = waiting["error"].as_str().unwrap().to_lowercase();
        assert!(error.contains("certificate") || error.contains("starttls"), "the reason can be understood: {error}");
        mailbox.got_nothing().await;
    }
}

#[tokio::test]
async fn of_two_couriers_one_has_each_mail() {
    let mut mailbox = Mailbox::open().await;
    // Patient: what times out on a busy machine is rightly sent again, and this is about something else.
    let mut hub = TestHub::start_with(&mailbox.settings().replace("timeout_s = 2", "timeout_s = 60")).await;
    hub.second_node().await;
    hub.admin().await.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
    mailbox.gets().await;
    hub.tamper(
        "insert into message (tenant, id, address, name, letter, secret, expires_at)
           select tenant, gen_random_uuid(), 'many' || n || '@example.com', name, letter, 'x', expires_at
             from message, generate_series(1, 100) n where address = 'elsa@example.com';
         select pg_notify('message', '')",
    )
    .await;
    let mut got = std::collections::HashSet::new();
    while got.len() < 100 {
        let mail = mailbox.gets().await;
        assert!(got.insert(mail.to.clone()), "{} came twice", mail.to);
    }
    let began = Instant::now();
    while !hub.table("select 1 from message where sent_at is null").await.is_empty() {
        assert!(began.elapsed() < PATIENCE);
    }
    // A try that did not get through may be followed by another one; none that did.
    mailbox.got_nothing().await;
}

#[tokio::test]
async fn the_companys_logo_travels_with_its_mails() {
    let mut mailbox = Mailbox::open().await;
    let hub = TestHub::start_with(&mailbox.settings()).await;
    let admin = hub.admin().await;
    let logo = crate::files::upload(&hub, &admin.session, &crate::files::picture(64, 32)).await;
    crate::settings::put(&admin, "/api/settings/branding", &json!({ "logo": logo })).await;
    admin.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
    let mail = mailbox.gets().await;
    for part in ["multipart/related", "cid:logo@dispatch-hub", "Content-ID: <logo@dispatch-hub>", "Content-Type: image/jpeg"] {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
}

#[tokio::test]
async fn what_is_withdrawn_is_not_sent_and_without_a_mail_server_mails_wait() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let made = admin.client.post("/api/portal-users", &invitee(&hub, "elsa@example.com")).await.unwrap();
    assert_eq!(until(&hub, "waiting", "elsa@example.com").await["tries"], 0);
    assert_eq!(hub.stranger().get("/readyz").await.unwrap()["mail"], "waiting");
    admin.client.delete(&format!("/api/portal-users/{}/invitation", made["id"].as_str().unwrap())).await.unwrap();
    until(&hub, "withdrawn", "elsa@example.com").await;
    let others = hub.log_in("dispatcher1@south.example").await;
    assert_eq!(others.tries(Method::GET, "/api/mail", None, None).await.status, 403, "only admins");
}

#[tokio::test]
async fn a_kill_between_sending_and_settling_repeats_with_the_same_id_and_loses_nothing() {
    let mut mailbox = Mailbox::open().await;
    let (database, store) = scratch::store().await.unwrap();
    let company = company::found(&store, "north").await;
    let mut program = Program::start_with(
        &database,
        &[
            ("HUB_PUBLIC_URL", "http://hub.example.com".into()),
            ("HUB_SMTP_HOST", "127.0.0.1".into()),
            ("HUB_SMTP_PORT", mailbox.port.to_string()),
            ("HUB_SMTP_SECURITY", "plain".into()),
            ("HUB_SMTP_FROM", "hub@hub.example.com".into()),
            ("HUB_SMTP_TIMEOUT_S", "2".into()),
        ],
    )
    .await;
    let admin = Client::login(program.url(), "admin@north.example", company::PASSWORD, None).await.unwrap();
    // It takes the mail and says nothing: the hub is killed in between.
    mailbox.is(json!({ "hold": true })).await;
    for number in 0..5 {
        let body = json!({ "name": "Elsa", "email": format!("elsa{number}@example.com"), "customers": [company.bakery.id] });
        admin.post("/api/portal-users", &body).await.unwrap();
    }
    let first = mailbox.gets().await;
    program.kill_and_restart().await;
    mailbox.is_well().await;
    let mut got = std::collections::HashMap::from([(first.to.clone(), first.message_id.clone())]);
    let mut again = false;
    while got.len() < 5 || !again {
        let mail = mailbox.gets().await;
        again |= mail.to == first.to;
        let known = got.entry(mail.to.clone()).or_insert_with(|| mail.message_id.clone());
        assert_eq!(*known, mail.message_id, "a repeated mail has the same id");
    }
}
