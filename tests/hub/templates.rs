//! Job types that admins write: what is wrong is named, jobs that exist stay as they are, and of two admins the second is told.

use crate::harness::TestHub;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) fn inspection() -> Value {
    json!({
        "name": "Inspection", "colour": "#2563eb", "duration_min": 45,
        "parts": { "requested_start": "optional", "asset": "hidden", "contact": "hidden", "notes": "optional", "copies": 1 },
        "steps": [{ "name": "Look", "portal": "read_only", "fields": [
            { "label": "Result", "kind": "choice", "options": ["Good", "Bad"], "worker": "required", "portal": "read_only" }] }],
        "fields": [{ "label": "What to look at", "kind": "text", "worker": "read_only", "portal": "required" }],
        "invoice_lines": [{ "code": "INS", "description": "Inspection", "quantity": "1", "unit_price": "80.00", "tax_rate": "25.5" }],
    })
}

#[tokio::test]
async fn a_new_type_can_be_ordered_and_a_change_rewrites_no_job() {
    let hub = TestHub::start().await;
    let (admin, customer, dispatcher) = (hub.admin().await, hub.portal_user(1).await, hub.dispatcher(1).await);
    let made = admin.client.post("/api/templates", &inspection()).await.unwrap();
    let path = format!("/api/templates/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["fields"][0]["key"], &made["steps"][0]["fields"][0]["key"]), (&json!("what_to_look_at"), &json!("result")));
    let order = |fields: Value| json!({ "template": made["id"], "customer": hub.company().bakery.id, "fields": fields });
    let refused = customer.tries(Method::POST, "/api/jobs", Some(&order(json!({}))), None).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/fields/what_to_look_at")));
    let job = customer.client.post("/api/jobs", &order(json!({ "what_to_look_at": "The roof" }))).await.unwrap()["jobs"][0].clone();

    let mut changed = inspection();
    changed["version"] = made["version"].clone();
    changed["name"] = "Roof inspection".into();
    changed["fields"] = json!([]);
    changed["steps"] = json!([{ "name": "Climb", "portal": "hidden" }, { "name": "Look", "portal": "read_only" }]);
    let after = admin.tries(Method::PUT, &path, Some(&changed), None).await;
    assert_eq!((after.status, &after.body["name"]), (200, &json!("Roof inspection")), "{}", after.body);
    let kept = dispatcher.reads(&format!("/api/jobs/{}", job["id"].as_str().unwrap())).await;
    assert_eq!((&kept["template"]["name"], &kept["steps"].as_array().unwrap().len()), (&json!("Inspection"), &1));
    assert_eq!(kept["fields"][0]["value"], "The roof");

    let second = admin.tries(Method::PUT, &path, Some(&changed), None).await;
    assert_eq!((second.status, &second.body["type"]), (409, &json!("/problems/conflict")), "it has another version now");
    let mut wrong = inspection();
    wrong["steps"][0]["name"] = "".into();
    wrong["colour"] = "red".into();
    let refused = admin.tries(Method::PUT, &path, Some(&wrong), None).await;
    let pointers: Vec<&Value> = refused.body["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!((refused.status, pointers), (422, vec![&json!("/colour"), &json!("/steps/0/name")]));
}

#[tokio::test]
async fn one_that_is_put_away_is_ordered_no_more_until_it_is_taken_back() {
    let hub = TestHub::start().await;
    let (admin, customer) = (hub.admin().await, hub.portal_user(1).await);
    let made = admin.client.post("/api/templates", &inspection()).await.unwrap();
    let path = format!("/api/templates/{}", made["id"].as_str().unwrap());
    let offered = async || {
        let listed = customer.reads("/api/templates").await;
        listed["items"].as_array().unwrap().iter().any(|template| template["id"] == made["id"])
    };
    assert!(offered().await);
    assert_eq!(admin.tries(Method::DELETE, &path, None, None).await.status, 204);
    assert!(!offered().await);
    let order = json!({ "template": made["id"], "customer": hub.company().bakery.id, "fields": { "what_to_look_at": "x" } });
    assert_eq!(customer.tries(Method::POST, "/api/jobs", Some(&order), None).await.status, 422);
    let all = admin.reads("/api/templates?archived=true").await;
    let away = all["items"].as_array().unwrap().iter().find(|template| template["id"] == made["id"]).unwrap().clone();
    assert_eq!(away["archived"], true);
    assert_eq!(admin.tries(Method::PUT, &path, Some(&inspection()), None).await.status, 200);
    assert!(offered().await);
}
