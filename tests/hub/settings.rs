//! What admins set: who may, what is refused and where that is said, what it changes, and what a customer's eyes then see.

use crate::harness::{Estate, HIDDEN, Person, TestHub, dice};
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::protocol::Problem;
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// Every permission that is allowed or denied.
pub(crate) const PERMISSIONS: [&str; 12] = [
    "view_jobs",
    "create",
    "edit",
    "cancel",
    "delete",
    "live_status",
    "see_map",
    "see_worker",
    "invoice",
    "alerts_email",
    "alerts_sms",
    "outside_hours",
];

/// Changes something that takes the change.
pub(crate) async fn put(person: &Person, path: &str, body: &Value) -> Value {
    let answer = person.tries(Method::PUT, path, Some(body), None).await;
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.body);
    answer.body
}

async fn refused(person: &Person, method: Method, path: &str, body: &Value) -> Problem {
    let answer = person.tries(method, path, Some(body), None).await;
    serde_json::from_value(answer.body.clone()).unwrap_or_else(|_| panic!("{path} {body} was not refused: {}", answer.body))
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_member_and_nothing_is_changed() {
    let hub = TestHub::start().await;
    let (admin, estate) = (hub.admin().await, Estate::plant(&hub).await);
    let nowhere = Uuid::now_v7();
    let customer = format!("/api/customers/{}/permissions", estate.bakery);
    let table: Vec<(&str, Value, &str)> = vec![
        ("/api/settings/company", json!({ "name": "" }), "/name"),
        ("/api/settings/company", json!({ "name": 7 }), "/name"),
        ("/api/settings/company", json!({ "name": "a".repeat(121) }), "/name"),
        ("/api/settings/company", json!({ "name": "a\u{0}b" }), "/name"),
        ("/api/settings/company", json!({ "email": "nobody at home" }), "/email"),
        ("/api/settings/company", json!({ "time_zone": "Europe/Atlantis" }), "/time_zone"),
        ("/api/settings/company", json!({ "hours": [[600, 480], null, null, null, null, null, null] }), "/hours/0/1"),
        ("/api/settings/company", json!({ "hours": [null] }), "/hours"),
        ("/api/settings/company", json!({ "hours": [[-1, 480], null, null, null, null, null, null] }), "/hours/0/0"),
        ("/api/settings/company", json!({ "holidays": ["2026-02-30"] }), "/holidays/0"),
        ("/api/settings/portal", json!({ "slug": "No Slug" }), "/slug"),
        ("/api/settings/portal", json!({ "slug": "south" }), "/slug"),
        ("/api/settings/portal", json!({ "enabled": "yes" }), "/enabled"),
        ("/api/settings/portal", json!({ "booking": { "step_min": 1 } }), "/booking/step_min"),
        ("/api/settings/portal", json!({ "permissions": { "templates": [nowhere] } }), "/permissions/templates/0"),
        ("/api/settings/portal", json!({ "permissions": { "templates": [estate.south.template] } }), "/permissions/templates/0"),
        ("/api/settings/branding", json!({ "colour": "#ffd400" }), "/colour"),
        ("/api/settings/branding", json!({ "colour": "yellow" }), "/colour"),
        ("/api/settings/branding", json!({ "logo": "not a file" }), "/logo"),
        ("/api/settings/branding", json!({ "logo": nowhere }), "/logo"),
        ("/api/settings/branding", json!({ "phone": "1".repeat(41) }), "/phone"),
        ("/api/settings/portal", json!({ "host": "https://jobs.example.com/" }), "/host"),
        // This hub does not know its own name, which nobody may take.
        ("/api/settings/portal", json!({ "host": "jobs.example.com" }), "/host"),
        ("/api/settings/invoices", json!({ "currency": "euros" }), "/currency"),
        ("/api/settings/invoices", json!({ "prefix": "a\u{0}" }), "/prefix"),
        ("/api/settings/invoices", json!({ "prices_include_tax": "no" }), "/prices_include_tax"),
        ("/api/settings/dispatch", json!({ "arrival_radius_m": 10 }), "/arrival_radius_m"),
        ("/api/settings/decline-reasons", json!({ "reasons": [] }), "/reasons"),
        ("/api/settings/decline-reasons", json!({ "reasons": ["Ill", "Ill"] }), "/reasons/1"),
        ("/api/settings/decline-reasons", json!({}), "/reasons"),
        (&customer, json!({ "own": { "view_jobs": "perhaps" } }), "/own/view_jobs"),
        (&customer, json!({ "own": { "templates": [nowhere] } }), "/own/templates/0"),
        (&customer, json!({}), "/own"),
    ];
    for (path, body, pointer) in table {
        let before = admin.reads(path).await;
        let problem = refused(&admin, Method::PUT, path, &body).await;
        assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, pointer), "{path} {body}: {problem:?}");
        assert_eq!(admin.reads(path).await, before, "{path} {body}");
    }
    let told = refused(&admin, Method::PUT, "/api/settings/branding", &json!({ "colour": "#777777" })).await;
    assert!(told.errors[0].detail.contains("4.47:1"), "the measured ratio is told: {told:?}");
}

#[tokio::test]
async fn every_section_takes_a_change_keeps_the_rest_and_survives_a_restart() {
    let mut hub = TestHub::start().await;
    let admin = hub.admin().await;
    let table = [
        (
            "/api/settings/company",
            json!({ "name": "Company of the north", "email": "hello@north.example", "address": "Street 1\nTown", "holidays": ["2026-12-25"] }),
        ),
        ("/api/settings/company", json!({ "hours": [[420, 1020], null, null, null, null, null, [0, 1440]], "time_zone": "Europe/Stockholm" })),
        ("/api/settings/portal", json!({ "introduction": "Hello <b>there</b> 🔧", "public_signup": true })),
        ("/api/settings/portal", json!({ "booking": { "step_min": 15, "notice_min": 0, "horizon_days": 7, "bookable_workers": 2 } })),
        ("/api/settings/branding", json!({ "colour": "#0f766e", "phone": "+358 9 123" })),
        ("/api/settings/invoices", json!({ "currency": "SEK", "prices_include_tax": true, "prefix": "N-" })),
        ("/api/settings/dispatch", json!({ "accept_decline": false, "auto_accept": true, "arrival_radius_m": 150 })),
        ("/api/settings/decline-reasons", json!({ "reasons": ["Ill", "Too far"] })),
    ];
    let mut versions = Vec::new();
    for (path, change) in &table {
        let before = admin.reads(path).await;
        let after = put(&admin, path, change).await;
        let is_part = |change: &Value| change.as_object().unwrap().iter().all(|(member, value)| after[member] == *value);
        assert!(is_part(change), "{path}: {after}");
        assert_ne!(after["version"], before["version"], "{path}");
        for (member, value) in before.as_object().unwrap() {
            assert!(change.get(member).is_some() || member == "version" || after[member] == *value, "{path}: {member} changed");
        }
        versions.push((*path, after["version"].clone()));
    }
    let public = hub.stranger().get("/api/portals/north").await.unwrap();
    assert_eq!((&public["colours"]["primary"], &public["phone"], &public["public_signup"]), (&json!("#0f766e"), &json!("+358 9 123"), &json!(true)));
    hub.restart().await;
    let (path, version) = versions.pop().unwrap();
    assert_eq!(hub.admin().await.reads(path).await["version"], version);
    assert_eq!(hub.worker(1).await.reads(path).await["reasons"], json!(["Ill", "Too far"]));
}

#[tokio::test]
async fn of_two_admins_the_second_is_told_and_overwrites_nothing() {
    let hub = TestHub::start().await;
    let (admin, company) = (hub.admin().await, hub.company());
    let template = format!("/api/templates/{}", company.repair);
    let customer = format!("/api/customers/{}/permissions", company.bakery.id);
    let link = format!("/api/portal-users/{}/customers/{}/permissions", company.portal_users[0], company.bakery.id);
    for (method, path, first, second) in [
        (Method::PUT, "/api/settings/company", json!({ "address": "One" }), json!({ "address": "Two" })),
        (Method::PUT, "/api/settings/portal", json!({ "introduction": "One" }), json!({ "introduction": "Two" })),
        (Method::PUT, "/api/settings/branding", json!({ "phone": "1" }), json!({ "phone": "2" })),
        (Method::PUT, "/api/settings/decline-reasons", json!({ "reasons": ["One"] }), json!({ "reasons": ["Two"] })),
        (Method::PUT, &customer, json!({ "own": { "edit": "deny" } }), json!({ "own": { "edit": "allow" } })),
        (Method::PUT, &link, json!({ "own": { "edit": "deny" } }), json!({ "own": { "edit": "allow" } })),
        (Method::PATCH, &template, json!({ "parts": { "notes": "hidden" } }), json!({ "parts": { "notes": "required" } })),
    ] {
        let seen = admin.reads(path).await["version"].clone();
        let with = |mut body: Value| {
            body["version"] = seen.clone();
            body
        };
        let taken = admin.tries(method.clone(), path, Some(&with(first)), None).await;
        assert_eq!(taken.status, 200, "{path}: {}", taken.body);
        let late = refused(&admin, method.clone(), path, &with(second.clone())).await;
        assert_eq!((late.status, late.name()), (409, "conflict"), "{path}");
        assert_eq!(admin.reads(path).await["version"], taken.body["version"], "{path}");
        // Who does not say what they looked at means it.
        assert_eq!(admin.tries(method, path, Some(&second), None).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_nearest_level_that_says_anything_wins() {
    let hub = TestHub::start().await;
    let (admin, company) = (hub.admin().await, hub.company());
    let customer = format!("/api/customers/{}/permissions", company.mill.id);
    let link = format!("/api/portal-users/{}/customers/{}/permissions", company.portal_users[1], company.mill.id);
    let templates = [company.repair, company.errand];
    let mut dice = dice("nearest level");
    for _ in 0..24 {
        let mut tenant = serde_json::Map::new();
        let (mut of_customer, mut of_link) = (serde_json::Map::new(), serde_json::Map::new());
        for permission in PERMISSIONS {
            tenant.insert(permission.into(), json!(dice.random::<bool>()));
            for level in [&mut of_customer, &mut of_link] {
                let choice = ["allow", "deny", "inherit"][dice.random_range(0..3)];
                level.insert(permission.into(), json!(choice));
            }
        }
        for level in [&mut tenant, &mut of_customer, &mut of_link] {
            let some: Vec<_> = templates.iter().filter(|_| dice.random()).collect();
            level.insert("templates".into(), if dice.random() { json!(some) } else { Value::Null });
        }
        put(&admin, "/api/settings/portal", &json!({ "permissions": tenant })).await;
        put(&admin, &customer, &json!({ "own": of_customer })).await;
        let answer = put(&admin, &link, &json!({ "own": of_link })).await;
        let mut expected = serde_json::Map::new();
        for permission in PERMISSIONS {
            let says = |level: &serde_json::Map<String, Value>| match level[permission].as_str() {
                Some("allow") => Some(true),
                Some("deny") => Some(false),
                _ => None,
            };
            let nearest = says(&of_link).or_else(|| says(&of_customer)).map_or_else(|| tenant[permission].clone(), |allows| json!(allows));
            expected.insert(permission.into(), nearest);
        }
        let levels = [&of_link, &of_customer, &tenant];
        let only = levels.iter().map(|level| &level["templates"]).find(|only| !only.is_null()).cloned().unwrap_or_default();
        expected.insert("templates".into(), only);
        let expected = Value::Object(expected);
        assert_eq!(answer["effective"], expected, "{tenant:?} {of_customer:?} {of_link:?}");
        // What settings say holds is what the portal goes by.
        assert_eq!(hub.portal_user(2).await.reads("/api/me").await["caller"]["customers"][0]["permissions"], expected);
        let above = admin.reads(&customer).await;
        assert_eq!(answer["inherited"], above["effective"]);
        assert_eq!(answer["customer"], above["own"]);
    }
}

#[tokio::test]
async fn a_former_web_name_leads_to_the_present_one_and_is_nobody_elses() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    put(&admin, "/api/settings/portal", &json!({ "slug": "north-pipes" })).await;
    assert_eq!(hub.stranger().get("/api/portals/north").await.unwrap()["slug"], json!("north-pipes"));
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = plain.get(format!("{}/p/north/jobs/1?show=map", hub.url())).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.headers()["location"].to_str().unwrap()), (307, "/p/north-pipes/jobs/1?show=map"));
    let southerner = hub.log_in("admin@south.example").await;
    for slug in ["north", "north-pipes"] {
        let problem = refused(&southerner, Method::PUT, "/api/settings/portal", &json!({ "slug": slug })).await;
        assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, "/slug"), "{slug}");
    }
    // A year later it is free; and who had it may have it back at any time.
    hub.tamper("update former_slug set until = now() - interval '1 second'").await;
    assert_eq!(hub.asks(Method::GET, "/api/portals/north").send().await.unwrap().status(), 404);
    put(&southerner, "/api/settings/portal", &json!({ "slug": "north" })).await;
    assert_eq!(refused(&admin, Method::PUT, "/api/settings/portal", &json!({ "slug": "north" })).await.status, 422);
    put(&southerner, "/api/settings/portal", &json!({ "slug": "south" })).await;
    assert!(hub.table("select slug from former_slug where slug = 'south'").await.is_empty(), "a name in use is not a former one");
}

#[tokio::test]
async fn the_preview_is_what_the_customer_sees_and_changes_nothing() {
    let hub = TestHub::start().await;
    let (estate, dispatcher) = (Estate::plant(&hub).await, hub.dispatcher(1).await);
    let sets = [
        Overrides::default(),
        Overrides { see_worker: Some(false), live_status: Some(false), ..Overrides::default() },
        Overrides { view_jobs: Some(false), ..Overrides::default() },
    ];
    for set in sets {
        let person = hub.portal_user_with(estate.bakery, &set).await;
        let eyes = format!("portal_user {}", person.caller.id);
        let paths = ["/api/me", "/api/jobs?limit=200", "/api/templates", "/api/customers", "/api/assets"].map(String::from);
        let of_job = [String::new(), "/events".into()].map(|end| format!("/api/jobs/{}{end}", estate.job));
        for path in paths.into_iter().chain(of_job).chain([format!("/api/jobs/{}", estate.mill.job), "/api/schedule".into()]) {
            let theirs = person.tries(Method::GET, &path, None, None).await;
            let seen = with_eyes(&hub, &dispatcher, &eyes, Method::GET, &path).await;
            assert_eq!(seen, (theirs.status, theirs.body), "{path} with {set:?}");
        }
        let overview = dispatcher.reads(&format!("/api/preview?portal_user={}", person.caller.id)).await;
        assert_eq!(overview["jobs"], person.reads("/api/jobs").await["items"]);
        assert_eq!(overview["templates"], person.reads("/api/templates").await["items"]);
        assert_eq!(overview["caller"], person.reads("/api/me").await["caller"]);
        assert!(!overview.to_string().contains(HIDDEN));
    }
    let of_customer = dispatcher.reads(&format!("/api/preview?customer={}", estate.bakery)).await;
    assert_eq!(of_customer["jobs"].as_array().unwrap().len(), 1);
    let eyes = format!("customer {}", estate.bakery);
    for (method, path) in [(Method::POST, "/api/jobs"), (Method::DELETE, &*format!("/api/jobs/{}", estate.job)), (Method::POST, "/api/switch")] {
        assert_eq!(with_eyes(&hub, &dispatcher, &eyes, method, path).await.0, 403, "{path}");
    }
    assert_eq!(with_eyes(&hub, &dispatcher, &eyes, Method::GET, "/ws").await.0, 403);
    // Eyes of another tenant, and eyes that are none.
    for eyes in
        [format!("customer {}", estate.south.customer), format!("portal_user {}", estate.south.portal_user), format!("customer {}", Uuid::now_v7())]
    {
        assert_eq!(with_eyes(&hub, &dispatcher, &eyes, Method::GET, "/api/jobs").await.0, 404, "{eyes}");
    }
    assert_eq!(with_eyes(&hub, &dispatcher, "king", Method::GET, "/api/jobs").await.0, 422);
    // Nobody but staff looks through other eyes.
    for person in [hub.portal_user(1).await, hub.worker(1).await] {
        assert_eq!(with_eyes(&hub, &person, &eyes, Method::GET, "/api/jobs").await.0, 403);
    }
}

async fn with_eyes(hub: &TestHub, person: &Person, eyes: &str, method: Method, path: &str) -> (u16, Value) {
    let request = hub.asks(method, path).header("cookie", format!("hub_session={}", person.session)).header("hub-preview", eyes);
    let answer = request.json(&json!({})).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn what_the_matrix_hides_new_jobs_lack_and_old_ones_keep() {
    let hub = TestHub::start().await;
    let (admin, customer, company) = (hub.admin().await, hub.portal_user(1).await, hub.company());
    let path = format!("/api/templates/{}", company.repair);
    let order =
        |wish: &str| json!({ "customer": company.bakery.id, "fields": { "wish": wish }, "steps": [{ "index": 0, "address": { "text": "There" } }] });
    let old = customer.orders(company.repair, order("Soon")).await;
    let change = json!({
        "parts": { "asset": "hidden", "copies": 1 },
        "steps": [{ "index": 0, "fields": { "meter": "read_only" } }, { "index": 1, "portal": "read_only" }],
        "fields": { "wish": "hidden" }
    });
    let changed = admin.tries(Method::PATCH, &path, Some(&change), None).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let seen = customer.reads(&path).await;
    assert!(!seen.to_string().contains("wish") && seen["parts"].get("asset").is_none(), "{seen}");
    assert_eq!(seen["steps"].as_array().unwrap().len(), 3);
    assert_eq!(seen["steps"][0]["fields"][1]["access"], json!("read_only"));
    let refused_order = customer
        .tries(
            Method::POST,
            "/api/jobs",
            Some(&{
                let mut order = order("Soon");
                order["template"] = json!(company.repair);
                order
            }),
            None,
        )
        .await;
    assert_eq!((refused_order.status, &refused_order.body["errors"][0]["pointer"]), (422, &json!("/fields/wish")));
    let new =
        customer.orders(company.repair, json!({ "customer": company.bakery.id, "steps": [{ "index": 0, "address": { "text": "There" } }] })).await;
    let keys = |job: &Value| job["fields"].as_array().unwrap().iter().map(|field| field["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(keys(&customer.sees(old).await), ["wish", "price"]);
    assert_eq!(keys(&customer.sees(new).await), ["price"]);
    let bad = refused(&admin, Method::PATCH, &path, &json!({ "parts": { "notes": "read_only" }, "fields": { "gone": "hidden" } })).await;
    assert_eq!(bad.errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["/parts/notes", "/fields/gone"]);
}

#[tokio::test]
async fn a_company_with_a_host_of_its_own_has_its_portal_at_the_root() {
    let hub = TestHub::start_with("public_url = \"http://hub.example.com\"").await;
    let admin = hub.admin().await;
    put(&admin, "/api/settings/portal", &json!({ "host": "Jobs.North.example" })).await;
    let own = refused(&admin, Method::PUT, "/api/settings/portal", &json!({ "host": "HUB.example.com" })).await;
    assert_eq!((own.status, own.errors[0].pointer.as_str()), (422, "/host"), "the hub's own name is everybody's");
    let south = hub.log_in("admin@south.example").await;
    let taken = refused(&south, Method::PUT, "/api/settings/portal", &json!({ "host": "jobs.north.example" })).await;
    assert_eq!((taken.status, taken.errors[0].pointer.as_str()), (422, "/host"));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let ask = async |host: &str, path: &str| {
        let answer = client.get(format!("{}{path}", hub.url())).header("host", host).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()))
    };
    for host in ["jobs.north.example", "JOBS.north.example:8443"] {
        assert_eq!(ask(host, "/").await, (307, Some("/p/north".into())), "{host}");
    }
    for (host, path) in [("jobs.south.example", "/"), ("hub.example.com", "/"), ("localhost", "/"), ("jobs.north.example", "/healthz")] {
        assert_eq!(ask(host, path).await.1, None, "{host}{path}");
    }
    put(&admin, "/api/settings/portal", &json!({ "host": "" })).await;
    assert_eq!(ask("jobs.north.example", "/").await.1, None);
}
