//! Passwords: Argon2id, off the request threads, a few at a time, as slow for strangers as for friends.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// The fewest characters of a new password (NIST SP 800-63B).
pub const MIN_CHARS: usize = 8;
/// The most bytes of any password; more is no password.
pub const MAX_BYTES: usize = 500;

/// More than these waiting means that the hub is asked for more than it can do.
const WAITING_MAX: usize = 500;

/// Too many passwords wait to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overrun;

/// Hashes and checks passwords. The parameters are the crate's defaults, OWASP's minimum: Argon2id, 19 MiB, 2 passes, 1 lane.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// Compared with when there is no such log-in, so that the answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password"));

impl Default for Passwords {
    fn default() -> Self {
        // Made now, so that the first stranger waits no longer than the next one.
        LazyLock::force(&NOBODY);
        // The live traffic keeps a core to itself.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new((cores - 1).max(1))), queue: Arc::new(Semaphore::new(WAITING_MAX)) }
    }
}

impl Passwords {
    /// The PHC string of a new password.
    pub(super) async fn hash(&self, password: String) -> Result<String, Overrun> {
        self.work(move || hash_now(&password)).await
    }

    /// Whether `password` is the one of `hash`. Without a hash it is not, which takes as long to find out.
    pub(super) async fn check(&self, password: String, hash: Option<String>) -> Result<bool, Overrun> {
        self.work(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            known & is_password_of(&password, &hash)
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Overrun> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_full| Overrun)?;
        let turn = self.turns.clone().acquire_owned().await.expect("nobody closes the semaphore");
        let work = move || {
            // Given back when the work is done, even if nobody waits for it any more.
            let _held = (place, turn);
            work()
        };
        Ok(tokio::task::spawn_blocking(work).await.expect("hashing does not panic"))
    }
}

/// The PHC string of a password, made on this thread: for programs that do nothing else meanwhile.
pub fn hash_now(password: &str) -> String {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).expect("the default parameters are valid");
    hash.to_string()
}

fn is_password_of(password: &str, hash: &str) -> bool {
    match PasswordHash::new(hash) {
        Ok(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(error) => {
            tracing::error!(%error, "a stored password hash is not readable");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap());
        assert!(passwords.check("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.check("correct horse ".into(), Some(hash)).await.unwrap());
        assert!(!passwords.check("nobody has this password".into(), None).await.unwrap());
        assert!(!passwords.check(String::new(), Some("garbage".into())).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = Passwords { queue: Arc::new(Semaphore::new(0)), ..Passwords::default() };
        assert_eq!(passwords.hash("x".into()).await, Err(Overrun));
    }
}
