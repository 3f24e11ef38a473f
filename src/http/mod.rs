//! Requests: every route on one screen, and who may use it. What a route does is in the file named before it.

mod access;
mod body;
mod door;
pub mod error;
mod events;
mod intake;
mod jobs;
mod lists;
mod local_time;
mod login;
mod page;
mod publish;
mod request;
mod schedule;
mod server;
mod status;
mod trackers;
mod tracks;

pub use access::Access;
pub use server::server;

use crate::auth::Auth;
use crate::config::Config;
use crate::hub::Hub;
use crate::places::Gazetteer;
use crate::store::Store;
use crate::telemetry::Metrics;
use access::Access::{Admin, Anyone, Dispatcher, Member, Orderer, Staff};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, Resource, Responder, ResponseError, Route, web};
use door::guard;
use std::sync::Arc;

/// What requests are answered with.
pub struct Parts {
    /// What changes jobs.
    pub hub: Arc<Hub>,
    /// What is read.
    pub store: Store,
    /// Who is asking.
    pub auth: Auth,
    /// Addresses to suggest.
    pub gazetteer: Gazetteer,
    /// What is remembered of stock phone trackers.
    trackers: intake::Trackers,
    /// What the operator watches.
    pub metrics: Metrics,
    /// The settings.
    pub config: Config,
}

/// Every route of the API.
pub fn routes() -> Vec<Endpoint> {
    vec![
        at("/api/login", [post(Anyone, login::log_in)]),
        at("/api/logout", [post(Anyone, login::log_out)]),
        at("/api/me", [get(Member, login::me)]),
        at("/api/switch", [post(Member, login::switch)]),
        at("/api/sessions", [get(Member, login::sessions), delete(Member, login::end_sessions)]),
        at("/api/password/change", [post(Member, login::change_password)]),
        at("/api/portals/{slug}", [get(Anyone, login::portal)]),
        at("/api/jobs", [get(Member, jobs::list), post(Orderer, jobs::create)]),
        at("/api/jobs/publish", [post(Dispatcher, publish::publish)]),
        at("/api/jobs/{id}", [get(Member, jobs::read), patch(Member, jobs::edit), delete(Member, jobs::delete)]),
        at("/api/jobs/{id}/commands", [post(Member, jobs::command)]),
        at("/api/jobs/{id}/events", [get(Member, events::of_job)]),
        at("/api/schedule", [get(Dispatcher, schedule::read)]),
        at("/api/workers", [get(Dispatcher, lists::workers)]),
        at("/api/workers/{id}", [get(Dispatcher, lists::worker)]),
        at("/api/workers/{id}/track", [get(Dispatcher, tracks::of_worker)]),
        at("/api/workers/{id}/tracker", [get(Admin, trackers::read), post(Admin, trackers::make), delete(Admin, trackers::revoke)]),
        at("/api/customers", [get(Orderer, lists::customers)]),
        at("/api/customers/{id}", [get(Orderer, lists::customer)]),
        at("/api/templates", [get(Orderer, lists::templates)]),
        at("/api/templates/{id}", [get(Orderer, lists::template)]),
        at("/api/assets", [get(Orderer, lists::assets)]),
        at("/api/assets/{id}", [get(Orderer, lists::asset)]),
        at("/api/portal-users", [get(Dispatcher, lists::portal_users)]),
        at("/api/portal-users/{id}", [get(Dispatcher, lists::portal_user)]),
        at("/api/dispatchers", [get(Dispatcher, lists::dispatchers)]),
        at("/api/dispatchers/{id}", [get(Dispatcher, lists::dispatcher)]),
        at("/api/addresses", [get(Member, lists::addresses)]),
        at("/api/settings/decline-reasons", [get(Staff, lists::decline_reasons)]),
        at(
            "/in/{secret}",
            [get(Anyone, intake::take_in), post(Anyone, intake::take_in), put(Anyone, intake::take_in), patch(Anyone, intake::take_in)],
        ),
        at("/healthz", [get(Anyone, status::alive)]),
        at("/readyz", [get(Anyone, status::ready)]),
        at("/metrics", [get(Anyone, status::metrics)]),
        at("/ws", [get(Member, status::socket)]),
    ]
}

/// One path with its methods.
pub struct Endpoint {
    /// As actix matches it.
    pub path: &'static str,
    /// What can be done there.
    pub methods: Vec<Entry>,
}

/// One method of a path.
pub struct Entry {
    /// Which.
    pub method: Method,
    /// Who may.
    pub access: Access,
    route: Route,
}

/// Puts the API into an application. What is under no path of it goes on to the pages.
pub fn configure(app: &mut web::ServiceConfig) {
    for endpoint in routes() {
        app.service(endpoint.into_resource());
    }
    app.service(web::scope("/api").default_service(web::to(|| async { Err::<&str, _>(error::Error::missing()) })));
    app.default_service(web::to(status::page));
}

impl Endpoint {
    fn into_resource(self) -> Resource {
        let allowed: Vec<&str> = self.methods.iter().map(|entry| entry.method.as_str()).collect();
        let allowed = HeaderValue::from_str(&allowed.join(", ")).expect("methods are tokens");
        let resource = self.methods.into_iter().fold(web::resource(self.path), |resource, entry| resource.route(entry.route));
        resource.default_service(web::to(move || {
            let mut answer = error::Error::Method.error_response();
            answer.headers_mut().insert(ALLOW, allowed.clone());
            async move { answer }
        }))
    }
}

fn at<const N: usize>(path: &'static str, methods: [Entry; N]) -> Endpoint {
    Endpoint { path, methods: methods.into() }
}

fn entry<F, Args>(method: Method, access: Access, handler: F) -> Entry
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::method(method.clone()).to(handler).wrap(from_fn(move |request, next| access::check(access, request, next)));
    Entry { method, access, route }
}

fn get<F: Handler<Args, Output: Responder + 'static>, Args: FromRequest + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::GET, access, handler)
}

fn post<F: Handler<Args, Output: Responder + 'static>, Args: FromRequest + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::POST, access, handler)
}

fn put<F: Handler<Args, Output: Responder + 'static>, Args: FromRequest + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::PUT, access, handler)
}

fn patch<F: Handler<Args, Output: Responder + 'static>, Args: FromRequest + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::PATCH, access, handler)
}

fn delete<F: Handler<Args, Output: Responder + 'static>, Args: FromRequest + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::DELETE, access, handler)
}
