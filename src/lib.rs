//! Dispatch Hub.
pub mod domain;
