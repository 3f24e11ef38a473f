//! Black-box tests: a real hub on port 0, a real Postgres, real HTTP and sockets. Callers are roles, and nobody sleeps:
//! whoever waits, waits for a frame.

mod harness;

mod access_matrix;
mod access_sockets;
mod bad_input;
mod closing;
mod conflicts;
mod crash;
mod fixes;
mod gate;
mod idempotency;
mod journeys;
mod map;
mod outage;
mod portal_permissions;
mod resume;
