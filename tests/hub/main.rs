//! Black-box tests: a real hub on port 0, a real Postgres, real HTTP and sockets. Callers are roles, and nobody sleeps:
//! whoever waits, waits for a frame.

#![expect(clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "all of this is tests, also what they share")]

mod harness;

mod access_matrix;
mod access_sockets;
mod arrivals;
mod bad_input;
mod closing;
mod conflicts;
mod crash;
mod fixes;
mod gate;
mod idempotency;
mod intake;
mod journeys;
mod log_in;
mod map;
mod noise;
mod outage;
mod portal_permissions;
mod resume;
mod snapshots;
