//! The dispatchers' maps: viewports in, one frame per cell and tick out.

use super::fanout::SessionId;
use super::frame::Frame;
use super::session::Session;
use super::{Hub, Shared};
use crate::domain::geo::{BadPlace, Viewport};
use crate::domain::ids::WorkerId;
use crate::location::{CellCount, Position, Tick, View};
use crate::protocol::server::{self, Cells, Positions};
use crate::protocol::{ServerMessage, Topic, client};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Positions are joined for this long: a socket write costs the same for 1 or 32 of them.
const TICK: Duration = Duration::from_millis(200);

/// A position on the wire.
pub(super) fn wire(position: &Position) -> server::Position {
    server::Position(
        position.worker,
        position.at.into(),
        position.point.latitude(),
        position.point.longitude(),
        position.accuracy_m,
        position.speed_mps,
        position.heading_deg,
        position.status,
    )
}

fn positions(list: &[Position], gone: Vec<WorkerId>) -> Arc<Frame> {
    let list = list.iter().map(wire).collect();
    Frame::new(ServerMessage::Positions(Positions { topic: Topic::Map, list, gone }))
}

fn cells(resolution: u8, list: &[CellCount]) -> Arc<Frame> {
    let list = list.iter().map(|count| server::CellCount(count.cell.to_string(), count.workers, count.open_jobs)).collect();
    Frame::new(ServerMessage::Cells(Cells { resolution, list }))
}

/// Begins to tick, until the hub is gone.
pub(super) fn start(shared: &Arc<Shared>) {
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(shared) = shared.upgrade() else { return };
            shared.tick();
        }
    });
}

impl Shared {
    fn tick(&self) {
        self.locations.tick(|tick| self.to_viewers(tick));
    }

    /// Writes each cell's frame once, and hands each session all of its frames in one go: what reaches a socket together leaves in one
    /// write, and a write costs the same for 1 or 32 frames.
    fn to_viewers(&self, tick: Tick) {
        let mut outgoing: HashMap<u64, Vec<Arc<Frame>>> = HashMap::new();
        let mut frames = 0;
        let mut add = |sessions: &[u64], frame: Arc<Frame>| {
            for session in sessions {
                outgoing.entry(*session).or_default().push(Arc::clone(&frame));
            }
        };
        for cell in &tick.positions {
            frames += 1;
            add(&cell.sessions, positions(&cell.list, Vec::new()));
        }
        for gone in tick.gone {
            add(&[gone.session], positions(&[], gone.workers));
        }
        for counts in &tick.counts {
            frames += 1;
            add(&counts.sessions, cells(counts.resolution.into(), &counts.list));
        }
        for (session, frames) in outgoing {
            if let Some(session) = self.sessions.get(&SessionId(session)) {
                session.queue.push_map(&frames);
            }
        }
        if frames > 0 {
            metrics::counter!("hub_map_frames_total").increment(frames);
        }
    }
}

impl Hub {
    /// The dispatcher's map shows another part of the earth: everything there first, then changes.
    pub fn look(&self, session: &Session, viewport: &client::Viewport) -> Result<(), BadPlace> {
        let viewport = Viewport::parse(viewport.west, viewport.south, viewport.east, viewport.north, viewport.zoom)?;
        self.shared.locations.watch(session.id.0, session.tenant_id, &viewport, |view| match view {
            View::Positions { list, gone } => session.queue.push_positions(&positions(&list, gone)),
            View::Cells { resolution, list } => session.queue.push(&cells(resolution.into(), &list)),
        });
        Ok(())
    }
}
