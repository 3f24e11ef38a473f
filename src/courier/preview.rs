//! Words as a recipient would get them, of a job that there is not: for whoever writes them.

use super::alerts::{Leads, Told, local};
use super::render::{self, Brand};
use crate::domain::At;
use crate::domain::alert::Alert;
use crate::domain::alert::Alerts;
use crate::domain::alert::texts::{AlertText, Filling};
use crate::domain::contact_point::Channel;
use crate::domain::ids::JobId;
use crate::domain::tenant::Tenant;
use crate::store::files::Picture;
use crate::store::messages::{Claimed, Content, Planned};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// A message that nobody gets.
#[derive(Debug)]
#[expect(missing_docs, reason = "the parts of a message")]
pub struct Preview {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub sms: String,
}

/// The words of an alert in the company's look.
pub fn preview(tenant: &Tenant, alert: Alert, text: &AlertText, name: &str, logo: Option<Picture>, now: At) -> Preview {
    let (date, time) = local(tenant, now);
    let nobody = Uuid::nil();
    let link = "https://hub.example.com/t/example".to_owned();
    let is_refusal = matches!(alert, Alert::Cancelled | Alert::Declined);
    let filling = Filling {
        company: tenant.name.clone(),
        job: "J-1042".into(),
        kind: "Boiler service".into(),
        customer: "Kahvila Aalto".into(),
        address: "Keskuskatu 1, Helsinki".into(),
        date,
        time,
        worker: "Aino".into(),
        reason: if is_refusal { "No time".into() } else { String::new() },
        link,
    };
    let told = Told { text: text.clone(), filling, leads: Leads::Portal };
    let planned = Planned { contact_point: nobody, seq: 0, job: JobId(nobody), customer: nobody.into(), kinds: Alerts::NONE };
    let claimed = Claimed {
        id: nobody,
        tries: 0,
        tenant: Some(tenant.id),
        channel: Channel::Email,
        to: String::new(),
        name: name.to_owned(),
        content: Content::Alert(planned),
        secret: None,
        expires_at: now,
    };
    let (_, _, sms) = super::alerts::words(&told.text, &told.filling);
    let rendered = render::alert(&claimed, &told, Brand::of(tenant.clone(), logo), "https://hub.example.com/u/example");
    let mut html = rendered.html;
    if let Some(logo) = rendered.logo {
        html = html.replace(&format!("cid:{}", render::LOGO), &format!("data:{};base64,{}", logo.kind, STANDARD.encode(&logo.content)));
    }
    Preview { subject: rendered.subject, text: rendered.text, html, sms }
}
