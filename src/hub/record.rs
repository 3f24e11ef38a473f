//! The path of a fix: filter it, show it, store it. A plain call: no actor and no database is waited for here.

use super::customer_actor::Show;
use super::fanout::Audience;
use super::frame::Frame;
use super::map::wire;
use super::session::Session;
use super::{Error, Hub, Shared, Site, clock};
use crate::domain::arrival::Side;
use crate::domain::fix::{Fix, Plausible};
use crate::domain::ids::{TenantId, WorkerId};
use crate::location::Position;
use crate::protocol::server::Positions;
use crate::protocol::{ServerMessage, Topic};
use crate::store;
use crate::store::writer::FixRow;
use std::sync::Arc;
use std::time::Duration;

/// While the store takes no more, it is asked again this often.
const HOLD: Duration = Duration::from_millis(100);

/// Becomes ready once the fixes are committed; at once if a rule dropped them.
pub struct Stored(Option<store::writer::Stored>);

impl Stored {
    /// Waits for the commit.
    pub async fn committed(self) -> Result<(), Error> {
        match self.0 {
            Some(stored) => stored.await.map_err(|_lost| Error::Busy),
            None => Ok(()),
        }
    }

    /// Whether a rule dropped them: the worker was off duty.
    pub fn is_dropped(&self) -> bool {
        self.0.is_none()
    }
}

impl Hub {
    /// Takes in fixes of a worker, from whatever device. Off duty they are dropped. While the store takes no more, the sender waits:
    /// nothing is answered, nothing is lost, and nothing is taken in twice.
    pub async fn record(&self, tenant: TenantId, worker: WorkerId, device: &Arc<str>, fixes: &[Fix]) -> Stored {
        let shared = &self.shared;
        metrics::counter!("hub_fixes_total").increment(fixes.len() as u64);
        if !shared.workers.on_duty(tenant, worker) {
            metrics::counter!("hub_fixes_off_duty_total").increment(fixes.len() as u64);
            return Stored(None);
        }
        let now = clock::now();
        let mut rows = Vec::with_capacity(fixes.len());
        let mut measured = Vec::with_capacity(fixes.len());
        let mut newest: Option<Position> = None;
        for fix in fixes {
            let recorded = shared.locations.record(tenant, worker, fix, now);
            if recorded.verdict != Plausible::Aside {
                // A clock that is ahead has not seen the future.
                measured.push((Fix { at: fix.at.min(now), ..*fix }, None));
            }
            let shown_at = match recorded.verdict {
                Plausible::Shown(shown) => {
                    newest = recorded.position;
                    Some(shown.shown_at)
                }
                Plausible::HistoryOnly | Plausible::Aside => None,
            };
            rows.push(FixRow {
                tenant,
                worker,
                device: Arc::clone(device),
                at: fix.at,
                received_at: now,
                latitude: fix.point.latitude(),
                longitude: fix.point.longitude(),
                accuracy_m: fix.accuracy_m,
                speed_mps: fix.speed_mps,
                heading_deg: fix.heading_deg,
                battery: fix.battery,
                show: shown_at,
                aside: recorded.verdict == Plausible::Aside,
            });
        }
        if let Some(position) = newest {
            shared.workers.measured(tenant, worker, Some(position.at), fixes.last().and_then(|fix| fix.battery));
            shared.show_position(tenant, &position);
        }
        measured.sort_by_key(|(fix, _)| fix.at);
        shared.visits.observe(tenant, worker, &measured, shared.arrival_radius_m(tenant));
        loop {
            match shared.fix_lanes.store(rows.clone()) {
                Ok(stored) => return Stored(Some(stored)),
                Err(_busy) => tokio::time::sleep(HOLD).await,
            }
        }
    }

    /// The phone itself noticed that it entered or left a region; `fix` was made then.
    pub fn crosses(&self, tenant: TenantId, worker: WorkerId, fix: &Fix, side: Side) {
        let now = clock::now();
        if self.shared.workers.on_duty(tenant, worker) && fix.plausible(now, None) != Plausible::Aside {
            let fix = Fix { at: fix.at.min(now), ..*fix };
            self.shared.visits.observe(tenant, worker, &[(fix, Some(side))], self.shared.arrival_radius_m(tenant));
        }
    }

    /// The places at which a worker who is on duty is looked for now.
    pub fn sites(&self, tenant: TenantId, worker: WorkerId) -> Vec<Site> {
        if !self.shared.workers.on_duty(tenant, worker) {
            return Vec::new();
        }
        self.shared.visits.sites(tenant, worker, clock::now(), self.shared.arrival_radius_m(tenant))
    }

    /// A worker goes on or off duty.
    pub async fn set_duty(&self, session: &Session, worker: WorkerId, on: bool) -> Result<(), Error> {
        let tenant = session.tenant_id;
        let mut connection = self.shared.store.write().await?;
        store::workers::set_duty(&mut connection, tenant, worker, on, clock::now()).await?;
        connection.commit().await.map_err(store::Error::from)?;
        self.shared.workers.set_duty(tenant, worker, on);
        self.shared.locations.set_status(tenant, worker, self.shared.workers.status(tenant, worker));
        self.shared.show_worker(tenant, worker);
        Ok(())
    }

    /// The socket sends fixes: an older one of the same worker is closed. False if this is the older one.
    pub fn streams(&self, session: &Session, worker: WorkerId) -> bool {
        self.shared.workers.streams(session.tenant_id, worker, session.id, &session.queue)
    }
}

impl Shared {
    /// Shows a position to the watchers of the worker's current job, if the gate lets it pass.
    fn show_position(&self, tenant: TenantId, position: &Position) {
        let Some(current) = self.workers.gate(tenant, position.worker, position.at) else { return };
        self.etas.measured(tenant, current, position, clock::now());
        let position = wire(position);
        self.fanout.publish_positions(Audience::StaffJob(tenant, current.job), || {
            let list = vec![position.clone()];
            Frame::new(ServerMessage::Positions(Positions { topic: Topic::Job(current.job), list, gone: Vec::new() }))
        });
        if let Some(customer) = self.registry.customer(tenant, current.customer)
            && customer.try_send(Show { job: current.job, position }).is_err()
        {
            // The mailbox is full of newer ones: this one would be overwritten anyway.
            metrics::counter!("hub_positions_overwritten_total").increment(1);
        }
    }
}
