//! A company of one's own: founded on the command line, entered by its invitation, ready for the first order.

#![allow(clippy::unwrap_used, reason = "tests")]

use dispatch_hub::app::App;
use dispatch_hub::client::Client;
use dispatch_hub::config::Config;
use dispatch_hub::founding::Founding;
use dispatch_hub::store::scratch;
use serde_json::json;
use std::path::Path;

fn north() -> Founding {
    Founding {
        name: "North Plumbing".into(),
        web_name: "north".into(),
        time_zone: "Europe/Helsinki".into(),
        currency: "EUR".into(),
        admin: "Otto Niemi".into(),
        email: "otto@example.com".into(),
    }
}

#[actix_web::test]
async fn a_founded_company_lets_its_admin_in_who_can_work_at_once() {
    let (_, store) = scratch::store().await.unwrap();
    let link = north().found(&store).await.unwrap();
    let mut config = Config::parse(Path::new("test"), "", []).unwrap();
    config.listen = "127.0.0.1:0".parse().unwrap();
    let app = App::serve(&config, store, None).await.unwrap();
    let address = format!("http://{}", app.address());
    let token = link.strip_prefix("/i/").unwrap();
    let stranger = Client::anonymous(&address).unwrap();
    stranger.post(&format!("/api/invitations/{token}"), &json!({ "password": "correct horse" })).await.unwrap();

    let admin = Client::login(&address, "otto@example.com", "correct horse", None).await.unwrap();
    let me = admin.me().await.unwrap();
    assert!(me.admin);
    assert_eq!((me.tenant.name.as_str(), me.tenant.slug.as_str(), me.tenant.time_zone.as_str()), ("North Plumbing", "north", "Europe/Helsinki"));
    let customer = admin.post("/api/customers", &json!({ "name": "Bakery" })).await.unwrap();
    let templates = admin.get("/api/templates").await.unwrap();
    let order = json!({ "template": templates["items"][0]["id"], "customer": customer["id"], "steps": [{ "index": 0, "address": { "text": "Main street 1" } }] });
    let made = admin.post("/api/jobs", &order).await.unwrap();
    assert_eq!(made["jobs"][0]["number"], "J-1");
    app.stop().await.unwrap();
}

#[actix_web::test]
async fn what_cannot_be_a_company_is_said_and_leaves_nothing() {
    let (_, store) = scratch::store().await.unwrap();
    let wrong = [
        Founding { name: " ".into(), ..north() },
        Founding { web_name: "North Plumbing".into(), ..north() },
        Founding { time_zone: "Helsinki".into(), ..north() },
        Founding { currency: "euro".into(), ..north() },
        Founding { admin: String::new(), ..north() },
        Founding { email: "otto".into(), ..north() },
    ];
    for founding in wrong {
        assert!(founding.found(&store).await.is_err(), "{founding:?}");
    }
    north().found(&store).await.unwrap();
    let again = Founding { email: "other@example.com".into(), ..north() }.found(&store).await.unwrap_err();
    assert!(again.to_string().contains("\"north\""), "{again}");
}
