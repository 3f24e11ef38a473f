//! The stage of the black-box tests: a hub with two companies, and the people who use it.

mod cable;
pub(crate) mod company;
mod estate;
mod gateway;
mod hub;
mod listener;
mod live;
mod mailbox;
mod person;
mod program;
pub(crate) mod tables;
mod watch;

pub(crate) use cable::Cable;
pub(crate) use company::HIDDEN;
pub(crate) use estate::{Estate, Ids};
pub(crate) use gateway::Gateway;
pub(crate) use hub::TestHub;
pub(crate) use listener::{Heard, Listener};
pub(crate) use live::{Live, Resumed};
pub(crate) use mailbox::{Mailbox, Received};
pub(crate) use person::{Job, Person, problem};
pub(crate) use program::Program;

use dispatch_hub::domain::At;
use dispatch_hub::hub::clock;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::time::Duration;

/// Longer than anything takes on a busy machine: whoever waits this long waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Random choices that can be repeated: set `HUB_TEST_SEED` to the number that a failed test printed.
pub(crate) fn dice(test: &str) -> StdRng {
    let seed = std::env::var("HUB_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("{test}: HUB_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// This many milliseconds from now.
pub(crate) fn in_ms(ms: i64) -> i64 {
    clock::now().plus_ms(ms).millis()
}

/// As instants are written over HTTP.
pub(crate) fn rfc3339(ms: i64) -> String {
    dispatch_hub::protocol::Rfc3339(At(ms)).to_string()
}
