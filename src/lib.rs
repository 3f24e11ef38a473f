//! Dispatch Hub.
pub mod domain;
pub mod protocol;
