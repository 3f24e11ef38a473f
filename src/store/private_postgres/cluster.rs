//! The folders of the private cluster, the user it runs as, and `initdb`.

use super::binaries::{Binaries, Search};
use super::{Error, io};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The superuser of the cluster: the owner of the schema.
const OWNER: &str = "hub";
/// The hub's database in it.
pub(super) const DATABASE: &str = "hub";
/// Where a cluster goes that the server's user could not reach in the data folder.
const FALLBACK: &str = "/var/lib/dispatch-hub";
/// The longest path of a socket on every system (104 bytes with the final zero on macOS).
const SOCKET_PATH_MAX: usize = 103;

/// A cluster that is ready to be started.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
    pub(super) socket_folder: PathBuf,
    pub(super) log: PathBuf,
    pub(super) binaries: Binaries,
    user: Option<User>,
}

impl Cluster {
    /// Finds or makes the cluster of a data folder. The caller holds the folder's lock.
    pub(super) async fn open(data: &Path, search: &Search) -> Result<Self, Error> {
        let user = if rustix::process::geteuid().is_root() { Some(User::find()?) } else { None };
        let home = home(data, user)?;
        let folder = home.join("pg");
        let binaries = search.find(&folder, major_of(&folder))?;
        let socket_folder = socket_folder(&home, user)?;
        let cluster = Self { folder, socket_folder, log: home.join("postgres.log"), binaries, user };
        if major_of(&cluster.folder).is_none() {
            cluster.init(&home.join("pg.new")).await?;
        }
        Ok(cluster)
    }

    /// `initdb` beside its place and then moved there, so that a killed one leaves no half cluster.
    async fn init(&self, unfinished: &Path) -> Result<(), Error> {
        for leftover in [unfinished, &self.folder] {
            if leftover.exists() {
                std::fs::remove_dir_all(leftover).map_err(io("remove", leftover))?;
            }
        }
        own_folder(unfinished, self.user)?;
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(unfinished)
            .args(["-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale"])
            .output()
            .await
            .map_err(io("run", &self.binaries.program("initdb")))?;
        if !output.status.success() {
            return Err(Error::Initdb(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        std::fs::rename(unfinished, &self.folder).map_err(io("move into place", unfinished))
    }

    /// A program of Postgres, run as the server's user.
    pub(super) fn command(&self, program: &str) -> Command {
        self.as_user(Command::new(self.binaries.program(program)))
    }

    /// A shell with a script, run as the server's user.
    pub(super) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "postgres"]);
        self.as_user(command)
    }

    fn as_user(&self, mut command: Command) -> Command {
        // The hub's own working folder may be one that this user cannot read.
        command.current_dir("/");
        if let Some(user) = self.user {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// How the owner logs in.
    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.socket_folder).port(5432).username(OWNER).database("postgres")
    }
}

/// The user that runs Postgres when the hub is root.
#[derive(Debug, Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    fn find() -> Result<Self, Error> {
        let path = Path::new("/etc/passwd");
        let passwd = std::fs::read_to_string(path).map_err(io("read", path))?;
        ["postgres", "nobody"].iter().find_map(|name| Self::named(name, &passwd)).ok_or(Error::NoUser)
    }

    fn named(name: &str, passwd: &str) -> Option<Self> {
        let mut fields = passwd.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
        Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }
}

/// The major version of a finished cluster.
fn major_of(folder: &Path) -> Option<u32> {
    std::fs::read_to_string(folder.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// The data folder itself, unless the server's user cannot come there (a checkout below root's own folder).
fn home(data: &Path, user: Option<User>) -> Result<PathBuf, Error> {
    let Some(user) = user else { return Ok(data.to_owned()) };
    if reachable(data, user) {
        return Ok(data.to_owned());
    }
    let home = elsewhere(data);
    DirBuilder::new().recursive(true).mode(0o755).create(&home).map_err(io("make", &home))?;
    if !reachable(&home, user) {
        return Err(io("let Postgres' user reach", data)(std::io::ErrorKind::PermissionDenied.into()));
    }
    tracing::warn!(folder = %home.display(), "the data folder cannot be reached by Postgres' user: its database is kept elsewhere");
    Ok(home)
}

/// The place of a data folder's cluster outside of it.
pub(super) fn elsewhere(data: &Path) -> PathBuf {
    Path::new(FALLBACK).join(short_hash(data))
}

/// Whether a user may enter a folder and all above it.
fn reachable(folder: &Path, user: User) -> bool {
    folder.ancestors().all(|folder| {
        folder.metadata().is_ok_and(|metadata| {
            let bit = match (metadata.uid() == user.uid, metadata.gid() == user.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            metadata.permissions().mode() & bit != 0
        })
    })
}

/// A folder that only the server's user (and root) may enter.
fn own_folder(folder: &Path, user: Option<User>) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io("make", folder))?;
    if let Some(user) = user {
        chown(folder, Some(user.uid), Some(user.gid)).map_err(io("hand over", folder))?;
    }
    Ok(())
}

/// `run` beside the cluster; a folder for temporary files when the path would be too long for a socket.
fn socket_folder(home: &Path, user: Option<User>) -> Result<PathBuf, Error> {
    let usual = home.join("run");
    let folder = if usual.join(".s.PGSQL.5432.lock").as_os_str().len() <= SOCKET_PATH_MAX {
        usual
    } else {
        std::env::temp_dir().join(format!("dispatch-hub-{}", short_hash(home)))
    };
    own_folder(&folder, user)?;
    // In a shared folder somebody else may have made it first.
    let metadata = folder.symlink_metadata().map_err(io("read", &folder))?;
    let owner = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    if !metadata.is_dir() || metadata.uid() != owner || metadata.permissions().mode() & 0o077 != 0 {
        return Err(io("trust", &folder)(std::io::ErrorKind::PermissionDenied.into()));
    }
    Ok(folder)
}

/// A short name for a path, the same at every start.
fn short_hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
    format!("{:016x}", u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::User;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd =
            "postgresql:x:1:2::/:\nroot:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";
        let user = User::named("postgres", passwd).unwrap();
        assert_eq!((user.uid, user.gid), (101, 104));
        assert!(User::named("nobody", passwd).is_none());
    }
}
