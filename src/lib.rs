//! Dispatch Hub.
pub mod client;
pub mod domain;
pub mod hub;
pub mod location;
pub mod protocol;
pub mod replay;
pub mod store;
