//! Invoices: who sees their lines when, who may change them until when, and numbers without a hole.

use crate::harness::company::BILLED;

use crate::harness::{Job, Person, TestHub, in_ms, problem, rfc3339};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::Topic;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

fn line(description: &str, quantity: &str, unit_price: &str) -> Value {
    json!({ "code": "X", "description": description, "quantity": quantity, "unit_price": unit_price, "tax_rate": "25.5" })
}

/// The lines of a job's invoice, as they would be sent again.
fn lines(view: &Value) -> Vec<Value> {
    let mut lines = view["invoice"]["lines"].as_array().expect("lines").clone();
    for line in &mut lines {
        line.as_object_mut().expect("a line").remove("total");
    }
    lines
}

async fn charges(dispatcher: &Person, job: Job, lines: Vec<Value>) -> Value {
    dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "invoice_lines": lines })).await.expect("the lines stand")
}

async fn cannot_charge(person: &Person, job: Job, lines: Vec<Value>) -> Vec<String> {
    let answer = person.tries(Method::PATCH, &format!("/api/jobs/{job}"), Some(&json!({ "invoice_lines": lines })), None).await;
    problem(&answer).errors.into_iter().map(|error| error.pointer).collect()
}

/// An errand on the way to be done: one step is left.
async fn errand(hub: &TestHub, dispatcher: &Person, number: usize) -> Job {
    let company = hub.company();
    let start = rfc3339(in_ms(3_600_000));
    let order = json!({ "customer": company.bakery.id, "worker": company.worker(number), "scheduled_start": start, "publish": true });
    let job = dispatcher.orders(company.errand, order).await;
    hub.worker(number).await.does(job, json!({ "do": "accept" })).await;
    job
}

#[tokio::test]
async fn lines_come_from_the_template_or_the_dispatcher_and_are_told_live_to_who_may_see_them() {
    let hub = TestHub::start().await;
    let company = hub.company();
    let dispatcher = hub.dispatcher(1).await;
    let denied = Overrides { invoice: Some(false), ..Overrides::default() };
    let blind = hub.portal_user_with(company.bakery.id, &denied).await;
    let payer = hub.portal_user(1).await;
    let own_lines = dispatcher.orders(company.errand, json!({ "customer": company.bakery.id, "invoice_lines": [line("Own", "1", "9.99")] })).await;
    assert_eq!(dispatcher.sees(own_lines).await["invoice"]["total"], "12.54");
    let job = errand(&hub, &dispatcher, 1).await;
    let invoice = payer.sees(job).await["invoice"].clone();
    assert_eq!((&invoice["net"], &invoice["total"], &invoice["number"]), (&json!("100.00"), &json!("125.50"), &Value::Null));
    assert_eq!(invoice["taxes"], json!([{ "rate": "25.5", "net": "100.00", "amount": "25.50" }]));

    let (mut seeing, mut not_seeing, mut phone) =
        (payer.listens_to(Topic::Portal).await, blind.listens_to(Topic::Portal).await, hub.worker(1).await.listens_to(Topic::Worker).await);
    let mut more = lines(&dispatcher.sees(job).await);
    more.push(line("Filter", "3", "0.335"));
    charges(&dispatcher, job, more).await;
    let event = seeing.hears(Kind::JobInvoiceChanged, job).await;
    let told = event.job.expect("the job").invoice.clone().expect("its invoice");
    assert_eq!((told.lines.len(), told.net.as_str(), told.total.as_str()), (2, "101.01", "126.77"));
    // The next thing that the others hear is something else.
    dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "duration_min": 45 })).await.expect("edited");
    not_seeing.hears(Kind::JobEdited, job).await;
    not_seeing.never_said(&[BILLED, "\"invoice\":{", "Filter"]);
    phone
        .until("the edit", |message| {
            matches!(message, dispatch_hub::protocol::ServerMessage::Event(event) if event.kind == Kind::JobEdited).then_some(())
        })
        .await;
    phone.never_said(&[BILLED, "Filter"]);

    let seen = blind.sees(job).await;
    assert_eq!((&seen["invoice"], &seen["can"]["invoice"]), (&Value::Null, &json!(false)));
    for path in [format!("/api/jobs/{job}/invoice"), format!("/api/jobs/{job}/invoice.pdf")] {
        let answer = blind.tries(Method::GET, &path, None, None).await;
        assert_eq!((answer.status, problem(&answer).name().to_owned()), (403, "forbidden".to_owned()), "{path}");
    }
    let kinds =
        |history: &Value| history["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert!(kinds(&payer.reads(&format!("/api/jobs/{job}/events")).await).contains(&"job_invoice_changed".to_owned()));
    assert!(!kinds(&blind.reads(&format!("/api/jobs/{job}/events")).await).contains(&"job_invoice_changed".to_owned()));
    // Neither is what they see made stale by what they got no frame of.
    let version = seen["version"].as_i64().unwrap();
    charges(&dispatcher, job, vec![line("Another", "1", "1")]).await;
    blind.client.patch(&format!("/api/jobs/{job}"), &json!({ "version": version, "steps": [] })).await.expect("not stale");
    let stale = payer.tries(Method::PATCH, &format!("/api/jobs/{job}"), Some(&json!({ "version": version, "steps": [] })), None).await;
    assert_eq!(problem(&stale).name(), "conflict");
}

#[tokio::test]
async fn only_dispatchers_change_lines_and_what_is_wrong_is_said_at_the_member() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = errand(&hub, &dispatcher, 1).await;
    assert_eq!(cannot_charge(&hub.portal_user(1).await, job, vec![]).await, ["/invoice_lines"]);
    assert_eq!(cannot_charge(&hub.worker(1).await, job, vec![]).await, ["/invoice_lines"]);
    let order = json!({ "template": hub.company().errand, "customer": hub.company().bakery.id, "invoice_lines": [] });
    let answer = hub.portal_user(1).await.tries(Method::POST, "/api/jobs", Some(&order), None).await;
    assert_eq!(problem(&answer).errors[0].pointer, "/invoice_lines");
    let table = [
        (line("", "1", "1"), "/invoice_lines/0/description"),
        (line("x", "", "1"), "/invoice_lines/0/quantity"),
        (line("x", "one", "1"), "/invoice_lines/0/quantity"),
        (line("x", "1", "1e9"), "/invoice_lines/0/unit_price"),
        (json!({ "description": "x", "quantity": 1, "unit_price": "1" }), "/invoice_lines/0/quantity"),
        (json!({ "description": "x", "quantity": "1", "unit_price": 0.1 }), "/invoice_lines/0/unit_price"),
        (json!({ "description": "x", "quantity": "1", "unit_price": "1", "tax_rate": "101" }), "/invoice_lines/0/tax_rate"),
        (json!("x"), "/invoice_lines/0"),
    ];
    for (sent, pointer) in table {
        assert_eq!(cannot_charge(&dispatcher, job, vec![sent.clone()]).await, [pointer], "{sent}");
    }
    for naughty in ["<script>alert(1)</script>", "Robert'); drop table job;--", "=cmd|' /C calc'!A0", "Łukasz Öström 👍 עברית", "\u{202e}gnp.exe"]
    {
        let view = charges(&dispatcher, job, vec![line(naughty, "1", "1")]).await;
        assert_eq!(view["invoice"]["lines"][0]["description"], naughty, "byte for byte");
        let pdf = dispatcher.tries(Method::GET, &format!("/api/jobs/{job}/invoice.pdf"), None, None).await;
        assert_eq!(pdf.status, 200, "{naughty}");
    }
}

#[tokio::test]
async fn a_completed_job_has_a_number_and_a_date_and_takes_credits_only() {
    let hub = TestHub::start().await;
    let (dispatcher, worker, payer) = (hub.dispatcher(1).await, hub.worker(1).await, hub.portal_user(1).await);
    let job = errand(&hub, &dispatcher, 1).await;
    let mut live = payer.listens_to(Topic::Portal).await;
    worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    let told = live.hears(Kind::JobCompleted, job).await.job.expect("the job").invoice.clone().expect("its invoice");
    assert_eq!((told.number.as_deref(), told.date.as_ref().map(String::len)), (Some("1"), Some(10)), "the frame itself has the number");
    let done = dispatcher.sees(job).await;
    assert_eq!(done["invoice"]["number"], "1");
    let standing = lines(&done);

    let with = |more: Value| standing.iter().cloned().chain([more]).collect::<Vec<_>>();
    assert_eq!(cannot_charge(&dispatcher, job, vec![line("Cheaper", "1", "1")]).await, ["/invoice_lines/0"]);
    assert_eq!(cannot_charge(&dispatcher, job, vec![]).await, ["/invoice_lines"]);
    assert_eq!(cannot_charge(&dispatcher, job, with(line("More", "1", "5"))).await, ["/invoice_lines/1/quantity"]);
    assert_eq!(cannot_charge(&dispatcher, job, with(line("Too much", "-3", "50"))).await, ["/invoice_lines/1/quantity"]);
    let credited = charges(&dispatcher, job, with(line("Credit", "-1", "50"))).await;
    assert_eq!((&credited["invoice"]["total"], &credited["invoice"]["number"]), (&json!("62.75"), &json!("1")));
    live.hears(Kind::JobInvoiceChanged, job).await;

    // Undone, it is a draft again; the number waits, also while others are issued.
    dispatcher.does(job, json!({ "do": "undo_step" })).await;
    let draft = payer.sees(job).await["invoice"].clone();
    assert_eq!((&draft["number"], &draft["date"]), (&Value::Null, &Value::Null));
    let other = errand(&hub, &dispatcher, 2).await;
    hub.worker(2).await.does(other, json!({ "do": "complete_step", "step": 0 })).await;
    assert_eq!(dispatcher.sees(other).await["invoice"]["number"], "2");
    charges(&dispatcher, job, vec![line("All anew", "1", "10")]).await;
    dispatcher.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    assert_eq!((payer.sees(job).await["invoice"]["number"].clone(), payer.sees(job).await["invoice"]["total"].clone()), (json!("1"), json!("12.55")));

    // What was issued stays on the books when its job goes.
    dispatcher.client.delete(&format!("/api/jobs/{other}")).await.expect("deleted");
    let books = hub.table("select number, doc #>> '{invoice,lines,0,description}' as first from invoice order by number").await;
    assert_eq!(books.len(), 2);
    assert_eq!((&books[0]["first"], &books[1]["number"]), (&json!("All anew"), &json!(2)));
}

#[tokio::test]
async fn without_lines_nothing_is_issued_until_there_is_something_to_charge() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = errand(&hub, &dispatcher, 1).await;
    charges(&dispatcher, job, vec![]).await;
    dispatcher.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    assert_eq!(dispatcher.sees(job).await["invoice"]["number"], Value::Null);
    let issued = charges(&dispatcher, job, vec![line("After all", "1", "10")]).await;
    assert_eq!((&issued["invoice"]["number"], &issued["invoice"]["total"]), (&json!("1"), &json!("12.55")));
    assert_eq!(cannot_charge(&dispatcher, job, vec![]).await, ["/invoice_lines"]);
}

#[tokio::test]
async fn numbers_have_no_hole_whoever_completes_at_once_whatever_is_undone_or_refused() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut jobs = Vec::new();
    for round in 0..24 {
        jobs.push(errand(&hub, &dispatcher, round % 3 + 1).await);
    }
    let step = json!({ "do": "complete_step", "step": 0 });
    // Each job by two people at the same time: one of them is told that the step is done.
    let both = jobs.iter().flat_map(|job| {
        let path = format!("/api/jobs/{job}/commands");
        let (first, second, step) = (dispatcher.client.clone(), dispatcher.client.clone(), step.clone());
        let other = step.clone();
        let again = path.clone();
        [
            tokio::spawn(async move { first.request(Method::POST, &path, Some(&step), Some("one")).await.unwrap().status }),
            tokio::spawn(async move { second.request(Method::POST, &again, Some(&other), None).await.unwrap().status }),
        ]
    });
    let statuses: Vec<u16> = join_all(both).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), jobs.len(), "{statuses:?}");
    for job in jobs.iter().step_by(3) {
        dispatcher.does(*job, json!({ "do": "undo_step" })).await;
        dispatcher.does(*job, step.clone()).await;
    }
    let numbers = hub.table("select number from invoice order by number").await;
    let expected: Vec<Value> = (1..=jobs.len()).map(|number| json!({ "number": number })).collect();
    assert_eq!(numbers, expected);
    for job in &jobs {
        let number = dispatcher.sees(*job).await["invoice"]["number"].clone();
        let on_books = hub.table(&format!("select number::text as number from invoice where job = '{job}'")).await;
        assert_eq!(on_books, [json!({ "number": number })], "one number for one job");
    }
}

#[tokio::test]
async fn the_paper_names_both_sides_and_can_be_read_back() {
    let hub = TestHub::start().await;
    let company = json!({ "address": "Kauppatori 1\n00170 Helsinki", "tax_number": "FI-SELLER-1" });
    hub.tamper(&format!("update tenant set settings = jsonb_set(settings, '{{company}}', '{company}') where slug = 'north'")).await;
    hub.tamper("update customer set name = 'Łukasz Öström', tax_number = 'FI-BUYER-2' where name like '%mk-north-bakery%'").await;
    let (dispatcher, payer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let job = errand(&hub, &dispatcher, 1).await;
    dispatcher.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    let read = payer.reads(&format!("/api/jobs/{job}/invoice")).await;
    assert_eq!(read["seller"], json!({ "name": "Company of the north", "address": "Kauppatori 1\n00170 Helsinki", "tax_number": "FI-SELLER-1" }));
    assert_eq!((&read["buyer"]["name"], &read["buyer"]["tax_number"]), (&json!("Łukasz Öström"), &json!("FI-BUYER-2")));
    assert_eq!((&read["number"], &read["total"], &read["currency"]), (&json!("1"), &json!("125.50"), &json!("EUR")));
    for size in ["a4", "letter"] {
        let request = hub.asks(Method::GET, &format!("/api/jobs/{job}/invoice.pdf?paper={size}"));
        let answer = request.header("cookie", format!("hub_session={}", payer.session)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"invoice-1.pdf\"");
        let text = pdf_extract::extract_text_from_mem(&answer.bytes().await.unwrap()).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for expected in ["FI-SELLER-1", "FI-BUYER-2", "Łukasz Öström", BILLED, "125.50", "100.00", "Page 1 of 1"] {
            assert!(text.contains(expected), "{size}: {expected} is not in {text}");
        }
    }
    let wrong = payer.tries(Method::GET, &format!("/api/jobs/{job}/invoice.pdf?paper=a3"), None, None).await;
    assert_eq!(problem(&wrong).errors[0].pointer, "/paper");
}
