//! The rules. No IO, no async, no clock, no locks, no randomness: `now` and ids are arguments.

pub mod arrival;
pub mod at;
pub mod caller;
pub mod command;
pub mod event;
pub mod field;
pub mod fix;
pub mod gate;
pub mod geo;
pub mod ids;
pub mod job;
pub mod portal;
pub mod refusal;
pub mod step;
pub mod template;
pub mod tenant;

pub use at::At;
