//! A message to many sessions, written once per encoding and only if somebody reads it.

use crate::protocol::{Encoding, ServerMessage};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// A message on its way out.
#[derive(Debug)]
pub struct Frame {
    message: ServerMessage,
    msgpack: OnceLock<Bytes>,
    json: OnceLock<Bytes>,
}

impl Frame {
    /// A frame of this message.
    pub fn new(message: ServerMessage) -> Arc<Self> {
        Arc::new(Self { message, msgpack: OnceLock::new(), json: OnceLock::new() })
    }

    /// Its bytes, written at the first call.
    pub fn bytes(&self, encoding: Encoding) -> Bytes {
        let written = match encoding {
            Encoding::Msgpack => &self.msgpack,
            Encoding::Json => &self.json,
        };
        written.get_or_init(|| encoding.encode(&self.message)).clone()
    }

    /// What it says, if nobody is to read it.
    pub(super) fn into_message(self) -> ServerMessage {
        self.message
    }

    /// What it says.
    pub fn message(&self) -> &ServerMessage {
        &self.message
    }
}
