//! Black-box tests: a real hub on port 0, a real Postgres, real HTTP and sockets. Callers are roles, and nobody sleeps:
//! whoever waits, waits for a frame.

#![expect(clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "all of this is tests, also what they share")]

mod harness;

mod access_alerts;
mod access_matrix;
mod access_named;
mod access_sockets;
mod access_things;
mod addresses;
mod alerts;
mod arrivals;
mod assets;
mod availability;
mod bad_input;
mod closing;
mod conflicts;
mod crash;
mod described;
mod eta;
mod files;
mod fixes;
mod gate;
mod getting_in;
mod history;
mod idempotency;
mod intake;
mod interleavings;
mod invoices;
mod journeys;
mod links;
mod lists;
mod log_in;
mod mail;
mod map;
mod naughty;
mod nearest;
mod noise;
mod outage;
mod overview;
mod portal_leaks;
mod portal_permissions;
mod prices;
mod push;
mod resume;
mod settings;
mod settings_live;
mod sms;
mod snapshots;
mod tables;
mod templates;
mod times;
mod tokens;
mod unanswered;
mod webhooks;
