//! The ordered steps of a job.

use super::at::At;
use super::field::{Field, Rule};
use serde::{Deserialize, Serialize};

/// Where a step is done. Coordinates are there once the address was found or a pin was placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// As people write it.
    pub text: String,
    /// WGS 84 degrees.
    pub latitude: Option<f64>,
    /// WGS 84 degrees.
    pub longitude: Option<f64>,
}

impl Address {
    /// Both coordinates, if known.
    pub fn point(&self) -> Option<(f64, f64)> {
        Some((self.latitude?, self.longitude?))
    }
}

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What is to be done.
    pub name: String,
    /// Whether it has an address at all.
    pub has_address: bool,
    /// What a portal user may do with it; a required step needs its address text.
    pub portal: Rule,
    /// The address, if given.
    pub address: Option<Address>,
    /// Its form.
    pub fields: Vec<Field>,
    /// When it was done.
    pub done: Option<Done>,
    /// The worker's arrival completes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completes_on_arrival: bool,
    /// The worker's stay at its address, as their fixes tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Visit>,
}

/// A stay at an address, by the times of the fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Since when.
    pub arrived_at: At,
    /// Until when; none: still there.
    pub left_at: Option<At>,
}

/// The two times of a done step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When it happened (the phone's corrected clock).
    pub at: At,
    /// When the hub learned of it.
    pub received_at: At,
}
