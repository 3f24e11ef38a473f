//! Who gets what, of the ids that a body or a query names: they are looked up in the caller's own world too.

use crate::access_matrix::ask;
use crate::harness::{Estate, Job, Person, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A body that names this id.
type BodyWith<'a> = Box<dyn Fn(Uuid) -> Value + 'a>;

#[tokio::test]
async fn what_a_body_or_a_query_names_is_looked_up_in_the_callers_own_world() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let (customer, dispatcher) = (hub.portal_user(1).await, hub.dispatcher(1).await);
    let nobody = Uuid::now_v7();
    let job = estate.fresh_job(&hub).await;
    let path = format!("/api/jobs/{job}");
    let commands = format!("{path}/commands");
    // Each with the place of an id, the person, and foreign ids for it.
    let (south, mill) = (&estate.south, &estate.mill);
    let order = |member: &str, id: Uuid| {
        let mut order = json!({ "template": estate.repair, "customer": estate.bakery, "steps": [{ "index": 0, "address": { "text": "There" } }] });
        order[member] = json!(id);
        order
    };
    let table: Vec<(&Person, Method, &str, BodyWith<'_>, Vec<Uuid>)> = vec![
        (&customer, Method::POST, "/api/jobs", Box::new(|id| order("customer", id)), vec![south.customer.0, mill.customer.0]),
        (&customer, Method::POST, "/api/jobs", Box::new(|id| order("asset", id)), vec![south.asset.0, mill.asset.0]),
        (&customer, Method::POST, "/api/jobs", Box::new(|id| order("template", id)), vec![south.template.0]),
        (&dispatcher, Method::POST, "/api/jobs", Box::new(|id| order("customer", id)), vec![south.customer.0]),
        (&dispatcher, Method::POST, "/api/jobs", Box::new(|id| order("template", id)), vec![south.template.0]),
        (&dispatcher, Method::POST, "/api/jobs", Box::new(|id| order("asset", id)), vec![south.asset.0]),
        (&dispatcher, Method::POST, "/api/jobs", Box::new(|id| order("worker", id)), vec![south.worker.0]),
        (&customer, Method::PATCH, &path, Box::new(|id| json!({ "asset": id })), vec![south.asset.0, mill.asset.0]),
        (&dispatcher, Method::PATCH, &path, Box::new(|id| json!({ "asset": id })), vec![south.asset.0]),
        (
            &dispatcher,
            Method::POST,
            &commands,
            Box::new(|id| json!({ "do": "reschedule", "start": "2030-01-01T00:00:00Z", "worker": id })),
            vec![south.worker.0],
        ),
    ];
    for (person, method, path, body, foreign) in &table {
        let to_nobody = ask(&hub, method, path, Some(&person.session), Some(&body(nobody))).await;
        assert_eq!(to_nobody.status, 422, "{}: {}", body(nobody), to_nobody.body);
        for id in foreign {
            let reply = ask(&hub, method, path, Some(&person.session), Some(&body(*id))).await;
            assert_eq!(reply, to_nobody, "{}: {}", person.caller.name, body(*id));
        }
    }
    for (person, list, foreign) in [
        (&customer, "/api/jobs?customer=", vec![south.customer.0, mill.customer.0]),
        (&customer, "/api/assets?customer=", vec![south.customer.0, mill.customer.0]),
        (&customer, "/api/jobs?template=", vec![south.template.0]),
        (&dispatcher, "/api/jobs?customer=", vec![south.customer.0]),
        (&dispatcher, "/api/jobs?worker=", vec![south.worker.0]),
    ] {
        let to_nobody = ask(&hub, &Method::GET, &format!("{list}{nobody}"), Some(&person.session), None).await;
        for id in foreign {
            assert_eq!(ask(&hub, &Method::GET, &format!("{list}{id}"), Some(&person.session), None).await, to_nobody, "{list}");
        }
    }
    for hidden in ["mk-north-mill", "mk-staff-only", "mk-dispatch-only", "mk-south", "Check", "Aino1 mk"] {
        let found = customer.reads(&format!("/api/jobs?q={}", hidden.replace(' ', "%20"))).await;
        assert_eq!(found["items"], json!([]), "{hidden} is found by who does not see it");
    }
    let published =
        hub.log_in("dispatcher1@south.example").await.client.post("/api/jobs/publish", &json!({ "jobs": [job.0, nobody] })).await.unwrap();
    assert_eq!(published["results"][0]["problem"], published["results"][1]["problem"]);
}

/// What is theirs is really found: otherwise all of the above would also hold for a hub that answers nothing.
#[tokio::test]
async fn lists_hold_what_is_the_callers_own() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let job = estate.fresh_job(&hub).await;
    let has = |list: &Value, job: Job| list["items"].as_array().unwrap().iter().any(|item| Job::of(item) == job);
    for person in [hub.portal_user(1).await, hub.worker(1).await, hub.dispatcher(1).await, hub.admin().await] {
        assert!(has(&person.reads("/api/jobs?limit=200").await, job), "{}", person.caller.name);
    }
    for person in [hub.portal_user(2).await, hub.worker(2).await, hub.log_in("dispatcher1@south.example").await] {
        let list = person.reads("/api/jobs?limit=200").await;
        assert!(!has(&list, job) && !list["items"].as_array().unwrap().is_empty(), "{}", person.caller.name);
    }
    let found = hub.portal_user(1).await.reads("/api/jobs?q=mk-north-bakery").await;
    assert!(has(&found, job));
}
