//! The demo's e-mails and text messages, to be looked at: a page without scripts and the same as JSON. Both exist only here.

use crate::courier::{Kept, Outbox};
use crate::domain::contact_point::Channel;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, Responder};
use html_escape::{encode_double_quoted_attribute as attribute, encode_text as escape};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What a segment of a text message costs in the demo.
pub const SMS_PRICE: Decimal = Decimal::from_parts(10, 0, 0, false, 2);
/// In which currency.
pub const SMS_CURRENCY: &str = "USD";

/// Adds the two addresses to an application.
pub fn pages(outbox: &Outbox) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let outbox = Data::new(outbox.clone());
    move |app| {
        app.service(web::resource("/demo/outbox").app_data(outbox.clone()).route(web::get().to(page)));
        app.service(web::resource("/api/demo/outbox").app_data(outbox.clone()).route(web::get().to(list)));
    }
}

/// The newest first.
async fn list(outbox: Data<Outbox>) -> impl Responder {
    let item = |mail: &Kept| -> Value {
        json!({
            "id": mail.id,
            "at": crate::protocol::Rfc3339(mail.at),
            "channel": mail.channel,
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "link": mail.link,
        })
    };
    let items: Vec<Value> = outbox.latest().iter().map(|mail| item(mail)).collect();
    web::Json(json!({ "items": items, "next": null }))
}

async fn page(outbox: Data<Outbox>) -> HttpResponse {
    let mails = outbox.latest();
    let mut list = String::new();
    for (index, mail) in mails.iter().enumerate() {
        article(&mut list, mail, index == 0);
    }
    if mails.is_empty() {
        list.push_str(
            "<p class=\"empty\">No message yet. Set an alert in the portal, invite somebody under Lists in dispatch, or use “Forgot your password?” on a log-in page.</p>",
        );
    }
    let page = PAGE.replacen("{list}", &list, 1);
    HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).content_type("text/html; charset=utf-8").body(page)
}

/// A message: an e-mail opens by itself if it is the newest. Its HTML is shown where nothing of it can act.
fn article(list: &mut String, message: &Kept, is_newest: bool) {
    let open = if is_newest { " open" } else { "" };
    let link = match message.link.as_str() {
        "" => String::new(),
        link => format!("<p><a class=\"link\" href=\"{}\">Open its link</a></p>", attribute(link)),
    };
    let (title, content) = match message.channel {
        Channel::Sms | Channel::Push => ("SMS", format!("<pre>{}</pre>", escape(&message.text))),
        Channel::Email => {
            let html = attribute(&message.html);
            let subject = attribute(&message.subject);
            let shown = format!(
                "<details{open}><summary>As it looks</summary><iframe title=\"{subject}\" sandbox=\"\" srcdoc=\"{html}\"></iframe></details>"
            );
            (message.subject.as_str(), format!("{shown}\n<details><summary>As plain text</summary><pre>{}</pre></details>", escape(&message.text)))
        }
    };
    let written = write!(
        list,
        "<article data-mail=\"{}\"><h2>{}</h2>\n<p class=\"to\">To {}, {}</p>\n{link}\n{content}</article>\n",
        attribute(&message.to),
        escape(title),
        escape(&message.to),
        crate::protocol::Rfc3339(message.at),
    );
    written.expect("a string takes everything");
}

const PAGE: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="/icon.svg" type="image/svg+xml"><title>Outbox of the demo</title>
<style>
:root { --ground: #f4f6f9; --paper: #fff; --ink: #1a2333; --muted: #566176; --line: #dfe4ec; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161c; --paper: #191e26; --ink: #e6eaf1; --muted: #9eaabc; --line: #2d3541; --link: #78a5ff; } }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0; }
a { color: var(--link); }
.lead, .to, .empty { color: var(--muted); margin: .25rem 0; }
article { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; margin-top: 1rem; overflow-wrap: anywhere; }
.link { display: inline-block; padding: .75rem 0; font-weight: 600; }
summary { cursor: pointer; padding: .6rem 0; }
iframe { width: 100%; height: 30rem; border: 1px solid var(--line); border-radius: .5rem; background: #fff; }
pre { white-space: pre-wrap; font-size: .875rem; margin: 0; }
</style></head>
<body><main><h1>Outbox of the demo</h1>
<p class="lead">E-mails and text messages of this demo go nowhere but here. <a href="/demo/outbox">Look again</a></p>
{list}</main></body></html>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::At;
    use uuid::Uuid;

    #[test]
    fn a_mail_cannot_leave_its_frame() {
        let text = "<script>alert(1)</script>\"><b>".to_owned();
        let mail = Kept {
            id: Uuid::nil(),
            at: At(0),
            channel: Channel::Email,
            to: text.clone(),
            subject: text.clone(),
            text: text.clone(),
            html: text.clone(),
            link: text,
        };
        let mut list = String::new();
        article(&mut list, &mail, true);
        assert!(!list.contains("<script") && !list.contains("\"><b>"), "{list}");
    }
}
