//! Addresses from outside: lists of them, and geocoders elsewhere.

mod folded;
pub mod gazetteer;
pub mod geocoder;
pub mod open_addresses;

pub use folded::{best, spaced};
pub use gazetteer::{Gazetteer, Place};
pub use geocoder::Geocoder;
