//! Where Postgres' programs are on this machine, and which major version they are.

use super::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest major version whose SQL the store uses.
const OLDEST: u32 = 15;

/// Where package managers put it: every folder there whose name begins so has a `bin`.
const USUAL: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
    ("/Library/PostgreSQL", ""),
];

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only here, when given: `HUB_PG_BIN`.
    pub only: Option<PathBuf>,
    /// The search path of the shell.
    pub path: OsString,
    /// Also where package managers put it.
    pub usual: bool,
}

impl Search {
    /// `HUB_PG_BIN`, then `PATH`, then the usual folders.
    pub fn of_this_process() -> Self {
        Self {
            only: std::env::var_os("HUB_PG_BIN").filter(|folder| !folder.is_empty()).map(PathBuf::from),
            path: std::env::var_os("PATH").unwrap_or_default(),
            usual: true,
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        if let Some(only) = &self.only {
            return vec![only.clone()];
        }
        let mut folders: Vec<PathBuf> = std::env::split_paths(&self.path).collect();
        if self.usual {
            folders.extend(USUAL.iter().flat_map(|(parent, prefix)| versions_in(Path::new(parent), prefix)));
        }
        folders
    }

    /// The programs for a cluster of this major version, or the newest ones for a new cluster.
    pub(super) fn find(&self, cluster: &Path, major: Option<u32>) -> Result<Binaries, Error> {
        let mut found: Vec<Binaries> =
            self.folders().iter().filter_map(|folder| Binaries::at(folder)).filter(|found| found.major >= OLDEST).collect();
        // Stable: the first folder of a version wins.
        found.sort_by_key(|found| std::cmp::Reverse(found.major));
        if found.is_empty() && major.is_none() {
            return Err(Error::NoBinaries(self.only.clone()));
        }
        let mut majors: Vec<u32> = found.iter().map(|found| found.major).collect();
        majors.dedup();
        match major {
            None => found.into_iter().next().ok_or_else(|| Error::NoBinaries(self.only.clone())),
            Some(needed) => found.into_iter().find(|found| found.major == needed).ok_or_else(|| Error::WrongMajor {
                cluster: cluster.to_owned(),
                needed,
                found: majors,
            }),
        }
    }
}

fn versions_in(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let named_so = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
    let mut folders: Vec<PathBuf> = entries.filter_map(Result::ok).filter(named_so).map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders
}

/// Postgres' programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    /// 15, 16, 17 ...
    pub(super) major: u32,
}

impl Binaries {
    fn at(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() || !folder.join("postgres").is_file() {
            return None;
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        // The real folder: a link such as /usr/bin/postgres hides where initdb finds its files.
        let folder = folder.canonicalize().ok()?;
        Some(Self { folder, major })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_of;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_of("something else"), None);
    }
}
