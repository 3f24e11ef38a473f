//! What the hub tells its operator: log lines on stderr, and metrics for Prometheus with the full list of their names.

use crate::config::LogFormat;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

use Kind::{Counter, Gauge, Histogram};

/// Every metric, with what it counts.
const METRICS: [(&str, Kind, &str); 29] = [
    ("hub_http_requests_total", Counter, "Requests answered, by method, route and status"),
    ("hub_http_seconds", Histogram, "Seconds from a request to its answer, by route"),
    ("hub_messages_total", Counter, "Messages tried, by channel (email, sms) and outcome: sent, later, unsent, dead"),
    ("hub_webhook_calls_total", Counter, "Calls of webhooks, by outcome: sent, later, dead"),
    ("hub_etas_skipped_total", Counter, "Arrival times not asked for because the queue was full"),
    ("hub_router_failures_total", Counter, "Questions that the router did not answer in time, or not understandably"),
    ("hub_geocoder_silent_total", Counter, "Questions that the geocoder did not answer in time, or not understandably"),
    ("hub_passwords_total", Counter, "Passwords given, by outcome: right, wrong, limited"),
    ("hub_sessions", Gauge, "Open sockets"),
    ("hub_sessions_too_slow_total", Counter, "Sockets closed because their reader was too slow"),
    ("hub_refusals_total", Counter, "Requests on sockets that were refused, by problem"),
    ("hub_event_told_ms", Histogram, "Milliseconds from an event's reception to its telling"),
    ("hub_feed_log_reads_total", Counter, "Times that a feed read the log to close a hole"),
    ("hub_bus_missed_total", Counter, "Notices that the bus could not hand on"),
    ("hub_version_conflicts_total", Counter, "Commands decided again because somebody else was first"),
    ("hub_actors_respawned_total", Counter, "Actors that panicked and were started again"),
    ("hub_refreshes_skipped_total", Counter, "Jobs not handed to a busy actor, which finds out by itself"),
    ("hub_fixes_total", Counter, "Fixes received"),
    ("hub_fixes_off_duty_total", Counter, "Fixes dropped because their worker was off duty"),
    ("hub_visits_postponed_total", Counter, "Arrivals and departures that found their queue full, to be noticed again"),
    ("hub_tracker_requests_total", Counter, "Requests of stock phone trackers, by app and outcome"),
    ("hub_positions_overwritten_total", Counter, "Positions replaced by newer ones before they were sent"),
    ("hub_map_frames_total", Counter, "Frames of positions and cells encoded for maps"),
    ("hub_store_batch_size", Histogram, "Commands or fixes in one commit, by lane"),
    ("hub_store_commit_seconds", Histogram, "Seconds of one commit, by lane"),
    ("hub_store_retries_total", Counter, "Commits that had to be tried again, by lane and fault"),
    ("hub_store_busy_total", Counter, "Calls that were told to try again, by lane"),
    ("hub_store_refused_total", Counter, "Commands or fixes that Postgres cannot store, by lane"),
    ("hub_store_queued", Gauge, "Commands or fixes that wait for their commit, by lane"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const MILLISECONDS: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0];
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts logging. A second call in one process changes nothing.
pub fn log(format: LogFormat, filter: &str) {
    let filter = EnvFilter::new(filter);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Tests start many hubs in one process; the first one's logging serves them all.
    let outcome = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if outcome.is_err() {
        tracing::debug!("logging was started before");
    }
}

/// The metrics of this process, ready to be rendered.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts counting; the process has one recorder, whoever asks first.
    pub fn start() -> Self {
        static METRICS: std::sync::OnceLock<Metrics> = std::sync::OnceLock::new();
        METRICS.get_or_init(Self::install).clone()
    }

    fn install() -> Self {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_ms".into()), &MILLISECONDS))
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".into()), &SIZES))
            .expect("there are buckets")
            .install_recorder()
            .expect("nobody else in this process installs a recorder");
        for (name, kind, words) in METRICS {
            match kind {
                Counter => metrics::describe_counter!(name, words),
                Gauge => metrics::describe_gauge!(name, words),
                Histogram => metrics::describe_histogram!(name, words),
            }
        }
        let kept_up = handle.clone();
        // Without it histograms grow. A thread, because the recorder outlives every runtime of a test.
        #[expect(clippy::disallowed_methods, reason = "a thread of its own that has nothing else to do")]
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(UPKEEP);
                kept_up.run_upkeep();
            }
        });
        Self(handle)
    }

    /// In Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

#[cfg(test)]
mod tests {
    use super::METRICS;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What begins like a metric and is none: the cookie, and how a program's token begins.
    const OTHERS: [&str; 2] = ["hub_session", "hub_"];

    /// The names in quotes after `counter!(`, `gauge!(`, `histogram!(` or a constant's `=`.
    fn names_in(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                names_in(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("telemetry.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let after = ["counter!(\"", "gauge!(\"", "histogram!(\"", ": &str = \""].map(|before| text.split(before).skip(1).collect::<Vec<_>>());
                let quoted = after.iter().flatten().filter_map(|rest| rest.split('"').next());
                names.extend(quoted.filter(|name| name.starts_with("hub_") && !OTHERS.contains(name)).map(str::to_owned));
            }
        }
    }

    #[test]
    fn the_list_is_full() {
        let mut used = BTreeSet::new();
        names_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        assert_eq!(METRICS.map(|(name, ..)| name.to_owned()).into_iter().collect::<BTreeSet<_>>(), used);
    }
}
