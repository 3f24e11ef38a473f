//! One socket to a hub, in either encoding: requests out, frames in, pings answered by themselves.

use super::Error;
use crate::domain::ids::JobId;
use crate::protocol::{
    ClientMessage, Encoding, Millis, Problem, ServerMessage, Topic,
    client::{CommandBody, CommandMessage, Duty, Fixes, Pong, RawFix, Subscribe, Unsubscribe, Viewport},
    codec::Misfit,
    server::Okay,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream};
use reqwest::header::HeaderName;
use serde::de::DeserializeOwned;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};
use uuid::Uuid;

/// Messages that wait to be written; beyond it, senders wait.
const OUTBOX: usize = 256;
/// A ping is this short; no longer frame is looked into on the way.
const PING_BYTES: usize = 64;

type Wire = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The socket ended: with the hub's close code, or without one if the connection broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the socket closed{}: {reason}", .code.map(|code| format!(" with {code}")).unwrap_or_default())]
pub struct Closed {
    /// For example 4001, too slow.
    pub code: Option<u16>,
    /// In words.
    pub reason: String,
}

/// One frame from the hub, as it came.
#[derive(Debug, Clone)]
pub struct Frame {
    encoding: Encoding,
    bytes: Bytes,
}

impl Frame {
    /// The bytes on the wire.
    pub fn raw(&self) -> &Bytes {
        &self.bytes
    }

    /// The message in it.
    pub fn message(&self) -> Result<ServerMessage, Misfit> {
        self.decode()
    }

    /// Any type read from it: a load test looks at a few members only.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Misfit> {
        self.encoding.decode(&self.bytes)
    }
}

/// The sending half. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    encoding: Encoding,
    outbox: mpsc::Sender<Message>,
    references: Arc<AtomicI64>,
}

impl Sender {
    /// Sends a message of the protocol.
    pub async fn send(&self, message: &ClientMessage) -> Result<(), Closed> {
        let bytes = self.encoding.encode(message);
        let message = match self.encoding {
            Encoding::Msgpack => Message::Binary(bytes),
            Encoding::Json => Message::Text(bytes.try_into().expect("JSON is UTF-8")),
        };
        self.send_raw(message).await
    }

    /// Sends any frame at all, right or wrong.
    pub async fn send_raw(&self, message: Message) -> Result<(), Closed> {
        self.outbox.send(message).await.map_err(|_unsent| Closed { code: None, reason: "nothing can be sent any more".to_owned() })
    }

    /// Joins a topic, from now or after an event; returns the `ref` of the answer.
    pub async fn subscribe(&self, topic: Topic, after: Option<i64>) -> Result<i64, Closed> {
        let reference = self.reference();
        self.send(&ClientMessage::Subscribe(Subscribe { reference, topic, after, from: None, to: None })).await.map(|()| reference)
    }

    /// Leaves a topic; returns the `ref` of the answer.
    pub async fn unsubscribe(&self, topic: Topic) -> Result<i64, Closed> {
        let reference = self.reference();
        self.send(&ClientMessage::Unsubscribe(Unsubscribe { reference, topic })).await.map(|()| reference)
    }

    /// Asks something of a job; `id` is the idempotency key. Returns the `ref` of the answer.
    pub async fn command(&self, id: Uuid, job: JobId, body: CommandBody<Millis>) -> Result<i64, Closed> {
        let reference = self.reference();
        self.send(&ClientMessage::Command(CommandMessage { reference, id, job, body })).await.map(|()| reference)
    }

    /// Sends 1 to 500 fixes; `stored` names `n` once they are.
    pub async fn fixes(&self, n: i64, fixes: Vec<RawFix>, device: Option<&str>) -> Result<(), Closed> {
        self.send(&ClientMessage::Fixes(Fixes { n, fixes, device: device.map(str::to_owned) })).await
    }

    /// Goes on or off duty; returns the `ref` of the answer.
    pub async fn duty(&self, on: bool) -> Result<i64, Closed> {
        let reference = self.reference();
        self.send(&ClientMessage::Duty(Duty { reference, on })).await.map(|()| reference)
    }

    /// Says what the map shows.
    pub async fn viewport(&self, viewport: Viewport) -> Result<(), Closed> {
        self.send(&ClientMessage::Viewport(viewport)).await
    }

    fn reference(&self) -> i64 {
        self.references.fetch_add(1, Ordering::Relaxed)
    }
}

/// The receiving half.
#[derive(Debug)]
pub struct Receiver {
    wire: stream::SplitStream<Wire>,
    sender: Sender,
    answers_pings: bool,
}

impl Receiver {
    /// The next frame that is no ping.
    pub async fn next(&mut self) -> Result<Frame, Closed> {
        loop {
            let bytes = match self.wire.next().await {
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Text(text))) => text.into(),
                Some(Ok(Message::Close(close))) => return Err(closed(close)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => return Err(Closed { code: None, reason: error.to_string() }),
                None => return Err(closed(None)),
            };
            let frame = Frame { encoding: self.sender.encoding, bytes };
            if frame.bytes.len() <= PING_BYTES && matches!(frame.message(), Ok(ServerMessage::Ping(_))) {
                if self.answers_pings {
                    self.sender.send(&ClientMessage::Pong(Pong { time_ms: now_ms() })).await?;
                }
                continue;
            }
            return Ok(frame);
        }
    }

    /// Leaves pings unanswered from now on, as a dead client would.
    pub fn ignore_pings(&mut self) {
        self.answers_pings = false;
    }
}

/// Both halves, and answers found by their `ref`.
#[derive(Debug)]
pub struct Socket {
    sender: Sender,
    receiver: Receiver,
    /// Frames that came while an answer was awaited.
    passed_over: VecDeque<Frame>,
}

impl Socket {
    /// The sending half.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The next frame that is no ping.
    pub async fn next(&mut self) -> Result<Frame, Closed> {
        match self.passed_over.pop_front() {
            Some(frame) => Ok(frame),
            None => self.receiver.next().await,
        }
    }

    /// The next message that is no ping.
    pub async fn next_message(&mut self) -> Result<ServerMessage, Error> {
        self.next().await?.message().map_err(|misfit| Error::Strange(format!("{}: {}", misfit.pointer, misfit.detail)))
    }

    /// Waits for the answer to a request. What else comes meanwhile is kept for `next`.
    pub async fn answer(&mut self, reference: i64) -> Result<Result<Okay, Problem>, Error> {
        loop {
            let frame = self.receiver.next().await?;
            match frame.message() {
                Ok(ServerMessage::Ok(ok)) if ok.reference == reference => return Ok(Ok(ok)),
                Ok(ServerMessage::Refused(refused)) if refused.reference == Some(reference) => return Ok(Err(refused.problem)),
                _ => self.passed_over.push_back(frame),
            }
        }
    }

    /// Two halves that can live in two tasks.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

pub(super) async fn connect(base_url: &str, credential: Option<(HeaderName, String)>, encoding: Encoding) -> Result<Socket, Error> {
    let url = match base_url.split_once("://") {
        Some(("https", rest)) => format!("wss://{rest}/ws"),
        Some((_, rest)) => format!("ws://{rest}/ws"),
        None => format!("ws://{base_url}/ws"),
    };
    let mut request = url.into_client_request().map_err(refused)?;
    let headers = request.headers_mut();
    headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static(encoding.subprotocol()));
    if let Some((name, value)) = credential {
        let value = HeaderValue::from_str(&value).map_err(|error| Error::Strange(error.to_string()))?;
        headers.insert(name, value);
    }
    // Thousands of these live in one load test; the default buffers are 128 KiB each.
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096);
    let (wire, _) = connect_async_with_config(request, Some(config), true).await.map_err(refused)?;
    let (mut sink, stream) = wire.split();
    let (outbox, mut waiting) = mpsc::channel::<Message>(OUTBOX);
    tokio::spawn(async move {
        while let Some(message) = waiting.recv().await {
            // Joins what waits into one write. A broken connection is reported by the receiving half.
            if sink.feed(message).await.is_err() || (waiting.is_empty() && sink.flush().await.is_err()) {
                return;
            }
        }
        sink.close().await.ok();
    });
    let sender = Sender { encoding, outbox, references: Arc::new(AtomicI64::new(1)) };
    let receiver = Receiver { wire: stream, sender: sender.clone(), answers_pings: true };
    Ok(Socket { sender, receiver, passed_over: VecDeque::new() })
}

/// A refused upgrade carries a problem like any other answer.
fn refused(error: tungstenite::Error) -> Error {
    match error {
        tungstenite::Error::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            match serde_json::from_slice(body) {
                Ok(problem) => Error::Refused(Box::new(problem)),
                Err(_) => Error::Strange(format!("the socket's upgrade was answered {}", response.status())),
            }
        }
        error => Error::Unreachable(error.to_string()),
    }
}

fn closed(close: Option<tungstenite::protocol::CloseFrame>) -> Closed {
    match close {
        Some(close) => Closed { code: Some(close.code.into()), reason: close.reason.to_string() },
        None => Closed { code: None, reason: "without a word".to_owned() },
    }
}

#[expect(clippy::disallowed_methods, reason = "a program outside the hub has a clock of its own")]
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
