//! Pictures: uploaded in pieces, taken up again, encoded anew, put into fields, and seen by whoever sees the field.

use crate::harness::{Person, TestHub};
use crate::journeys::allocate;
use dispatch_hub::domain::field::{FieldDef, FieldKind, Rule};
use dispatch_hub::domain::ids::{FileId, TemplateId};
use dispatch_hub::domain::template::{Parts, StepDef, Template};
use dispatch_hub::hub::clock;
use dispatch_hub::store;
use image::{ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::io::Cursor;
use uuid::Uuid;

/// A JPEG of noise, so that its length grows with its size.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut state = 7_u32;
    let image = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgb([a, b, c])
    });
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    bytes
}

async fn asks(hub: &TestHub, session: &str, method: Method, path: &str) -> Response {
    hub.asks(method, path).header("cookie", format!("hub_session={session}")).send().await.unwrap()
}

async fn announce(hub: &TestHub, session: &str, body: &Value) -> (u16, Value) {
    let answer = hub.asks(Method::POST, "/api/files").header("cookie", format!("hub_session={session}")).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn piece(hub: &TestHub, session: &str, id: Uuid, offset: usize, bytes: &[u8]) -> Response {
    let request = hub.asks(Method::PUT, &format!("/api/files/{id}")).header("cookie", format!("hub_session={session}"));
    request.header("upload-offset", offset).body(bytes.to_vec()).send().await.unwrap()
}

fn offset(answer: &Response) -> usize {
    answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}

/// Uploads a picture, in one piece.
pub(crate) async fn upload(hub: &TestHub, session: &str, bytes: &[u8]) -> Uuid {
    let id = Uuid::now_v7();
    let (status, answer) = announce(hub, session, &json!({ "id": id, "name": "Photo 1.jpg", "type": "image/jpeg", "bytes": bytes.len() })).await;
    assert_eq!(status, 201, "{answer}");
    let done = piece(hub, session, id, 0, bytes).await;
    assert_eq!(done.status(), 200);
    id
}

#[tokio::test]
async fn an_upload_that_was_cut_goes_on_where_it_stopped() {
    let hub = TestHub::start().await;
    let me = hub.portal_user(1).await;
    let bytes = picture(900, 700);
    assert!(bytes.len() > 300_000 && bytes.len() < 1_000_000, "{}", bytes.len());
    let id = Uuid::now_v7();
    let body = json!({ "id": id, "name": "Leak.jpg", "type": "image/jpeg", "bytes": bytes.len() });
    assert_eq!(announce(&hub, &me.session, &body).await.0, 201);
    let first = piece(&hub, &me.session, id, 0, &bytes[..100_000]).await;
    assert_eq!((first.status(), offset(&first)), (StatusCode::NO_CONTENT, 100_000));
    // The answer was lost: the same again, and what comes too early.
    for starts in [0, 200_000] {
        let wrong = piece(&hub, &me.session, id, starts, &bytes[starts..starts + 100_000]).await;
        assert_eq!((wrong.status(), offset(&wrong)), (StatusCode::CONFLICT, 100_000));
    }
    let again = announce(&hub, &me.session, &body).await;
    assert_eq!((again.0, &again.1["received"]), (201, &json!(100_000)));
    assert_eq!(offset(&asks(&hub, &me.session, Method::HEAD, &format!("/api/files/{id}")).await), 100_000);
    let not_yet = asks(&hub, &me.session, Method::GET, &format!("/api/files/{id}")).await;
    assert_eq!(not_yet.status(), 404);
    let last = piece(&hub, &me.session, id, 100_000, &bytes[100_000..]).await;
    assert_eq!(last.status(), 200);
    let file: Value = last.json().await.unwrap();
    assert_eq!((&file["name"], &file["type"], &file["url"]), (&json!("Leak.jpg"), &json!("image/jpeg"), &json!(format!("/api/files/{id}"))));
    // And once more at the end, as after a lost answer.
    assert_eq!(piece(&hub, &me.session, id, bytes.len(), &[]).await.status(), 200);
    assert_eq!(hub.table("select 1 from file_piece").await.len(), 0);

    let shown = asks(&hub, &me.session, Method::GET, &format!("/api/files/{id}")).await;
    let header = |name: &str| shown.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("x-content-type-options")), ("image/jpeg".into(), "nosniff".into()));
    assert_eq!((header("content-disposition"), header("cache-control")), ("inline".into(), "private, no-cache".into()));
    assert!(header("content-security-policy").starts_with("default-src 'none'; sandbox"));
    let tag = header("etag");
    let whole = image::load_from_memory(&shown.bytes().await.unwrap()).unwrap();
    assert_eq!((whole.width(), whole.height()), (900, 700));
    let known = hub.asks(Method::GET, &format!("/api/files/{id}")).header("cookie", format!("hub_session={}", me.session));
    assert_eq!(known.header("if-none-match", tag).send().await.unwrap().status(), 304);
    let thumb = asks(&hub, &me.session, Method::GET, &format!("/api/files/{id}?size=thumb")).await.bytes().await.unwrap();
    assert_eq!(image::load_from_memory(&thumb).unwrap().width(), 480);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_forgotten() {
    let hub = TestHub::start().await;
    let me = hub.portal_user(1).await;
    let body = |name: &str, kind: &str, bytes: u64| json!({ "id": Uuid::now_v7(), "name": name, "type": kind, "bytes": bytes });
    let table = [
        (body("x", "image/svg+xml", 10), "/type"),
        (body("x", "text/html", 10), "/type"),
        (body("x", "image/jpeg", 0), "/bytes"),
        (body("x", "image/jpeg", 15_000_001), "/bytes"),
        (body("x", "image/jpeg", 5_000_000_000), "/bytes"),
        (body("bell \u{7}", "image/jpeg", 10), "/name"),
        (json!({ "id": "7", "name": "x", "type": "image/jpeg", "bytes": 10 }), "/id"),
    ];
    for (body, pointer) in table {
        let (status, answer) = announce(&hub, &me.session, &body).await;
        assert_eq!((status, &answer["errors"][0]["pointer"]), (422, &json!(pointer)), "{body}");
    }
    for content in [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".as_slice(), b"GIF89a", b"\xff\xd8\xff\xe0 and no more"]
    {
        let id = Uuid::now_v7();
        let (status, _) = announce(&hub, &me.session, &json!({ "id": id, "name": "x", "type": "image/jpeg", "bytes": content.len() })).await;
        assert_eq!(status, 201);
        // More than was announced.
        assert_eq!(piece(&hub, &me.session, id, 0, &[content, b"!"].concat()).await.status(), 422);
        let refused = piece(&hub, &me.session, id, 0, content).await;
        let status = refused.status();
        let problem: Value = refused.json().await.unwrap();
        assert_eq!((status.as_u16(), &problem["errors"][0]["pointer"]), (422, &json!("/type")));
        assert_eq!(asks(&hub, &me.session, Method::HEAD, &format!("/api/files/{id}")).await.status(), 404);
    }
    assert_eq!(hub.table("select 1 from file").await.len(), 0);
    let id = Uuid::now_v7();
    announce(&hub, &me.session, &json!({ "id": id, "name": "x", "type": "image/jpeg", "bytes": 3_000_000 })).await;
    assert_eq!(piece(&hub, &me.session, id, 0, &vec![0; (1 << 20) + 1]).await.status(), 400);
    let nowhere = hub.asks(Method::PUT, &format!("/api/files/{id}")).header("cookie", format!("hub_session={}", me.session)).body("x");
    assert_eq!(nowhere.send().await.unwrap().status(), 422);
    // Somebody else's id cannot be taken over.
    let other = hub.portal_user(2).await;
    let (status, _) = announce(&hub, &other.session, &json!({ "id": id, "name": "x", "type": "image/jpeg", "bytes": 3_000_000 })).await;
    assert_eq!(status, 409);
}

/// A job type with pictures that everybody, only staff, and only the worker may see.
async fn with_pictures(hub: &TestHub) -> TemplateId {
    use Rule::{Hidden, Optional, ReadOnly};
    let field = |key: &str, kind, worker, portal| FieldDef { key: key.into(), label: key.into(), kind, options: Vec::new(), worker, portal };
    let template = Template {
        id: TemplateId(Uuid::now_v7()),
        name: "Pictures mk-north".into(),
        colour: "#2563eb".into(),
        duration_min: 60,
        parts: Parts { requested_start: Optional, asset: Optional, contact: Optional, notes: Optional, copies: 5 },
        steps: vec![StepDef {
            name: "Look mk-north".into(),
            address: false,
            completes_on_arrival: false,
            portal: Optional,
            fields: vec![field("before", FieldKind::Photo, Optional, ReadOnly), field("inside", FieldKind::Photo, Optional, Hidden)],
        }],
        fields: vec![
            field("photos", FieldKind::Photo, ReadOnly, Optional),
            field("signed", FieldKind::Signature, Hidden, Optional),
            field("secret", FieldKind::Photo, Hidden, Hidden),
        ],
        invoice_lines: Vec::new(),
        archived: false,
    };
    let mut connection = hub.store().write().await.unwrap();
    store::templates::create(&mut connection, hub.company().tenant, &template, 9).await.unwrap();
    connection.commit().await.unwrap();
    template.id
}

async fn sees(hub: &TestHub, person: &Person, file: Uuid) -> bool {
    match asks(hub, &person.session, Method::GET, &format!("/api/files/{file}?size=thumb")).await.status().as_u16() {
        200 => true,
        404 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_picture_is_seen_by_whoever_sees_the_field_that_holds_it() {
    let hub = TestHub::start().await;
    let template = with_pictures(&hub).await;
    let (me, foreign) = (hub.portal_user(1).await, hub.portal_user(2).await);
    let (dispatcher, worker, stranger) = (hub.dispatcher(1).await, hub.worker(1).await, hub.log_in("dispatcher1@south.example").await);
    let (shown, signed) = (upload(&hub, &me.session, &picture(40, 30)).await, upload(&hub, &me.session, &picture(40, 30)).await);
    assert!(sees(&hub, &me, shown).await && !sees(&hub, &dispatcher, shown).await && !sees(&hub, &foreign, shown).await);
    let job = me.orders(template, json!({ "customer": hub.company().bakery.id, "fields": { "photos": [shown], "signed": signed } })).await;
    let view = me.sees(job).await;
    assert_eq!(view["files"].as_array().unwrap().len(), 2);
    assert_eq!(view["files"][0], json!({ "id": shown, "name": "Photo 1.jpg", "type": "image/jpeg", "url": format!("/api/files/{shown}") }));
    assert!(sees(&hub, &me, shown).await && sees(&hub, &dispatcher, shown).await && sees(&hub, &dispatcher, signed).await);
    assert!(!sees(&hub, &foreign, shown).await && !sees(&hub, &stranger, shown).await && !sees(&hub, &worker, shown).await);
    // On the phone the worker sees what is given to workers.
    dispatcher.does(job, allocate(&hub, 1)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    assert!(sees(&hub, &worker, shown).await && !sees(&hub, &worker, signed).await);
    // What the worker adds is the customer's to see, unless it is not.
    worker.does(job, json!({ "do": "accept" })).await;
    let (before, inside) = (upload(&hub, &worker.session, &picture(40, 30)).await, upload(&hub, &worker.session, &picture(40, 30)).await);
    worker.does(job, json!({ "do": "complete_step", "step": 0, "fields": { "before": [before], "inside": [inside] } })).await;
    assert!(sees(&hub, &me, before).await && !sees(&hub, &me, inside).await && sees(&hub, &dispatcher, inside).await);
    assert_eq!(me.sees(job).await["files"].as_array().unwrap().len(), 3);
    assert_eq!(dispatcher.sees(job).await["files"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn only_ones_own_complete_pictures_can_be_named() {
    let hub = TestHub::start().await;
    let template = with_pictures(&hub).await;
    let (me, foreign) = (hub.portal_user(1).await, hub.portal_user(2).await);
    let mine = upload(&hub, &me.session, &picture(40, 30)).await;
    let theirs = upload(&hub, &foreign.session, &picture(40, 30)).await;
    let half = Uuid::now_v7();
    announce(&hub, &me.session, &json!({ "id": half, "name": "x", "type": "image/jpeg", "bytes": 5000 })).await;
    let order = |fields: Value| json!({ "template": template, "customer": hub.company().bakery.id, "fields": fields });
    let table = [
        (json!({ "photos": [mine, theirs] }), "/fields/photos"),
        (json!({ "photos": [half] }), "/fields/photos"),
        (json!({ "photos": [Uuid::now_v7()] }), "/fields/photos"),
        (json!({ "photos": [mine, mine] }), "/fields/photos"),
        (json!({ "photos": mine }), "/fields/photos"),
        (json!({ "photos": (0..21).map(|_| Uuid::now_v7()).collect::<Vec<_>>() }), "/fields/photos"),
        (json!({ "photos": [mine.to_string().to_uppercase()] }), "/fields/photos"),
        (json!({ "signed": theirs }), "/fields/signed"),
        (json!({ "signed": [mine] }), "/fields/signed"),
        (json!({ "secret": [mine] }), "/fields/secret"),
    ];
    for (fields, pointer) in table {
        let answer = me.tries(Method::POST, "/api/jobs", Some(&order(fields.clone())), None).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (422, &json!(pointer)), "{fields}");
    }
    let job = me.orders(template, json!({ "customer": hub.company().bakery.id, "fields": { "photos": [mine] } })).await;
    let path = format!("/api/jobs/{job}");
    let stolen = me.tries(Method::PATCH, &path, Some(&json!({ "fields": { "photos": [mine, theirs] } })), None).await;
    assert_eq!((stolen.status, &stolen.body["errors"][0]["pointer"]), (422, &json!("/fields/photos")));
    // A dispatcher may keep what is there and add their own.
    let dispatcher = hub.dispatcher(1).await;
    let more = upload(&hub, &dispatcher.session, &picture(40, 30)).await;
    dispatcher.client.patch(&path, &json!({ "fields": { "photos": [more, mine] } })).await.unwrap();
    assert_eq!(me.sees(job).await["files"][0]["id"], json!(more));
    assert!(sees(&hub, &me, more).await);
    dispatcher.client.patch(&path, &json!({ "fields": { "photos": [more] } })).await.unwrap();
    assert!(sees(&hub, &me, mine).await, "its uploader still sees what nothing holds any more");
    assert!(!sees(&hub, &dispatcher, mine).await);
}

#[tokio::test]
async fn a_logo_is_everybodys_and_what_nothing_shows_goes_after_a_week() {
    let hub = TestHub::start().await;
    let template = with_pictures(&hub).await;
    let (admin, me) = (hub.admin().await, hub.portal_user(1).await);
    let logo = upload(&hub, &admin.session, &picture(64, 64)).await;
    let asset = upload(&hub, &admin.session, &picture(64, 64)).await;
    let (used, unused) = (upload(&hub, &me.session, &picture(8, 8)).await, upload(&hub, &me.session, &picture(8, 8)).await);
    me.orders(template, json!({ "customer": hub.company().bakery.id, "fields": { "photos": [used] } })).await;
    let anonymous = |file: Uuid| hub.asks(Method::GET, &format!("/api/files/{file}")).send();
    assert_eq!(anonymous(logo).await.unwrap().status(), 401);
    let tenant = hub.company().tenant;
    hub.tamper(&format!("update tenant set settings = jsonb_set(settings, '{{portal,logo}}', '\"{logo}\"') where id = '{tenant}'")).await;
    hub.tamper(&format!("update asset set doc = doc || '{{\"photo\": \"{asset}\"}}' where id = '{}'", hub.company().bakery.asset)).await;
    let shown = anonymous(logo).await.unwrap();
    assert_eq!((shown.status().as_u16(), shown.headers()["cache-control"].to_str().unwrap()), (200, "public, max-age=3600"));
    assert!(sees(&hub, &hub.log_in("dispatcher1@south.example").await, logo).await);
    assert!(sees(&hub, &me, asset).await && !sees(&hub, &hub.portal_user(2).await, asset).await);

    hub.tamper("update file set created_at = now() - interval '8 days'").await;
    let fresh = upload(&hub, &me.session, &picture(8, 8)).await;
    let mut connection = hub.store().write().await.unwrap();
    let week = clock::now().plus_ms(-7 * 24 * 3_600_000);
    assert_eq!(store::files::forget_unused(&mut connection, week).await.unwrap(), 1);
    connection.commit().await.unwrap();
    for (file, stays) in [(logo, true), (asset, true), (used, true), (fresh, true), (unused, false)] {
        let mut connection = hub.store().read(tenant).await.unwrap();
        assert_eq!(store::files::find(&mut connection, tenant, FileId(file)).await.is_ok(), stays);
    }
}

#[tokio::test]
async fn a_workers_face_is_for_those_who_see_who_comes() {
    let hub = TestHub::start().await;
    let (admin, dispatcher, customer, worker) = (hub.admin().await, hub.dispatcher(1).await, hub.portal_user(1).await, hub.worker(1).await);
    let path = format!("/api/workers/{}", worker.caller.id);
    let photo = upload(&hub, &admin.session, &picture(300, 300)).await;
    // Neither a worker's own upload nor nothing at all becomes somebody's face by its id alone.
    let foreign = upload(&hub, &worker.session, &picture(40, 40)).await;
    for wrong in [foreign, Uuid::now_v7()] {
        let refused = admin.tries(Method::PATCH, &path, Some(&json!({ "photo": wrong })), None).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/photo")));
    }
    let set = admin.tries(Method::PATCH, &path, Some(&json!({ "photo": photo })), None).await;
    assert_eq!((set.status, &set.body["photo"]), (200, &json!(photo)), "{}", set.body);

    let job = customer.orders(hub.company().errand, json!({ "customer": hub.company().bakery.id })).await;
    let face = format!("/api/jobs/{job}/worker-photo");
    let status = async |person: &Person| asks(&hub, &person.session, Method::GET, &face).await.status().as_u16();
    assert_eq!((status(&dispatcher).await, status(&customer).await), (404, 404), "nobody comes yet");
    dispatcher.does(job, allocate(&hub, 1)).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    assert_eq!((status(&dispatcher).await, status(&customer).await), (200, 404), "a pending job's worker is not told");
    worker.does(job, json!({ "do": "accept" })).await;
    let shown = asks(&hub, &customer.session, Method::GET, &face).await;
    assert_eq!((shown.status().as_u16(), shown.headers()["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    let by_id = format!("/api/files/{photo}");
    let by_id = async |person: &Person| asks(&hub, &person.session, Method::GET, &by_id).await.status().as_u16();
    assert_eq!((by_id(&dispatcher).await, by_id(&customer).await), (200, 404), "only through the job");
    assert_eq!(status(&hub.portal_user(2).await).await, 404);

    let permissions = format!("/api/customers/{}/permissions", hub.company().bakery.id);
    crate::settings::put(&admin, &permissions, &json!({ "own": { "see_worker": "deny" } })).await;
    assert_eq!(status(&customer).await, 404, "without the permission");
    admin.tries(Method::PATCH, &path, Some(&json!({ "photo": null })), None).await;
    assert_eq!(status(&dispatcher).await, 204, "somebody without a picture");
}
