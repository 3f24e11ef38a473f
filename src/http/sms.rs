//! What gateways say by themselves: what became of a message, and what people text back. Whoever calls shows that they are the gateway.

use super::Parts;
use super::error::Error;
use super::request::{Body, Form};
use crate::config::{Gateway, PublicUrl};
use crate::domain::sms::{Phone, Word};
use crate::hub::clock;
use crate::protocol::problem::Name;
use crate::store::{self, contact_points, messages};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What came of a message, as Twilio says it (<https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>).
pub(super) async fn status(parts: Data<Parts>, request: HttpRequest, Form(form): Form) -> Result<HttpResponse, Error> {
    check_signature(&parts, &request, &form)?;
    let of = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (Some(receipt), Some(status)) = (of("MessageSid"), of("MessageStatus")) else { return Ok(HttpResponse::NoContent().finish()) };
    let failure = match status {
        "delivered" | "read" => None,
        "undelivered" | "failed" => Some(format!("Twilio {}: not delivered", of("ErrorCode").unwrap_or("without a code"))),
        // On its way.
        _ => return Ok(HttpResponse::NoContent().finish()),
    };
    let mut connection = parts.store.write().await?;
    messages::report(&mut connection, receipt, failure.as_deref(), clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::NoContent().finish())
}

/// What somebody texted to the Twilio number. An empty answer: Twilio itself confirms STOP and START.
pub(super) async fn incoming_twilio(parts: Data<Parts>, request: HttpRequest, Form(form): Form) -> Result<HttpResponse, Error> {
    check_signature(&parts, &request, &form)?;
    let of = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    take_in(&parts, of("From"), of("Body")).await?;
    Ok(HttpResponse::Ok().content_type("text/xml").body("<Response/>"))
}

/// What another gateway says somebody texted back.
#[derive(Deserialize, schemars::JsonSchema)]
pub(super) struct Incoming {
    from: String,
    text: String,
}

pub(super) async fn incoming(parts: Data<Parts>, secret: Path<String>, Body(body): Body<Incoming>) -> Result<HttpResponse, Error> {
    let known = parts.config.sms.as_ref().and_then(|sms| sms.incoming_secret.as_ref()).ok_or_else(Error::missing)?;
    // Hashes, so that the time it takes tells nothing.
    if Sha256::digest(known.reveal()) != Sha256::digest(secret.as_str()) {
        return Err(Error::missing());
    }
    take_in(&parts, &body.from, &body.text).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn take_in(parts: &Parts, from: &str, text: &str) -> Result<(), Error> {
    let (Ok(number), Some(word)) = (Phone::parse(from), Word::parse(text)) else { return Ok(()) };
    let now = clock::now();
    let stopped_at = match word {
        Word::Stop => Some(now),
        Word::Start => None,
    };
    let mut connection = parts.store.write().await?;
    let points = contact_points::stop_number(&mut connection, number.as_str(), stopped_at).await?;
    if word == Word::Stop {
        for point in points {
            messages::withdraw(&mut connection, point, now).await?;
        }
    }
    Ok(connection.commit().await.map_err(store::Error::from)?)
}

/// HMAC-SHA1 of the address that Twilio called, with the form's names and values in order
/// (<https://www.twilio.com/docs/usage/security#validating-requests>).
fn check_signature(parts: &Parts, request: &HttpRequest, form: &[(String, String)]) -> Result<(), Error> {
    let Some(Gateway::Twilio { token, .. }) = parts.config.sms.as_ref().map(|sms| &sms.gateway) else { return Err(Error::missing()) };
    let base = parts.config.public_url.as_ref().map(PublicUrl::as_str).unwrap_or_default();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.reveal().as_bytes()).expect("a key may have any length");
    mac.update(base.as_bytes());
    mac.update(request.uri().to_string().as_bytes());
    let mut pairs: Vec<&(String, String)> = form.iter().collect();
    pairs.sort();
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let sent = request.headers().get("X-Twilio-Signature").and_then(|value| STANDARD.decode(value.as_bytes()).ok()).unwrap_or_default();
    mac.verify_slice(&sent).map_err(|_wrong| Error::of(Name::Forbidden))
}
