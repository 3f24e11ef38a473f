//! Web Push: a message closed for one browser (RFC 8291), signed by the hub (RFC 8292), handed to the browser's push service (RFC 8030).

use super::Outcome;
use super::backoff::asked_ms;
use super::public_only::{PublicOnly, refused};
use crate::config::Push;
use crate::domain::At;
use crate::domain::browser::Browser;
use crate::domain::ids::JobId;
use crate::store::messages::Claimed;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use web_push_native::p256::PublicKey;
use web_push_native::{Auth, encrypt};

/// A push service has this long to take a message.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A signature counts for so long; services take at most a day (RFC 8292, 2).
const SIGNED_FOR_MS: i64 = 12 * 3_600_000;
/// The longest title and text of a notification, characters: in any language they fit into what services must take, 4,096 bytes
/// (RFC 8030, 7.2). More than a phone shows.
const TITLE_MAX: usize = 150;
const BODY_MAX: usize = 600;

/// A hub that cannot push as set.
#[derive(Debug, thiserror::Error)]
pub enum BadPush {
    /// The key of the database cannot be used.
    #[error("the key for Web Push is broken: {0}")]
    Key(String),
    /// No client can be made.
    #[error("no requests can be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// Hands notifications to push services.
#[derive(Debug)]
pub struct Pusher {
    client: Client,
    key: EcdsaKeyPair,
    contact: String,
    private_allowed: bool,
}

/// What a notification says; the worker's app shows it. On the wire to the service worker, as JSON.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Notification {
    pub(super) title: String,
    pub(super) body: String,
    /// Where a tap leads: a path of the hub.
    pub(super) link: String,
    /// A later one about the same job takes the place of an earlier one.
    pub(super) tag: JobId,
}

impl Notification {
    /// Of the words of an alert.
    pub(super) fn new(title: &str, paragraphs: &[String], link: String, job: JobId) -> Self {
        Self { title: cut(title, TITLE_MAX), body: cut(&paragraphs.join("\n"), BODY_MAX), link, tag: job }
    }
}

fn cut(text: &str, most: usize) -> String {
    text.char_indices().nth(most).map_or_else(|| text.to_owned(), |(end, _)| format!("{}…", &text[..end]))
}

impl Pusher {
    /// A new key, PKCS#8.
    pub fn new_key() -> Result<Vec<u8>, BadPush> {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        key.map(|key| key.as_ref().to_vec()).map_err(|error| BadPush::Key(error.to_string()))
    }

    /// For these settings and the hub's key; nothing is connected yet.
    pub fn new(settings: &Push, pkcs8: &[u8]) -> Result<Self, BadPush> {
        super::bring_cryptography();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        let key = key.map_err(|error| BadPush::Key(error.to_string()))?;
        let builder = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        let builder = if settings.private { builder } else { builder.dns_resolver(Arc::new(PublicOnly)) };
        Ok(Self { client: builder.build()?, key, contact: settings.contact.clone(), private_allowed: settings.private })
    }

    /// What browsers are told to believe: an uncompressed point, base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key())
    }

    /// The longest that one attempt takes.
    pub(super) const fn timeout() -> Duration {
        TIMEOUT
    }

    pub(super) async fn send(&self, claimed: &Claimed, browser: &Browser, notification: &Notification, now: At) -> Outcome {
        if let Some(expected) = refused(&browser.endpoint, self.private_allowed) {
            return Outcome::Stopped(format!("the address of its push service is not {expected}"));
        }
        let (Some(body), Some(signature)) = (close(browser, notification), self.signature(&browser.endpoint, now)) else {
            return Outcome::Refused("nothing can be closed for this browser".into(), None);
        };
        let ttl_s = claimed.expires_at.since(now).max(0) / 1000;
        let request = self
            .client
            .post(&browser.endpoint)
            .header(AUTHORIZATION, signature)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", ttl_s)
            .header("urgency", "high")
            // What waits at the service about the same job is replaced, as it is on the phone.
            .header("topic", URL_SAFE_NO_PAD.encode(notification.tag.0))
            .body(body);
        match request.send().await {
            Ok(response) => of_answer(&response),
            Err(error) => Outcome::Later(format!("the push service cannot be reached: {}", error.without_url()), None, None),
        }
    }

    /// `vapid t=…, k=…`: for this push service alone, and not for long.
    fn signature(&self, endpoint: &str, now: At) -> Option<String> {
        let audience = Url::parse(endpoint).ok()?.origin().ascii_serialization();
        let claims = json!({ "aud": audience, "exp": now.plus_ms(SIGNED_FOR_MS).0.div_euclid(1000), "sub": self.contact });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&json!({ "typ": "JWT", "alg": "ES256" })), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public_key()))
    }
}

/// Only the browser itself can open it.
fn close(browser: &Browser, notification: &Notification) -> Option<Vec<u8>> {
    let key = PublicKey::from_sec1_bytes(&browser.key).ok()?;
    let secret: [u8; 16] = browser.secret.as_slice().try_into().ok()?;
    encrypt(serde_json::to_vec(notification).ok()?, &key, &Auth::from(secret)).ok()
}

fn of_answer(response: &Response) -> Outcome {
    let status = response.status();
    let (words, code) = (format!("the push service answered {status}"), Some(status.as_u16()));
    match status {
        _ if status.is_success() => Outcome::Sent(None),
        // RFC 8030, 7.3: the browser ended its subscription.
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::Stopped("notifications were switched off in that browser".into()),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Outcome::Refused(words, code),
        _ => Outcome::Later(words, code, asked_ms(response.headers())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;
    use uuid::Uuid;

    fn pusher() -> Pusher {
        let settings = Push { contact: "mailto:ops@example.com".into(), private: false };
        Pusher::new(&settings, &Pusher::new_key().unwrap()).unwrap()
    }

    #[test]
    fn the_signature_names_the_push_service_and_is_the_hubs() {
        let pusher = pusher();
        let signature = pusher.signature("https://push.example.com:8443/abc?d=e", At(1_000_000)).unwrap();
        let (token, key) = signature.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, pusher.public_key());
        let (signed, mark) = token.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(key).unwrap());
        let mark = URL_SAFE_NO_PAD.decode(mark).unwrap();
        assert!(key.verify(signed.as_bytes(), &mark).is_ok() && key.verify(b"another", &mark).is_err());
        let (_, claims) = signed.split_once('.').unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims, json!({ "aud": "https://push.example.com:8443", "exp": 1_000 + 43_200, "sub": "mailto:ops@example.com" }));
    }

    #[test]
    fn every_notification_fits_in_what_a_push_service_takes() {
        let job = JobId(Uuid::nil());
        let notification = Notification::new(&"🛠".repeat(4_000), &["🛠".repeat(4_000)], format!("/worker/jobs/{}", job.0), job);
        assert_eq!((notification.title.chars().count(), notification.body.chars().count()), (TITLE_MAX + 1, BODY_MAX + 1));
        // The record's header and mark (RFC 8188): 16 + 4 + 1 + 65, and 17.
        assert!(serde_json::to_vec(&notification).unwrap().len() + 103 <= 4_096);
    }

    #[test]
    fn a_broken_key_is_said() {
        let settings = Push { contact: "mailto:ops@example.com".into(), private: false };
        assert!(Pusher::new(&settings, b"no key").unwrap_err().to_string().starts_with("the key for Web Push is broken"));
    }
}
