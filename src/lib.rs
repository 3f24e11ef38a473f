//! Dispatch Hub: a live dispatch hub for field-service companies.
//!
//! Modules in layer order; each may use those below it in this list's tree (`tests/layers.rs` fails on an upward import):
//!
//! ```text
//! main → cli → import, founding → app → { http, ws, web, courier, demo, replay }
//! http, ws → auth, hub, protocol, store, places, domain
//! auth → store, domain          hub → store, location, places, protocol, domain
//! http → paper → protocol
//! courier → store, domain       demo → courier, whose outbox it shows
//! demo, replay → client → protocol
//! store, location, places, protocol → domain → nothing of ours
//! ```
//!
//! # Invariants
//!
//! 1. `domain` never learns the time or an id by itself: `now` and ids are arguments.
//! 2. Postgres is the truth, an actor is a well-mannered cache. A command commits with the job's version; on conflict the job is read
//!    again and the command decided afresh, at most three times. Any node may hold any job, and nobody elects a leader.
//! 3. A change, its event, its version bump, its alerts and webhooks are one transaction. Memory changes after the commit; telling
//!    comes after that; the answer to the sender too.
//! 4. Every event has a `seq`, gapless per tenant. Each node tells a tenant's events in that order (`hub::feed`), and a session queues
//!    them in that order whatever number of actors projected them. A hole is noticed by arithmetic and closed by reading the log.
//! 5. A fix is acknowledged after it is stored; until then the sender keeps it. Showing it on maps does not wait for that.
//! 6. Events queue, positions overwrite, slow readers are closed with a code that says so. No queue is unbounded.
//! 7. A frame is projected and encoded once per view class (staff, worker, or portal with one exact set of permissions), never once per
//!    session.
//! 8. A portal session receives only what `domain::portal` projected. A worker's position passes one gate, `domain::gate`.
//! 9. Every statement that touches tenant data carries the tenant id; reads on a request's path run under row level security.
//! 10. Retried commands carry the same id and change the world once.

pub mod app;
pub mod auth;
pub mod cli;
pub mod client;
pub mod config;
pub mod courier;
pub mod demo;
pub mod domain;
pub mod founding;
pub mod http;
pub mod hub;
pub mod import;
pub mod location;
pub mod paper;
pub mod places;
pub mod protocol;
pub mod replay;
pub mod store;
pub mod telemetry;
pub mod web;
pub mod ws;
