//! Where workers are now. Memory only: the latest shown position of every worker, and who looks at which cells of the map.
//!
//! Taking in a fix touches one entry and nothing else; all the work for maps is done by `tick`, once per cell however many
//! fixes and viewers there were. Interest is in cells, never in single workers, so that one node and many work alike.
//! Storing fixes belongs to `store::writer`, deciding what a customer may see to `domain`, sending to `hub`.

mod board;

pub use board::{CellCount, CellCounts, CellPositions, Gone, View};

use crate::domain::{
    At,
    fix::{Fix, Plausible, Shown, WorkerStatus},
    geo::{Cell, FINE, Guard, Point, Viewport},
    ids::{JobId, TenantId, WorkerId},
};
use board::Board;
use dashmap::DashMap;
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where a worker was last shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Who.
    pub worker: WorkerId,
    /// The time it is shown with; never goes back.
    pub at: At,
    /// Where.
    pub point: Point,
    /// Radius of the error in metres.
    pub accuracy_m: Option<f32>,
    /// Metres per second.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north.
    pub heading_deg: Option<f32>,
    /// What the worker is doing.
    pub status: WorkerStatus,
}

/// What became of a fix in memory. It is stored in every case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recorded {
    /// Shown, history only, or put aside.
    pub verdict: Plausible,
    /// The worker's shown position after it.
    pub position: Option<Position>,
    /// Whether the worker is in another H3 cell now.
    pub cell_changed: bool,
    /// Whether it has the very time of the fix before it: a repeat, already known.
    pub repeated: bool,
}

/// What changed on one tenant's maps since the last tick.
#[derive(Debug, Default)]
pub struct Tick {
    /// For each watched cell in which somebody moved: one list, to be encoded once.
    pub positions: Vec<CellPositions>,
    /// Workers who left what a session watches.
    pub gone: Vec<Gone>,
    /// For each watched cell of a zoomed-out map: the counts that changed.
    pub counts: Vec<CellCounts>,
}

#[derive(Default)]
struct Whereabouts {
    /// With the time by the phone's clock, which orders the fixes of a clock that is ahead.
    shown: Option<(Position, At)>,
    guard: Option<Guard>,
    status: WorkerStatus,
    last_fix_at: Option<At>,
    /// Already in a `moved` list.
    moved: bool,
}

impl Whereabouts {
    fn position(&self) -> Option<Position> {
        self.shown.map(|(position, _)| Position { status: self.status, ..position })
    }

    fn take_in(&mut self, worker: WorkerId, fix: &Fix, now: At) -> Recorded {
        let last = self.shown.map(|(position, fix_at)| Shown { shown_at: position.at, fix_at });
        let verdict = fix.plausible(now, last);
        let repeated = self.last_fix_at.replace(fix.at) == Some(fix.at);
        let mut cell_changed = false;
        if let Plausible::Shown(shown) = verdict {
            cell_changed = match &mut self.guard {
                Some(guard) => fix.says_cell() && guard.follow(fix.point),
                unknown => {
                    *unknown = Some(Guard::around(fix.point));
                    true
                }
            };
            let position = Position {
                worker,
                at: shown.shown_at,
                point: fix.point,
                accuracy_m: fix.accuracy_m,
                speed_mps: fix.speed_mps,
                heading_deg: fix.heading_deg,
                status: self.status,
            };
            self.shown = Some((position, shown.fix_at));
        }
        Recorded { verdict, position: self.position(), cell_changed, repeated }
    }
}

/// How many lists the moved workers are spread over, so that sessions on different cores do not queue for one lock.
const MOVED_LISTS: usize = 16;

type Who = (TenantId, WorkerId);

/// Every worker's latest position and every map's interest.
///
/// Locks are taken in one order: a tenant's board, then a worker's entry, then a list of the moved.
#[derive(Default)]
pub struct Locations {
    workers: DashMap<Who, Whereabouts>,
    moved: [Mutex<Vec<Who>>; MOVED_LISTS],
    boards: DashMap<TenantId, Board>,
    /// Tenants whose job counts changed since the last tick.
    recounted: Mutex<HashSet<TenantId>>,
    sessions: DashMap<u64, TenantId>,
}

impl Locations {
    /// Knows nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a fix that arrived at `now`.
    pub fn record(&self, tenant: TenantId, worker: WorkerId, fix: &Fix, now: At) -> Recorded {
        let mut entry = self.workers.entry((tenant, worker)).or_default();
        let recorded = entry.take_in(worker, fix, now);
        if matches!(recorded.verdict, Plausible::Shown(_)) {
            self.mark_moved((tenant, worker), &mut entry);
        }
        recorded
    }

    /// Puts a stored position in at start, unless something newer is known.
    pub fn seed(&self, tenant: TenantId, position: Position) {
        let mut entry = self.workers.entry((tenant, position.worker)).or_default();
        if entry.shown.is_some_and(|(known, _)| known.at >= position.at) {
            return;
        }
        entry.guard = Some(Guard::around(position.point));
        entry.status = position.status;
        entry.shown = Some((position, position.at));
        self.mark_moved((tenant, position.worker), &mut entry);
    }

    /// What the worker is doing now.
    pub fn set_status(&self, tenant: TenantId, worker: WorkerId, status: WorkerStatus) {
        let mut entry = self.workers.entry((tenant, worker)).or_default();
        if entry.status != status {
            entry.status = status;
            self.mark_moved((tenant, worker), &mut entry);
        }
    }

    /// Forgets a worker; whoever sees them is told at the next tick.
    pub fn remove(&self, tenant: TenantId, worker: WorkerId) {
        if self.workers.remove(&(tenant, worker)).is_some() {
            self.moved_list((tenant, worker)).push((tenant, worker));
        }
    }

    /// Where the worker was last shown.
    pub fn latest(&self, tenant: TenantId, worker: WorkerId) -> Option<Position> {
        self.workers.get(&(tenant, worker))?.position()
    }

    /// Where all of a tenant's workers were last shown, as far as the last tick knows them.
    pub fn latest_all(&self, tenant: TenantId) -> Vec<Position> {
        let board = self.boards.get(&tenant);
        board.map(|board| board.workers().filter_map(|worker| self.latest(tenant, worker)).collect()).unwrap_or_default()
    }

    /// The workers nearest to a place, the nearest first, as far as the last tick knows them and `wanted` says.
    pub fn nearest(&self, tenant: TenantId, place: Point, most: usize, wanted: impl Fn(&Position) -> bool) -> Vec<Position> {
        let latest = |worker| self.latest(tenant, worker).filter(|position| wanted(position));
        self.boards.get(&tenant).map(|board| board.nearest(place, most, latest)).unwrap_or_default()
    }

    /// Where an open job is; `None` when it is closed or has no coordinates.
    pub fn set_job(&self, tenant: TenantId, job: JobId, point: Option<Point>) {
        let cell = point.map(|point| Cell::of(point, FINE));
        // A board is made for a job that is somewhere, not to learn that it is nowhere.
        let changed = if cell.is_some() {
            self.boards.entry(tenant).or_default().set_job(job, cell)
        } else {
            self.boards.get_mut(&tenant).is_some_and(|mut board| board.set_job(job, None))
        };
        if changed {
            locked(&self.recounted).insert(tenant);
        }
    }

    /// The session looks at this part of the map from now on, and at no other. `show` gets what is there; changes come with the ticks,
    /// all of them after it: the map's lock is held meanwhile.
    pub fn watch(&self, session: u64, tenant: TenantId, viewport: &Viewport, show: impl FnOnce(View)) {
        if let Some(other) = self.sessions.insert(session, tenant).filter(|other| *other != tenant) {
            self.forget(session, other);
        }
        let mut board = self.boards.entry(tenant).or_default();
        show(board.watch(session, viewport, |worker| self.latest(tenant, worker)));
    }

    /// The session looks at no map any more.
    pub fn unwatch(&self, session: u64) {
        if let Some((_, tenant)) = self.sessions.remove(&session) {
            self.forget(session, tenant);
        }
    }

    /// What changed on the maps since the last tick, one tenant after another. Called by one task, every 100 to 250 ms.
    /// `tell` passes it on while the map's lock is held, so that whoever looks elsewhere meanwhile is not told of the view before.
    pub fn tick(&self, mut tell: impl FnMut(Tick)) {
        let mut by_tenant: HashMap<TenantId, Vec<WorkerId>> = HashMap::new();
        for list in &self.moved {
            for (tenant, worker) in locked(list).drain(..) {
                by_tenant.entry(tenant).or_default().push(worker);
            }
        }
        for tenant in locked(&self.recounted).drain() {
            by_tenant.entry(tenant).or_default();
        }
        for (tenant, moved) in by_tenant {
            let mut tick = Tick::default();
            let mut board = self.boards.entry(tenant).or_default();
            board.settle(tenant, moved.into_iter().map(|worker| (worker, self.settled(tenant, worker))), &mut tick);
            tell(tick);
        }
    }

    /// The worker's cell and position, from now on to be told again when they move.
    fn settled(&self, tenant: TenantId, worker: WorkerId) -> Option<(Cell, Position)> {
        let mut entry = self.workers.get_mut(&(tenant, worker))?;
        entry.moved = false;
        Some((entry.guard?.cell(), entry.position()?))
    }

    fn forget(&self, session: u64, tenant: TenantId) {
        if let Some(mut board) = self.boards.get_mut(&tenant) {
            board.unwatch(session);
        }
    }

    fn mark_moved(&self, who: Who, entry: &mut Whereabouts) {
        if !std::mem::replace(&mut entry.moved, true) {
            self.moved_list(who).push(who);
        }
    }

    fn moved_list(&self, who: Who) -> MutexGuard<'_, Vec<Who>> {
        // The last bits of an id are random.
        let list = usize::from(who.1.0.as_bytes()[15]) % MOVED_LISTS;
        locked(&self.moved[list])
    }
}

/// A panic elsewhere leaves a list of ids, which cannot be half written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
