//! Sockets of one-job links: whoever watches by a link that ended is told so within seconds.

use super::send_queue::Close;
use super::session::Session;
use super::{Error, Shared, clock, look};
use crate::domain::caller::Role;
use crate::domain::portal;
use crate::store;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often open sockets are looked through: a link may expire, be ended on another node, or lose a permission.
const LOOK: Duration = Duration::from_secs(2);

/// Begins to look, until the hub is gone.
pub(super) fn start(shared: &Arc<Shared>) {
    look::every(shared, LOOK, |shared| async move {
        // Without a database nothing ends; the next look finds what this one missed.
        if let Err(error) = shared.end_links().await {
            tracing::warn!(%error, "cannot look which one-job links have ended");
        }
    });
}

impl Shared {
    /// Closes every socket whose link no longer shows its job, or shows other parts of it.
    async fn end_links(&self) -> Result<(), Error> {
        let is_link = |session: &Session| matches!(session.caller().role, Role::Link { .. });
        let watching: Vec<Arc<Session>> = self.sessions.iter().filter(|session| is_link(session)).map(|session| Arc::clone(&session)).collect();
        if watching.is_empty() {
            return Ok(());
        }
        let mut hashes: Vec<Vec<u8>> = watching.iter().map(|session| session.login.clone()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut connection = self.store.write().await?;
        let mut allowed = HashMap::new();
        for link in store::links::open(&mut connection, &hashes, clock::now()).await? {
            let tenant = store::tenants::find(&mut connection, link.tenant).await?;
            if tenant.settings.portal.enabled {
                allowed.insert(link.token_hash, portal::of_link(&tenant.settings.portal.permissions));
            }
        }
        drop(connection);
        for session in watching {
            let caller = session.caller();
            let Role::Link { permissions, .. } = &caller.role else { continue };
            match allowed.get(&session.login) {
                None => session.queue.close(Close::NotAuthenticated),
                Some(now) if now != permissions => session.queue.close(Close::Resync),
                Some(_) => {}
            }
        }
        Ok(())
    }
}
