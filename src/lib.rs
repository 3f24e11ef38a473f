//! Dispatch Hub.
pub mod client;
pub mod domain;
pub mod location;
pub mod protocol;
pub mod replay;
