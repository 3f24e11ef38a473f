//! Requests: every route on one screen, and who may use it. What a route does is in the file named before it.

mod access;
mod addresses;
mod alert_subscriptions;
mod alerts;
mod assets;
mod availability;
mod body;
mod contact_points;
mod csv;
mod customers;
mod door;
mod entering;
pub mod error;
mod events;
mod export;
mod files;
mod import;
mod import_jobs;
mod intake;
mod invoices;
mod jobs;
mod leaving;
mod links;
mod lists;
mod local_time;
mod login;
mod mails;
mod once;
mod openapi;
mod overview;
mod page;
mod people;
mod permissions;
mod picture;
mod preview;
mod prices;
mod publish;
mod push_subscriptions;
mod request;
mod schedule;
mod server;
mod settings;
mod sms;
mod status;
mod templates;
mod tempo;
mod times;
mod tokens;
mod trackers;
mod tracks;
mod unsubscribe;
mod webhooks;

pub use access::Access;
pub use openapi::described;
pub use server::server;

use crate::auth::Auth;
use crate::config::Config;
use crate::hub::Hub;
use crate::paper::Printer;
use crate::places::Geocoder;
use crate::store::Store;
use crate::telemetry::Metrics;
use access::Access::{Admin, Anyone, Dispatcher, Member, Orderer, Staff, Viewer, Visitor, Worker};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, Resource, Responder, ResponseError, Route, web};
use openapi::{Given, Taken};
use rust_decimal::Decimal;
use std::sync::Arc;

/// What requests are answered with.
pub struct Parts {
    /// What changes jobs.
    pub hub: Arc<Hub>,
    /// What is read.
    pub store: Store,
    /// Who is asking.
    pub auth: Auth,
    /// Where uploads become pictures.
    pub darkroom: files::Darkroom,
    /// Whom the hub asks and pays outside.
    pub outside: Outside,
    /// What draws papers.
    pub printer: Printer,
    /// How often programs have asked.
    tempo: tempo::Tempo,
    /// What is remembered of stock phone trackers.
    trackers: intake::Trackers,
    /// What the operator watches.
    pub metrics: Metrics,
    /// The settings.
    pub config: Config,
}

/// Whom the hub asks and pays outside.
#[derive(Default)]
pub struct Outside {
    /// Suggests addresses, if the operator named one.
    pub geocoder: Option<Geocoder>,
    /// What a segment of a text message costs, and in which currency; none: there is no way for them.
    pub sms_price: Option<(Decimal, String)>,
    /// With what notifications to browsers are signed, base64url; none: they are not allowed.
    pub push_key: Option<String>,
}

/// Every route of the API.
pub fn routes() -> Vec<Endpoint> {
    inside().into_iter().chain(out_of_the_building()).collect()
}

/// Alerts, what they cost, and those who call from outside about them.
fn out_of_the_building() -> Vec<Endpoint> {
    vec![
        at("/api/alert-options", [get(Member, contact_points::options)]),
        at("/api/contact-points", [get(Member, contact_points::list), post(Member, contact_points::create)]),
        at("/api/contact-points/{id}", [patch(Member, contact_points::change), delete(Member, contact_points::remove)]),
        at("/api/contact-points/{id}/code", [post(Member, contact_points::send_again)]),
        at("/api/contact-points/{id}/verify", [post(Member, contact_points::verify)]),
        at("/api/push-subscription", [put(Worker, push_subscriptions::put)]),
        at("/api/alert-subscriptions", [get(Member, alert_subscriptions::list), post(Member, alert_subscriptions::create)]),
        at("/api/alert-subscriptions/{id}", [patch(Member, alert_subscriptions::change), delete(Member, alert_subscriptions::remove)]),
        at("/api/unsubscribe/{token}", [get(Anyone, unsubscribe::read), post(Anyone, unsubscribe::stop), delete(Anyone, unsubscribe::resume)]),
        at("/u/{token}", [post(Anyone, unsubscribe::stop)]).or_page(),
        at("/api/alerts", [get(Dispatcher, alerts::list)]),
        at("/api/alerts/{id}/resend", [post(Dispatcher, alerts::resend)]),
        at("/api/settings/alerts", [get(Dispatcher, alerts::settings), put(Admin, alerts::set_settings)]),
        at("/api/settings/alerts/preview", [post(Admin, alerts::preview)]),
        at("/api/tokens", [get(Admin, tokens::list), post(Admin, tokens::create)]),
        at("/api/tokens/{id}", [delete(Admin, tokens::revoke)]),
        at("/api/webhooks", [get(Admin, webhooks::list), post(Admin, webhooks::create)]),
        at("/api/webhooks/{id}", [get(Admin, webhooks::read), patch(Admin, webhooks::edit), delete(Admin, webhooks::remove)]),
        at("/api/webhooks/{id}/secret", [post(Admin, webhooks::change_secret)]),
        at("/api/webhooks/{id}/test", [post(Admin, webhooks::test)]),
        at("/api/webhooks/{id}/replay", [post(Admin, webhooks::replay)]),
        at("/api/webhooks/{id}/deliveries", [get(Admin, webhooks::deliveries)]),
        at("/api/webhooks/{id}/deliveries/{seq}/resend", [post(Admin, webhooks::resend)]),
        at("/api/sms-account", [get(Admin, alerts::account)]),
        at("/api/sms-account/{month}", [get(Admin, alerts::statement)]),
        at("/api/sms-account/{month}/statement.csv", [get(Admin, alerts::statement_csv)]),
        at("/api/sms/twilio/status", [post(Anyone, sms::status)]),
        at("/api/sms/twilio/incoming", [post(Anyone, sms::incoming_twilio)]),
        at("/api/sms/incoming/{secret}", [post(Anyone, sms::incoming)]),
    ]
}

/// Everything else.
fn inside() -> Vec<Endpoint> {
    vec![
        at("/api/login", [post(Anyone, login::log_in)]),
        at("/api/logout", [post(Anyone, login::log_out)]),
        at("/api/me", [get(Viewer, login::me)]),
        at("/api/switch", [post(Member, login::switch)]),
        at("/api/sessions", [get(Member, login::sessions), delete(Member, login::end_sessions)]),
        at("/api/password/change", [post(Member, login::change_password)]),
        at("/api/password/forgot", [post(Anyone, entering::forgot)]),
        at("/api/password/reset", [post(Anyone, entering::reset)]),
        at("/api/memberships", [get(Member, login::memberships)]),
        at("/api/signup", [post(Anyone, entering::sign_up)]),
        at("/api/signup/verify", [post(Anyone, entering::verify)]),
        at("/api/invitations/{token}", [get(Anyone, entering::invitation), post(Anyone, entering::accept)]),
        at("/api/mail", [get(Admin, mails::list)]),
        at("/api/mail/{id}/resend", [post(Admin, mails::resend)]),
        at("/api/portals/{slug}", [get(Anyone, login::portal)]),
        at("/api/jobs", [get(Member, jobs::list), post(Orderer, jobs::create)]),
        at("/api/jobs/export.csv", [get(Dispatcher, export::jobs)]),
        at("/api/customers/export.csv", [get(Dispatcher, export::customers)]),
        at("/api/portal-users/export.csv", [get(Dispatcher, export::portal_users)]),
        at("/api/workers/export.csv", [get(Dispatcher, export::workers)]),
        at("/api/assets/export.csv", [get(Dispatcher, export::assets)]),
        at("/api/price-list/export.csv", [get(Dispatcher, export::prices)]),
        at("/api/customers/import", [post(Dispatcher, import::customers)]),
        at("/api/portal-users/import", [post(Dispatcher, import::portal_users)]),
        at("/api/workers/import", [post(Admin, import::workers)]),
        at("/api/assets/import", [post(Dispatcher, import::assets)]),
        at("/api/jobs/import", [post(Dispatcher, import_jobs::jobs)]),
        at("/api/price-list/import", [post(Dispatcher, import::prices)]),
        at("/api/jobs/publish", [post(Dispatcher, publish::publish)]),
        at("/api/jobs/{id}", [get(Viewer, jobs::read), patch(Member, jobs::edit), delete(Member, jobs::delete)]),
        at("/api/jobs/{id}/commands", [post(Member, jobs::command)]),
        at("/api/jobs/{id}/events", [get(Viewer, events::of_job)]),
        at("/api/jobs/{id}/earlier", [get(Staff, assets::earlier)]),
        at("/api/jobs/{id}/invoice", [get(Orderer, invoices::read)]),
        at("/api/jobs/{id}/invoice.pdf", [get(Orderer, invoices::pdf)]),
        at("/api/jobs/{id}/worker-photo", [get(Viewer, files::worker_photo)]),
        at("/api/jobs/{id}/links", [get(Dispatcher, links::list), post(Dispatcher, links::share)]),
        at("/api/jobs/{id}/links/{link}", [delete(Dispatcher, links::end)]),
        at("/api/files", [post(Member, files::announce)]),
        at("/api/files/{id}", [get(Visitor, files::show), head(Member, files::offset), put(Member, files::append)]),
        at("/api/schedule", [get(Dispatcher, schedule::read)]),
        at("/api/workers", [get(Dispatcher, lists::workers), post(Admin, people::create)]),
        at("/api/workers/nearest", [get(Dispatcher, tracks::nearest)]),
        at("/api/workers/{id}", [get(Dispatcher, lists::worker), patch(Admin, people::edit), delete(Admin, people::archive)]),
        at("/api/workers/{id}/invitation", [post(Admin, people::invite), delete(Admin, people::withdraw)]),
        at("/api/workers/{id}/availability", [put(Dispatcher, availability::set)]),
        at("/api/workers/{id}/track", [get(Dispatcher, tracks::of_worker)]),
        at("/api/workers/{id}/tracker", [get(Admin, trackers::read), post(Admin, trackers::make), delete(Admin, trackers::revoke)]),
        at("/api/customers", [get(Orderer, lists::customers), post(Dispatcher, customers::create)]),
        at("/api/customers/{id}", [get(Orderer, lists::customer), patch(Dispatcher, customers::edit), delete(Dispatcher, customers::archive)]),
        at("/api/templates", [get(Orderer, lists::templates), post(Admin, templates::create)]),
        at(
            "/api/templates/{id}",
            [
                get(Orderer, lists::template),
                put(Admin, templates::replace),
                patch(Admin, permissions::set_visibility),
                delete(Admin, templates::remove),
            ],
        ),
        at("/api/assets", [get(Orderer, lists::assets), post(Dispatcher, assets::create)]),
        at("/api/assets/{id}", [get(Orderer, lists::asset), patch(Dispatcher, assets::edit), delete(Dispatcher, assets::remove)]),
        at("/api/assets/{id}/jobs", [get(Orderer, assets::jobs)]),
        at("/api/price-list", [get(Dispatcher, prices::list), post(Dispatcher, prices::create)]),
        at("/api/price-list/{id}", [get(Dispatcher, prices::read), patch(Dispatcher, prices::edit), delete(Dispatcher, prices::remove)]),
        at("/api/portal-users", [get(Dispatcher, lists::portal_users), post(Dispatcher, people::create)]),
        at("/api/portal-users/{id}", [get(Dispatcher, lists::portal_user), patch(Dispatcher, people::edit), delete(Dispatcher, people::archive)]),
        at("/api/portal-users/{id}/invitation", [post(Dispatcher, people::invite), delete(Dispatcher, people::withdraw)]),
        at("/api/dispatchers", [get(Dispatcher, lists::dispatchers), post(Admin, people::create)]),
        at("/api/dispatchers/{id}", [get(Dispatcher, lists::dispatcher), patch(Admin, people::edit), delete(Admin, people::archive)]),
        at("/api/dispatchers/{id}/invitation", [post(Admin, people::invite), delete(Admin, people::withdraw)]),
        at("/api/addresses", [get(Member, addresses::suggest)]),
        at("/api/customers/{id}/permissions", [get(Dispatcher, permissions::of_customer), put(Admin, permissions::set_of_customer)]),
        at("/api/portal-users/{id}/customers/{customer}/permissions", [get(Dispatcher, permissions::of_link), put(Admin, permissions::set_of_link)]),
        at("/api/preview", [get(Dispatcher, preview::overview)]),
        at("/api/overview", [get(Dispatcher, overview::read)]),
        at("/api/overview.csv", [get(Dispatcher, overview::export)]),
        at("/api/settings/company", [get(Dispatcher, settings::company), put(Admin, settings::set_company)]),
        at("/api/settings/portal", [get(Dispatcher, settings::portal), put(Admin, settings::set_portal)]),
        at("/api/settings/branding", [get(Dispatcher, settings::branding), put(Admin, settings::set_branding)]),
        at("/api/settings/invoices", [get(Dispatcher, settings::invoices), put(Admin, settings::set_invoices)]),
        at("/api/settings/dispatch", [get(Dispatcher, settings::dispatch), put(Admin, settings::set_dispatch)]),
        at("/api/settings/decline-reasons", [get(Staff, settings::decline_reasons), put(Admin, settings::set_decline_reasons)]),
        at("/api/times", [get(Orderer, times::free)]),
        at(
            "/in/{secret}",
            [get(Anyone, intake::take_in), post(Anyone, intake::take_in), put(Anyone, intake::take_in), patch(Anyone, intake::take_in)],
        ),
        at("/api", [get(Anyone, openapi::page)]),
        at("/api/openapi.json", [get(Anyone, openapi::read)]),
        at("/healthz", [get(Anyone, status::alive)]),
        at("/readyz", [get(Anyone, status::ready)]),
        at("/metrics", [get(Anyone, status::metrics)]),
        at("/ws", [get(Viewer, status::socket)]),
    ]
}

/// One path with its methods.
pub struct Endpoint {
    /// As actix matches it.
    pub path: &'static str,
    /// What can be done there.
    pub methods: Vec<Entry>,
    /// Everything else there is a page's.
    has_page: bool,
}

/// One method of a path.
pub struct Entry {
    /// Which.
    pub method: Method,
    /// Who may.
    pub access: Access,
    route: Route,
    tell: openapi::Tell,
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
    /// The same, with a page at the same address for whoever only looks.
    fn or_page(self) -> Self {
        Self { has_page: true, ..self }
    }

    fn into_resource(self) -> Resource {
        let allowed: Vec<&str> = self.methods.iter().map(|entry| entry.method.as_str()).collect();
        let allowed = HeaderValue::from_str(&allowed.join(", ")).expect("methods are tokens");
        let resource = self.methods.into_iter().fold(web::resource(self.path), |resource, entry| resource.route(entry.route));
        if self.has_page {
            return resource.default_service(web::to(status::page));
        }
        resource.default_service(web::to(move || {
            let mut answer = error::Error::Method.error_response();
            answer.headers_mut().insert(ALLOW, allowed.clone());
            async move { answer }
        }))
    }
}

fn at<const N: usize>(path: &'static str, methods: [Entry; N]) -> Endpoint {
    Endpoint { path, methods: methods.into(), has_page: false }
}

fn entry<F, Args>(method: Method, access: Access, handler: F) -> Entry
where
    F: Handler<Args>,
    Args: FromRequest + Taken + 'static,
    F::Output: Responder + Given + 'static,
{
    let route = web::method(method.clone()).to(handler).wrap(from_fn(move |request, next| access::check(access, request, next)));
    Entry { method, access, route, tell: openapi::told::<Args, F::Output> }
}

fn get<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::GET, access, handler)
}

fn post<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::POST, access, handler)
}

fn head<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::HEAD, access, handler)
}

fn put<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::PUT, access, handler)
}

fn patch<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::PATCH, access, handler)
}

fn delete<F: Handler<Args, Output: Responder + Given + 'static>, Args: FromRequest + Taken + 'static>(access: Access, handler: F) -> Entry {
    entry(Method::DELETE, access, handler)
}
