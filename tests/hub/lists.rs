//! Lists of jobs: what is searched, and that the order and the filter of a list tell nothing that its rows do not show.

use crate::harness::{Job, Person, TestHub, in_ms, rfc3339};
use crate::journeys::{assign, repair_for_the_bakery};
use dispatch_hub::domain::portal::Overrides;
use reqwest::Method;
use serde_json::{Value, json};

async fn numbers(person: &Person, query: &str) -> Vec<String> {
    let page = person.reads(&format!("/api/jobs?limit=200&{query}")).await;
    page["items"].as_array().unwrap().iter().map(|job| job["number"].as_str().unwrap().to_owned()).collect()
}

async fn number(person: &Person, job: Job) -> String {
    person.sees(job).await["number"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn words_numbers_and_beginnings_are_found_by_whoever_may_see_them() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let order = |street: &str| {
        let steps = json!([{ "index": 0, "address": { "text": street } }]);
        json!({ "customer": hub.company().bakery.id, "steps": steps })
    };
    let repair = customer.orders(hub.company().repair, order("Äänekoskentie 7 B, Helsinki")).await;
    let errand = customer.orders(hub.company().errand, order("Hämeentie 100 %, Turku")).await;
    let foreign = hub.portal_user(2).await.orders(hub.company().errand, json!({})).await;
    let (first, second, third) = (number(&dispatcher, repair).await, number(&dispatcher, errand).await, number(&dispatcher, foreign).await);
    let (one, two, three) = (first.as_str(), second.as_str(), third.as_str());
    for (q, staff, portal) in [
        ("repair", vec![one], vec![one]),
        ("ERRAND", vec![three, two], vec![two]),
        // Anywhere in a word from three letters on, at its beginning below that, each word of several.
        ("koski", vec![], vec![]),
        ("koske", vec![one], vec![one]),
        ("ÄÄNEKOSKENTIE 7", vec![one], vec![one]),
        ("helsinki visit", vec![one], vec![one]),
        ("helsinki turku", vec![], vec![]),
        ("tu", vec![two], vec![two]),
        ("rk", vec![], vec![]),
        ("b", vec![two, one], vec![two, one]),
        ("100 %", vec![two], vec![two]),
        ("%", vec![], vec![]),
        ("bakery", vec![two, one], vec![two, one]),
        ("mill", vec![three], vec![]),
        // A step that is hidden from the portal.
        ("check", vec![one], vec![]),
        (one, vec![one], vec![one]),
        (&one.replace("J-", ""), vec![one], vec![one]),
        (three, vec![three], vec![]),
        ("J-", vec![three, two, one], vec![two, one]),
        ("", vec![three, two, one], vec![two, one]),
        ("nothing is called this", vec![], vec![]),
    ] {
        let query = format!("q={}", url_encoded(q));
        let found = |person: &Person| {
            let (person, query) = (person.client.clone(), query.clone());
            async move {
                let page = person.get(&format!("/api/jobs?{query}")).await.unwrap();
                page["items"].as_array().unwrap().iter().map(|job| job["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        // A number may also be the one of a house.
        if q.chars().all(|character| character.is_ascii_digit()) && !q.is_empty() {
            assert!(found(&customer).await.contains(&first), "{q}");
            continue;
        }
        assert_eq!(found(&dispatcher).await, staff, "a dispatcher looks for {q:?}");
        assert_eq!(found(&customer).await, portal, "a customer looks for {q:?}");
    }
    // What is written into a job later is found as well, and what was there before no more.
    let edit = json!({ "steps": [{ "index": 0, "address": { "text": "Kaivokatu 8" } }] });
    customer.client.patch(&format!("/api/jobs/{errand}"), &edit).await.unwrap();
    assert_eq!((numbers(&customer, "q=kaivok").await, numbers(&customer, "q=turku").await), (vec![second.clone()], vec![]));
    customer.client.delete(&format!("/api/jobs/{errand}")).await.unwrap();
    assert_eq!(numbers(&dispatcher, "q=kaivok").await, [""; 0]);
}

fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

#[tokio::test]
async fn one_list_of_two_customers_tells_of_each_only_what_is_seen_there() {
    let hub = TestHub::start().await;
    let (dispatcher, worker, company) = (hub.dispatcher(1).await, hub.worker(1).await, hub.company());
    let quiet = Overrides { live_status: Some(false), ..Overrides::default() };
    let person = hub.portal_user_of(&[(company.bakery.id, Overrides::default()), (company.garage.id, quiet)]).await;
    // Requested for tomorrow, started today: the actual start is what a quiet list must not be sorted by.
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for round in 0..4 {
        for (customer, jobs) in [(company.bakery.id, &mut shown), (company.garage.id, &mut hidden)] {
            let mut order = repair_for_the_bakery(&hub);
            order["customer"] = json!(customer);
            order["requested_start"] = json!(rfc3339(in_ms((i64::from(round) * 7 % 4 + 1) * 24 * 3_600_000)));
            let job = dispatcher.orders(company.repair, order).await;
            if round % 2 == 0 {
                assign(&hub, &dispatcher, 1, &worker, job).await;
                worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
            }
            jobs.push(job);
        }
    }
    for order in ["number", "-number", "date", "-date", "status", "-status", "customer", "-customer", "template"] {
        let whole = paged(&person, order).await;
        assert_eq!(whole.len(), 8, "by {order}");
        let key = |job: &Value| match order.trim_start_matches('-') {
            "date" => job["date"]["at"].as_str().unwrap_or("9999").to_owned(),
            "status" => job["status"].as_str().map_or("0".into(), |status| if status == "started" { "5".into() } else { "1".to_owned() }),
            "customer" => job["customer"]["name"].as_str().unwrap().to_owned(),
            _ => String::new(),
        };
        let mut keys: Vec<String> = whole.iter().map(key).collect();
        if order.starts_with('-') {
            keys.reverse();
        }
        assert!(keys.is_sorted(), "by {order}, as far as it is shown: {keys:?}");
    }
    let started = dispatcher.sees(hidden[0]).await["actual_start"].as_str().unwrap().to_owned();
    let around = format!("from={}&to={}", url_encoded(&started), url_encoded(&rfc3339(in_ms(60_000))));
    let of = |page: Vec<String>, customer: &'static str| (page.len(), customer);
    assert_eq!(of(numbers(&person, &format!("{around}&customer={}", company.garage.id)).await, "garage"), (0, "garage"));
    assert_eq!(of(numbers(&person, &format!("{around}&customer={}", company.bakery.id)).await, "bakery").0, 1);
    for status in ["unassigned", "started", "completed"] {
        let page = person.reads(&format!("/api/jobs?status={status}")).await;
        let customers = page["items"].as_array().unwrap().iter().map(|job| job["customer"]["id"].clone());
        assert!(customers.clone().all(|customer| customer == json!(company.bakery.id)), "{status}");
    }
    // The picture on the socket: which of the quiet ones are missing would tell that they are closed.
    for job in [shown[1], hidden[1]] {
        dispatcher.does(job, json!({ "do": "cancel" })).await;
    }
    hub.tamper("update job set updated_at = now() - interval '3 days'").await;
    let mut live = person.live().await;
    let snapshot = live.joins(dispatch_hub::protocol::Topic::Portal).await;
    let there = |job: Job| snapshot.jobs.iter().any(|seen| seen.id == job.0);
    assert!(hidden.iter().all(|job| there(*job)));
    assert_eq!(shown.iter().filter(|job| there(**job)).count(), 3);
}

/// The whole list in pages of three.
async fn paged(person: &Person, order: &str) -> Vec<Value> {
    let mut whole = Vec::new();
    let mut after = String::new();
    loop {
        let page = person.reads(&format!("/api/jobs?limit=3&sort={order}{after}")).await;
        whole.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return whole };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_named() {
    let hub = TestHub::start().await;
    let customer = hub.portal_user(1).await;
    for (query, pointer) in [
        ("status=asleep", "/status"),
        ("sort=colour", "/sort"),
        ("from=soon", "/from"),
        ("limit=0", "/limit"),
        ("after=xyz", "/after"),
        ("customer=1", "/customer"),
        ("worker=00000000-0000-4000-8000-000000000000", "/worker"),
    ] {
        let answer = customer.tries(Method::GET, &format!("/api/jobs?{query}"), None, None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{query}: {}", answer.body);
    }
}
