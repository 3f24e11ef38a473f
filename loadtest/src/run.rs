//! One run: found the companies, start the hub, gather the crowd, measure the steady part, compare with the tables.

use crate::{
    check::check,
    company::{Company, Size},
    crowd::{Leader, Plan},
    hub::{Cpu, Hub, Launch},
    paths::Way,
    report::{Percentiles, Report, Sample},
    torture::Torture,
};
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// For so long acknowledgements are waited for after the end.
const FINISH_WITHIN: Duration = Duration::from_secs(30);

/// For so long the last subscription is waited for before the work begins.
const JOIN_WITHIN: Duration = Duration::from_mins(1);

/// What to run. The defaults are the standard load.
#[derive(Debug, Clone, Args)]
pub(crate) struct Run {
    /// Name of the result's files.
    #[arg(long, default_value = "standard")]
    pub(crate) name: String,
    /// Worker sockets.
    #[arg(long, default_value_t = 2000)]
    pub(crate) workers: usize,
    /// Dispatcher sockets, each with schedule and map.
    #[arg(long, default_value_t = 200)]
    pub(crate) dispatchers: usize,
    /// Portal sockets, each with a customer and a started job of their own.
    #[arg(long, default_value_t = 500)]
    pub(crate) portal_users: usize,
    /// Companies that all of them are spread over.
    #[arg(long, default_value_t = 1)]
    pub(crate) tenants: usize,
    /// Length of the steady part.
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Seconds between two frames of fixes of one worker; 0 sends none.
    #[arg(long, default_value_t = 5.0)]
    pub(crate) fix_every: f64,
    /// Fixes in each frame.
    #[arg(long, default_value_t = 1)]
    pub(crate) fixes_per_frame: usize,
    /// Status changes by workers, in all.
    #[arg(long, default_value_t = 20.0)]
    pub(crate) commands_per_second: f64,
    /// Jobs created by portal users, in all.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) orders_per_second: f64,
    /// Recorded tracks to move along; without, workers wander around town.
    #[arg(long)]
    pub(crate) tracks: Option<PathBuf>,
    /// The hub's program [default: beside this one].
    #[arg(long)]
    pub(crate) hub: Option<PathBuf>,
    /// Where the results go.
    #[arg(long, default_value = "target/bench")]
    pub(crate) out: PathBuf,
    /// Decides everything random about the run.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Says where the hub listens, with a dispatcher's session, to look at it meanwhile
    #[arg(long)]
    pub(crate) visit: bool,
}

impl Run {
    fn plan(&self, company: &Company, patience: Duration) -> Plan {
        let share = |people: usize, per_second: f64| {
            #[expect(clippy::cast_precision_loss, reason = "thousands of people")]
            let every_s = people as f64 / per_second;
            (people > 0 && per_second > 0.0).then(|| Duration::from_secs_f64(every_s))
        };
        let employed = (0..company.portal_users.len()).filter(|number| company.worker_of(*number).is_some()).count();
        Plan {
            fix_every: (self.fix_every > 0.0).then(|| Duration::from_secs_f64(self.fix_every)),
            fixes_per_frame: self.fixes_per_frame,
            command_every: share(employed, self.commands_per_second),
            order_every: share(company.portal_users.len(), self.orders_per_second),
            patience,
        }
    }

    /// Runs, with kills if there is a torture.
    #[expect(clippy::print_stdout, reason = "whoever asked for it reads it there")]
    pub(crate) async fn go(self, mut torture: Option<Torture>) -> anyhow::Result<Report> {
        let folder = tempfile::Builder::new().prefix("dispatch-hub-loadtest-").permissions(open_to_postgres()).tempdir()?;
        let data = folder.path().join("data");
        let say = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {pos}/{len} {elapsed}")?);
        say.enable_steady_tick(Duration::from_millis(200));
        say.set_message("founding the companies");
        let size = Size { tenants: self.tenants.max(1), workers: self.workers, dispatchers: self.dispatchers, portal_users: self.portal_users };
        let company = Company::found(&data, size).await?;
        let beside = || Some(std::env::current_exe().ok()?.parent()?.join("dispatch-hub"));
        let launch = Launch::new(self.hub.clone().or_else(beside).context("no hub named")?, &data)?;
        let mut hub = launch.start().await?;
        let mut ready_after = vec![hub.ready_after];
        let patience = if torture.is_some() { Duration::from_secs(4) } else { Duration::from_secs(30) };
        let plan = self.plan(&company, patience);
        let ways = Way::many(company.workers.len(), self.tracks.as_deref(), self.seed)?;
        say.set_message("gathering");
        say.set_length((company.workers.len() + company.dispatchers.len() + company.portal_users.len()) as u64);
        let leader = Leader::gather(&launch.url(), &company, ways, plan, |count| say.inc(count)).await?;
        let crowd = std::sync::Arc::clone(&leader.crowd);
        say.set_message("waiting for everybody");
        let joined = || {
            let ledger = crowd.measures.ledger();
            ledger.dispatchers.len() == company.dispatchers.len() && ledger.portals.len() == company.portal_users.len()
        };
        let gathered = Instant::now();
        while !joined() && gathered.elapsed() < JOIN_WITHIN {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        leader.work();
        if let Some(dispatcher) = company.dispatchers.first().filter(|_| self.visit) {
            println!("visit {} {}", launch.url(), dispatcher.session);
        }
        say.set_message("warming up");
        // Two rounds of fixes from everybody, and the caches are as they stay.
        tokio::time::sleep(Duration::from_secs_f64((2.0 * self.fix_every).clamp(1.0, 10.0))).await;
        let before = counts(&crowd.measures);
        crowd.measures.measure(true);
        let (cpu_before, begun) = (hub.cpu()?, Instant::now());
        let (mut samples, mut kills) = (Vec::new(), 0);
        let mut last_look = (cpu_before, 0.0);
        say.set_length(self.seconds);
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        while begun.elapsed() < Duration::from_secs(self.seconds) {
            seconds.tick().await;
            let fix_ack = crowd.measures.histogram(crate::measure::Latency::FixAck);
            say.set_position(begun.elapsed().as_secs());
            say.set_message(format!("{} fixes, ack p99 {:.1} ms", fix_ack.len(), fix_ack.value_at_quantile(0.99) / 1000));
            sample(&hub, begun, &mut last_look, &mut samples)?;
            if let Some(torture) = &mut torture
                && torture.is_due(begun.elapsed())
            {
                kills += 1;
                hub.kill().await?;
                hub = launch.start().await?;
                ready_after.push(hub.ready_after);
                last_look = (Cpu::default(), begun.elapsed().as_secs_f64());
            }
        }
        let (steady_s, cpu) = (begun.elapsed().as_secs_f64(), hub.cpu()?);
        crowd.measures.measure(false);
        let after = counts(&crowd.measures);
        say.set_message("finishing");
        let all_acknowledged = leader.finish(FINISH_WITHIN).await;
        hub.stop().await?;
        say.set_message("checking");
        let ledger = std::mem::take(&mut *crowd.measures.ledger());
        let lost = check(&data, &company, &ledger).await?;
        say.finish_and_clear();
        #[expect(clippy::cast_precision_loss, reason = "millions of fixes")]
        let us_per_fix = |seconds: f64| seconds * 1e6 / (after.0 - before.0).max(1) as f64;
        // Kills reset the counters of the process; then they say nothing.
        let steady = if torture.is_some() {
            Cpu::default()
        } else {
            Cpu { hub_s: cpu.hub_s - cpu_before.hub_s, postgres_s: cpu.postgres_s - cpu_before.postgres_s }
        };
        let report = Report {
            name: self.name.clone(),
            arguments: format!("{self:?}"),
            kills,
            seconds: steady_s,
            fixes_acked: after.0 - before.0,
            commands_acked: after.1 - before.1,
            jobs_created: after.2 - before.2,
            latencies: Percentiles::all(&crowd.measures),
            hub_cpu_us_per_fix: us_per_fix(steady.hub_s),
            postgres_cpu_us_per_fix: us_per_fix(steady.postgres_s),
            hub_cores: steady.hub_s / steady_s,
            postgres_cores: steady.postgres_s / steady_s,
            samples,
            ready_after_ms: ready_after.iter().map(|ready| (ready.as_secs_f64() * 1e3).round()).collect(),
            faults: ledger.faults.clone(),
            closes: ledger.closes.clone(),
            all_acknowledged,
            lost,
        };
        report.write(&self.out, &crowd.measures)?;
        Ok(report)
    }
}

/// Acknowledged fixes, commands and jobs so far.
fn counts(measures: &crate::measure::Measures) -> (usize, usize, usize) {
    let ledger = measures.ledger();
    (ledger.fixes.len(), ledger.commands.len(), ledger.created.len())
}

fn sample(hub: &Hub, begun: Instant, last: &mut (Cpu, f64), samples: &mut Vec<Sample>) -> anyhow::Result<()> {
    let (cpu, at_s) = (hub.cpu()?, begun.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
    let memory_mb = hub.memory()? as f64 / 1e6;
    if at_s - last.1 > 0.1 {
        samples.push(Sample { at_s, memory_mb, hub_cores: (cpu.hub_s - last.0.hub_s) / (at_s - last.1) });
        *last = (cpu, at_s);
    }
    Ok(())
}

/// As root, the private Postgres is another user, who must reach its folder.
pub(crate) fn open_to_postgres() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}
