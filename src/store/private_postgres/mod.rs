//! The embedded default: a Postgres of the hub's own, from the programs that are installed on this machine.
//!
//! It listens on a unix socket only, syncs every commit, belongs to one hub (a lock on the data folder), ends with the
//! hub however the hub ends, and is restarted when it dies. Finding programs: `binaries`. Folders, users and `initdb`:
//! `cluster`. Starting, watching, stopping: `server`.

mod binaries;
mod cluster;
mod server;
#[cfg(test)]
mod tests;

pub use binaries::Search;

use super::Database;
use cluster::Cluster;
use sqlx::postgres::PgConnectOptions;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Why there is no private Postgres.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another hub runs on the same data.
    #[error("the data folder {} is in use by another hub", .0.display())]
    InUse(PathBuf),
    /// To be removed, but not a hub's.
    #[error("{} does not look like a data folder of the hub: remove it yourself, or name another one", .0.display())]
    NotOurs(PathBuf),
    /// Nothing to start.
    #[error(
        "PostgreSQL's server programs (initdb, postgres; version 15 or later) were not found{}. Install them \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@17), \
         name their folder in HUB_PG_BIN, or set database.url", looked_in(.0.as_ref())
    )]
    NoBinaries(Option<PathBuf>),
    /// The data were written by a major version that is not here.
    #[error(
        "{} was made by PostgreSQL {needed}, but only {} is installed. Install PostgreSQL {needed} (Debian, Ubuntu: \
         apt-get install postgresql-{needed}) or name the folder of its programs in HUB_PG_BIN", .cluster.display(), list(.found)
    )]
    WrongMajor {
        /// The folder of the cluster.
        cluster: PathBuf,
        /// The major version in it.
        needed: u32,
        /// The major versions found.
        found: Vec<u32>,
    },
    /// The hub runs as root, and there is no other user to run Postgres.
    #[error("Postgres refuses to run as root, and this machine has neither a user postgres nor a user nobody")]
    NoUser,
    /// `initdb` failed.
    #[error("initdb failed: {0}")]
    Initdb(String),
    /// The server does not come up.
    #[error("Postgres does not start; the end of {}: {tail}", .log.display())]
    Start {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// A file or a process could not be handled.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It started, but does not answer as expected.
    #[error("the private Postgres does not answer")]
    Sql(#[from] sqlx::Error),
}

fn looked_in(explicit: Option<&PathBuf>) -> String {
    explicit.map_or_else(String::new, |folder| format!(" in {} (HUB_PG_BIN)", folder.display()))
}

fn list(majors: &[u32]) -> String {
    if majors.is_empty() {
        return "no version from 15 on".into();
    }
    majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// Adds what was tried and on what to an error of the system.
fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { doing, path, source }
}

/// A running private Postgres. Dropping it also stops the server, without waiting.
#[derive(Debug)]
pub struct PrivatePostgres {
    database: Database,
    stop: oneshot::Sender<()>,
    watcher: JoinHandle<()>,
}

impl PrivatePostgres {
    /// Starts the Postgres of a data folder, making both if they are not there.
    pub async fn start(data: &Path) -> Result<Self, Error> {
        Self::start_with(data, &Search::of_this_process()).await
    }

    /// The same with other places to look for Postgres' programs.
    pub async fn start_with(data: &Path, search: &Search) -> Result<Self, Error> {
        std::fs::create_dir_all(data).map_err(io("make the data folder", data))?;
        let data = data.canonicalize().map_err(io("find the data folder", data))?;
        let lock = lock(&data)?;
        let cluster = Cluster::open(&data, search).await?;
        let server = server::start(&cluster).await?;
        let database = Database::trusting(cluster.options().database(cluster::DATABASE));
        let (stop, stopped) = oneshot::channel();
        // The lock goes with the watcher: the folder is in use until its server is gone.
        let watcher = tokio::spawn(async move {
            server::watch(&cluster, server, stopped).await;
            // Dropping it is not enough while a child of this process that is just being started still holds a copy.
            if let Err(error) = lock.unlock() {
                tracing::warn!(%error, "the data folder stays locked until this process ends");
            }
        });
        Ok(Self { database, stop, watcher })
    }

    /// How to log in to the hub's database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Connect options for one role of the server, on the hub's database.
    pub fn options(&self, role: &str) -> PgConnectOptions {
        self.database.options(super::Role::Owner).username(role)
    }

    /// Stops the server cleanly and waits for it.
    pub async fn stop(self) {
        drop(self.stop);
        if self.watcher.await.is_err() {
            tracing::error!("the watcher of the private Postgres panicked");
        }
    }
}

/// Removes a data folder with everything in it: only if no hub uses it, and nothing that does not look like one.
pub fn forget(data: &Path) -> Result<(), Error> {
    if !data.exists() {
        return Ok(());
    }
    if !data.join("hub.lock").exists() {
        let is_empty = std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_none());
        return if is_empty { Ok(()) } else { Err(Error::NotOurs(data.to_owned())) };
    }
    let data = data.canonicalize().map_err(io("find the data folder", data))?;
    let _lock = lock(&data)?;
    let elsewhere = cluster::elsewhere(&data);
    for folder in [&elsewhere, &data] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(io("remove", folder))?;
        }
    }
    Ok(())
}

fn lock(data: &Path) -> Result<File, Error> {
    let path = data.join("hub.lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(io("open", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(io("lock", &path)(source)),
    }
}
