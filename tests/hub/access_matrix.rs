//! Who gets what: every route of the API × every kind of caller × their own, foreign and nonexistent ids.
//!
//! Generated from the route table: a route without a row here fails. What is foreign looks exactly like what does not exist, and no
//! answer holds a marker of anything that its caller must not see.

use crate::access_alerts;
use crate::access_things::{foreign, own};
use crate::described::{self, is_described};
use crate::harness::{Estate, Job, Person, TestHub};
use dispatch_hub::http;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// A kind of caller, with the markers that nothing sent to them may hold.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) session: Option<String>,
    pub(crate) never: Vec<String>,
    /// A portal user, a worker or a dispatcher of `north`; none for everybody who is not let in.
    pub(crate) role: Option<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    PortalUser,
    Worker,
    Dispatcher,
    /// A one-job link of `north`.
    Link,
    /// A dispatcher who may also change settings.
    Admin,
    /// Of the other tenant: to them everything of `north` is foreign.
    Stranger,
}

use Role::{Admin, Dispatcher, Link, PortalUser, Stranger, Worker};

/// What an id in a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Nothing,
    Job,
    Worker,
    Customer,
    Template,
    Asset,
    PortalUser,
    Dispatcher,
    File,
    /// One that nobody else needs: it may be changed and put away.
    Spare(&'static str),
    Mail,
    /// An address for alerts, or a wish to be told, of the caller's own.
    ContactPoint,
    Wish,
    /// An alert that was given up.
    Alert,
    Webhook,
    Token,
}

/// A row of the matrix.
pub(crate) struct Row {
    pub(crate) thing: Thing,
    /// Roles of `north` for whom the route is; to others it is forbidden whatever they name. Empty: for anyone.
    pub(crate) roles: &'static [Role],
    pub(crate) body: Option<Value>,
    /// What it answers to who may.
    pub(crate) status: u16,
    /// It ends the log-in: tried with a log-in of its own.
    pub(crate) ends_session: bool,
}

pub(crate) const MEMBERS: &[Role] = &[PortalUser, Worker, Dispatcher, Admin];
const VIEWERS: &[Role] = &[PortalUser, Worker, Dispatcher, Admin, Link];
const ORDERERS: &[Role] = &[PortalUser, Dispatcher, Admin];
const STAFF: &[Role] = &[Worker, Dispatcher, Admin];
pub(crate) const DISPATCHERS: &[Role] = &[Dispatcher, Admin];
pub(crate) const ADMINS: &[Role] = &[Admin];
pub(crate) const ANYONE: &[Role] = &[];

pub(crate) fn reads(thing: Thing, roles: &'static [Role]) -> Row {
    Row { thing, roles, body: None, status: 200, ends_session: false }
}

pub(crate) fn acts(thing: Thing, roles: &'static [Role], body: Value, status: u16) -> Row {
    Row { body: Some(body), status, ..reads(thing, roles) }
}

/// Lists as tables, the day's sums, and job types as admins write them.
fn written(method: &Method, path: &str) -> Option<Row> {
    let row = match (method.as_str(), path) {
        (
            "GET",
            "/api/overview"
            | "/api/overview.csv"
            | "/api/jobs/export.csv"
            | "/api/customers/export.csv"
            | "/api/portal-users/export.csv"
            | "/api/workers/export.csv"
            | "/api/assets/export.csv"
            | "/api/price-list"
            | "/api/price-list/export.csv",
        ) => reads(Thing::Nothing, DISPATCHERS),
        ("POST", "/api/workers/import") => acts(Thing::Nothing, ADMINS, json!({}), 422),
        ("POST", "/api/jobs/import") => acts(Thing::Nothing, DISPATCHERS, json!({}), 422),
        ("POST", "/api/customers/import" | "/api/portal-users/import" | "/api/assets/import" | "/api/price-list/import" | "/api/price-list") => {
            acts(Thing::Nothing, DISPATCHERS, json!({}), 422)
        }
        ("GET", "/api/price-list/{id}") => reads(Thing::Spare("price_item"), DISPATCHERS),
        ("PATCH", "/api/price-list/{id}") => acts(Thing::Spare("price_item"), DISPATCHERS, json!({}), 200),
        ("DELETE", "/api/price-list/{id}") => Row { status: 204, ..reads(Thing::Spare("price_item"), DISPATCHERS) },
        ("POST", "/api/templates") => acts(Thing::Nothing, ADMINS, template(), 201),
        ("PUT", "/api/templates/{id}") => acts(Thing::Template, ADMINS, template(), 200),
        ("DELETE", "/api/templates/{id}") => Row { status: 204, ..reads(Thing::Template, ADMINS) },
        _ => return None,
    };
    Some(row)
}

fn row(method: &Method, path: &str, estate: &Estate) -> Row {
    if let Some(row) = written(method, path).or_else(|| access_alerts::row(method, path)) {
        return row;
    }
    let order = json!({ "template": estate.errand, "customer": estate.bakery });
    match (method.as_str(), path) {
        ("POST", "/api/login") => acts(Thing::Nothing, ANYONE, json!({ "email": "nobody@north.example", "password": "wrong" }), 401),
        ("POST", "/api/logout") => Row { ends_session: true, ..acts(Thing::Nothing, ANYONE, json!({}), 204) },
        ("GET", "/api/me") => reads(Thing::Nothing, VIEWERS),
        ("GET", "/api/sessions" | "/api/memberships" | "/api/jobs" | "/api/addresses") => reads(Thing::Nothing, MEMBERS),
        ("POST", "/api/switch") => acts(Thing::Nothing, MEMBERS, json!({ "tenant": "nowhere", "kind": "dispatcher" }), 403),
        ("DELETE", "/api/sessions") => Row { status: 204, ends_session: true, ..reads(Thing::Nothing, MEMBERS) },
        ("POST", "/api/password/change") => acts(Thing::Nothing, MEMBERS, json!({ "current": "wrong", "new": "long enough" }), 422),
        ("POST", "/api/password/forgot") => acts(Thing::Nothing, ANYONE, json!({ "email": "nobody@north.example" }), 202),
        ("POST", "/api/password/reset") => acts(Thing::Nothing, ANYONE, json!({ "token": "guessed", "password": "long enough" }), 404),
        ("POST", "/api/signup") => {
            let body = json!({ "tenant": "north", "name": "N", "email": "n@example.com", "password": "long enough" });
            acts(Thing::Nothing, ANYONE, body, 403)
        }
        ("POST", "/api/signup/verify") => acts(Thing::Nothing, ANYONE, json!({ "token": "guessed" }), 404),
        ("POST", "/api/invitations/{token}") => acts(Thing::Nothing, ANYONE, json!({ "password": "long enough" }), 404),
        ("GET", "/api/mail") => reads(Thing::Nothing, ADMINS),
        ("POST", "/api/mail/{id}/resend") => Row { status: 202, ..reads(Thing::Mail, ADMINS) },
        ("POST", "/api/portal-users" | "/api/customers") => acts(Thing::Nothing, DISPATCHERS, json!({}), 422),
        ("POST", "/api/workers" | "/api/dispatchers") => acts(Thing::Nothing, ADMINS, json!({}), 422),
        ("PATCH", "/api/portal-users/{id}") => acts(Thing::Spare("portal_user"), DISPATCHERS, json!({}), 200),
        ("PATCH", "/api/customers/{id}") => acts(Thing::Spare("customer"), DISPATCHERS, json!({}), 200),
        ("PATCH", "/api/workers/{id}") => acts(Thing::Spare("worker"), ADMINS, json!({}), 200),
        ("PATCH", "/api/dispatchers/{id}") => acts(Thing::Spare("dispatcher"), ADMINS, json!({}), 200),
        ("DELETE", "/api/portal-users/{id}" | "/api/portal-users/{id}/invitation") => {
            Row { status: 204, ..reads(Thing::Spare("portal_user"), DISPATCHERS) }
        }
        ("DELETE", "/api/customers/{id}") => Row { status: 204, ..reads(Thing::Spare("customer"), DISPATCHERS) },
        ("DELETE", "/api/workers/{id}" | "/api/workers/{id}/invitation") => Row { status: 204, ..reads(Thing::Spare("worker"), ADMINS) },
        ("DELETE", "/api/dispatchers/{id}" | "/api/dispatchers/{id}/invitation") => Row { status: 204, ..reads(Thing::Spare("dispatcher"), ADMINS) },
        ("POST", "/api/portal-users/{id}/invitation") => reads(Thing::Spare("portal_user"), DISPATCHERS),
        ("POST", "/api/workers/{id}/invitation") => reads(Thing::Spare("worker"), ADMINS),
        ("POST", "/api/dispatchers/{id}/invitation") => reads(Thing::Spare("dispatcher"), ADMINS),
        ("POST", "/api/jobs") => acts(Thing::Nothing, ORDERERS, order, 201),
        ("POST", "/api/jobs/publish") => acts(Thing::Nothing, DISPATCHERS, json!({ "jobs": [estate.job.0] }), 200),
        ("GET", "/api/jobs/{id}" | "/api/jobs/{id}/events") => reads(Thing::Job, VIEWERS),
        ("GET", "/api/jobs/{id}/invoice" | "/api/jobs/{id}/invoice.pdf") => reads(Thing::Job, ORDERERS),
        // There is no photo; who sees one is in `files`.
        ("GET", "/api/jobs/{id}/worker-photo") => Row { status: 204, ..reads(Thing::Job, VIEWERS) },
        ("GET", "/api/jobs/{id}/earlier") => reads(Thing::Job, STAFF),
        ("GET", "/api/jobs/{id}/links") => reads(Thing::Job, DISPATCHERS),
        ("POST", "/api/jobs/{id}/links") => acts(Thing::Job, DISPATCHERS, json!({ "days": 3 }), 201),
        ("DELETE", "/api/jobs/{id}/links/{link}") => Row { status: 204, ..reads(Thing::Job, DISPATCHERS) },
        ("PATCH", "/api/jobs/{id}") => acts(Thing::Job, MEMBERS, json!({ "fields": {} }), 200),
        ("DELETE", "/api/jobs/{id}") => Row { status: 204, ..reads(Thing::Job, ORDERERS) },
        // Each command has a matrix of its own, in `access_commands`.
        ("POST", "/api/jobs/{id}/commands") => acts(Thing::Job, DISPATCHERS, json!({ "do": "mark_seen" }), 200),
        (
            "GET",
            "/api/schedule"
            | "/api/workers"
            | "/api/portal-users"
            | "/api/dispatchers"
            | "/api/settings/company"
            | "/api/settings/portal"
            | "/api/settings/branding"
            | "/api/settings/invoices"
            | "/api/settings/dispatch",
        ) => reads(Thing::Nothing, DISPATCHERS),
        ("GET", "/api/workers/{id}" | "/api/workers/{id}/track") => reads(Thing::Worker, DISPATCHERS),
        ("PUT", "/api/workers/{id}/availability") => acts(Thing::Worker, DISPATCHERS, json!({ "hours": null, "absences": [] }), 200),
        ("GET", "/api/workers/{id}/tracker") => reads(Thing::Worker, ADMINS),
        ("POST", "/api/workers/{id}/tracker") => acts(Thing::Worker, ADMINS, json!({}), 201),
        ("DELETE", "/api/workers/{id}/tracker") => Row { status: 204, ..reads(Thing::Worker, ADMINS) },
        // Nobody has this secret; who has one is in `intake`.
        ("GET" | "POST" | "PUT" | "PATCH", "/in/{secret}") | ("GET", "/api/invitations/{token}") => {
            Row { status: 404, ..reads(Thing::Nothing, ANYONE) }
        }
        ("GET", "/api/customers" | "/api/templates" | "/api/assets") => reads(Thing::Nothing, ORDERERS),
        ("GET", "/api/customers/{id}") => reads(Thing::Customer, ORDERERS),
        ("GET", "/api/templates/{id}") => reads(Thing::Template, ORDERERS),
        ("GET", "/api/assets/{id}" | "/api/assets/{id}/jobs") => reads(Thing::Asset, ORDERERS),
        ("POST", "/api/assets") => acts(Thing::Nothing, DISPATCHERS, json!({ "customer": estate.bakery, "type": "Oven", "name": "Oven" }), 201),
        ("PATCH", "/api/assets/{id}") => acts(Thing::Asset, DISPATCHERS, json!({}), 200),
        // Put away it is still there, for the jobs that name it.
        ("DELETE", "/api/assets/{id}") => Row { status: 204, ..reads(Thing::Asset, DISPATCHERS) },
        ("GET", "/api/portal-users/{id}" | "/api/portal-users/{id}/customers/{customer}/permissions") => reads(Thing::PortalUser, DISPATCHERS),
        ("GET", "/api/dispatchers/{id}") => reads(Thing::Dispatcher, DISPATCHERS),
        // What is uploaded in which order is told in `files`; here the pieces do not fit.
        ("POST", "/api/files") => {
            acts(Thing::Nothing, MEMBERS, json!({ "id": Uuid::now_v7(), "name": "x.svg", "type": "image/svg+xml", "bytes": 1 }), 422)
        }
        ("GET", "/api/files/{id}") => reads(Thing::File, VIEWERS),
        ("HEAD", "/api/files/{id}") => reads(Thing::File, MEMBERS),
        ("PUT", "/api/files/{id}") => acts(Thing::File, MEMBERS, json!({}), 422),
        ("GET", "/api/times") => Row { status: 422, ..reads(Thing::Nothing, ORDERERS) },
        ("GET", "/api/settings/decline-reasons") => reads(Thing::Nothing, STAFF),
        (
            "PUT",
            "/api/settings/company" | "/api/settings/portal" | "/api/settings/branding" | "/api/settings/invoices" | "/api/settings/dispatch",
        ) => acts(Thing::Nothing, ADMINS, json!({}), 200),
        ("PUT", "/api/settings/decline-reasons") => acts(Thing::Nothing, ADMINS, json!({ "reasons": ["No time"] }), 200),
        ("PATCH", "/api/templates/{id}") => acts(Thing::Template, ADMINS, json!({}), 200),
        ("GET", "/api/customers/{id}/permissions") => reads(Thing::Customer, DISPATCHERS),
        ("PUT", "/api/customers/{id}/permissions") => acts(Thing::Customer, ADMINS, json!({ "own": {} }), 200),
        ("PUT", "/api/portal-users/{id}/customers/{customer}/permissions") => acts(Thing::PortalUser, ADMINS, json!({ "own": {} }), 200),
        // Whose eyes it is about stands in the query: see `settings`.
        ("GET", "/api/preview" | "/api/workers/nearest") => Row { status: 422, ..reads(Thing::Nothing, DISPATCHERS) },
        ("GET", "/api/portals/{slug}" | "/healthz" | "/readyz" | "/metrics") => reads(Thing::Nothing, ANYONE),
        // Without the headers of an upgrade it is a plain request; with them see `access_sockets`.
        ("GET", "/ws") => Row { status: 400, ..reads(Thing::Nothing, VIEWERS) },
        _ => panic!("{method} {path} has no row in the access matrix"),
    }
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: String,
}

impl Reply {
    fn problem(&self) -> Value {
        let problem: Value = serde_json::from_str(&self.body).unwrap_or_default();
        problem["type"].clone()
    }
}

/// Everybody who might come to the door.
pub(crate) async fn columns(hub: &TestHub, estate: &Estate) -> Vec<Column> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let column = |name, person: Person, role, never: &[&str]| Column { name, session: Some(person.session), role, never: texts(never) };
    let nobody = |name, session| Column {
        name,
        session,
        role: None,
        never: texts(&["mk-north-", "mk-south", "mk-staff-only", "mk-dispatch-only", "mk-bill"]),
    };
    let (expired, ended) = (hub.dispatcher(2).await, hub.dispatcher(1).await);
    let second = hub.company().dispatchers[1];
    hub.tamper(&format!("update login_session set expires_at = now() - interval '1 second' where person = '{second}'")).await;
    ended.client.post("/api/logout", &json!({})).await.expect("logged out");
    let link = Person::with_link(&hub.stranger(), &estate.share(estate.job).await.token).await;
    let ended_links = ended_links(hub, estate).await;
    let ended_links = ended_links.into_iter().map(|(name, token)| nobody(name, Some(format!("Bearer {token}"))));
    let logged_in = vec![
        column("one-job link", link, Some(Link), &["mk-north-mill", "mk-south", "mk-staff-only", "mk-dispatch-only", "mk-bill"]),
        nobody("anonymous", None),
        nobody("with a guessed session", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into())),
        nobody("with an expired session", Some(expired.session)),
        nobody("logged out", Some(ended.session)),
        column("portal user", hub.portal_user(1).await, Some(PortalUser), &["mk-north-mill", "mk-south", "mk-staff-only", "mk-dispatch-only"]),
        column("worker", hub.worker(1).await, Some(Worker), &["mk-north-mill", "mk-south", "mk-dispatch-only", "mk-price", "mk-bill"]),
        column("dispatcher", hub.dispatcher(1).await, Some(Dispatcher), &["mk-south"]),
        column("admin", hub.admin().await, Some(Admin), &["mk-south"]),
        column("other tenant's dispatcher", hub.log_in("dispatcher1@south.example").await, Some(Stranger), &["mk-north"]),
    ];
    ended_links.chain(logged_in).collect()
}

/// Links that no longer show anything, each for another reason.
async fn ended_links(hub: &TestHub, estate: &Estate) -> Vec<(&'static str, String)> {
    let dispatcher = hub.dispatcher(1).await;
    let expired = estate.share(estate.job).await;
    hub.tamper(&format!("update job_link set expires_at = now() - interval '1 second' where id = '{}'", expired.id)).await;
    let revoked = estate.share(estate.job).await;
    dispatcher.client.delete(&format!("/api/jobs/{}/links/{}", estate.job, revoked.id)).await.expect("revoked");
    let (called_off, deleted) = (estate.fresh_job(hub).await, estate.fresh_job(hub).await);
    let (of_called_off, of_deleted) = (estate.share(called_off).await, estate.share(deleted).await);
    dispatcher.does(called_off, json!({ "do": "cancel" })).await;
    dispatcher.client.delete(&format!("/api/jobs/{deleted}")).await.expect("deleted");
    vec![
        ("with an expired link", expired.token),
        ("with a revoked link", revoked.token),
        ("with a link to a cancelled job", of_called_off.token),
        ("with a link to a deleted job", of_deleted.token),
    ]
}

/// What a request with this session, or none, is answered.
pub(crate) async fn ask(hub: &TestHub, method: &Method, path: &str, session: Option<&str>, body: Option<&Value>) -> Reply {
    let mut request = hub.asks(method.clone(), path);
    if let Some(session) = session {
        request = match session.strip_prefix("Bearer ") {
            Some(_) => request.header("authorization", session),
            None => request.header("cookie", format!("hub_session={session}")),
        };
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("the hub answers");
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().expect("text").to_owned()).unwrap_or_default();
    let status = answer.status().as_u16();
    let body = String::from_utf8_lossy(&answer.bytes().await.expect("a whole answer")).into_owned();
    // HEAD says it by its status alone.
    let problem =
        [(401, "not_authenticated"), (403, "forbidden"), (404, "missing")].into_iter().find(|(of, _)| *method == Method::HEAD && *of == status);
    let body = problem.map_or(body, |(_, name)| json!({ "type": format!("/problems/{name}") }).to_string());
    Reply { status, kind, body }
}

#[tokio::test]
async fn every_route_gives_every_caller_what_is_theirs_and_nothing_else() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let columns = columns(&hub, &estate).await;
    access_alerts::plant(&hub).await;
    let mut rows = Vec::new();
    for endpoint in http::routes() {
        for entry in &endpoint.methods {
            let method: Method = entry.method.as_str().parse().expect("a method");
            let row = row(&method, endpoint.path, &estate);
            rows.push((method, endpoint.path, row));
        }
    }
    // What ends log-ins ends those of the other rows too.
    rows.sort_by_key(|(_, _, row)| row.ends_session);
    let mut cells = 0;
    for (method, path, row) in &rows {
        for column in &columns {
            cells += check(&hub, &estate, method, path, row, column).await;
        }
    }
    assert!(cells > 500, "{cells} cells");
}

/// One column of a row, for each id that the path may hold. Returns the number of cells.
async fn check(hub: &TestHub, estate: &Estate, method: &Method, path: &str, row: &Row, column: &Column) -> usize {
    let customer = hub.company().bakery.id.to_string();
    let cell = format!("{method} {path} as {}", column.name);
    let own = own(hub, estate, row, column).await;
    let session = match (&column.session, column.role) {
        // A link shows one job: the row's own.
        (Some(_), Some(Link)) if row.thing == Thing::Job => {
            Some(format!("Bearer {}", estate.share(Job(own.parse::<Uuid>().expect("an id").into())).await.token))
        }
        (Some(_), Some(role)) if row.ends_session && role != Link => Some(log_in_again(hub, column).await),
        (session, _) => session.clone(),
    };
    let link = if path.contains("{link}") { estate.share(Job(own.parse::<Uuid>().expect("an id").into())).await.id } else { String::new() };
    let at = |id: &str| {
        path.replace("{id}", id)
            .replace("{slug}", "north")
            .replace("{link}", &link)
            .replace("{customer}", &customer)
            .replace("{token}", "guessed")
            .replace("{month}", "2026-11")
            .replace("{seq}", "0")
    };
    // Everybody guesses at another account: one account is not guessed at this often.
    let guess = json!({ "email": format!("nobody-{}@north.example", Uuid::now_v7()), "password": "wrong" });
    let body = if path == "/api/login" { Some(&guess) } else { row.body.as_ref() };
    let reply = ask(hub, method, &at(&own), session.as_deref(), body).await;
    expect(&cell, &reply, row, column);
    is_described(method, path, reply.status, &reply.kind, &reply.body);
    if let (Some(body), 200..300) = (body, reply.status) {
        described::takes(method, path, body);
    }
    for marker in &column.never {
        assert!(!reply.body.contains(marker), "{cell}: {marker} in {}", reply.body);
    }
    if row.thing == Thing::Nothing {
        return 1;
    }
    let nonexistent = ask(hub, method, &at(&Uuid::now_v7().to_string()), session.as_deref(), row.body.as_ref()).await;
    if column.role.is_some_and(|role| row.roles.contains(&role) || role == Stranger && row.roles.contains(&Dispatcher)) && !row.roles.is_empty() {
        assert_eq!((nonexistent.status, nonexistent.problem()), (404, json!("/problems/missing")), "{cell}: nonexistent");
    }
    let foreign = foreign(estate, row.thing, column);
    for id in &foreign {
        let reply = ask(hub, method, &at(id), session.as_deref(), row.body.as_ref()).await;
        assert_eq!(reply, nonexistent, "{cell}: what is foreign looks like what does not exist");
    }
    for id in ["0", "not-an-id", &Uuid::now_v7().simple().to_string()] {
        let reply = ask(hub, method, &at(id), session.as_deref(), row.body.as_ref()).await;
        // Who may do it with no id at all may also be told that this is none.
        let is_missing = reply.status == 404 && reply.problem() == json!("/problems/missing");
        assert!(reply == nonexistent || is_missing, "{cell}: {id:?}: {reply:?}");
    }
    4 + foreign.len()
}

/// A job type that fits.
fn template() -> Value {
    json!({
        "name": "Inspection", "colour": "#2563eb", "duration_min": 60,
        "parts": { "requested_start": "optional", "asset": "hidden", "contact": "hidden", "notes": "optional", "copies": 1 },
        "steps": [{ "name": "Look", "portal": "read_only" }],
    })
}

fn expect(cell: &str, reply: &Reply, row: &Row, column: &Column) {
    let expected = match column.role {
        _ if row.roles.is_empty() => (row.status, None),
        None => (401, Some("/problems/not_authenticated")),
        // Theirs is the same route, but the id is not.
        Some(Stranger) if row.roles.contains(&Dispatcher) && row.thing != Thing::Nothing => (404, Some("/problems/missing")),
        Some(Stranger) if row.roles.contains(&Dispatcher) => (stranger_status(row), None),
        // No file is theirs but what their job shows.
        Some(Link) if row.roles.contains(&Link) && row.thing == Thing::File => (404, Some("/problems/missing")),
        Some(role) if row.roles.contains(&role) => (row.status, None),
        Some(_) => (403, Some("/problems/forbidden")),
    };
    assert_eq!(reply.status, expected.0, "{cell}: {}", reply.body);
    if let Some(problem) = expected.1 {
        assert_eq!((reply.problem(), reply.kind.as_str()), (json!(problem), "application/problem+json"), "{cell}");
    }
}

/// Orders of the other tenant's dispatcher name things that are not theirs; publishing decides on each job apart.
fn stranger_status(row: &Row) -> u16 {
    if row.status == 201 {
        422
    } else if row.status == 403 {
        403
    } else {
        row.status
    }
}

async fn log_in_again(hub: &TestHub, column: &Column) -> String {
    let person = match column.name {
        "portal user" => hub.portal_user(1).await,
        "worker" => hub.worker(1).await,
        "dispatcher" => hub.dispatcher(1).await,
        "admin" => hub.admin().await,
        _ => hub.log_in("dispatcher1@south.example").await,
    };
    person.session
}
