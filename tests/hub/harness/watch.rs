//! Notices what went wrong inside a hub: errors that it logs, and panics on its threads.
//!
//! Many hubs live in one test program. Each runs in an actix system of its own, whose number its threads carry.

use actix_web::rt::System;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, Once, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

static NOTICED: Mutex<Option<HashMap<usize, Vec<String>>>> = Mutex::new(None);

/// Begins to watch all hubs of this process.
pub(crate) fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::registry().with(Errors).init();
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            note(&format!("a panic: {panic}"));
            report(panic);
        }));
    });
}

/// What went wrong in a system since the last time somebody asked.
pub(crate) fn take(system: usize) -> Vec<String> {
    let mut noticed = NOTICED.lock().unwrap_or_else(PoisonError::into_inner);
    noticed.get_or_insert_default().remove(&system).unwrap_or_default()
}

fn note(text: &str) {
    let Some(system) = System::try_current() else { return };
    let mut noticed = NOTICED.lock().unwrap_or_else(PoisonError::into_inner);
    noticed.get_or_insert_default().entry(system.id()).or_default().push(text.to_owned());
}

struct Errors;

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut line = Line(format!("{}:", event.metadata().target()));
            event.record(&mut line);
            note(&line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").expect("a string takes everything");
    }
}
