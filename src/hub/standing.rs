//! Whether those who are connected still may be: sockets end within seconds of the log-in, the membership or the portal behind them,
//! whichever node ended it. What ends here is closed at once, what ends elsewhere at the next look.

use super::send_queue::Close;
use super::session::Session;
use super::{Hub, Shared, clock, look};
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::{TenantId, WorkerId};
use crate::store;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How often to look: a change takes effect on open sockets within 5 s.
const LOOK: Duration = Duration::from_secs(3);
/// Log-ins looked up in one statement.
const AT_ONCE: usize = 2_000;

/// Begins to look.
pub(super) fn start(shared: &Arc<Shared>) {
    look::every(shared, LOOK, |shared| async move {
        // While the store is away nobody is thrown out.
        if let Err(error) = shared.look_who_stands().await {
            tracing::debug!(%error, "could not look who is still let in");
        }
    });
}

impl Shared {
    async fn look_who_stands(&self) -> Result<(), store::Error> {
        self.look_which_tokens_stand().await?;
        // One-job links are no log-ins; `links` looks after them.
        let is_log_in = |caller: &Caller| caller.token.is_none() && !matches!(caller.role, Role::Link { .. });
        let logged_in = self.sessions.iter().filter(|session| is_log_in(&session.caller()));
        let log_ins: HashSet<Vec<u8>> = logged_in.map(|session| session.login.clone()).collect();
        let log_ins: Vec<Vec<u8>> = log_ins.into_iter().collect();
        for some in log_ins.chunks(AT_ONCE) {
            let mut connection = self.store.write().await?;
            let standing = store::sessions::standing(&mut connection, some, clock::now()).await?;
            drop(connection);
            let standing: HashMap<Vec<u8>, bool> = standing.into_iter().collect();
            let looked_at: HashSet<&Vec<u8>> = some.iter().collect();
            for session in self.sessions.iter().filter(|session| looked_at.contains(&session.login)) {
                match standing.get(&session.login) {
                    Some(true) => {}
                    Some(false) => session.queue.close(Close::Forbidden),
                    None => session.queue.close(Close::NotAuthenticated),
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    async fn look_which_tokens_stand(&self) -> Result<(), store::Error> {
        let programs: Vec<Arc<Session>> =
            self.sessions.iter().filter(|session| session.caller().token.is_some()).map(|session| Arc::clone(&session)).collect();
        if programs.is_empty() {
            return Ok(());
        }
        let hashes: HashSet<Vec<u8>> = programs.iter().map(|session| session.login.clone()).collect();
        let mut connection = self.store.write().await?;
        let standing = store::tokens::standing(&mut connection, &hashes.into_iter().collect::<Vec<_>>(), clock::now()).await?;
        drop(connection);
        for session in programs.iter().filter(|session| !standing.contains(&session.login)) {
            session.queue.close(Close::NotAuthenticated);
        }
        Ok(())
    }
}

impl Hub {
    /// What a person may do has changed: their sockets come back and are told afresh.
    pub fn resync_person(&self, tenant: TenantId, person: Uuid) {
        for session in self.shared.sessions.iter().filter(|session| session.tenant_id == tenant && session.caller().person() == person) {
            session.queue.close(Close::Resync);
        }
    }

    /// A worker is new, or has another name: dispatchers see their row.
    pub fn know_worker(&self, tenant: TenantId, worker: WorkerId, name: &str) {
        let on_duty = self.shared.workers.on_duty(tenant, worker);
        self.shared.workers.know(tenant, worker, name, on_duty);
        self.shared.show_worker(tenant, worker);
    }
}
