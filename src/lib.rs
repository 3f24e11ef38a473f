//! Dispatch Hub.
pub mod config;
pub mod domain;
pub mod protocol;
pub mod telemetry;
