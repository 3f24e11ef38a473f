//! One connection: welcome, then read, write, acknowledge and beat until one of them ends.

use super::inbound::Inbound;
use super::sink::{ChannelSink, write};
use crate::auth;
use crate::hub::{Close, Frame, Hub, SendQueue, Session, Stored, clock};
use crate::protocol::caller::Caller;
use crate::protocol::server::{self, Ping, Welcome};
use crate::protocol::{Encoding, ServerMessage};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use uuid::Uuid;

/// Seconds between pings.
const HEARTBEAT_S: u32 = 20;
/// Without a pong for this long the link is dead.
const DEAD: Duration = Duration::from_secs(45);
/// A reader who takes nothing for this long is too slow.
const STALLED: Duration = Duration::from_secs(10);
/// Batches of fixes that may wait for their commit; then the socket is not read on.
const MAX_UNSTORED: usize = 256;

/// A batch of fixes on its way to the disk.
pub(super) struct Unstored {
    pub(super) n: i64,
    pub(super) stored: Stored,
}

/// Why reading ended.
pub(super) enum End {
    /// The other side left, or the link broke.
    Gone,
    /// A frame over the limit: 1009.
    TooBig,
    /// Not WebSocket any more: 1002.
    Broken,
    /// The hub's reason.
    Close(Close),
}

/// Runs a connection to its end.
pub(super) async fn run(
    hub: Arc<Hub>,
    socket: actix_ws::Session,
    stream: AggregatedMessageStream,
    encoding: Encoding,
    log_in: auth::Session,
    id: Uuid,
) {
    let queue = SendQueue::new(encoding, Box::new(ChannelSink::new(socket.clone(), encoding)));
    let welcome = Welcome {
        session: id,
        time_ms: clock::now().into(),
        heartbeat_s: HEARTBEAT_S,
        epoch: hub.epoch(&log_in.caller),
        caller: Caller::new(&log_in.caller, &log_in.tenant),
    };
    queue.push(&Frame::new(ServerMessage::Welcome(welcome)));
    let session = Session::new(Arc::new(log_in.caller), log_in.tenant, log_in.token_hash, Arc::clone(&queue));
    hub.connect(&session);
    let (unstored, acknowledgements) = mpsc::channel(MAX_UNSTORED);
    let inbound = Inbound::new(Arc::clone(&hub), Arc::clone(&session), encoding, unstored);
    let end = tokio::select! {
        end = read(stream, inbound, &queue, socket.clone()) => end,
        end = write_out(socket.clone(), encoding, &queue) => end,
        end = acknowledge(acknowledgements, &queue) => end,
    };
    hub.disconnect(&session).await;
    let (code, reason) = match end {
        End::Gone => (CloseCode::Normal, ""),
        End::TooBig => (CloseCode::Size, "frames are at most 64 KiB"),
        End::Broken => (CloseCode::Protocol, ""),
        End::Close(close) => (CloseCode::Other(close.code()), close.reason()),
    };
    let reason = CloseReason { code, description: Some(reason.to_owned()) };
    // To a reader who takes nothing there is no way to say goodbye; dropping the socket says it.
    let _said = timeout(Duration::from_secs(1), socket.close(Some(reason))).await;
}

/// Reads frames and beats: a link without a pong is dead.
async fn read(mut stream: AggregatedMessageStream, mut inbound: Inbound, queue: &SendQueue, mut socket: actix_ws::Session) -> End {
    let mut beats = interval(Duration::from_secs(u64::from(HEARTBEAT_S)));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    let mut heard_at = Instant::now();
    loop {
        let message = tokio::select! {
            biased;
            message = stream.next() => message,
            () = sleep_until(heard_at + DEAD) => return End::Close(Close::Resync),
            _ = beats.tick() => {
                queue.push(&Frame::new(ServerMessage::Ping(Ping { time_ms: clock::now().into() })));
                continue;
            }
        };
        let frame = match message {
            Some(Ok(AggregatedMessage::Binary(bytes))) => bytes,
            Some(Ok(AggregatedMessage::Text(text))) => text.into_bytes(),
            Some(Ok(AggregatedMessage::Ping(payload))) => {
                if socket.pong(&payload).await.is_err() {
                    return End::Gone;
                }
                continue;
            }
            Some(Ok(AggregatedMessage::Pong(_))) => continue,
            Some(Ok(AggregatedMessage::Close(_))) | None => return End::Gone,
            Some(Err(ProtocolError::Overflow)) => return End::TooBig,
            Some(Err(_)) => return End::Broken,
        };
        if let Err(close) = inbound.take_in(&frame).await {
            return End::Close(close);
        }
        // Whoever is heard is alive; time spent on their request is not held against them.
        heard_at = Instant::now();
    }
}

/// Writes what the socket did not take at once.
async fn write_out(mut socket: actix_ws::Session, encoding: Encoding, queue: &SendQueue) -> End {
    loop {
        let bytes = match queue.next().await {
            Ok(bytes) => bytes,
            Err(close) => return End::Close(close),
        };
        match timeout(STALLED, write(&mut socket, encoding, bytes)).await {
            Ok(Ok(())) => queue.written(),
            Ok(Err(actix_ws::Closed)) => return End::Gone,
            Err(_stalled) => return End::Close(Close::TooSlow),
        }
    }
}

/// Says `stored` after the commit, once for all batches that were committed meanwhile.
async fn acknowledge(mut unstored: mpsc::Receiver<Unstored>, queue: &SendQueue) -> End {
    let mut batches = Vec::with_capacity(MAX_UNSTORED);
    while unstored.recv_many(&mut batches, MAX_UNSTORED).await > 0 {
        let mut reached = None;
        for Unstored { n, stored } in batches.drain(..) {
            if stored.committed().await.is_err() {
                // A later `stored` would cover this one too: the sender comes back and sends it again.
                return End::Close(Close::Resync);
            }
            reached = reached.max(Some(n));
        }
        if let Some(n) = reached {
            queue.push(&Frame::new(ServerMessage::Stored(server::Stored { n })));
        }
    }
    End::Gone
}
