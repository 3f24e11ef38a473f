//! Addresses and roads from outside: lists of addresses, geocoders and routers elsewhere.

mod folded;
pub mod gazetteer;
pub mod geocoder;
pub mod open_addresses;
pub mod router;

pub use folded::{best, spaced};
pub use gazetteer::{Gazetteer, Place};
pub use geocoder::Geocoder;
pub use router::{NoWay, Router, RouterKind};
