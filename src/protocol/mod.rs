//! The wire: types only. `docs/protocol.md` describes them, TypeScript types are generated from them.

pub mod alerts;
pub mod caller;
pub mod client;
pub mod codec;
pub mod detail;
pub mod entering;
pub mod instant;
pub mod invoice;
pub mod links;
pub mod lists;
pub mod overview;
pub mod problem;
pub mod server;
pub mod settings;
pub mod tables;
pub mod templates;
pub mod tokens;
pub mod topic;
pub mod tracker_setup;
pub mod trackers;
pub mod views;
pub mod webhooks;
pub mod workers;

pub use client::ClientMessage;
pub use codec::Encoding;
pub use instant::{Millis, Rfc3339};
pub use problem::Problem;
pub use server::ServerMessage;
pub use topic::Topic;
