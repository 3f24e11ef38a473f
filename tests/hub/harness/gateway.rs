//! A gateway of text messages that a test owns: speaks Twilio's documented request and answer, or takes anything.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>

use super::PATIENCE;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::json;
use sha1::Sha1;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "the-account-token";
/// How Twilio reaches the hub, as it believes.
pub(crate) const PUBLIC: &str = "http://hub.example.com";

/// A text message as the gateway got it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) to: String,
    pub(crate) says: String,
    /// The id that the gateway gave it.
    pub(crate) sid: String,
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What it says to the next messages: a status, and Twilio's code.
type Refusals = Arc<Mutex<Vec<(u16, u32)>>>;

/// Ends with the test.
pub(crate) struct Gateway {
    address: SocketAddr,
    texts: mpsc::UnboundedReceiver<Text>,
    refusals: Refusals,
    _stop: oneshot::Sender<()>,
}

struct Desk {
    texts: mpsc::UnboundedSender<Text>,
    refusals: Refusals,
}

impl Gateway {
    pub(crate) async fn open() -> Self {
        let (given, texts) = mpsc::unbounded_channel();
        let refusals = Refusals::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = oneshot::channel();
        let desk = web::Data::new(Desk { texts: given, refusals: Arc::clone(&refusals) });
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().app_data(desk.clone()).default_service(web::to(take)))
                    .workers(1)
                    .disable_signals()
                    .bind("127.0.0.1:0")
                    .expect("a free port");
                bound.send(server.addrs()[0]).expect("the test waits");
                let server = server.run();
                let handle = server.handle();
                actix_web::rt::spawn(async move {
                    drop(stopped.await);
                    handle.stop(false).await;
                });
                server.await.expect("it served");
            });
        });
        Self { address: address.await.expect("it listens"), texts, refusals, _stop: stop }
    }

    /// The settings of a hub that sends to it as to Twilio.
    pub(crate) fn as_twilio(&self) -> String {
        format!(
            "[sms]\nkind = \"twilio\"\nurl = \"http://{}\"\naccount = \"{ACCOUNT}\"\ntoken = \"{TOKEN}\"\nfrom = \"+15005550006\"\ntimeout_s = 2\n",
            self.address
        )
    }

    /// The same with this in the place of a number.
    pub(crate) fn as_messaging_service(&self) -> String {
        self.as_twilio().replace("+15005550006", "MG0123456789abcdef0123456789abcdef")
    }

    /// The settings of a hub that sends to it as to any gateway.
    pub(crate) fn as_any(&self, body: &str) -> String {
        format!(
            "[sms]\nkind = \"http\"\nurl = \"http://{}/send\"\nheaders = [\"Authorization: Basic YTpi\", \"X-Tag: a, b\"]\nbody = '{body}'\nincoming_secret = \"0123456789abcdef\"\ntimeout_s = 2\n",
            self.address
        )
    }

    /// Refuses so many messages.
    pub(crate) fn refuses(&self, status: u16, code: u32, times: usize) {
        self.refusals.lock().expect("nobody panics").extend(std::iter::repeat_n((status, code), times));
    }

    /// The next message.
    pub(crate) async fn gets(&mut self) -> Text {
        timeout(PATIENCE, self.texts.recv()).await.expect("a message in time").expect("it runs")
    }

    /// Nothing has come that was not looked at.
    pub(crate) fn got_nothing(&mut self) {
        assert!(self.texts.try_recv().is_err(), "a message came");
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

async fn take(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let body = String::from_utf8_lossy(&body).into_owned();
    let form: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let header = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: BTreeMap<String, String> = request.headers().iter().map(|(name, value)| (name.to_string(), header(value))).collect();
    let is_twilio = request.path() == format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    let authorized = headers.get("authorization") == Some(&format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"))));
    if is_twilio && !authorized {
        return HttpResponse::Unauthorized()
            .json(json!({ "code": 20003, "message": "Authenticate", "more_info": "https://www.twilio.com/docs/errors/20003", "status": 401 }));
    }
    let refusal = desk.refusals.lock().expect("nobody panics").pop();
    if let Some((status, code)) = refusal {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        let problem = json!({ "code": code, "message": format!("Refused with {code}"), "more_info": more, "status": status });
        return HttpResponse::build(status.try_into().expect("a status")).json(problem);
    }
    let sid = format!("SM{}", uuid::Uuid::now_v7().simple());
    let of = |name: &str| form.get(name).cloned().unwrap_or_default();
    let text = Text { to: of("To"), says: of("Body"), sid: sid.clone(), form, headers, body };
    let answer =
        json!({ "sid": sid, "status": "queued", "to": text.to, "body": text.says, "num_segments": "1", "error_code": null, "error_message": null });
    drop(desk.texts.send(text));
    if is_twilio { HttpResponse::Created().json(answer) } else { HttpResponse::Ok().body("queued") }
}
