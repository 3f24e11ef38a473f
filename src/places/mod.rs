//! Addresses and roads from outside. What can answer without asking anybody: the built-in gazetteer.

pub mod gazetteer;
pub mod router;

pub use gazetteer::{Gazetteer, Place};
pub use router::{NoWay, Router, RouterKind};
