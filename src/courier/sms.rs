//! Text messages over HTTP: Twilio's REST API, or any gateway that takes a request; and what their answers mean.

use super::Outcome;
use super::backoff::asked_ms;
use crate::config::{Gateway as Kind, Sms};
use crate::store::messages::Claimed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::time::Duration;

/// The longest account of a failure that is kept.
const WORDS_MAX: usize = 300;
/// More of an answer is not read.
const ANSWER_MAX: usize = 16 * 1024;
/// Twilio's codes of lasting faults of the one message; every other refusal is about the hub or over some time
/// (<https://www.twilio.com/docs/api/errors>).
const TWILIO_LASTING: [u32; 10] = [21211, 21214, 21217, 21265, 21408, 21602, 21610, 21612, 21614, 21617];
/// Whoever has this number texted STOP to Twilio.
const TWILIO_STOPPED: u32 = 21610;

/// Where Twilio reports what became of a message.
pub const STATUS_PATH: &str = "/api/sms/twilio/status";

/// A gateway that cannot be used as set.
#[derive(Debug, thiserror::Error)]
pub enum BadGateway {
    /// A header that is none.
    #[error("sms.headers: {0} is no header that can be sent")]
    Header(String),
    /// No client can be made.
    #[error("no requests can be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A gateway of text messages.
#[derive(Debug)]
pub struct Gateway {
    client: Client,
    settings: Sms,
    headers: Vec<(HeaderName, HeaderValue)>,
    status_callback: String,
}

impl Gateway {
    /// For these settings; nothing is connected yet. `base_url` is how Twilio reaches the hub.
    pub fn new(settings: &Sms, base_url: &str) -> Result<Self, BadGateway> {
        super::bring_cryptography();
        let client = Client::builder().timeout(settings.timeout).redirect(Policy::none()).build()?;
        let headers = match &settings.gateway {
            Kind::Twilio { .. } => Vec::new(),
            Kind::Http { headers, .. } => headers
                .iter()
                .map(|(name, value)| {
                    let unfit = || BadGateway::Header(name.clone());
                    let mut value: HeaderValue = value.reveal().parse().map_err(|_unfit| unfit())?;
                    value.set_sensitive(true);
                    Ok((name.parse().map_err(|_unfit| unfit())?, value))
                })
                .collect::<Result<_, BadGateway>>()?,
        };
        Ok(Self { client, settings: settings.clone(), headers, status_callback: format!("{base_url}{STATUS_PATH}") })
    }

    /// The longest that one attempt takes.
    pub(super) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// What a segment costs the company.
    pub(super) fn price(&self) -> Decimal {
        self.settings.price
    }

    /// In which currency.
    pub(super) fn currency(&self) -> &str {
        &self.settings.currency
    }

    pub(super) async fn send(&self, claimed: &Claimed, text: &str) -> Outcome {
        let (request, is_twilio) = match &self.settings.gateway {
            Kind::Twilio { url, account, token, from } => (self.to_twilio(url, account, token.reveal(), from, claimed, text), true),
            Kind::Http { url, body, .. } => (self.to_any(url, body, claimed, text), false),
        };
        match request.send().await {
            Ok(response) if is_twilio => twilio(response).await,
            Ok(response) => any(response).await,
            Err(error) => Outcome::Later(short(&format!("the gateway cannot be reached: {}", error.without_url())), None, None),
        }
    }

    /// <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>
    fn to_twilio(&self, url: &str, account: &str, token: &str, from: &str, claimed: &Claimed, text: &str) -> RequestBuilder {
        let sender = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let form: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("To", claimed.to.as_str()), (sender, from), ("Body", text), ("StatusCallback", self.status_callback.as_str())])
            .finish();
        self.client
            .post(format!("{url}/2010-04-01/Accounts/{account}/Messages.json"))
            .header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{account}:{token}"))))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
    }

    fn to_any(&self, url: &str, body: &str, claimed: &Claimed, text: &str) -> RequestBuilder {
        let id = claimed.id.to_string();
        let fill = |template: &str, escape: &dyn Fn(&str) -> String| {
            // One pass, so that a text with `{to}` in it stays as it is.
            let mut filled = String::new();
            let mut rest = template;
            while let Some(open) = rest.find('{') {
                let (before, from) = rest.split_at(open);
                filled.push_str(before);
                let found = [("{to}", claimed.to.as_str()), ("{text}", text), ("{id}", &id)].into_iter().find(|(name, _)| from.starts_with(name));
                if let Some((name, value)) = found {
                    filled.push_str(&escape(value));
                    rest = &from[name.len()..];
                } else {
                    filled.push('{');
                    rest = &from[1..];
                }
            }
            filled + rest
        };
        let as_form = |value: &str| byte_serialize(value.as_bytes()).collect::<String>();
        let as_json = |value: &str| {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let is_json = body.trim_start().starts_with(['{', '[']);
        let (kind, body) =
            if is_json { ("application/json", fill(body, &as_json)) } else { ("application/x-www-form-urlencoded", fill(body, &as_form)) };
        let mut request = self.client.post(fill(url, &as_form)).header(CONTENT_TYPE, kind).header("Idempotency-Key", id.as_str()).body(body);
        for (name, value) in &self.headers {
            request = request.header(name, value.clone());
        }
        request
    }
}

#[derive(Deserialize)]
struct TwilioAnswer {
    sid: Option<String>,
    code: Option<u32>,
    message: Option<String>,
}

async fn twilio(response: Response) -> Outcome {
    let status = response.status();
    let answer = serde_json::from_slice::<TwilioAnswer>(&body(response).await);
    match (status.is_success(), answer) {
        // Taken is taken, whatever it says besides.
        (true, answer) => Outcome::Sent(answer.ok().and_then(|answer| answer.sid)),
        (false, Ok(TwilioAnswer { code: Some(code), message, .. })) => {
            let words = short(&format!("Twilio {code}: {}", message.unwrap_or_default()));
            let number = u16::try_from(code).ok();
            match code {
                TWILIO_STOPPED => Outcome::Stopped(words),
                _ if TWILIO_LASTING.contains(&code) => Outcome::Refused(words, number),
                _ => Outcome::Later(words, number, None),
            }
        }
        (false, _) => Outcome::Later(format!("Twilio answered {status}"), Some(status.as_u16()), None),
    }
}

async fn any(response: Response) -> Outcome {
    let (status, pause_ms) = (response.status(), asked_ms(response.headers()));
    let words = String::from_utf8_lossy(&body(response).await).into_owned();
    let words = short(&format!("the gateway answered {status}: {words}"));
    // Who may not come in, who comes too often or too early: about the hub, not about this message.
    let is_about_us = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_EARLY
            | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_success() {
        Outcome::Sent(None)
    } else if status.is_client_error() && !is_about_us {
        Outcome::Refused(words, Some(status.as_u16()))
    } else {
        Outcome::Later(words, Some(status.as_u16()), pause_ms)
    }
}

async fn body(mut response: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while let Ok(Some(part)) = response.chunk().await {
        read.extend_from_slice(&part);
        if read.len() > ANSWER_MAX {
            break;
        }
    }
    read.truncate(ANSWER_MAX);
    read
}

fn short(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}
