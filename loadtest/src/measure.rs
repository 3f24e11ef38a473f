//! What the crowd sees, as numbers: latencies by kind, and what was acknowledged, to be compared with the hub's tables.

use dispatch_hub::domain::ids::{JobId, TenantId, WorkerId};
use hdrhistogram::Histogram;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The latencies that are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Latency {
    /// Worker sends fixes → `stored`.
    FixAck,
    /// Worker sends a command → `ok`.
    CommandAck,
    /// Worker sends a command → the event on the customer's socket.
    CommandToCustomer,
    /// Worker sends a command → the event on a dispatcher's socket.
    CommandToDispatcher,
    /// Portal user sends a job → 201.
    PortalJobAck,
    /// Portal user sends a job → the event on a dispatcher's socket.
    PortalJobToDispatcher,
    /// A fix is sent → its position on the customer's socket.
    FixToCustomer,
    /// A fix is sent → its position on a dispatcher's map.
    FixToMap,
}

impl Latency {
    /// All, in the order of the report.
    pub(crate) const ALL: [Self; 8] = [
        Self::FixAck,
        Self::CommandAck,
        Self::CommandToCustomer,
        Self::CommandToDispatcher,
        Self::PortalJobAck,
        Self::PortalJobToDispatcher,
        Self::FixToCustomer,
        Self::FixToMap,
    ];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FixAck => "fix_ack",
            Self::CommandAck => "command_ack",
            Self::CommandToCustomer => "command_to_customer",
            Self::CommandToDispatcher => "command_to_dispatcher",
            Self::PortalJobAck => "portal_job_ack",
            Self::PortalJobToDispatcher => "portal_job_to_dispatcher",
            Self::FixToCustomer => "fix_to_customer",
            Self::FixToMap => "fix_to_map",
        }
    }
}

/// A command that the hub answered `ok`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AckedCommand {
    /// Of which company.
    pub(crate) tenant: TenantId,
    /// Of which job.
    pub(crate) job: JobId,
    /// The event's number.
    pub(crate) seq: i64,
}

/// What the hub acknowledged, and what the audiences saw.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Worker and time of fixes that were `stored`.
    pub(crate) fixes: Vec<(WorkerId, i64)>,
    /// Commands answered `ok`.
    pub(crate) commands: Vec<AckedCommand>,
    /// Jobs answered 201.
    pub(crate) created: Vec<JobId>,
    /// By dispatcher: their company, and up to which number they saw its events.
    pub(crate) dispatchers: BTreeMap<usize, (TenantId, i64)>,
    /// Numbers that a dispatcher missed.
    pub(crate) gaps: Vec<(usize, i64)>,
    /// Which portal user watches a job.
    pub(crate) watched: HashMap<JobId, usize>,
    /// By portal user: the events seen, and up to which number a snapshot told the state.
    pub(crate) portals: HashMap<usize, (BTreeSet<i64>, i64)>,
    /// Refusals and broken answers, by name.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Sockets that ended, by close code.
    pub(crate) closes: BTreeMap<String, u64>,
}

/// Shared by the whole crowd.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    histograms: Mutex<BTreeMap<Latency, Histogram<u64>>>,
    /// Only while this is set are latencies taken.
    measuring: AtomicBool,
    ledger: Mutex<Ledger>,
    /// When the latest command of a job was sent.
    commands: Mutex<HashMap<JobId, (Instant, &'static str)>>,
    /// When a portal job, known by its notes, was sent.
    jobs: Mutex<HashMap<String, Instant>>,
}

impl Measures {
    /// Begins or ends the steady part of the run.
    pub(crate) fn measure(&self, on: bool) {
        self.measuring.store(on, Ordering::Relaxed);
    }

    /// Takes a latency.
    pub(crate) fn took(&self, latency: Latency, since: Instant) {
        self.took_for(latency, since.elapsed());
    }

    /// Takes a latency by the wall clock, which fixes bear.
    pub(crate) fn took_since_ms(&self, latency: Latency, time_ms: i64) {
        let elapsed_ms = u64::try_from(now_ms() - time_ms).unwrap_or(0);
        self.took_for(latency, Duration::from_millis(elapsed_ms));
    }

    fn took_for(&self, latency: Latency, elapsed: Duration) {
        if self.measuring.load(Ordering::Relaxed) {
            let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
            let mut histograms = locked(&self.histograms);
            histograms.entry(latency).or_insert_with(empty).saturating_record(micros);
        }
    }

    /// A command is on its way.
    pub(crate) fn commanded(&self, job: JobId, kind: &'static str) {
        locked(&self.commands).insert(job, (Instant::now(), kind));
    }

    /// When the event's command was sent.
    pub(crate) fn command_sent(&self, job: JobId, kind: &str) -> Option<Instant> {
        locked(&self.commands).get(&job).filter(|(_, sent)| *sent == kind).map(|(at, _)| *at)
    }

    /// A portal job is on its way.
    pub(crate) fn ordered(&self, notes: String) {
        locked(&self.jobs).insert(notes, Instant::now());
    }

    /// When the job with these notes was sent.
    pub(crate) fn job_sent(&self, notes: &str) -> Option<Instant> {
        locked(&self.jobs).get(notes).copied()
    }

    /// What was acknowledged and seen.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        locked(&self.ledger)
    }

    /// Counts a refusal or a broken answer.
    pub(crate) fn fault(&self, name: &str) {
        *self.ledger().faults.entry(name.to_owned()).or_default() += 1;
    }

    /// Counts an ended socket.
    pub(crate) fn closed(&self, closed: &dispatch_hub::client::Closed) {
        let code = closed.code.map_or_else(|| "broken".to_owned(), |code| code.to_string());
        *self.ledger().closes.entry(code).or_default() += 1;
    }

    /// The latencies taken so far.
    pub(crate) fn histogram(&self, latency: Latency) -> Histogram<u64> {
        locked(&self.histograms).get(&latency).cloned().unwrap_or_else(empty)
    }
}

/// A histogram of microseconds up to ten minutes. One that grows by itself would cut off what `saturating_record` puts in.
pub(crate) fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("the bounds are right")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "what is measured is measured by the clock")]
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
