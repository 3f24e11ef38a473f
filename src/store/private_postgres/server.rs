//! The server process: starting it, waiting until it answers, restarting it when it dies, stopping it.

use super::cluster::{Cluster, DATABASE};
use super::{Error, io};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

/// Stops Postgres when the hub's end of the pipe closes, however the hub ends; exits when Postgres does.
/// Any POSIX shell will do. (A parent-death signal is Linux only, is cleared by a change of user, and fires when
/// the *thread* that spawned the child ends.)
const KEEPER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- & p=$!
( read _ <&3; kill -INT $p ) & w=$!
exec 3<&-
wait $p; s=$?; kill $w 2>/dev/null; exit $s
"#;

/// Small enough for a laptop, and a crash never has more than a gigabyte of log to replay.
const SETTINGS: [&str; 12] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "port=5432",
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=256MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=5min",
    "wal_compression=on",
    "jit=off",
    "max_connections=100",
    "log_min_messages=warning",
];

/// A server that still ends (a hub was killed a moment ago) or that must read its log back may take this long.
const PATIENCE: Duration = Duration::from_mins(5);
const ATTEMPTS: u32 = 5;
const LOG_MAX_BYTES: u64 = 16 << 20;

/// A running server. It ends when the leash is dropped.
#[derive(Debug)]
pub(super) struct Server {
    keeper: Child,
    /// The hub's end of the keeper's pipe. Kept apart, because waiting for a child closes what it holds.
    leash: Option<ChildStdin>,
}

impl Server {
    /// Closes the pipe, which the keeper takes as the word to stop.
    async fn end(&mut self) {
        drop(self.leash.take());
        if tokio::time::timeout(Duration::from_mins(1), self.keeper.wait()).await.is_err() {
            tracing::error!("the private Postgres does not stop");
        }
    }
}

/// Starts the server and returns once it answers.
pub(super) async fn start(cluster: &Cluster) -> Result<Server, Error> {
    end_orphan(cluster).await?;
    let mut attempt = 0;
    loop {
        let mut log = open_log(&cluster.log)?;
        let begin = log.seek(SeekFrom::End(0)).map_err(io("read", &cluster.log))?;
        let spawned_at = OffsetDateTime::now_utc();
        let mut server = spawn(cluster, &log)?;
        match ready(cluster, &mut server, spawned_at).await {
            Ok(()) => return Ok(server),
            // For example the old server's last processes still hold its shared memory.
            Err(error) if attempt < ATTEMPTS => {
                attempt += 1;
                tracing::warn!(%error, attempt, "the private Postgres did not start, trying again");
                tokio::time::sleep(Duration::from_millis(250) * attempt).await;
            }
            Err(_) => return Err(Error::Start { log: cluster.log.clone(), tail: tail(&mut log, begin) }),
        }
    }
}

/// Keeps the server running until `stop` is sent or dropped, then stops it.
pub(super) async fn watch(cluster: &Cluster, mut server: Server, mut stop: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            _ = &mut stop => return server.end().await,
            status = server.keeper.wait() => tracing::error!(status = %describe(status), "the private Postgres died, restarting it"),
        }
        server = tokio::select! {
            _ = &mut stop => return,
            server = restart(cluster) => server,
        };
    }
}

async fn restart(cluster: &Cluster) -> Server {
    let mut pause = Duration::from_millis(100);
    loop {
        match start(cluster).await {
            Ok(server) => return server,
            Err(error) => tracing::error!(%error, "the private Postgres cannot be restarted"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

fn spawn(cluster: &Cluster, log: &File) -> Result<Server, Error> {
    let to_log = || log.try_clone().map(Stdio::from).map_err(io("write", &cluster.log));
    let program = cluster.binaries.program("postgres");
    let mut command = cluster.shell(KEEPER);
    command.arg(&program).arg("-D").arg(&cluster.folder).arg("-k").arg(&cluster.socket_folder);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let mut keeper = command
        .stdin(Stdio::piped())
        .stdout(to_log()?)
        .stderr(to_log()?)
        // Ctrl-C in the terminal is the hub's to handle.
        .process_group(0)
        .spawn()
        .map_err(io("run", &program))?;
    let leash = keeper.stdin.take();
    Ok(Server { keeper, leash })
}

/// Waits until the server that was just spawned answers, and its database is there.
async fn ready(cluster: &Cluster, server: &mut Server, spawned_at: OffsetDateTime) -> Result<(), sqlx::Error> {
    let started = Instant::now();
    loop {
        let error = match greet(cluster, spawned_at).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        tokio::select! {
            _ = server.keeper.wait() => return Err(error),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
        if started.elapsed() > PATIENCE {
            server.end().await;
            return Err(error);
        }
    }
}

async fn greet(cluster: &Cluster, spawned_at: OffsetDateTime) -> Result<(), sqlx::Error> {
    let mut owner = PgConnection::connect_with(&cluster.options()).await?;
    let new: bool = sqlx::query_scalar("select pg_postmaster_start_time() >= $1").bind(spawned_at).fetch_one(&mut owner).await?;
    if !new {
        return Err(sqlx::Error::Protocol("an older server still answers".into()));
    }
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)").bind(DATABASE).fetch_one(&mut owner).await?;
    if !exists {
        sqlx::raw_sql(AssertSqlSafe(format!("create database {DATABASE}"))).execute(&mut owner).await?;
    }
    owner.close().await
}

/// A server whose hub and keeper were both killed, or which is just stopping: ours to end, since we hold the lock.
async fn end_orphan(cluster: &Cluster) -> Result<(), Error> {
    let Some(pid) = postmaster(&cluster.folder) else { return Ok(()) };
    // After a power cut the number may belong to somebody else: Postgres itself removes such a stale file.
    if !runs_on(pid, &cluster.folder).await {
        return Ok(());
    }
    tracing::warn!("ending a Postgres that an earlier hub left behind");
    let program = cluster.binaries.program("pg_ctl");
    let output = cluster
        .command("pg_ctl")
        .args(["stop", "-s", "-w", "-m", "fast", "-t", "60", "-D"])
        .arg(&cluster.folder)
        .output()
        .await
        .map_err(io("run", &program))?;
    if !output.status.success() {
        // It may have ended by itself meanwhile; if not, the start will say so.
        tracing::warn!(said = %String::from_utf8_lossy(&output.stderr).trim(), "pg_ctl stop");
    }
    Ok(())
}

/// The process that claims the folder.
fn postmaster(folder: &Path) -> Option<u32> {
    std::fs::read_to_string(folder.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// Whether a process runs with this folder on its command line.
async fn runs_on(pid: u32, folder: &Path) -> bool {
    let command_line = match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => bytes,
        Err(_) => match Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().await {
            Ok(output) => output.stdout,
            Err(_) => return false,
        },
    };
    String::from_utf8_lossy(&command_line).contains(&*folder.to_string_lossy())
}

fn open_log(path: &Path) -> Result<File, Error> {
    let log = File::options().create(true).read(true).append(true).open(path).map_err(io("open", path))?;
    if log.metadata().is_ok_and(|metadata| metadata.len() > LOG_MAX_BYTES) {
        log.set_len(0).map_err(io("cut", path))?;
    }
    Ok(log)
}

fn tail(log: &mut File, begin: u64) -> String {
    let mut text = Vec::new();
    let read = log.seek(SeekFrom::Start(begin)).and_then(|_| log.read_to_end(&mut text));
    if read.is_err() {
        return "(not readable)".into();
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
