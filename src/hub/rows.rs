//! The schedule's rows: who works when. They are in no log, so when one changes all are told anew, on every node.

use super::fanout::Audience;
use super::frame::Frame;
use super::session::Session;
use super::snapshot::ROWS;
use super::{Error, Shared};
use crate::domain::caller::Role;
use crate::domain::tenant::{Settings, Tenant};
use crate::protocol::ServerMessage;
use crate::protocol::workers::{Rows, ScheduleWorker};
use crate::store;
use std::sync::Arc;

impl Shared {
    /// The rows that a session sees; a worker gets their own, to know whether they are on duty.
    pub(super) async fn rows(&self, session: &Session) -> Result<Vec<ScheduleWorker>, Error> {
        let mut connection = self.store.read(session.tenant_id).await?;
        let workers = store::workers::list(&mut connection, session.tenant_id).await?;
        let tenant = session.tenant();
        let may_see = |worker: &store::workers::Worker| match session.caller().role {
            Role::Worker { id } => worker.id == id,
            _ => worker.archived_at.is_none(),
        };
        Ok(workers.into_iter().filter(may_see).map(|worker| row(worker, &tenant.settings)).collect())
    }

    /// Tells everybody who plans here how the rows stand now.
    pub(super) async fn show_rows(&self, tenant: &Tenant) -> Result<(), Error> {
        let audience = Audience::Schedule(tenant.id);
        if !self.fanout.is_heard(audience) {
            return Ok(());
        }
        let mut connection = self.store.read(tenant.id).await?;
        let workers = store::workers::list(&mut connection, tenant.id).await?;
        drop(connection);
        let here = workers.into_iter().filter(|worker| worker.archived_at.is_none());
        for frame in parts(here.map(|worker| row(worker, &tenant.settings)).collect(), &tenant.settings) {
            self.fanout.publish_state(audience, || frame);
        }
        Ok(())
    }
}

fn row(worker: store::workers::Worker, settings: &Settings) -> ScheduleWorker {
    ScheduleWorker::new(worker.id, worker.name, worker.availability, settings, worker.on_duty)
}

/// All rows, in parts that one frame can hold; at least one, so that nobody is told nothing.
pub(super) fn parts(rows: Vec<ScheduleWorker>, settings: &Settings) -> Vec<Arc<Frame>> {
    let count = rows.len().div_ceil(ROWS).max(1);
    let mut rows = rows.into_iter();
    let part = |place| {
        let workers = rows.by_ref().take(ROWS).collect();
        Frame::new(ServerMessage::Rows(Rows { workers, holidays: settings.holidays.clone(), more: place < count }))
    };
    (1..=count).map(part).collect()
}
