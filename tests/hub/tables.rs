//! Lists as tables, out and in again: what is wrong is said by row and column, and then nothing has changed.

use crate::harness::{Person, TestHub};
use reqwest::Method;
use serde_json::{Value, json};

/// The text of a table that a person gets.
async fn export(hub: &TestHub, person: &Person, path: &str) -> String {
    let answer = hub.asks(Method::GET, path).header("cookie", format!("hub_session={}", person.session)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    answer.text().await.unwrap()
}

async fn import(hub: &TestHub, person: &Person, path: &str, table: &str) -> (u16, Value) {
    let request = hub.asks(Method::POST, path).header("cookie", format!("hub_session={}", person.session)).header("content-type", "text/csv");
    let answer = request.body(table.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn counts(answer: &(u16, Value)) -> (u16, i64, i64, usize) {
    let (status, body) = answer;
    (*status, body["created"].as_i64().unwrap(), body["changed"].as_i64().unwrap(), body["errors"].as_array().unwrap().len())
}

#[tokio::test]
async fn customers_come_in_once_after_a_dry_run_that_changes_nothing() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let table = "\u{feff}Name;E-mail\r\n";
    let refused = import(&hub, &dispatcher, "/api/customers/import", table).await;
    assert_eq!((refused.0, &refused.1["errors"][0]["pointer"]), (422, &json!("/columns/1")), "{}", refused.1);
    // As spreadsheets of other countries write it.
    let table = "\u{feff}Name;email;address\r\nLaundry North;north@example.com;\"Dock 1\n00100 Helsinki\"\r\n'=Odd;;\r\n";
    let before = export(&hub, &dispatcher, "/api/customers/export.csv").await;
    let dry = import(&hub, &dispatcher, "/api/customers/import?dry_run=true", table).await;
    assert_eq!(counts(&dry), (200, 2, 0, 0), "{}", dry.1);
    assert_eq!(export(&hub, &dispatcher, "/api/customers/export.csv").await, before, "a dry run changes nothing");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/customers/import", table).await), (200, 2, 0, 0));
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/customers/import", table).await), (200, 0, 2, 0), "known by their names");
    let after = export(&hub, &dispatcher, "/api/customers/export.csv").await;
    assert!(after.contains("Laundry North,north@example.com,,\"Dock 1\n00100 Helsinki\","), "{after}");
    assert!(after.contains("\r\n'=Odd,"), "a formula leaves as text: {after}");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/customers/import", &after).await).3, 0, "what was exported can be imported");
    assert_eq!(export(&hub, &dispatcher, "/api/customers/export.csv").await, after, "and is the same then");
    let foreign = export(&hub, &hub.log_in("dispatcher1@south.example").await, "/api/customers/export.csv").await;
    assert!(!foreign.contains("Laundry North"), "{foreign}");
}

#[tokio::test]
async fn one_wrong_row_stops_all_and_every_fault_has_its_place() {
    let hub = TestHub::start().await;
    let (dispatcher, admin) = (hub.dispatcher(1).await, hub.admin().await);
    let table = "name,email,phone\nOtto,otto@example.com,1\n,nobody,\nUlla,ulla@example.com,\"2\"\n";
    let refused = import(&hub, &admin, "/api/workers/import", table).await;
    assert_eq!(counts(&refused), (200, 2, 0, 2), "{}", refused.1);
    let places: Vec<_> = refused.1["errors"].as_array().unwrap().iter().map(|error| (error["row"].clone(), error["column"].clone())).collect();
    assert_eq!(places, [(json!(2), json!("name")), (json!(2), json!("email"))]);
    assert!(!export(&hub, &dispatcher, "/api/workers/export.csv").await.contains("Otto"));
    assert_eq!(import(&hub, &dispatcher, "/api/workers/import", table).await.0, 403, "workers are the admins'");

    let people = "name,email,customers\nPia New,pia.new@example.com,No such customer\n";
    let refused = import(&hub, &dispatcher, "/api/portal-users/import", people).await;
    assert_eq!(&refused.1["errors"][0]["column"], "customers");
    for (table, pointer) in
        [("name\n\"open", "/rows"), ("name,email\none", "/rows"), ("email\nx@example.com", "/columns"), ("name,name\na,b", "/columns/1")]
    {
        let refused = import(&hub, &dispatcher, "/api/customers/import", table).await;
        // An open quote ends with the file: then it is a row like any other.
        if table.contains('"') {
            assert_eq!(counts(&refused), (200, 1, 0, 0));
        } else {
            assert_eq!((refused.0, &refused.1["errors"][0]["pointer"]), (422, &json!(pointer)), "{table:?}: {}", refused.1);
        }
    }
    let long = format!("name\n{}", "x\n".repeat(501));
    assert_eq!(import(&hub, &dispatcher, "/api/customers/import", &long).await.0, 422);
    let huge = format!("name\n{}", "x".repeat(1 << 20));
    assert_eq!(import(&hub, &dispatcher, "/api/customers/import", &huge).await.0, 400);
}

#[tokio::test]
async fn people_are_invited_if_asked_for_and_assets_find_their_customer() {
    let hub = TestHub::start().await;
    let (dispatcher, admin) = (hub.dispatcher(1).await, hub.admin().await);
    let bakery = dispatcher.reads(&format!("/api/customers/{}", hub.company().bakery.id)).await["name"].as_str().unwrap().to_owned();
    let people = format!("name,email,phone,customers\nPia New,pia.new@example.com,+358 1,{bakery}\n");
    let imported = import(&hub, &dispatcher, "/api/portal-users/import", &people).await;
    assert_eq!(counts(&imported), (200, 1, 0, 0), "{}", imported.1);
    let state = async || dispatcher.reads("/api/portal-users?q=pia.new").await["items"][0]["invitation"].clone();
    assert_eq!(state().await, "none");
    let renamed = people.replace("Pia New", "Pia Newer");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/portal-users/import", &renamed).await), (200, 0, 1, 0), "known by their e-mail");
    assert!(export(&hub, &dispatcher, "/api/portal-users/export.csv").await.contains(&format!("Pia Newer,pia.new@example.com,+358 1,{bakery}\r\n")));
    let workers = "name,email\nWilma,wilma@example.com\n";
    import(&hub, &admin, "/api/workers/import?invite=true", workers).await;
    assert_eq!(dispatcher.reads("/api/workers?q=wilma").await["items"][0]["invitation"], "open");

    let assets = format!(
        "customer,type,name,serial,address,latitude,longitude\n{bakery},Oven,Stone oven,KU-1,Keskuskatu 2,60.17,24.94\n{bakery},Oven,Other,,,x,\n"
    );
    let refused = import(&hub, &dispatcher, "/api/assets/import", &assets).await;
    assert_eq!((&refused.1["errors"][0]["row"], &refused.1["errors"][0]["column"]), (&json!(2), &json!("latitude")), "{}", refused.1);
    let fixed = assets.replace(",x,", ",,");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/assets/import", &fixed).await), (200, 2, 0, 0));
    let table = export(&hub, &dispatcher, "/api/assets/export.csv").await;
    assert!(table.contains(",Oven,Stone oven,KU-1,Keskuskatu 2,60.17,24.94\r\n"), "{table}");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/assets/import", &table).await).1, 0, "all of them are known");
}

#[tokio::test]
async fn prices_are_known_by_their_code_or_else_by_what_they_are() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let table = "code;description;unit_price;tax_rate\nH1;Hour;65.50;25.5\n;Small parts;12.5;\n";
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/price-list/import?dry_run=true", table).await), (200, 2, 0, 0));
    assert_eq!(dispatcher.reads("/api/price-list").await["items"], json!([]), "a dry run changes nothing");
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/price-list/import", table).await), (200, 2, 0, 0));
    let dearer = "code,description,unit_price\nh1,Hour of work,70\n,small parts,13\n";
    assert_eq!(counts(&import(&hub, &dispatcher, "/api/price-list/import", dearer).await), (200, 0, 2, 0));
    let after = export(&hub, &dispatcher, "/api/price-list/export.csv").await;
    assert_eq!(after, "code,description,unit_price,tax_rate\r\nh1,Hour of work,70,25.5\r\n,small parts,13,0\r\n");
    let wrong = import(&hub, &dispatcher, "/api/price-list/import", "description,unit_price\nHour,many\n,1\n").await;
    let places: Vec<_> = wrong.1["errors"].as_array().unwrap().iter().map(|error| (error["row"].clone(), error["column"].clone())).collect();
    assert_eq!(places, [(json!(1), json!("unit_price")), (json!(2), json!("description"))]);
    assert_eq!(export(&hub, &dispatcher, "/api/price-list/export.csv").await, after, "nothing changed");
}

#[tokio::test]
async fn jobs_come_part_by_part_with_the_filters_of_their_list() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let company = hub.company();
    let (bakery, mill) = (company.bakery.id, company.mill.id);
    // More than are read at once.
    for _ in 0..6 {
        dispatcher
            .client
            .post("/api/jobs", &json!({ "template": company.errand, "customer": bakery, "copies": 100, "notes": "=cmd" }))
            .await
            .unwrap();
    }
    dispatcher.orders(company.errand, json!({ "customer": mill })).await;
    let table = export(&hub, &dispatcher, &format!("/api/jobs/export.csv?customer={bakery}")).await;
    assert_eq!(table.lines().count(), 601);
    assert!(table.starts_with("number,type,customer,status,") && table.contains(",'=cmd,"), "{}", &table[..400]);
    let mut numbers: Vec<&str> = table.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 600, "each once");
    assert_eq!(export(&hub, &dispatcher, &format!("/api/jobs/export.csv?customer={mill}")).await.lines().count(), 2);
    let wrong = dispatcher.tries(Method::GET, "/api/jobs/export.csv?sort=colour", None, None).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/sort")));
}

#[tokio::test]
async fn jobs_come_in_all_or_none_and_once() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let company = hub.company();
    let name = async |path: String| dispatcher.reads(&path).await["name"].as_str().unwrap().to_owned();
    let bakery = name(format!("/api/customers/{}", company.bakery.id)).await;
    let (repair, worker) = (name(format!("/api/templates/{}", company.repair)).await, name(format!("/api/workers/{}", company.worker(1))).await);
    let count = async || dispatcher.reads("/api/jobs?limit=200").await["items"].as_array().unwrap().len();
    let before = count().await;
    let head = "type,customer,requested_start,address,latitude,longitude,worker,scheduled_start,duration_min,notes\n";
    let good =
        format!("{},{bakery},2030-01-07 09:30,Keskuskatu 1,60.169,24.941,{worker},2030-01-07 10:00,90,\"Two\nlines\"\n", repair.to_uppercase());
    let wrong = format!("{repair},Nobody,tomorrow,,91,,,,x,\n{repair},{bakery},,,91,24.9,,2030-01-07 10:00,3,\n");
    let refused = import(&hub, &dispatcher, "/api/jobs/import", &format!("{head}{good}{wrong}")).await;
    let places: Vec<_> = refused.1["errors"].as_array().unwrap().iter().map(|error| (error["row"].clone(), error["column"].clone())).collect();
    let expected = [(2, "customer"), (2, "requested_start"), (2, "duration_min"), (2, "latitude"), (3, "latitude")];
    assert_eq!(places, expected.map(|(row, column)| (json!(row), json!(column))), "{}", refused.1);
    assert_eq!(count().await, before, "nothing of it");
    let dry = import(&hub, &dispatcher, "/api/jobs/import?dry_run=true", &format!("{head}{good}")).await;
    assert_eq!((counts(&dry), count().await), ((200, 1, 0, 0), before));

    let send = async || {
        let request = hub.asks(Method::POST, "/api/jobs/import").header("cookie", format!("hub_session={}", dispatcher.session));
        let request = request.header("content-type", "text/csv").header("idempotency-key", "table-1").body(format!("{head}{good}{good}"));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    for _ in 0..2 {
        assert_eq!(counts(&send().await), (200, 2, 0, 0));
        assert_eq!(count().await, before + 2, "a retry makes nothing anew");
    }
    let job = dispatcher.reads("/api/jobs?limit=1").await["items"][0].clone();
    assert_eq!((&job["status"], &job["duration_min"], &job["notes"]), (&json!("allocated"), &json!(90), &json!("Two\nlines")), "{job}");
    assert!(job.to_string().contains("Keskuskatu 1"), "{job}");
}

#[tokio::test]
async fn lists_are_put_in_order_and_narrowed_down_by_what_they_say() {
    let hub = TestHub::start().await;
    let (dispatcher, admin) = (hub.dispatcher(1).await, hub.admin().await);
    import(&hub, &dispatcher, "/api/price-list/import", "code,description,unit_price\nB,Bolt,9.5\n,Axle,10\na,Cable,100\n").await;
    let said = async |query: &str, member: &str| -> Vec<String> {
        let list = dispatcher.reads(query).await;
        list["items"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(said("/api/price-list", "description").await, ["Axle", "Bolt", "Cable"]);
    assert_eq!(said("/api/price-list?sort=-unit_price", "description").await, ["Cable", "Axle", "Bolt"], "by size, not by letters");
    assert_eq!(said("/api/price-list?sort=code", "description").await, ["Cable", "Bolt", "Axle"], "what has none comes last");
    // Page by page in that order.
    let first = dispatcher.reads("/api/price-list?sort=-unit_price&limit=2").await;
    let rest = format!("/api/price-list?sort=-unit_price&limit=2&after={}", first["next"].as_str().unwrap());
    assert_eq!(said(&rest, "description").await, ["Bolt"]);

    import(&hub, &admin, "/api/workers/import?invite=true", "name,email\nWilma,wilma@example.com\n").await;
    assert_eq!(said("/api/workers?invitation=open", "name").await, ["Wilma"]);
    assert_eq!(said("/api/workers?sort=-name&limit=1", "name").await, ["Wilma"]);
    for query in ["/api/workers?sort=phone", "/api/customers?sort=invitation", "/api/price-list?sort=-"] {
        let refused = dispatcher.tries(Method::GET, query, None, None).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/sort")), "{query}");
    }
}
