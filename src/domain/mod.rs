//! The rules. No IO, no async, no clock, no locks, no randomness: `now` and ids are arguments.

pub mod arrival;
pub mod at;
pub mod availability;
pub mod caller;
pub mod colour;
pub mod command;
pub mod definition;
pub mod difference;
pub mod email;
pub mod eta;
pub mod event;
pub mod field;
pub mod file;
pub mod fix;
pub mod free_times;
pub mod gate;
pub mod geo;
pub mod hours;
pub mod ids;
pub mod invitation;
pub mod invoice;
pub mod job;
pub mod letter;
pub mod overview;
pub mod portal;
pub mod price;
pub mod refusal;
pub mod settings;
pub mod step;
pub mod template;
pub mod tenant;
pub mod visibility;

pub use at::At;
