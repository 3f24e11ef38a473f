//! The hub under test: its own process on its own data folder, and what `/proc` says of it.

use anyhow::{Context, bail};
use dispatch_hub::client::{Client, Method};
use std::{
    collections::HashMap,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// For so long a start is waited for.
const START_WITHIN: Duration = Duration::from_mins(1);

/// How a hub is started, again and again on the same folder and port.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    binary: PathBuf,
    data: PathBuf,
    port: u16,
}

/// A running hub.
#[derive(Debug)]
pub(crate) struct Hub {
    child: Child,
    /// From the start to the first "ready".
    pub(crate) ready_after: Duration,
}

/// CPU time used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// Of the hub's threads.
    pub(crate) hub_s: f64,
    /// Of all processes below the hub: Postgres.
    pub(crate) postgres_s: f64,
}

impl Launch {
    /// On a free port. The log goes to `hub.log` beside the data.
    pub(crate) fn new(binary: PathBuf, data: &Path) -> anyhow::Result<Self> {
        if !binary.exists() {
            bail!("there is no hub at {}: build it first (cargo build --release)", binary.display());
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { binary, data: data.to_owned(), port })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&self) -> anyhow::Result<Hub> {
        let log_path = self.data.with_extension("log");
        let log = File::options().create(true).append(true).open(&log_path)?;
        let begun = Instant::now();
        let mut child = Command::new(&self.binary)
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data")
            .arg(&self.data)
            // Not the settings of whoever measures.
            .current_dir(self.data.parent().context("the data folder lies somewhere")?)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| self.binary.display().to_string())?;
        let client = Client::anonymous(&self.url())?;
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("the hub ended at once ({status}); see {}", log_path.display());
            }
            if client.request(Method::GET, "/readyz", None, None).await.is_ok_and(|answer| answer.status == 200) {
                return Ok(Hub { child, ready_after: begun.elapsed() });
            }
            if begun.elapsed() > START_WITHIN {
                bail!("the hub is not ready after {} s; see {}", START_WITHIN.as_secs(), log_path.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Hub {
    /// As a power cut would: no chance to do anything.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end and waits.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.pid()?;
        Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        match tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await {
            Ok(status) => drop(status?),
            Err(_) => bail!("the hub did not stop within 30 s"),
        }
        Ok(())
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the hub has ended")
    }

    /// CPU time of the hub and of its Postgres.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        let pid = self.pid()?;
        let threads = fs::read_dir(format!("/proc/{pid}/task"))?;
        let run_ns = |thread: PathBuf| fs::read_to_string(thread.join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok();
        let hub_ns: f64 = threads.filter_map(|thread| run_ns(thread.ok()?.path())).sum();
        // Fields 14 to 17 of stat, in hundredths of a second: own and reaped children's time.
        let ticks: f64 = below(pid)
            .into_iter()
            .filter_map(stat)
            .map(|stat| stat.iter().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>())
            .sum();
        Ok(Cpu { hub_s: hub_ns / 1e9, postgres_s: ticks / 100.0 })
    }

    /// Resident memory of the hub, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024)
    }
}

/// The fields of `/proc/PID/stat` after the name, which may hold anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// All processes started by a process, and by those.
fn below(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let pids = fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids {
        if let Some(parent) = stat(pid).and_then(|stat| stat.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(pid) = open.pop() {
        let below = children.remove(&pid).unwrap_or_default();
        open.extend(&below);
        found.extend(below);
    }
    found
}
