//! Who could be at a job soonest: workers on duty by rings of the map's cells, then by the way they have.

use super::{Hub, clock};
use crate::domain::eta::{self, Pace, Way};
use crate::domain::geo::Point;
use crate::domain::ids::TenantId;
use crate::location::Position;
use futures_util::future::join_all;

/// Workers whose way is asked for.
const MOST: usize = 8;

/// A worker, and how far they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Where they were last shown.
    pub position: Position,
    /// Their name.
    pub name: String,
    /// Their way.
    pub way: Way,
    /// Along the straight line: no router knew better.
    pub estimated: bool,
}

impl Hub {
    /// Workers on duty whose place is known of late, those who could be there soonest first.
    pub async fn nearest(&self, tenant: TenantId, place: Point) -> Vec<Near> {
        let shared = &self.shared;
        let now = clock::now();
        let is_there = |position: &Position| shared.workers.on_duty(tenant, position.worker) && eta::is_fresh(position.at, now);
        let near = shared.locations.nearest(tenant, place, MOST, is_there);
        let mut near = join_all(near.into_iter().map(async |position| {
            let (way, estimated) = shared.ways.find(position.point, place, Pace::default()).await;
            let name = shared.workers.state(tenant, position.worker).map(|state| state.name).unwrap_or_default();
            Near { position, name, way, estimated }
        }))
        .await;
        near.sort_by_key(|near| near.way.seconds);
        near
    }
}
