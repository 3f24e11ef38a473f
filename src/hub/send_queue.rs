//! What waits for one session's socket: events queue, states and positions overwrite, slow readers are closed.
//!
//! The socket itself is behind a `Sink`, tried once per frame; only what it does not take waits here.

use super::frame::Frame;
use crate::domain::ids::WorkerId;
use crate::protocol::server::{Position, Positions};
use crate::protocol::{Encoding, ServerMessage, Topic};
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most frames that may wait.
const MAX_FRAMES: usize = 1_024;
/// The most bytes that may wait behind the frame that is being written.
const MAX_BYTES: usize = 1 << 20;

/// Why a session is closed from the hub's side. The codes are the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The hub restarts; come back.
    Restart,
    /// Too slow; come back and resume.
    TooSlow,
    /// Come back and resume, with jitter.
    Resync,
    /// The log-in ended.
    NotAuthenticated,
    /// The right to be here ended.
    Forbidden,
    /// What was sent was not a map with `t`.
    NotDecodable,
    /// A newer socket of this worker sends the fixes now.
    Replaced,
}

impl Close {
    /// The WebSocket close code.
    pub fn code(self) -> u16 {
        match self {
            Self::Restart => 4000,
            Self::TooSlow => 4001,
            Self::Resync => 4002,
            Self::NotAuthenticated => 4500,
            Self::Forbidden => 4501,
            Self::NotDecodable => 4502,
            Self::Replaced => 4503,
        }
    }

    /// In a few words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "the hub restarts",
            Self::TooSlow => "too slow",
            Self::Resync => "resync",
            Self::NotAuthenticated => "not authenticated any more",
            Self::Forbidden => "forbidden",
            Self::NotDecodable => "not decodable as a map with t",
            Self::Replaced => "replaced by a newer socket",
        }
    }
}

/// The socket: takes the bytes at once, or says that it is full.
pub trait Sink: Send + Sync {
    /// Whether the frame was taken.
    fn try_write(&self, bytes: Bytes) -> bool;
}

/// One session's way out.
pub struct SendQueue {
    encoding: Encoding,
    sink: Box<dyn Sink>,
    waiting: Mutex<Waiting>,
    /// Wakes whoever writes what waits.
    wake: Notify,
    /// Wakes whoever waits for room.
    room: Notify,
}

#[derive(Default)]
struct Waiting {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// The latest state of each worker, and the presence of dispatchers.
    states: BTreeMap<Option<WorkerId>, Bytes>,
    positions: HashMap<(Topic, WorkerId), Position>,
    close: Option<Close>,
}

impl SendQueue {
    /// Nothing waits yet.
    pub fn new(encoding: Encoding, sink: Box<dyn Sink>) -> Arc<Self> {
        Arc::new(Self { encoding, sink, waiting: Mutex::default(), wake: Notify::new(), room: Notify::new() })
    }

    /// Sends a frame that must not be lost: now, or after what waits. A queue that is full closes the session.
    pub fn push(&self, frame: &Frame) {
        self.add(&mut self.lock(), frame);
        self.wake.notify_one();
    }

    /// How the session's frames are written.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// As `push`, but waits until nothing else does: for long snapshots, which would overflow the queue by themselves.
    pub async fn push_patiently(&self, frame: &Frame) {
        loop {
            let room = self.room.notified();
            if self.lock().frames.is_empty() {
                break;
            }
            room.await;
        }
        self.push(frame);
    }

    /// Sends a state (`worker`, `presence`): now, or later, and then only the latest. A company has more workers than a queue has room.
    pub fn push_state(&self, frame: &Frame) {
        let of = match frame.message() {
            ServerMessage::Worker(state) => Some(state.worker),
            ServerMessage::Presence(_) => None,
            _ => return self.push(frame),
        };
        let bytes = frame.bytes(self.encoding);
        let mut waiting = self.lock();
        let first = waiting.frames.is_empty() && !waiting.states.contains_key(&of);
        if waiting.close.is_some() || (first && self.sink.try_write(bytes.clone())) {
            return;
        }
        waiting.states.insert(of, bytes);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Sends positions: now, or later, and then only the latest of each worker.
    pub fn push_positions(&self, frame: &Frame) {
        self.add_positions(&mut self.lock(), frame);
        self.wake.notify_one();
    }

    /// Sends what changed on a map since the last tick, all of it in one go.
    pub fn push_map(&self, frames: &[Arc<Frame>]) {
        let mut waiting = self.lock();
        for frame in frames {
            match frame.message() {
                ServerMessage::Positions(_) => self.add_positions(&mut waiting, frame),
                _ => self.add(&mut waiting, frame),
            }
        }
        drop(waiting);
        self.wake.notify_one();
    }

    fn add(&self, waiting: &mut Waiting, frame: &Frame) {
        let bytes = frame.bytes(self.encoding);
        if waiting.close.is_some() || (waiting.frames.is_empty() && self.sink.try_write(bytes.clone())) {
            return;
        }
        waiting.append(bytes);
    }

    fn add_positions(&self, waiting: &mut Waiting, frame: &Frame) {
        let nothing_waits = waiting.frames.is_empty() && waiting.positions.is_empty();
        if waiting.close.is_some() || (nothing_waits && self.sink.try_write(frame.bytes(self.encoding))) {
            return;
        }
        let ServerMessage::Positions(positions) = frame.message() else { return };
        metrics::counter!("hub_positions_overwritten_total").increment(positions.list.len() as u64);
        for position in &positions.list {
            waiting.positions.insert((positions.topic, position.0), position.clone());
        }
        if !positions.gone.is_empty() {
            // Who is gone must be known, and after whatever was said of them before.
            for worker in &positions.gone {
                waiting.positions.remove(&(positions.topic, *worker));
            }
            let gone = Positions { topic: positions.topic, list: Vec::new(), gone: positions.gone.clone() };
            waiting.append(self.encoding.encode(&ServerMessage::Positions(gone)));
        }
    }

    /// Ends the session, saying why. The first reason stands.
    pub fn close(&self, close: Close) {
        self.lock().close(close);
        self.wake.notify_one();
        self.room.notify_waiters();
    }

    /// Why the session is to end, if it is.
    pub fn closed(&self) -> Option<Close> {
        self.lock().close
    }

    /// The next frame to write once the socket takes more, or why to end. For the one task that writes.
    pub async fn next(&self) -> Result<Bytes, Close> {
        loop {
            let woken = self.wake.notified();
            {
                let mut waiting = self.lock();
                if let Some(close) = waiting.close {
                    return Err(close);
                }
                if let Some(first) = waiting.frames.front() {
                    return Ok(first.clone());
                }
                let state = waiting.states.pop_first().map(|(_, bytes)| bytes);
                if let Some(bytes) = state.or_else(|| waiting.take_positions(self.encoding)) {
                    // Stays in front until written, so that what comes meanwhile stays behind it.
                    waiting.bytes += bytes.len();
                    waiting.frames.push_back(bytes.clone());
                    return Ok(bytes);
                }
            }
            woken.await;
        }
    }

    /// The frame that `next` gave is written.
    pub fn written(&self) {
        let mut waiting = self.lock();
        if let Some(bytes) = waiting.frames.pop_front() {
            waiting.bytes -= bytes.len();
        }
        if waiting.frames.is_empty() {
            self.room.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// One more frame that must not be lost; a queue that is full closes the session.
    fn append(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        self.frames.push_back(bytes);
        // The first is being written: a long part of a snapshot on its way is no sign of a slow reader.
        let behind_it = self.bytes - self.frames.front().map_or(0, Bytes::len);
        if self.frames.len() > MAX_FRAMES || behind_it > MAX_BYTES {
            metrics::counter!("hub_sessions_too_slow_total").increment(1);
            self.close(Close::TooSlow);
        }
    }

    fn close(&mut self, close: Close) {
        self.close.get_or_insert(close);
        self.frames.clear();
        self.states.clear();
        self.positions.clear();
        self.bytes = 0;
    }

    fn take_positions(&mut self, encoding: Encoding) -> Option<Bytes> {
        let topic = self.positions.keys().next()?.0;
        let (taken, left) = std::mem::take(&mut self.positions).into_iter().partition::<HashMap<_, _>, _>(|((of, _), _)| *of == topic);
        self.positions = left;
        let list = taken.into_values().collect();
        Some(encoding.encode(&ServerMessage::Positions(Positions { topic, list, gone: Vec::new() })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fix::WorkerStatus;
    use crate::protocol::Millis;
    use crate::protocol::server::{Presence, PresentDispatcher, Stored, WorkerState};
    use futures_util::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    /// A socket that takes so many frames and then none.
    struct Takes {
        left: AtomicUsize,
        taken: Mutex<Vec<Bytes>>,
    }

    impl Sink for Arc<Takes> {
        fn try_write(&self, bytes: Bytes) -> bool {
            let took = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
            if took {
                self.taken.lock().unwrap().push(bytes);
            }
            took
        }
    }

    fn queue(takes: usize) -> (Arc<SendQueue>, Arc<Takes>) {
        let socket = Arc::new(Takes { left: takes.into(), taken: Mutex::default() });
        (SendQueue::new(Encoding::Json, Box::new(Arc::clone(&socket))), socket)
    }

    fn event(n: i64) -> Arc<Frame> {
        Frame::new(ServerMessage::Stored(Stored { n }))
    }

    fn position(worker: u128, at: i64) -> Arc<Frame> {
        let worker = WorkerId(Uuid::from_u128(worker));
        let list = vec![Position(worker, Millis(at), 60.0, 25.0, None, None, None, WorkerStatus::Free)];
        Frame::new(ServerMessage::Positions(Positions { topic: Topic::Map, list, gone: Vec::new() }))
    }

    fn waiting(queue: &SendQueue) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        while let Some(Ok(bytes)) = queue.next().now_or_never() {
            queue.written();
            messages.push(Encoding::Json.decode(&bytes).unwrap());
        }
        messages
    }

    #[test]
    fn a_quick_reader_gets_every_frame_at_once() {
        let (queue, socket) = queue(usize::MAX);
        (0..3).for_each(|n| queue.push(&event(n)));
        assert_eq!(socket.taken.lock().unwrap().len(), 3);
        assert!(waiting(&queue).is_empty());
    }

    #[test]
    fn events_wait_in_order_and_positions_overwrite() {
        let (queue, _) = queue(0);
        queue.push(&event(1));
        for at in 0..1_000 {
            queue.push_positions(&position(7, at));
        }
        queue.push_positions(&position(8, 5));
        queue.push(&event(2));
        let messages = waiting(&queue);
        assert_eq!(messages[..2], [event(1).message().clone(), event(2).message().clone()]);
        let [ServerMessage::Positions(positions)] = &messages[2..] else { panic!("one frame of positions, got {messages:?}") };
        let mut times: Vec<i64> = positions.list.iter().map(|position| position.1.0).collect();
        times.sort_unstable();
        assert_eq!(times, [5, 999], "the latest of each worker");
    }

    #[test]
    fn states_of_any_number_of_workers_wait_and_the_latest_wins() {
        let (queue, _) = queue(0);
        let state = |worker: u128, on_duty| {
            let worker = WorkerId(Uuid::from_u128(worker));
            let state = WorkerState { worker, name: "W".to_owned(), on_duty, connected: true, battery: None, last_fix_at: None, current_job: None };
            Frame::new(ServerMessage::Worker(state))
        };
        (0..5_000).for_each(|worker| queue.push_state(&state(worker, false)));
        (0..5_000).for_each(|worker| queue.push_state(&state(worker, true)));
        let messages = waiting(&queue);
        assert_eq!((queue.closed(), messages.len()), (None, 5_000));
        assert!(messages.iter().all(|message| matches!(message, ServerMessage::Worker(state) if state.on_duty)));
    }

    #[test]
    fn whoever_is_gone_stays_gone() {
        let (queue, _) = queue(0);
        queue.push_positions(&position(7, 1));
        let gone = Positions { topic: Topic::Map, list: Vec::new(), gone: vec![WorkerId(Uuid::from_u128(7))] };
        queue.push_positions(&Frame::new(ServerMessage::Positions(gone.clone())));
        assert_eq!(waiting(&queue), [ServerMessage::Positions(gone)]);
    }

    #[test]
    fn a_long_snapshot_on_its_way_is_no_slow_reader() {
        let (queue, _) = queue(0);
        let name = "x".repeat(MAX_BYTES);
        let long =
            Frame::new(ServerMessage::Presence(Presence { dispatchers: vec![PresentDispatcher { id: Uuid::nil().into(), name, editing: None }] }));
        assert!(queue.push_patiently(&long).now_or_never().is_some());
        queue.push(&event(1));
        assert_eq!(queue.closed(), None);
        assert_eq!(waiting(&queue).len(), 2);
        (0..2).for_each(|_| queue.push(&long));
        assert_eq!(queue.closed(), Some(Close::TooSlow), "nobody waited for room for these");
    }

    #[test]
    fn a_reader_who_takes_nothing_is_closed_not_skipped() {
        let (queue, _) = queue(0);
        (0..=1_024).for_each(|n| queue.push(&event(n)));
        assert_eq!(queue.closed(), Some(Close::TooSlow));
        assert_eq!(queue.next().now_or_never(), Some(Err(Close::TooSlow)));
        queue.close(Close::Restart);
        assert_eq!(queue.closed(), Some(Close::TooSlow), "the first reason stands");
    }
}
