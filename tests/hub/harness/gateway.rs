//! A gateway of text messages that a test owns: speaks Twilio's documented request and answer, or takes anything.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>

use super::listener::{Heard, Listener, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::json;
use sha1::Sha1;
use std::collections::BTreeMap;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the-account-token";
/// How Twilio reaches the hub, as it believes.
const PUBLIC: &str = "http://hub.example.com";

/// A text message as the gateway took it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) to: String,
    pub(crate) says: String,
    /// The id that the gateway gave it.
    pub(crate) sid: String,
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) heard: Heard,
}

/// Ends with the test.
pub(crate) struct Gateway {
    listener: Listener,
}

impl Gateway {
    pub(crate) async fn open() -> Self {
        Self { listener: Listener::open(take).await }
    }

    /// The settings of a hub that sends to it as to Twilio.
    pub(crate) fn as_twilio(&self) -> String {
        let url = self.listener.address;
        format!(
            "[sms]\nkind = \"twilio\"\nurl = \"http://{url}\"\naccount = \"{ACCOUNT}\"\ntoken = \"{TOKEN}\"\nfrom = \"+15005550006\"\ntimeout_s = 2\n"
        )
    }

    /// The same with this in the place of a number.
    pub(crate) fn as_messaging_service(&self) -> String {
        self.as_twilio().replace("+15005550006", "MG0123456789abcdef0123456789abcdef")
    }

    /// The settings of a hub that sends to it as to any gateway.
    pub(crate) fn as_any(&self, body: &str) -> String {
        let url = self.listener.address;
        format!(
            "[sms]\nkind = \"http\"\nurl = \"http://{url}/send\"\nheaders = [\"Authorization: Basic YTpi\", \"X-Tag: a, b\"]\nbody = '{body}'\nincoming_secret = \"0123456789abcdef\"\ntimeout_s = 2\n"
        )
    }

    /// Refuses the next message.
    pub(crate) fn refuses(&self, status: u16, code: u32) {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        let problem = json!({ "code": code, "message": format!("Refused with {code}"), "more_info": more, "status": status });
        self.listener.answers([(status, vec![("content-type", "application/json".into())], problem.to_string())]);
    }

    /// The next message that it was given.
    pub(crate) async fn gets(&mut self) -> Text {
        let heard = self.listener.hears().await;
        let form: BTreeMap<String, String> = form_urlencoded::parse(&heard.body).into_owned().collect();
        let of = |name: &str| form.get(name).cloned().unwrap_or_default();
        Text { to: of("To"), says: of("Body"), sid: sid_of(&heard), form, heard }
    }

    /// Nothing has come that was not looked at.
    pub(crate) fn got_nothing(&mut self) {
        self.listener.heard_nothing();
    }

    /// A request as Twilio makes it, signed with the account's token.
    pub(crate) async fn calls(&self, hub: &super::TestHub, path: &str, form: &[(&str, &str)], token: &str) -> u16 {
        let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key");
        mac.update(format!("{PUBLIC}{path}").as_bytes());
        let mut pairs = form.to_vec();
        pairs.sort_unstable();
        for (name, value) in pairs {
            mac.update(format!("{name}{value}").as_bytes());
        }
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = hub.asks(Method::POST, path).header("x-twilio-signature", signature);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.expect("the hub answers");
        answer.status().as_u16()
    }

    /// The account's token.
    pub(crate) fn token() -> &'static str {
        TOKEN
    }
}

/// The id of a message: the same for the same request.
fn sid_of(heard: &Heard) -> String {
    format!("SM{}", uuid::Uuid::new_v5(&uuid::Uuid::nil(), &heard.body).simple())
}

fn take(heard: &Heard) -> Reply {
    let json = vec![("content-type", "application/json".to_owned())];
    let is_twilio = heard.path == format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    if !is_twilio {
        return (200, Vec::new(), "queued".into());
    }
    if heard.header("authorization") != format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"))) {
        let problem = json!({ "code": 20003, "message": "Authenticate", "more_info": "https://www.twilio.com/docs/errors/20003", "status": 401 });
        return (401, json, problem.to_string());
    }
    let answer = json!({ "sid": sid_of(heard), "status": "queued", "num_segments": "1", "error_code": null, "error_message": null });
    (201, json, answer.to_string())
}
