//! Logging in and out: memberships, cookies, guesses, and that known and unknown addresses look alike.

use crate::harness::TestHub;
use crate::harness::company::PASSWORD;
use reqwest::{Method, Response};
use serde_json::{Value, json};

async fn try_log_in(hub: &TestHub, body: &Value) -> Response {
    hub.asks(Method::POST, "/api/login").json(body).send().await.expect("the hub answers")
}

#[tokio::test]
async fn a_cookie_is_for_this_site_and_not_for_scripts() {
    let hub = TestHub::start().await;
    let answer = try_log_in(&hub, &json!({ "email": " Dispatcher1@NORTH.example ", "password": PASSWORD })).await;
    assert_eq!(answer.status(), 200, "addresses have no case");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("hub_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["caller"]["kind"], &body["caller"]["tenant"]["slug"]), (&json!("dispatcher"), &json!("north")));
    let customer = hub.portal_user(1).await.reads("/api/me").await;
    assert_eq!(customer["caller"]["customers"].as_array().unwrap().len(), 2);
    assert_eq!(customer["caller"]["customers"][0]["permissions"]["view_jobs"], true);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_alike_and_end_after_ten() {
    let hub = TestHub::start().await;
    let owner = hub.dispatcher(2).await;
    let mut bodies = Vec::new();
    for email in ["worker4@north.example", "nobody@north.example"] {
        for guess in 0..10 {
            let answer = try_log_in(&hub, &json!({ "email": email, "password": format!("guess {guess}") })).await;
            assert_eq!(answer.status(), 401, "{email}, guess {guess}");
            assert!(!answer.headers().contains_key("set-cookie"));
            bodies.push(answer.text().await.unwrap());
        }
        let limited = try_log_in(&hub, &json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(limited.status(), 429, "{email}: even the right one is not tried any more");
        assert!(limited.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
        let problem: Value = limited.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/too_many_requests");
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    owner.reads("/api/me").await;
    hub.worker(3).await;
}

#[tokio::test]
async fn who_has_several_memberships_picks_one() {
    let hub = TestHub::start().await;
    // The bakery's orderer also drives for the other company.
    hub.tamper(
        "insert into worker (tenant, id, login, name)
         select t.id, gen_random_uuid(), l.id, 'Siiri' from tenant t, login l where t.slug = 'south' and l.email = 'customer1@north.example'",
    )
    .await;
    let body = json!({ "email": "customer1@north.example", "password": PASSWORD });
    let choose = try_log_in(&hub, &body).await;
    assert_eq!((choose.status().as_u16(), choose.headers().contains_key("set-cookie")), (200, false));
    let choices: Value = choose.json().await.unwrap();
    let kinds: Vec<(&Value, &Value)> = choices["choose"].as_array().unwrap().iter().map(|one| (&one["slug"], &one["kind"])).collect();
    assert_eq!(kinds, [(&json!("north"), &json!("portal_user")), (&json!("south"), &json!("worker"))]);
    let wrong = try_log_in(&hub, &json!({ "email": "customer1@north.example", "password": "wrong" })).await;
    assert_eq!(wrong.status(), 401, "only who knows the password learns of memberships");
    for (tenant, kind) in [("north", "portal_user"), ("south", "worker")] {
        let mut named = body.clone();
        named["tenant"] = json!(tenant);
        let caller: Value = try_log_in(&hub, &named).await.json().await.unwrap();
        assert_eq!(caller["caller"]["kind"], kind);
    }
    let mut nowhere = body.clone();
    nowhere["tenant"] = json!("nowhere");
    assert_eq!(try_log_in(&hub, &nowhere).await.status(), 403);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let hub = TestHub::start().await;
    let (here, elsewhere) = (hub.worker(4).await, hub.worker(4).await);
    let mut live = elsewhere.live().await;
    here.client.post("/api/password/change", &json!({ "current": PASSWORD, "new": "battery staple" })).await.unwrap();
    assert_eq!(live.closes().await.code, Some(4500));
    here.reads("/api/me").await;
    assert!(elsewhere.client.me().await.is_err());
    let email = "worker4@north.example";
    assert_eq!(try_log_in(&hub, &json!({ "email": email, "password": PASSWORD })).await.status(), 401);
    assert_eq!(try_log_in(&hub, &json!({ "email": email, "password": "battery staple" })).await.status(), 200);
}

#[tokio::test]
async fn a_portal_that_is_off_lets_no_customer_in() {
    let mut hub = TestHub::start().await;
    let customer = hub.portal_user(1).await;
    hub.tamper("update tenant set settings = jsonb_set(settings, '{portal, enabled}', 'false') where slug = 'north'").await;
    hub.restart().await;
    let refused = customer.tries(Method::GET, "/api/jobs", None, None).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/portal_off")));
    let portal = hub.stranger().get("/api/portals/north").await.unwrap();
    assert_eq!(portal["enabled"], false);
    assert_eq!(try_log_in(&hub, &json!({ "email": "customer1@north.example", "password": PASSWORD })).await.status(), 403);
    hub.dispatcher(1).await.reads("/api/jobs").await;
}
