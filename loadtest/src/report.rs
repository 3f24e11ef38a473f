//! The result of a run: JSON for programs, SVG plots and a table for people.

use crate::{
    check::Verdict,
    measure::{Latency, Measures},
};
use anyhow::anyhow;
use plotters::prelude::*;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// Percentiles of one latency.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Percentiles {
    /// How many were taken.
    pub(crate) count: u64,
    /// Milliseconds.
    pub p50_ms: f64,
    /// Milliseconds.
    pub p90_ms: f64,
    /// Milliseconds.
    pub p99_ms: f64,
    /// Milliseconds.
    pub p999_ms: f64,
    /// Milliseconds.
    pub(crate) max_ms: f64,
}

/// One look at the hub's process.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Sample {
    /// Seconds since the steady part began.
    pub(crate) at_s: f64,
    /// Resident memory of the hub.
    pub(crate) memory_mb: f64,
    /// CPU of the hub's threads since the last look, in cores.
    pub(crate) hub_cores: f64,
}

/// All of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The scenario.
    pub(crate) name: String,
    /// What it was asked for.
    pub(crate) arguments: String,
    /// How often the hub was killed meanwhile; then CPU and the bars say nothing.
    pub(crate) kills: u32,
    /// Length of the steady part.
    pub(crate) seconds: f64,
    /// Fixes stored and acknowledged in the steady part.
    pub(crate) fixes_acked: usize,
    /// Commands acknowledged in the steady part.
    pub(crate) commands_acked: usize,
    /// Portal jobs acknowledged in the steady part.
    pub(crate) jobs_created: usize,
    /// By name.
    pub(crate) latencies: BTreeMap<&'static str, Percentiles>,
    /// CPU of the hub per fix with everything else that it did meanwhile, microseconds.
    pub(crate) hub_cpu_us_per_fix: f64,
    /// The same of Postgres.
    pub(crate) postgres_cpu_us_per_fix: f64,
    /// Cores used by the hub.
    pub(crate) hub_cores: f64,
    /// Cores used by Postgres.
    pub(crate) postgres_cores: f64,
    /// Over time.
    pub(crate) samples: Vec<Sample>,
    /// Start to ready, each time.
    pub(crate) ready_after_ms: Vec<f64>,
    /// Refusals and broken answers.
    pub(crate) faults: BTreeMap<String, u64>,
    /// Sockets that ended, by code.
    pub(crate) closes: BTreeMap<String, u64>,
    /// Whether everything sent was acknowledged in the end.
    pub(crate) all_acknowledged: bool,
    /// What is missing.
    pub(crate) lost: Verdict,
}

impl Percentiles {
    fn of(measures: &Measures, latency: Latency) -> Option<Self> {
        let histogram = measures.histogram(latency);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
        let ms = |micros: u64| micros as f64 / 1000.0;
        (!histogram.is_empty()).then(|| Self {
            count: histogram.len(),
            p50_ms: ms(histogram.value_at_quantile(0.5)),
            p90_ms: ms(histogram.value_at_quantile(0.9)),
            p99_ms: ms(histogram.value_at_quantile(0.99)),
            p999_ms: ms(histogram.value_at_quantile(0.999)),
            max_ms: ms(histogram.max()),
        })
    }

    /// Of everything that was measured.
    pub(crate) fn all(measures: &Measures) -> BTreeMap<&'static str, Self> {
        Latency::ALL.into_iter().filter_map(|latency| Some((latency.name(), Self::of(measures, latency)?))).collect()
    }
}

impl Report {
    /// The bars of the standard load that are missed, in words.
    pub(crate) fn missed_bars(&self) -> Vec<String> {
        if self.kills > 0 {
            return Vec::new();
        }
        let bars = [("portal_job_to_dispatcher", 50.0), ("command_to_customer", 50.0), ("fix_to_customer", 100.0), ("fix_ack", 100.0)];
        let missed = bars.into_iter().filter_map(|(name, bar_ms)| {
            let p99_ms = self.latencies.get(name)?.p99_ms;
            (p99_ms > bar_ms).then(|| format!("{name}: p99 {p99_ms:.1} ms > {bar_ms} ms"))
        });
        missed.collect()
    }

    /// Writes `<name>.json` and the plots into a folder.
    pub(crate) fn write(&self, folder: &Path, measures: &Measures) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(format!("{}.json", self.name)), serde_json::to_string_pretty(self)?)?;
        plot_latencies(&folder.join(format!("{}-latency.svg", self.name)), measures).map_err(|error| anyhow!("{error}"))?;
        plot_samples(&folder.join(format!("{}-memory.svg", self.name)), "hub memory (MB)", &self.samples, |sample| sample.memory_mb)
            .map_err(|error| anyhow!("{error}"))?;
        plot_samples(&folder.join(format!("{}-cpu.svg", self.name)), "hub CPU (cores)", &self.samples, |sample| sample.hub_cores)
            .map_err(|error| anyhow!("{error}"))?;
        Ok(())
    }

    /// A table for the terminal.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        let mut line = |arguments: std::fmt::Arguments<'_>| writeln!(text, "{arguments}").expect("a string takes everything");
        line(format_args!("{:<26}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}", "latency, ms", "count", "p50", "p90", "p99", "p99.9", "max"));
        for (name, p) in &self.latencies {
            line(format_args!("{name:<26}{:>9}{:>9.1}{:>9.1}{:>9.1}{:>9.1}{:>9.1}", p.count, p.p50_ms, p.p90_ms, p.p99_ms, p.p999_ms, p.max_ms));
        }
        let Self { seconds, fixes_acked, commands_acked, jobs_created, hub_cores, postgres_cores, .. } = self;
        line(format_args!("{fixes_acked} fixes, {commands_acked} status changes, {jobs_created} portal jobs acknowledged in {seconds:.0} s"));
        if self.kills == 0 {
            line(format_args!(
                "CPU: hub {hub_cores:.2} cores, Postgres {postgres_cores:.2} cores; per fix, all else included: hub {:.0} us, Postgres {:.0} us",
                self.hub_cpu_us_per_fix, self.postgres_cpu_us_per_fix
            ));
        } else {
            line(format_args!("the hub was killed {} times", self.kills));
        }
        if let (Some(first), Some(last)) = (self.samples.first(), self.samples.last()) {
            line(format_args!("memory of the hub: {:.0} MB at first, {:.0} MB in the end", first.memory_mb, last.memory_mb));
        }
        line(format_args!("ready after (ms): {:?}", self.ready_after_ms));
        line(format_args!("refused or broken: {:?}; sockets ended: {:?}", self.faults, self.closes));
        line(format_args!("lost: {:?}{}", self.lost, if self.all_acknowledged { "" } else { "; NOT everything was acknowledged" }));
        for missed in self.missed_bars() {
            line(format_args!("bar missed: {missed}"));
        }
        text
    }
}

type Plotted = Result<(), Box<dyn std::error::Error>>;

/// Quantiles over latency: the share of each kind that was faster.
fn plot_latencies(path: &Path, measures: &Measures) -> Plotted {
    let root = SVGBackend::new(path, (900, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Share of samples faster than", ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d((0.1_f64..2000.0).log_scale(), 0.0_f64..100.0)?;
    chart.configure_mesh().x_desc("ms").y_desc("%").draw()?;
    for (number, latency) in Latency::ALL.into_iter().enumerate() {
        let histogram = measures.histogram(latency);
        if histogram.is_empty() {
            continue;
        }
        let colour = Palette99::pick(number).to_rgba();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
        let points = (0..=1000).map(|step| {
            let share = f64::from(step) / 10.0;
            ((histogram.value_at_percentile(share) as f64 / 1000.0).max(0.1), share)
        });
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(latency.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}

fn plot_samples(path: &Path, caption: &str, samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Plotted {
    let root = SVGBackend::new(path, (900, 360)).into_drawing_area();
    root.fill(&WHITE)?;
    let end = samples.last().map_or(1.0, |sample| sample.at_s.max(1.0));
    let top = samples.iter().map(&value).fold(0.1, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..end, 0.0..top)?;
    chart.configure_mesh().x_desc("s").draw()?;
    chart.draw_series(LineSeries::new(samples.iter().map(|sample| (sample.at_s, value(sample))), BLUE.stroke_width(2)))?;
    root.present()?;
    Ok(())
}
