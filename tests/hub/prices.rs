//! The price list: kept by dispatchers, known by its codes, and never asked again by what was filled from it.

use crate::harness::TestHub;
use reqwest::Method;
use serde_json::{Value, json};

const LIST: &str = "/api/price-list";

fn hour() -> Value {
    json!({ "code": "H1", "description": "Hour", "unit_price": "65.50", "tax_rate": "25.5" })
}

#[tokio::test]
async fn a_price_is_made_changed_found_and_put_away() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let made = dispatcher.tries(Method::POST, LIST, Some(&hour()), None).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["id"].clone();
    let path = format!("{LIST}/{}", id.as_str().unwrap());
    assert_eq!(made.body, json!({ "id": id, "code": "H1", "description": "Hour", "unit_price": "65.5", "tax_rate": "25.5" }));

    let changed = dispatcher.tries(Method::PATCH, &path, Some(&json!({ "unit_price": "70" })), None).await;
    assert_eq!((changed.status, &changed.body["unit_price"], &changed.body["code"]), (200, &json!("70"), &json!("H1")));
    assert_eq!(dispatcher.reads(&path).await, changed.body);
    for q in ["h1", "OUR"] {
        assert_eq!(dispatcher.reads(&format!("{LIST}?q={q}")).await["items"], json!([changed.body]), "{q}");
    }
    assert_eq!(dispatcher.reads(&format!("{LIST}?q=minute")).await["items"], json!([]));

    let again = dispatcher.tries(Method::POST, LIST, Some(&json!({ "code": "h1", "description": "Other", "unit_price": "1" })), None).await;
    assert_eq!((again.status, &again.body["errors"][0]["pointer"]), (422, &json!("/code")), "{}", again.body);
    assert_eq!(dispatcher.tries(Method::DELETE, &path, None, None).await.status, 204);
    assert_eq!(dispatcher.tries(Method::GET, &path, None, None).await.status, 404);
    assert_eq!(dispatcher.tries(Method::PATCH, &path, Some(&json!({})), None).await.status, 404);
    assert_eq!(dispatcher.tries(Method::POST, LIST, Some(&hour()), None).await.status, 201, "the code is free again");
}

#[tokio::test]
async fn what_is_no_price_is_said_at_its_member() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    for (member, value, pointer) in [
        ("description", json!(" "), "/description"),
        ("description", json!("x".repeat(501)), "/description"),
        ("code", json!("x".repeat(41)), "/code"),
        ("unit_price", json!(""), "/unit_price"),
        ("unit_price", json!("1,5"), "/unit_price"),
        ("unit_price", json!("NaN"), "/unit_price"),
        ("unit_price", json!("10000001"), "/unit_price"),
        ("tax_rate", json!("-1"), "/tax_rate"),
        ("tax_rate", json!("101"), "/tax_rate"),
    ] {
        let mut body = hour();
        body[member] = value;
        let refused = dispatcher.tries(Method::POST, LIST, Some(&body), None).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{body}: {}", refused.body);
    }
    for body in [json!({ "unit_price": 5, "description": "x" }), json!({ "price": "5" }), json!([])] {
        let refused = dispatcher.tries(Method::POST, LIST, Some(&body), None).await;
        assert!([400, 422].contains(&refused.status), "{body}: {}", refused.body);
    }
    assert_eq!(dispatcher.reads(LIST).await["items"], json!([]));
}

#[tokio::test]
async fn a_line_keeps_the_price_that_it_was_filled_with() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let made = dispatcher.tries(Method::POST, LIST, Some(&hour()), None).await.body;
    let job = dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    let line = json!({ "code": made["code"], "description": made["description"], "quantity": "2", "unit_price": made["unit_price"], "tax_rate": made["tax_rate"] });
    let path = format!("/api/jobs/{job}");
    let charged = dispatcher.tries(Method::PATCH, &path, Some(&json!({ "invoice_lines": [line] })), None).await;
    assert_eq!(charged.status, 200, "{}", charged.body);
    let price = format!("{LIST}/{}", made["id"].as_str().unwrap());
    dispatcher.tries(Method::PATCH, &price, Some(&json!({ "unit_price": "999" })), None).await;
    dispatcher.tries(Method::DELETE, &price, None, None).await;
    assert_eq!(dispatcher.reads(&path).await["invoice"]["lines"][0]["unit_price"], json!("65.50"));
}
