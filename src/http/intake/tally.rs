//! What became of each device's requests, kept here for a moment so that no phone waits for its own statistics. A crash loses that moment.

use crate::domain::At;
use crate::domain::ids::{TenantId, WorkerId};
use crate::protocol::trackers::{App, Unusable};
use crate::store::trackers::Device;
use crate::store::{self, Store};
use dashmap::DashMap;
use std::sync::Arc;

/// Counts are written this long after the first of them.
const KEPT_MS: i64 = 15_000;
/// Devices that wait; beyond, the next one writes at once.
const WAITING: usize = 20_000;

type Key = (TenantId, WorkerId, Arc<str>);

/// Counts that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Tally {
    waiting: DashMap<Key, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    since: At,
    device: Device,
}

impl Tally {
    /// Counts a request; what is due to be written comes back.
    pub(super) fn count(&self, key: &Key, app: App, stored: usize, unusable: &[Unusable], now: At) -> Option<Device> {
        let is_full = self.waiting.len() >= WAITING;
        let mut waiting = self.waiting.entry(key.clone()).or_insert_with(|| Waiting {
            since: now,
            device: Device { device: key.2.to_string(), app: String::new(), last_seen_at: now, stored: 0, unusable: store::trackers::Counts::new() },
        });
        let device = &mut waiting.device;
        app.name().clone_into(&mut device.app);
        device.last_seen_at = now;
        device.stored += i64::try_from(stored).unwrap_or(0);
        for reason in unusable {
            *device.unusable.entry(reason.name().to_owned()).or_default() += 1;
        }
        let is_due = is_full || now.since(waiting.since) >= KEPT_MS;
        drop(waiting);
        if is_due { self.waiting.remove(key).map(|(_, waiting)| waiting.device) } else { None }
    }

    /// Writes all counts of a worker, before they are read.
    pub(super) async fn write_all(&self, store: &Store, tenant: TenantId, worker: WorkerId) -> Result<(), store::Error> {
        let keys: Vec<Key> =
            self.waiting.iter().filter(|entry| (entry.key().0, entry.key().1) == (tenant, worker)).map(|entry| entry.key().clone()).collect();
        for key in keys {
            if let Some((_, waiting)) = self.waiting.remove(&key) {
                write(store, tenant, worker, &waiting.device).await?;
            }
        }
        Ok(())
    }
}

/// Writes the counts of a device.
pub(super) async fn write(store: &Store, tenant: TenantId, worker: WorkerId, device: &Device) -> Result<(), store::Error> {
    let mut connection = store.write().await?;
    store::trackers::count(&mut connection, tenant, worker, device).await?;
    connection.commit().await?;
    Ok(())
}
