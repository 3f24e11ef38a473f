//! The demo as somebody finds it who starts it: log-ins, what each of them sees, and drivers who move.

#![allow(clippy::unwrap_used, reason = "tests")]

use dispatch_hub::app::App;
use dispatch_hub::client::Client;
use dispatch_hub::config::Config;
use dispatch_hub::demo;
use dispatch_hub::domain::geo::Point;
use dispatch_hub::protocol::client::Viewport;
use dispatch_hub::protocol::{Encoding, ServerMessage, Topic, caller::Caller};
use dispatch_hub::store::scratch;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// All of the demo's streets.
const TOWN: Viewport = Viewport { west: 24.93, south: 60.16, east: 24.96, north: 60.185, zoom: 14.0 };
const FREE: [&str; 3] = ["Aino Lehto", "Eero Salmi", "Helmi Koski"];

async fn started() -> (App, String) {
    let (_, store) = scratch::store().await.unwrap();
    demo::seed(&store).await.unwrap();
    let mut config = Config::parse(Path::new("test"), "", []).unwrap();
    config.listen = "127.0.0.1:0".parse().unwrap();
    let app = App::serve(&config, store, None).await.unwrap();
    let address = format!("http://{}", app.address());
    (app, address)
}

async fn log_in(address: &str, email: &str) -> (Client, Caller) {
    let client = Client::login(address, email, "demo", None).await.unwrap();
    let caller = client.me().await.unwrap();
    (client, caller)
}

#[actix_web::test]
async fn everybody_can_log_in_and_sees_their_own() {
    let (app, address) = started().await;
    let names = ["admin", "dispatcher", "worker1", "worker12", "customer1", "customer6"].map(|name| format!("{name}@demo.example"));
    for email in names.iter().map(String::as_str).chain(["dispatcher@other.example", "worker1@other.example", "customer1@other.example"]) {
        let (client, caller) = log_in(&address, email).await;
        assert_eq!(caller.admin, email == "admin@demo.example" || email == "dispatcher@other.example", "{email}");
        let jobs = client.get("/api/jobs?limit=200").await.unwrap();
        assert!(!jobs["items"].as_array().unwrap().is_empty(), "{email} sees no job");
    }
    let (first, caller) = log_in(&address, "customer1@demo.example").await;
    assert_eq!(caller.customers.len(), 2);
    let (last, _) = log_in(&address, "customer6@demo.example").await;
    let customers = |jobs: &Value| jobs["items"].as_array().unwrap().iter().map(|job| job["customer"]["id"].to_string()).collect::<BTreeSet<_>>();
    let (of_first, of_last) = (first.get("/api/jobs?limit=200").await.unwrap(), last.get("/api/jobs?limit=200").await.unwrap());
    assert!(customers(&of_first).is_disjoint(&customers(&of_last)));
    let templates = first.get("/api/templates").await.unwrap().to_string();
    assert!(templates.contains("Return the key") && !templates.contains("Safety check"), "hidden steps are never sent");
    app.stop().await.unwrap();
}

#[actix_web::test]
async fn driven_workers_move_on_the_map_and_nobody_drives_the_first_three() {
    let (app, address) = started().await;
    let (dispatcher, _) = log_in(&address, "dispatcher@demo.example").await;
    let workers = dispatcher.get("/api/workers?limit=200").await.unwrap();
    let free: HashSet<&str> = workers["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|worker| FREE.contains(&worker["name"].as_str().unwrap()))
        .map(|worker| worker["id"].as_str().unwrap())
        .collect();
    assert_eq!(free.len(), 3);
    let drivers = demo::drive(address.clone());
    let mut socket = dispatcher.socket(Encoding::Msgpack).await.unwrap();
    let subscription = socket.sender().subscribe(Topic::Map, None).await.unwrap();
    socket.answer(subscription).await.unwrap().unwrap();
    socket.sender().viewport(TOWN).await.unwrap();
    let mut first_seen: HashMap<_, Point> = HashMap::new();
    let mut moved = HashSet::new();
    // Until all nine were seen, and some of them further away than a standing phone wanders.
    while first_seen.len() < 9 || moved.len() < 2 {
        let ServerMessage::Positions(positions) = socket.next_message().await.unwrap() else { continue };
        for position in positions.list {
            assert!(!free.contains(position.0.to_string().as_str()), "somebody drives a worker who is left to people");
            let here = Point::parse(position.2, position.3).unwrap();
            if first_seen.entry(position.0).or_insert(here).distance_m(here) > 25.0 {
                moved.insert(position.0);
            }
        }
    }
    drivers.stop().await;
    app.stop().await.unwrap();
}
