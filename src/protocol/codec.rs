//! The two encodings of the socket, and of frames as shared bytes.

use super::problem::words;
use crate::domain::refusal::Why;
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// How a socket's frames are written, by its subprotocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `dispatch-hub.v1.msgpack`: binary frames, maps with names, human-readable ids.
    Msgpack,
    /// `dispatch-hub.v1.json`: text frames with the same content.
    Json,
}

impl Encoding {
    /// Both, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Msgpack, Self::Json];

    /// The WebSocket subprotocol's name.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Msgpack => "dispatch-hub.v1.msgpack",
            Self::Json => "dispatch-hub.v1.json",
        }
    }

    /// The encoding that a subprotocol names.
    pub fn named(subprotocol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.subprotocol() == subprotocol)
    }

    /// Writes a message.
    pub fn encode<T: Serialize>(self, message: &T) -> Bytes {
        let mut frame = Vec::with_capacity(256);
        match self {
            Self::Msgpack => {
                let mut serializer = rmp_serde::Serializer::new(&mut frame).with_struct_map().with_human_readable();
                message.serialize(&mut serializer).expect("wire types have string keys and known lengths");
            }
            Self::Json => serde_json::to_writer(&mut frame, message).expect("wire types have string keys"),
        }
        frame.into()
    }

    /// Whether a frame is a map, or begins as one. Types would also be read from lists, by position, which is not the wire.
    pub fn begins_map(self, frame: &[u8]) -> bool {
        match self {
            Self::Msgpack => frame.first().is_some_and(|marker| matches!(marker, 0x80..=0x8f | 0xde | 0xdf)),
            Self::Json => frame.trim_ascii_start().starts_with(b"{"),
        }
    }

    /// Reads a message; on failure the path of the member that did not fit, and why.
    pub fn decode<T: DeserializeOwned>(self, frame: &[u8]) -> Result<T, Misfit> {
        match self {
            Self::Msgpack => {
                let mut deserializer = rmp_serde::Deserializer::from_read_ref(frame).with_human_readable();
                serde_path_to_error::deserialize(&mut deserializer).map_err(Misfit::new)
            }
            Self::Json => {
                let mut deserializer = serde_json::Deserializer::from_slice(frame);
                let message = serde_path_to_error::deserialize(&mut deserializer).map_err(Misfit::new)?;
                deserializer.end().map_err(|error| Misfit { pointer: String::new(), detail: error.to_string() })?;
                Ok(message)
            }
        }
    }
}

/// What did not fit a wire type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// JSON pointer to the member; empty for the whole.
    pub pointer: String,
    /// What was expected.
    pub detail: String,
}

impl Misfit {
    /// From a deserializer that tracked its path.
    pub fn new<E: std::fmt::Display>(error: serde_path_to_error::Error<E>) -> Self {
        use serde_path_to_error::Segment;
        let mut pointer = String::new();
        for segment in error.path() {
            let part = match segment {
                Segment::Seq { index } => index.to_string(),
                Segment::Map { key } | Segment::Enum { variant: key } => key.replace('~', "~0").replace('/', "~1"),
                Segment::Unknown => continue,
            };
            pointer.push('/');
            pointer.push_str(&part);
        }
        let detail = error.into_inner().to_string();
        // serde_json adds where in the text it was; the pointer says it better.
        let detail = detail.split(" at line ").next().unwrap_or_default();
        // Serde finds a member missing where the whole is; people look where the member should be.
        match detail.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            Some(member) => Self { pointer: format!("{pointer}/{member}"), detail: words(&Why::Required) },
            None => Self { pointer, detail: detail.to_owned() },
        }
    }
}
