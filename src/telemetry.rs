//! What the hub tells its operator: log lines on stderr, and metrics for Prometheus with the full list of their names.

use crate::config::LogFormat;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Requests answered, by method, route and status.
pub const HTTP_REQUESTS: &str = "hub_http_requests_total";
/// Seconds from a request to its answer, by route.
pub const HTTP_SECONDS: &str = "hub_http_seconds";
/// Passwords checked, by outcome: right, wrong, limited.
pub const PASSWORDS: &str = "hub_passwords_total";

const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
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
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
            .expect("there are buckets")
            .install_recorder()
            .expect("nobody else in this process installs a recorder");
        metrics::describe_counter!(HTTP_REQUESTS, "Requests answered, by method, route and status");
        metrics::describe_histogram!(HTTP_SECONDS, metrics::Unit::Seconds, "From a request to its answer, by route");
        metrics::describe_counter!(PASSWORDS, "Passwords checked, by outcome");
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
