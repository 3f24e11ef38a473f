//! Addresses from outside. What can answer without asking anybody: the built-in gazetteer.

pub mod gazetteer;

pub use gazetteer::{Gazetteer, Place};
