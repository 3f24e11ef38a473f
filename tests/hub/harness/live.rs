//! A socket in a test's hands: asks, waits for what it is told, and remembers every raw frame.

use super::PATIENCE;
use super::person::Job;
use dispatch_hub::client::{Closed, Frame, Sender, Socket};
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::ids::JobId;
use dispatch_hub::protocol::client::{ClientMessage, RawFix, Subscribe, Viewport};
use dispatch_hub::protocol::server::{EventMessage, Okay, Positions, Snapshot, Welcome};
use dispatch_hub::protocol::{Encoding, Problem, ServerMessage, Topic};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// An open socket.
pub(crate) struct Live {
    pub(crate) welcome: Welcome,
    pub(crate) sender: Sender,
    encoding: Encoding,
    incoming: mpsc::UnboundedReceiver<Result<Frame, Closed>>,
    /// Told already, not asked for yet.
    waiting: VecDeque<ServerMessage>,
    heard: Arc<Mutex<Vec<Frame>>>,
    reads: watch::Sender<bool>,
    reference: i64,
    closed: Option<Closed>,
}

/// What came of asking for what was missed.
pub(crate) enum Resumed {
    /// The missing events, and the number that they reach.
    Events(Vec<EventMessage>, i64),
    /// The topic as it stands.
    Afresh(Box<Snapshot>),
}

impl Live {
    pub(super) async fn new(socket: Socket, answers_pings: bool) -> Self {
        let (sender, mut receiver) = socket.split();
        if !answers_pings {
            receiver.ignore_pings();
        }
        let (frames, incoming) = mpsc::unbounded_channel();
        let (reads, mut may_read) = watch::channel(true);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let first = timeout(PATIENCE, receiver.next()).await.expect("a welcome in time").expect("a welcome");
        let encoding = if first.raw().first() == Some(&b'{') { Encoding::Json } else { Encoding::Msgpack };
        let Ok(ServerMessage::Welcome(welcome)) = first.message() else { panic!("the first message is a welcome") };
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(first);
        tokio::spawn(async move {
            // Ends with the socket, or with the test that holds the other end.
            while may_read.wait_for(|reads| *reads).await.is_ok() {
                let frame = receiver.next().await;
                if let Ok(frame) = &frame {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(frame.clone());
                }
                let is_last = frame.is_err();
                if frames.send(frame).is_err() || is_last {
                    return;
                }
            }
        });
        Self { welcome, sender, encoding, incoming, waiting: VecDeque::new(), heard, reads, reference: 1_000_000, closed: None }
    }

    /// Leaves everything that comes in the wires, as a reader does that cannot keep up.
    pub(crate) fn stop_reading(&self) {
        self.reads.send_replace(false);
    }

    /// Takes what waits in the wires.
    pub(crate) fn read_on(&self) {
        self.reads.send_replace(true);
    }

    /// Everything that was ever told on this socket, as it came.
    pub(crate) fn raw(&self) -> Vec<Frame> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// No frame ever held any of these texts.
    pub(crate) fn never_said(&self, texts: &[&str]) {
        for frame in self.raw() {
            for text in texts {
                let found = frame.raw().windows(text.len()).any(|window| window == text.as_bytes());
                let said: Value = frame.decode().unwrap_or_default();
                assert!(!found, "{text:?} was said in {said}");
            }
        }
    }

    async fn receive(&mut self) -> Result<ServerMessage, Closed> {
        if let Some(closed) = &self.closed {
            return Err(closed.clone());
        }
        match self.incoming.recv().await.expect("the reader says how it ended") {
            Ok(frame) => Ok(frame.message().unwrap_or_else(|misfit| panic!("{}: {}", misfit.pointer, misfit.detail))),
            Err(closed) => {
                self.closed = Some(closed.clone());
                Err(closed)
            }
        }
    }

    /// Waits for the first message that `picks` something. What else comes is kept.
    pub(crate) async fn until<T>(&mut self, what: &str, mut picks: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        if let Some((index, picked)) = self.waiting.iter().enumerate().find_map(|(index, message)| Some((index, picks(message)?))) {
            self.waiting.remove(index);
            return picked;
        }
        let search = async {
            loop {
                match self.receive().await {
                    Ok(message) => match picks(&message) {
                        Some(picked) => return picked,
                        None => self.waiting.push_back(message),
                    },
                    Err(closed) => panic!("waiting for {what}: {closed}"),
                }
            }
        };
        let picked = timeout(PATIENCE, search).await;
        picked.unwrap_or_else(|_in_vain| panic!("waited in vain for {what}; meanwhile {:?}", self.waiting))
    }

    /// The next event, whatever it is.
    pub(crate) async fn event(&mut self) -> EventMessage {
        self.until("an event", |message| match message {
            ServerMessage::Event(event) => Some((**event).clone()),
            _ => None,
        })
        .await
    }

    /// The next event, which must be this.
    pub(crate) async fn hears(&mut self, kind: Kind, job: Job) -> EventMessage {
        let event = self.event().await;
        assert_eq!((event.kind, event.job_id), (kind, job.0), "another event: {event:?}");
        event
    }

    /// The next event, which must be that the job left this audience.
    pub(crate) async fn loses(&mut self, job: Job, reason: &str) -> EventMessage {
        let event = self.hears(Kind::JobRemoved, job).await;
        assert_eq!(event.job, None);
        assert_eq!(json!(event.reason), json!(reason));
        event
    }

    /// The next positions.
    pub(crate) async fn positions(&mut self) -> Positions {
        self.until("positions", |message| match message {
            ServerMessage::Positions(positions) => Some(positions.clone()),
            _ => None,
        })
        .await
    }

    /// All positions that were ever told.
    pub(crate) fn all_positions(&self) -> Vec<Positions> {
        let frames = self.raw();
        let messages = frames.iter().filter_map(|frame| frame.message().ok());
        messages.filter_map(|message| if let ServerMessage::Positions(positions) = message { Some(positions) } else { None }).collect()
    }

    /// Joins a topic; all parts of its snapshot as one.
    pub(crate) async fn joins(&mut self, topic: Topic) -> Snapshot {
        match self.resumes(topic, None).await {
            Resumed::Afresh(snapshot) => *snapshot,
            Resumed::Events(..) => panic!("events without `after`"),
        }
    }

    /// Joins a topic after an event.
    pub(crate) async fn resumes(&mut self, topic: Topic, after: Option<i64>) -> Resumed {
        let reference = self.fresh_reference();
        self.say(&ClientMessage::Subscribe(Subscribe { reference, topic, after, from: None, to: None })).await;
        let mut whole: Option<Snapshot> = None;
        loop {
            let part = self
                .until("a snapshot or an answer", |message| match message {
                    ServerMessage::Snapshot(part) if part.reference == reference => Some(Ok(part.clone())),
                    ServerMessage::Ok(ok) if ok.reference == reference => Some(Err(ok.seq)),
                    ServerMessage::Refused(refused) if refused.reference == Some(reference) => panic!("{topic}: {:?}", refused.problem),
                    _ => None,
                })
                .await;
            match part {
                Ok(part) if part.more => merge(&mut whole, part),
                Ok(part) => {
                    merge(&mut whole, part);
                    return Resumed::Afresh(Box::new(whole.expect("a part was merged")));
                }
                Err(seq) => {
                    // The missing events came before the answer.
                    let missing = self.waiting.iter().filter_map(|message| match message {
                        ServerMessage::Event(event) if event.topic == topic => Some((**event).clone()),
                        _ => None,
                    });
                    let missing: Vec<EventMessage> = missing.collect();
                    self.waiting.retain(|message| !matches!(message, ServerMessage::Event(event) if event.topic == topic));
                    return Resumed::Events(missing, seq.expect("the number reached"));
                }
            }
        }
    }

    /// Asks anything that has a `ref`, as a plain value; the answer.
    pub(crate) async fn asks(&mut self, mut message: Value) -> Result<Okay, Problem> {
        let reference = self.fresh_reference();
        message["ref"] = json!(reference);
        self.says(&message).await;
        self.until("an answer", |message| match message {
            ServerMessage::Ok(ok) if ok.reference == reference => Some(Ok(ok.clone())),
            ServerMessage::Refused(refused) if refused.reference == Some(reference) => Some(Err(refused.problem.clone())),
            _ => None,
        })
        .await
    }

    /// Commands a job with a fresh id.
    pub(crate) async fn does(&mut self, job: Job, command: Value) -> Result<Okay, Problem> {
        self.does_again(Uuid::now_v7(), job.0, command).await
    }

    /// Commands a job with this id.
    pub(crate) async fn does_again(&mut self, id: Uuid, job: JobId, mut command: Value) -> Result<Okay, Problem> {
        command["t"] = json!("command");
        command["id"] = json!(id);
        command["job"] = json!(job);
        self.asks(command).await
    }

    /// The refusal of a message that had no `ref`.
    pub(crate) async fn is_refused(&mut self) -> Problem {
        self.until("a refusal", |message| match message {
            ServerMessage::Refused(refused) if refused.reference.is_none() => Some(refused.problem.clone()),
            _ => None,
        })
        .await
    }

    /// On duty or off.
    pub(crate) async fn goes_on_duty(&mut self, on: bool) {
        self.asks(json!({ "t": "duty", "on": on })).await.expect("duty");
    }

    /// Sends fixes and waits until they are stored.
    pub(crate) async fn measures(&mut self, fixes: &[RawFix]) {
        let n = self.sends_fixes(fixes).await;
        self.has_stored(n).await;
    }

    /// Sends fixes; the number to be stored.
    pub(crate) async fn sends_fixes(&mut self, fixes: &[RawFix]) -> i64 {
        let n = self.fresh_reference();
        self.sender.fixes(n, fixes.to_vec(), None).await.expect("an open socket");
        n
    }

    /// Waits until the fixes with this number, or later ones, are stored.
    pub(crate) async fn has_stored(&mut self, n: i64) {
        self.until("stored", |message| match message {
            ServerMessage::Stored(stored) => (stored.n >= n).then_some(()),
            _ => None,
        })
        .await;
    }

    /// Shows a part of the map: everything in it comes first.
    pub(crate) async fn looks(&mut self, viewport: Viewport) {
        self.say(&ClientMessage::Viewport(viewport)).await;
    }

    /// How the socket ends.
    pub(crate) async fn closes(&mut self) -> Closed {
        self.closes_within(PATIENCE).await
    }

    /// How the socket ends, which may take a while.
    pub(crate) async fn closes_within(&mut self, patience: Duration) -> Closed {
        let end = async {
            loop {
                if let Err(closed) = self.receive().await {
                    return closed;
                }
            }
        };
        timeout(patience, end).await.expect("the socket closes")
    }

    /// Sends a message.
    pub(crate) async fn say(&self, message: &ClientMessage) {
        self.sender.send(message).await.expect("an open socket");
    }

    /// Sends anything.
    pub(crate) async fn says(&self, message: &Value) {
        self.says_bytes(&self.encoding.encode(message)).await;
    }

    /// Sends a frame of these bytes, in the kind of frame that the encoding has.
    pub(crate) async fn says_bytes(&self, bytes: &[u8]) {
        let message = match self.encoding {
            Encoding::Msgpack => Message::binary(bytes.to_vec()),
            Encoding::Json => Message::text(String::from_utf8_lossy(bytes).into_owned()),
        };
        self.sender.send_raw(message).await.expect("an open socket");
    }

    fn fresh_reference(&mut self) -> i64 {
        self.reference += 1;
        self.reference
    }
}

fn merge(whole: &mut Option<Snapshot>, part: Snapshot) {
    match whole {
        None => *whole = Some(part),
        Some(whole) => {
            assert_eq!(whole.seq, part.seq, "all parts are of one moment");
            assert!(part.workers.is_none(), "workers come with the first part");
            whole.jobs.extend(part.jobs);
            whole.more = part.more;
        }
    }
}
