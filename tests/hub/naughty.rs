//! Text that tries to be HTML, SQL, a mail header or a formula, and values of the wrong kind, in every field of an order: kept byte for
//! byte, or refused by a rule that names the member; nothing in between, and no fault of ours.

use crate::harness::{Job, TestHub, in_ms, rfc3339};
use dispatch_hub::domain::field::{FieldDef, FieldKind, Rule};
use dispatch_hub::domain::ids::TemplateId;
use dispatch_hub::domain::template::{Parts, StepDef, Template};
use dispatch_hub::store;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const KINDS: [(&str, FieldKind); 11] = [
    ("text", FieldKind::Text),
    ("long", FieldKind::LongText),
    ("number", FieldKind::Number),
    ("date", FieldKind::Date),
    ("time", FieldKind::Time),
    ("choice", FieldKind::Choice),
    ("choices", FieldKind::Choices),
    ("checkbox", FieldKind::Checkbox),
    ("link", FieldKind::Link),
    ("photo", FieldKind::Photo),
    ("signature", FieldKind::Signature),
];

fn naughty() -> Vec<Value> {
    let texts = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; drop table job; --",
        "=cmd|' /C calc'!A0",
        "+358 1; -2; @sum(1)",
        "{{7*7}} ${7*7} %s %n",
        "../../etc/passwd",
        "ﷺ 𝔘𝔫𝔦 \u{202e}abc\u{202c} 👩‍👩‍👧‍👦 e\u{301}",
        "null",
        "true",
        "0",
        "1e309",
        "NaN",
        "2026-02-30",
        "24:00",
        "javascript:alert(1)",
        "http://",
        "https://example.com/\">x",
        "00000000-0000-0000-0000-000000000000",
        "a\nBcc: everybody@example.com",
        "tab\tand\r\nline",
        "bell\u{7}",
        "nul\u{0}",
        "\u{7f}",
        " spaces around ",
    ];
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let long = ["x".repeat(501), "é".repeat(10_001)];
    values.extend(long.iter().map(|text| json!(text)));
    values.extend([
        json!(0),
        json!(-1.5e300),
        json!(true),
        json!([]),
        json!(["a", "a"]),
        json!(["<b>"]),
        json!({ "a": 1 }),
        json!([[["deep"]]]),
        json!(""),
    ]);
    values
}

async fn with_every_kind(hub: &TestHub) -> TemplateId {
    use Rule::Optional;
    let options = vec!["a".to_owned(), "<b>".to_owned()];
    let field = |(key, kind): &(&str, FieldKind)| FieldDef {
        key: (*key).into(),
        label: (*key).into(),
        kind: *kind,
        options: options.clone(),
        worker: Optional,
        portal: Optional,
    };
    let fields: Vec<FieldDef> = KINDS.iter().map(field).collect();
    let template = Template {
        id: TemplateId(Uuid::now_v7()),
        name: "Everything mk-north".into(),
        colour: "#2563eb".into(),
        duration_min: 60,
        parts: Parts { requested_start: Optional, asset: Optional, contact: Optional, notes: Optional, copies: 3 },
        steps: vec![StepDef { name: "Look mk-north".into(), address: true, portal: Optional, completes_on_arrival: false, fields: fields.clone() }],
        fields,
        invoice_lines: Vec::new(),
        archived: false,
    };
    let mut connection = hub.store().write().await.unwrap();
    store::templates::create(&mut connection, hub.company().tenant, &template, 9).await.unwrap();
    connection.commit().await.unwrap();
    template.id
}

/// Kept as sent but for spaces at its ends, or refused at the pointer.
fn settled(answer: &dispatch_hub::client::Answer, kept: impl Fn(&Value) -> Value, sent: &Value, pointer: &str) -> Option<Job> {
    if answer.status == 422 {
        let pointers: Vec<&str> = answer.body["errors"].as_array().unwrap().iter().filter_map(|error| error["pointer"].as_str()).collect();
        assert!(pointers.iter().any(|at| *at == pointer || at.starts_with(&format!("{pointer}/"))), "{sent} at {pointer}: {pointers:?}");
        return None;
    }
    assert_eq!(answer.status, 201, "{sent} at {pointer}: {}", answer.body);
    let job = &answer.body["jobs"][0];
    let trimmed = match (sent.as_str(), sent.as_f64()) {
        (Some(text), _) => json!(text.trim()),
        (None, Some(number)) => json!(number),
        (None, None) => sent.clone(),
    };
    assert_eq!(kept(job), trimmed, "{sent} at {pointer}");
    Some(Job::of(job))
}

#[tokio::test]
async fn every_kind_of_field_keeps_or_refuses_whatever_is_sent() {
    let hub = TestHub::start().await;
    let template = with_every_kind(&hub).await;
    let me = hub.portal_user(1).await;
    let order = |more: Value| {
        let mut order = json!({ "template": template, "customer": hub.company().bakery.id });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let mut kept = 0;
    for value in naughty() {
        for (nth, (key, _)) in KINDS.iter().enumerate() {
            let answer = me.tries(Method::POST, "/api/jobs", Some(&order(json!({ "fields": { *key: value } }))), None).await;
            let made = settled(&answer, |job| job["fields"][nth]["value"].clone(), &value, &format!("/fields/{key}"));
            kept += usize::from(made.is_some());
        }
        if let Some(text) = value.as_str() {
            let step = order(json!({ "steps": [{ "index": 0, "address": { "text": text }, "fields": { "long": text } }] }));
            let answer = me.tries(Method::POST, "/api/jobs", Some(&step), None).await;
            if answer.status == 201 {
                let seen = &answer.body["jobs"][0]["steps"][0];
                let address = if text.trim().is_empty() { Value::Null } else { json!(text.trim()) };
                assert_eq!(seen["address"].get("text").cloned().unwrap_or_default(), address);
                assert_eq!(seen["fields"][1]["value"], text.trim());
            } else {
                settled(&answer, Value::clone, &value, "/steps/0");
            }
            let notes = me.tries(Method::POST, "/api/jobs", Some(&order(json!({ "notes": text }))), None).await;
            settled(&notes, |job| job["notes"].clone(), &value, "/notes");
            let contact = me.tries(Method::POST, "/api/jobs", Some(&order(json!({ "contact": { "name": text, "phone": "+358" } }))), None).await;
            if contact.status != 201 {
                settled(&contact, Value::clone, &value, "/contact");
            }
        }
    }
    assert!(kept > 50, "{kept}");
}

#[tokio::test]
async fn dates_copies_and_assets_that_cannot_be_are_named() {
    let hub = TestHub::start().await;
    let (me, company) = (hub.portal_user(1).await, hub.company());
    let order = |more: Value| {
        let mut order =
            json!({ "template": company.repair, "customer": company.bakery.id, "steps": [{ "index": 0, "address": { "text": "There" } }] });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let table = [
        (json!({ "requested_start": "2020-01-01T10:00" }), "/requested_start"),
        (json!({ "requested_start": "2026-03-29T03:30" }), "/requested_start"),
        (json!({ "requested_start": "2027-03-28T03:30" }), "/requested_start"),
        (json!({ "requested_start": "2027-02-30T03:30" }), "/requested_start"),
        (json!({ "requested_start": 7 }), "/requested_start"),
        (json!({ "copies": 0 }), "/copies"),
        (json!({ "copies": 6 }), "/copies"),
        (json!({ "copies": -1 }), "/copies"),
        (json!({ "copies": 1.5 }), "/copies"),
        // Theirs, but of their other customer; another's; another tenant's.
        (json!({ "asset": company.garage.asset }), "/asset"),
        (json!({ "asset": company.mill.asset }), "/asset"),
        (json!({ "asset": hub.other().bakery.asset }), "/asset"),
    ];
    for (more, pointer) in table {
        let answer = me.tries(Method::POST, "/api/jobs", Some(&order(more.clone())), None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{more}: {}", answer.body);
    }
    let job = me.orders(company.repair, order(json!({ "requested_start": rfc3339(in_ms(3_600_000)) }))).await;
    let path = format!("/api/jobs/{job}");
    for (edit, pointer) in [
        (json!({ "requested_start": "2020-01-01T10:00" }), "/requested_start"),
        (json!({ "requested_start": "2027-03-28T03:30" }), "/requested_start"),
        (json!({ "asset": company.garage.asset }), "/asset"),
        (json!({ "steps": [{ "index": 0, "address": null, "fields": { "meter": "7" } }] }), "/steps/0/fields/meter"),
        (json!({ "steps": [{ "index": 0, "address": { "text": " " } }] }), "/steps/0/address/text"),
    ] {
        let answer = me.tries(Method::PATCH, &path, Some(&edit), None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{edit}: {}", answer.body);
    }
}
