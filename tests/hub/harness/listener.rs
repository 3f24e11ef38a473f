//! A web server that a test owns: whoever calls it is heard, and answered as the test likes.

use super::PATIENCE;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A status, headers and a body.
pub(crate) type Reply = (u16, Vec<(&'static str, String)>, String);

type Usual = fn(&Heard) -> Reply;
type Exceptions = Arc<Mutex<VecDeque<Reply>>>;

/// Ends with the test.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    heard: mpsc::UnboundedReceiver<Heard>,
    exceptions: Exceptions,
    _stop: oneshot::Sender<()>,
}

struct Desk {
    heard: mpsc::UnboundedSender<Heard>,
    exceptions: Exceptions,
    usual: Usual,
}

impl Listener {
    /// Answers like this, unless it was told otherwise.
    pub(crate) async fn open(usual: Usual) -> Self {
        let (given, heard) = mpsc::unbounded_channel();
        let exceptions = Exceptions::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = oneshot::channel();
        let desk = web::Data::new(Desk { heard: given, exceptions: Arc::clone(&exceptions), usual });
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
        Self { address: address.await.expect("it listens"), heard, exceptions, _stop: stop }
    }

    /// The next callers are answered so, one after the other.
    pub(crate) fn answers(&self, replies: impl IntoIterator<Item = Reply>) {
        self.exceptions.lock().expect("nobody panics").extend(replies);
    }

    /// The next request.
    pub(crate) async fn hears(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv()).await.expect("a request in time").expect("it runs")
    }

    /// Nothing has come that was not looked at.
    pub(crate) fn heard_nothing(&mut self) {
        assert!(self.heard.try_recv().is_err(), "somebody called");
    }
}

async fn take(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), header(value))).collect();
    let heard = Heard { path: request.path().to_owned(), headers, body: body.to_vec() };
    let exception = desk.exceptions.lock().expect("nobody panics").pop_front();
    let (status, headers, body) = exception.unwrap_or_else(|| (desk.usual)(&heard));
    drop(desk.heard.send(heard));
    let mut answer = HttpResponse::build(status.try_into().expect("a status"));
    for (name, value) in headers {
        answer.insert_header((HeaderName::from_static(name), HeaderValue::from_str(&value).expect("a header")));
    }
    answer.body(body)
}
