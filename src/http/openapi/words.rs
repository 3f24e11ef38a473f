//! What each operation is for, in a line; its query parameters; and its answer where the handler's type does not tell it.

use super::describe::Schemas;
use crate::protocol::alerts::{AlertSubscription, ContactPoint};
use crate::protocol::entering::Verified;
use crate::protocol::invoice::Price;
use crate::protocol::links::NewLink;
use crate::protocol::lists::{Asset, CreatedJobs, Customer, Dispatcher, LoginAnswer, PortalUser, UploadedFile, Worker};
use crate::protocol::templates::Template;
use crate::protocol::tokens::ApiToken;
use crate::protocol::tracker_setup::NewTracker;
use crate::protocol::webhooks::Webhook;
use schemars::JsonSchema;
use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// 200, of the type that the handler has.
    Told,
    /// JSON with this status.
    Json(u16, fn(&mut Schemas) -> Value),
    /// Nothing but this status.
    Nothing(u16),
    /// 200 and a file of this kind.
    File(&'static str),
    /// The same, or 204 if there is none.
    MaybeFile(&'static str),
}

use Answer::{File, Json, MaybeFile, Nothing, Told};

/// An operation in words.
pub(super) struct Words {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    /// Names of query parameters, with a space between them; after an equals sign what they may say, with bars between; with an
    /// exclamation mark, one that is needed.
    pub(super) query: &'static str,
    pub(super) answer: Answer,
}

fn of<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    schemas.given::<T>()
}

fn any(_: &mut Schemas) -> Value {
    json!({ "type": "object" })
}

const CSV: Answer = File("text/csv");

macro_rules! words {
    ($($method:ident $path:literal $summary:literal $query:tt => $answer:expr;)*) => {
        [$(Words { method: stringify!($method), path: $path, summary: $summary, query: $query, answer: $answer }),*]
    };
}

/// All of them, in the order in which the page shows them.
#[rustfmt::skip]
pub(super) fn all() -> Vec<Words> {
    words![
        GET "/api/jobs" "Jobs, as the caller may see them" "q status template customer worker from to sort=number|date|status|customer|template limit after" => Told;
        POST "/api/jobs" "Order a job, or several alike" "" => Json(201, of::<CreatedJobs>);
        GET "/api/jobs/{id}" "One job" "" => Told;
        PATCH "/api/jobs/{id}" "Change what a job says" "" => Told;
        DELETE "/api/jobs/{id}" "Remove a job for good" "" => Nothing(204);
        POST "/api/jobs/{id}/commands" "Allocate, publish, accept, complete a step, cancel, and so on" "" => Told;
        GET "/api/jobs/{id}/events" "A job's history" "limit after" => Told;
        GET "/api/jobs/{id}/earlier" "Earlier jobs at the same asset" "" => Told;
        GET "/api/jobs/{id}/invoice" "A job's invoice" "" => Told;
        GET "/api/jobs/{id}/invoice.pdf" "The invoice as a PDF" "paper=a4|letter" => File("application/pdf");
        GET "/api/jobs/{id}/worker-photo" "The worker's photo, if there is one" "" => MaybeFile("image/*");
        GET "/api/jobs/{id}/links" "One-job links of a job" "" => Told;
        POST "/api/jobs/{id}/links" "Share a job by a link" "" => Json(201, of::<NewLink>);
        DELETE "/api/jobs/{id}/links/{link}" "End a link" "" => Nothing(204);
        POST "/api/jobs/publish" "Publish many jobs" "" => Told;
        POST "/api/jobs/import" "Jobs from a table; all or none" "dry_run" => Told;
        GET "/api/jobs/export.csv" "Jobs as a table" "q status template customer worker from to sort=number|date|status|customer|template" => CSV;
        GET "/api/schedule" "The schedule of a range" "from to" => Told;
        GET "/api/times" "Free start times for a job type" "template! customer from days" => Told;
        GET "/api/overview" "A day in numbers" "day" => Told;
        GET "/api/overview.csv" "A day's load by worker, as a table" "day" => CSV;
        GET "/api/addresses" "Addresses that begin like this" "q" => Told;
        POST "/api/files" "Announce a picture" "" => Json(201, of::<UploadedFile>);
        GET "/api/files/{id}" "A picture" "size=thumb" => File("image/*");
        HEAD "/api/files/{id}" "How much of a picture has arrived" "" => Nothing(200);
        PUT "/api/files/{id}" "The next piece of a picture" "" => Json(200, of::<UploadedFile>);
        GET "/api/customers" "Customers" "q sort=name|email|address limit after archived" => Told;
        POST "/api/customers" "A new customer" "" => Json(201, of::<Customer>);
        GET "/api/customers/{id}" "One customer" "" => Told;
        PATCH "/api/customers/{id}" "Change a customer" "" => Json(200, of::<Customer>);
        DELETE "/api/customers/{id}" "Put a customer away" "" => Nothing(204);
        GET "/api/customers/{id}/permissions" "What portal users may do for a customer" "" => Told;
        PUT "/api/customers/{id}/permissions" "Set that" "" => Told;
        GET "/api/customers/export.csv" "Customers as a table" "" => CSV;
        POST "/api/customers/import" "Customers from a table" "dry_run" => Told;
        GET "/api/portal-users" "Portal users" "q sort=name|email|invitation invitation=none|open|used|withdrawn|expired limit after archived" => Told;
        POST "/api/portal-users" "A new portal user, invited at once if wished" "" => Json(201, of::<PortalUser>);
        GET "/api/portal-users/{id}" "One portal user" "" => Told;
        PATCH "/api/portal-users/{id}" "Change a portal user" "" => Json(200, of::<PortalUser>);
        DELETE "/api/portal-users/{id}" "Put a portal user away" "" => Nothing(204);
        POST "/api/portal-users/{id}/invitation" "Invite, again if need be" "" => Json(200, of::<PortalUser>);
        DELETE "/api/portal-users/{id}/invitation" "Take an invitation back" "" => Nothing(204);
        GET "/api/portal-users/{id}/customers/{customer}/permissions" "What a portal user may do for a customer" "" => Told;
        PUT "/api/portal-users/{id}/customers/{customer}/permissions" "Set that" "" => Told;
        GET "/api/portal-users/export.csv" "Portal users as a table" "" => CSV;
        POST "/api/portal-users/import" "Portal users from a table" "dry_run" => Told;
        GET "/api/workers" "Workers" "q sort=name|email|invitation invitation=none|open|used|withdrawn|expired limit after archived" => Told;
        POST "/api/workers" "A new worker" "" => Json(201, of::<Worker>);
        GET "/api/workers/nearest" "Who is nearest to a job" "job!" => Told;
        GET "/api/workers/{id}" "One worker" "" => Told;
        PATCH "/api/workers/{id}" "Change a worker" "" => Json(200, of::<Worker>);
        DELETE "/api/workers/{id}" "Put a worker away; what was planned waits to be placed again" "" => Nothing(204);
        POST "/api/workers/{id}/invitation" "Invite, again if need be" "" => Json(200, of::<Worker>);
        DELETE "/api/workers/{id}/invitation" "Take an invitation back" "" => Nothing(204);
        PUT "/api/workers/{id}/availability" "A worker's hours and absences" "" => Told;
        GET "/api/workers/{id}/track" "Where a worker was on a day" "day from to" => Told;
        GET "/api/workers/{id}/tracker" "A worker's stock phone tracker" "" => Told;
        POST "/api/workers/{id}/tracker" "A new secret address for it" "" => Json(201, of::<NewTracker>);
        DELETE "/api/workers/{id}/tracker" "End that address" "" => Nothing(204);
        GET "/api/workers/export.csv" "Workers as a table" "" => CSV;
        POST "/api/workers/import" "Workers from a table" "dry_run" => Told;
        GET "/api/dispatchers" "Dispatchers" "q sort=name|email|invitation invitation=none|open|used|withdrawn|expired limit after archived" => Told;
        POST "/api/dispatchers" "A new dispatcher" "" => Json(201, of::<Dispatcher>);
        GET "/api/dispatchers/{id}" "One dispatcher" "" => Told;
        PATCH "/api/dispatchers/{id}" "Change a dispatcher" "" => Json(200, of::<Dispatcher>);
        DELETE "/api/dispatchers/{id}" "Put a dispatcher away" "" => Nothing(204);
        POST "/api/dispatchers/{id}/invitation" "Invite, again if need be" "" => Json(200, of::<Dispatcher>);
        DELETE "/api/dispatchers/{id}/invitation" "Take an invitation back" "" => Nothing(204);
        GET "/api/assets" "Customers' equipment and places" "q sort=name|type|serial type customer limit after archived" => Told;
        POST "/api/assets" "A new asset" "" => Json(201, of::<Asset>);
        GET "/api/assets/{id}" "One asset" "" => Told;
        PATCH "/api/assets/{id}" "Change an asset" "" => Told;
        DELETE "/api/assets/{id}" "Put an asset away" "" => Nothing(204);
        GET "/api/assets/{id}/jobs" "An asset's jobs" "limit" => Told;
        GET "/api/assets/export.csv" "Assets as a table" "" => CSV;
        POST "/api/assets/import" "Assets from a table" "dry_run" => Told;
        GET "/api/templates" "Job types, as the caller may fill them in" "archived limit after q" => Told;
        POST "/api/templates" "A new job type" "" => Json(201, of::<Template>);
        GET "/api/templates/{id}" "One job type" "" => Told;
        PUT "/api/templates/{id}" "Replace a job type" "" => Told;
        PATCH "/api/templates/{id}" "What customers see of it" "" => Told;
        DELETE "/api/templates/{id}" "Put a job type away" "" => Nothing(204);
        GET "/api/price-list" "The price list" "q sort=description|code|unit_price|tax_rate limit after" => Told;
        POST "/api/price-list" "A new price" "" => Json(201, of::<Price>);
        GET "/api/price-list/{id}" "One price" "" => Told;
        PATCH "/api/price-list/{id}" "Change a price" "" => Told;
        DELETE "/api/price-list/{id}" "Put a price away" "" => Nothing(204);
        GET "/api/price-list/export.csv" "The price list as a table" "" => CSV;
        POST "/api/price-list/import" "Prices from a table" "dry_run" => Told;
        GET "/api/settings/company" "The company" "" => Told;
        PUT "/api/settings/company" "Change it" "" => Told;
        GET "/api/settings/portal" "The portal's settings" "" => Told;
        PUT "/api/settings/portal" "Change them" "" => Told;
        GET "/api/settings/branding" "The look" "" => Told;
        PUT "/api/settings/branding" "Change it" "" => Told;
        GET "/api/settings/invoices" "How invoices are made" "" => Told;
        PUT "/api/settings/invoices" "Change that" "" => Told;
        GET "/api/settings/dispatch" "How jobs go from publishing to the door" "" => Told;
        PUT "/api/settings/dispatch" "Change that" "" => Told;
        GET "/api/settings/decline-reasons" "Reasons that workers may pick" "" => Told;
        PUT "/api/settings/decline-reasons" "Change them" "" => Told;
        GET "/api/settings/alerts" "What alerts may do, and their words" "" => Told;
        PUT "/api/settings/alerts" "Change that" "" => Told;
        POST "/api/settings/alerts/preview" "Words as a recipient would get them" "" => Told;
        GET "/api/preview" "What a portal user or a customer would see" "portal_user customer" => Told;
        GET "/api/alerts" "The alert log" "job state=waiting|sent|delivered|undelivered|dead|unsent q limit after" => Told;
        POST "/api/alerts/{id}/resend" "Send an alert again that was given up" "" => Nothing(202);
        GET "/api/sms-account" "What text messages have cost" "" => Told;
        GET "/api/sms-account/{month}" "A month's statement" "" => Told;
        GET "/api/sms-account/{month}/statement.csv" "The statement as a table" "" => CSV;
        GET "/api/mail" "Letters to the people of the company" "state=waiting|sent|dead|withdrawn q limit after" => Told;
        POST "/api/mail/{id}/resend" "Send a letter again that was given up" "" => Nothing(202);
        GET "/api/webhooks" "Webhooks" "" => Told;
        POST "/api/webhooks" "A new webhook, with its secret" "" => Json(201, of::<Webhook>);
        GET "/api/webhooks/{id}" "One webhook" "" => Told;
        PATCH "/api/webhooks/{id}" "Change a webhook" "" => Told;
        DELETE "/api/webhooks/{id}" "Remove a webhook" "" => Nothing(204);
        POST "/api/webhooks/{id}/secret" "Another secret; the old one counts for a day more" "" => Told;
        POST "/api/webhooks/{id}/test" "Send a test call" "" => Nothing(202);
        POST "/api/webhooks/{id}/replay" "Tell again what was not taken" "" => Told;
        GET "/api/webhooks/{id}/deliveries" "What came of its calls" "state=waiting|sent|dead limit after" => Told;
        POST "/api/webhooks/{id}/deliveries/{seq}/resend" "Make a call again" "" => Nothing(202);
        GET "/api/tokens" "API tokens" "" => Told;
        POST "/api/tokens" "A new API token, shown once" "" => Json(201, of::<ApiToken>);
        DELETE "/api/tokens/{id}" "Take a token back" "" => Nothing(204);
        GET "/api/me" "Who is asking" "" => Told;
        POST "/api/login" "Log in with a password" "" => Json(200, of::<LoginAnswer>);
        POST "/api/logout" "Log out" "" => Nothing(204);
        POST "/api/switch" "Act as another membership of the same log-in" "" => Json(200, of::<LoginAnswer>);
        GET "/api/sessions" "Where the caller is logged in" "" => Told;
        DELETE "/api/sessions" "Log out everywhere" "" => Nothing(204);
        GET "/api/memberships" "Where else this log-in may go" "" => Told;
        POST "/api/password/change" "A new password" "" => Nothing(204);
        POST "/api/password/forgot" "Ask for a link that sets a new password" "" => Nothing(202);
        POST "/api/password/reset" "Set a new password with that link" "" => Told;
        POST "/api/signup" "Sign up at a public portal" "" => Nothing(202);
        POST "/api/signup/verify" "Confirm the address" "" => Json(200, of::<Verified>);
        GET "/api/invitations/{token}" "An invitation" "" => Told;
        POST "/api/invitations/{token}" "Accept it" "" => Json(200, of::<LoginAnswer>);
        GET "/api/portals/{slug}" "A portal, before anybody logs in" "" => Told;
        GET "/api/alert-options" "What the caller may ask to be told" "" => Told;
        GET "/api/contact-points" "Where the caller's alerts go" "" => Told;
        POST "/api/contact-points" "A new address; a code goes there" "" => Json(201, of::<ContactPoint>);
        PATCH "/api/contact-points/{id}" "Quiet hours, stop, resume" "" => Told;
        DELETE "/api/contact-points/{id}" "Remove an address" "" => Nothing(204);
        POST "/api/contact-points/{id}/code" "Send another code" "" => Nothing(202);
        POST "/api/contact-points/{id}/verify" "Confirm an address with its code" "" => Told;
        PUT "/api/push-subscription" "Notifications in the worker's own browser" "" => Told;
        GET "/api/alert-subscriptions" "What the caller wants to be told" "" => Told;
        POST "/api/alert-subscriptions" "Ask to be told" "" => Json(201, of::<AlertSubscription>);
        PATCH "/api/alert-subscriptions/{id}" "Other events" "" => Told;
        DELETE "/api/alert-subscriptions/{id}" "Ask for it no more" "" => Nothing(204);
        GET "/api/unsubscribe/{token}" "What an unsubscribe link is about" "" => Told;
        POST "/api/unsubscribe/{token}" "Stop alerts to that address" "" => Told;
        DELETE "/api/unsubscribe/{token}" "Resume them" "" => Told;
        POST "/u/{token}" "One click of a mail program (RFC 8058)" "" => Told;
        POST "/api/sms/twilio/status" "Twilio reports what became of a message" "" => Nothing(204);
        POST "/api/sms/twilio/incoming" "Twilio passes on what somebody texted" "" => File("text/xml");
        POST "/api/sms/incoming/{secret}" "Another gateway does" "" => Nothing(204);
        GET "/in/{secret}" "A stock phone tracker's positions" "" => Json(200, any);
        POST "/in/{secret}" "A stock phone tracker's positions" "" => Json(200, any);
        PUT "/in/{secret}" "A stock phone tracker's positions" "" => Json(200, any);
        PATCH "/in/{secret}" "A stock phone tracker's positions" "" => Json(200, any);
        GET "/api/openapi.json" "This document" "" => Told;
        GET "/api" "This document as a page" "" => File("text/html");
        GET "/ws" "The socket: see docs/protocol.md" "" => Nothing(101);
        GET "/healthz" "The process runs" "" => Told;
        GET "/readyz" "The database answers" "" => Told;
        GET "/metrics" "Counters for Prometheus" "" => File("text/plain");
    ]
    .into_iter()
    .collect()
}

/// Members that a new one needs, where the same shape also changes one.
pub(super) fn needed(path: &str) -> &'static [&'static str] {
    match path {
        "/api/customers" => &["name"],
        "/api/workers" | "/api/dispatchers" => &["name", "email"],
        "/api/portal-users" => &["name", "email", "customers"],
        "/api/assets" => &["customer", "type", "name"],
        "/api/price-list" => &["description", "unit_price"],
        "/api/webhooks" => &["url"],
        _ => &[],
    }
}
