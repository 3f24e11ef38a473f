//! The socket as the send queue sees it: a channel of 32 frames that takes one at once or not at all.

use crate::hub::Sink;
use crate::protocol::Encoding;
use actix_ws::Session;
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::FutureExt;
use std::sync::{Mutex, PoisonError};

/// Writes into the connection's own channel.
pub(super) struct ChannelSink {
    socket: Mutex<Session>,
    encoding: Encoding,
}

impl ChannelSink {
    pub(super) fn new(socket: Session, encoding: Encoding) -> Self {
        Self { socket: Mutex::new(socket), encoding }
    }
}

impl Sink for ChannelSink {
    fn try_write(&self, bytes: Bytes) -> bool {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        // Polled once. Without `unconstrained`, tokio's budget of 128 operations makes every later receiver look full.
        let written = tokio::task::unconstrained(write(&mut socket, self.encoding, bytes)).now_or_never();
        // A closed socket takes everything: its session is about to end.
        written.is_some()
    }
}

/// Writes one frame, waiting for room.
pub(super) async fn write(socket: &mut Session, encoding: Encoding, bytes: Bytes) -> Result<(), actix_ws::Closed> {
    match encoding {
        Encoding::Msgpack => socket.binary(bytes).await,
        Encoding::Json => socket.text(ByteString::try_from(bytes).unwrap_or_default()).await,
    }
}
