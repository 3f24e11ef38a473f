//! One tenant's map: who is in which cell as of the last tick, how many are in each, and which sessions look at what.
//!
//! Everything is indexed at one fine resolution. A coarser cell is a range of fine ones, so one ordered set serves all zooms.

use super::{Position, Tick};
use crate::domain::{
    geo::{Cell, FINE, Point, Viewport},
    ids::{JobId, TenantId, WorkerId},
};
use h3o::Resolution;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// The coarsest and finest resolutions at which counts are kept.
const COUNTED: (Resolution, Resolution) = (Resolution::Zero, Resolution::Seven);

/// Rings around a place are of this resolution's cells; one step outwards is at least so many metres, also where cells are smallest
/// (<https://h3geo.org/docs/core-library/restable>: their edges are 1.4 km on average, and no shorter than 1.0 km).
const RING: Resolution = Resolution::Seven;
const RING_M: f64 = 1_500.0;
/// Beyond so many rings everybody is looked at.
const RINGS_MAX: u32 = 64;

/// How many are in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellCount {
    /// Where.
    pub cell: Cell,
    /// Workers whose shown position is there.
    pub workers: u32,
    /// Open jobs there.
    pub open_jobs: u32,
}

/// What a session sees at once when it looks somewhere else.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// Zoomed in.
    Positions {
        /// Everybody in the watched cells.
        list: Vec<Position>,
        /// Who was in the cells watched before and is not in these.
        gone: Vec<WorkerId>,
    },
    /// Zoomed out.
    Cells {
        /// The cells' resolution.
        resolution: Resolution,
        /// Every cell in view that is not empty.
        list: Vec<CellCount>,
    },
}

/// Who moved inside a watched cell, and who watches it.
#[derive(Debug)]
pub struct CellPositions {
    /// Whose map.
    pub tenant: TenantId,
    /// The watched cell.
    pub cell: Cell,
    /// Everybody in it who moved, came in, or changed status.
    pub list: Vec<Position>,
    /// Whom to send it to.
    pub sessions: Vec<u64>,
}

/// Workers who left what a session watches.
#[derive(Debug)]
pub struct Gone {
    /// Whom to tell.
    pub session: u64,
    /// Who left.
    pub workers: Vec<WorkerId>,
}

/// Counts that changed inside a watched cell, and who watches it.
#[derive(Debug)]
pub struct CellCounts {
    /// Whose map.
    pub tenant: TenantId,
    /// The resolution of the counted cells.
    pub resolution: Resolution,
    /// The counts as they are now; zeros for a cell that became empty.
    pub list: Vec<CellCount>,
    /// Whom to send it to.
    pub sessions: Vec<u64>,
}

/// What is shown of the watched cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Detail {
    Positions,
    Counts(Resolution),
}

pub(super) struct Interest {
    detail: Detail,
    /// Sorted, all of one resolution.
    cells: Vec<Cell>,
}

impl Interest {
    fn of(viewport: &Viewport) -> Self {
        let (detail, finest) = if viewport.shows_single_workers() {
            (Detail::Positions, FINE)
        } else {
            let counting = viewport.counting_resolution();
            (Detail::Counts(counting), counting)
        };
        let mut cells = viewport.cover(finest);
        cells.sort_unstable();
        Self { detail, cells }
    }

    fn watches(&self, cell: Cell) -> bool {
        self.cells.binary_search(&cell).is_ok()
    }

    /// The resolution of the watched cells.
    fn grain(&self) -> Resolution {
        self.cells.first().map_or(Resolution::Zero, |cell| cell.resolution())
    }
}

/// One tenant's map.
#[derive(Default)]
pub(super) struct Board {
    workers: HashMap<WorkerId, Cell>,
    index: BTreeSet<(Cell, WorkerId)>,
    jobs: HashMap<JobId, Cell>,
    counts: HashMap<Cell, (u32, u32)>,
    recounted: HashSet<Cell>,
    sessions: HashMap<u64, Interest>,
    watchers: HashMap<(Detail, Cell), Vec<u64>>,
    /// How many sessions watch with this detail at this resolution.
    grains: BTreeMap<(Detail, Resolution), usize>,
}

impl Board {
    /// Everybody who has a place.
    pub(super) fn workers(&self) -> impl Iterator<Item = WorkerId> {
        self.workers.keys().copied()
    }

    /// Where an open job is; true if that changes a count.
    pub(super) fn set_job(&mut self, job: JobId, cell: Option<Cell>) -> bool {
        let before = match cell {
            Some(cell) => self.jobs.insert(job, cell),
            None => self.jobs.remove(&job),
        };
        self.move_count(before, cell, |count| &mut count.1);
        before != cell
    }

    /// Replaces what the session watches, and shows what is there as of the last tick.
    pub(super) fn watch(&mut self, session: u64, viewport: &Viewport, latest: impl Fn(WorkerId) -> Option<Position>) -> View {
        let before = self.unwatch(session);
        let interest = Interest::of(viewport);
        for cell in &interest.cells {
            self.watchers.entry((interest.detail, *cell)).or_default().push(session);
        }
        *self.grains.entry((interest.detail, interest.grain())).or_default() += 1;
        let view = match interest.detail {
            Detail::Positions => {
                let list: Vec<Position> = self.inside(&interest.cells).filter_map(latest).collect();
                let left = before.filter(|before| before.detail == Detail::Positions).map(|before| {
                    let seen: HashSet<WorkerId> = self.inside(&interest.cells).collect();
                    self.inside(&before.cells).filter(|worker| !seen.contains(worker)).collect()
                });
                View::Positions { list, gone: left.unwrap_or_default() }
            }
            Detail::Counts(resolution) => {
                let in_view = |cell: &&Cell| cell.resolution() == resolution && interest.watches(cell.parent(interest.grain()));
                View::Cells { resolution, list: self.counts.keys().filter(in_view).map(|cell| self.count(*cell)).collect() }
            }
        };
        self.sessions.insert(session, interest);
        view
    }

    /// Forgets what the session watches.
    pub(super) fn unwatch(&mut self, session: u64) -> Option<Interest> {
        let interest = self.sessions.remove(&session)?;
        for cell in &interest.cells {
            let key = (interest.detail, *cell);
            if let Some(watchers) = self.watchers.get_mut(&key) {
                watchers.retain(|watcher| *watcher != session);
                if watchers.is_empty() {
                    self.watchers.remove(&key);
                }
            }
        }
        let grain = (interest.detail, interest.grain());
        if let Some(count) = self.grains.get_mut(&grain) {
            *count -= 1;
            if *count == 0 {
                self.grains.remove(&grain);
            }
        }
        Some(interest)
    }

    /// Brings the map up to date with the workers who moved (`None`: removed), and adds to the tick what watchers are to see.
    pub(super) fn settle(&mut self, tenant: TenantId, moved: impl Iterator<Item = (WorkerId, Option<(Cell, Position)>)>, tick: &mut Tick) {
        let mut lists: HashMap<Cell, Vec<Position>> = HashMap::new();
        let mut gone: BTreeMap<u64, Vec<WorkerId>> = BTreeMap::new();
        for (worker, now) in moved {
            let cell = now.map(|(cell, _)| cell);
            let before = self.place(worker, cell);
            let grains = self.grains.keys().filter(|(detail, _)| *detail == Detail::Positions);
            for &(detail, grain) in grains {
                let (left, entered) = (before.map(|cell| cell.parent(grain)), cell.map(|cell| cell.parent(grain)));
                if let (Some(entered), Some((_, position))) = (entered, now)
                    && self.watchers.contains_key(&(detail, entered))
                {
                    lists.entry(entered).or_default().push(position);
                }
                let Some(left) = left.filter(|left| Some(*left) != entered) else { continue };
                for session in self.watchers.get(&(detail, left)).into_iter().flatten() {
                    if !entered.is_some_and(|entered| self.sessions.get(session).is_some_and(|interest| interest.watches(entered))) {
                        gone.entry(*session).or_default().push(worker);
                    }
                }
            }
        }
        for (cell, list) in lists {
            let sessions = self.watchers.get(&(Detail::Positions, cell)).cloned().unwrap_or_default();
            tick.positions.push(CellPositions { tenant, cell, list, sessions });
        }
        tick.gone.extend(gone.into_iter().map(|(session, workers)| Gone { session, workers }));
        self.settle_counts(tenant, tick);
    }

    fn settle_counts(&mut self, tenant: TenantId, tick: &mut Tick) {
        let recounted = std::mem::take(&mut self.recounted);
        for &(detail, grain) in self.grains.keys() {
            let Detail::Counts(resolution) = detail else { continue };
            let mut lists: HashMap<Cell, Vec<CellCount>> = HashMap::new();
            for cell in recounted.iter().filter(|cell| cell.resolution() == resolution) {
                let watched = cell.parent(grain);
                if self.watchers.contains_key(&(detail, watched)) {
                    lists.entry(watched).or_default().push(self.count(*cell));
                }
            }
            tick.counts.extend(lists.into_iter().map(|(watched, list)| {
                let sessions = self.watchers.get(&(detail, watched)).cloned().unwrap_or_default();
                CellCounts { tenant, resolution, list, sessions }
            }));
        }
    }

    /// Moves a worker to a cell, or off the map; returns the cell before.
    fn place(&mut self, worker: WorkerId, cell: Option<Cell>) -> Option<Cell> {
        let before = match cell {
            Some(cell) => self.workers.insert(worker, cell),
            None => self.workers.remove(&worker),
        };
        if before != cell {
            if let Some(before) = before {
                self.index.remove(&(before, worker));
            }
            if let Some(cell) = cell {
                self.index.insert((cell, worker));
            }
            self.move_count(before, cell, |count| &mut count.0);
        }
        before
    }

    /// Takes one from the cells that were left and gives one to those that were entered, at every counted resolution.
    fn move_count(&mut self, from: Option<Cell>, to: Option<Cell>, which: impl Fn(&mut (u32, u32)) -> &mut u32) {
        for resolution in Resolution::range(COUNTED.0, COUNTED.1) {
            let (from, to) = (from.map(|cell| cell.parent(resolution)), to.map(|cell| cell.parent(resolution)));
            if from == to {
                continue;
            }
            if let Some(from) = from
                && let Some(count) = self.counts.get_mut(&from)
            {
                *which(count) -= 1;
                if *count == (0, 0) {
                    self.counts.remove(&from);
                }
            }
            if let Some(to) = to {
                *which(self.counts.entry(to).or_default()) += 1;
            }
            self.recounted.extend(from.into_iter().chain(to));
        }
    }

    fn count(&self, cell: Cell) -> CellCount {
        let (workers, open_jobs) = self.counts.get(&cell).copied().unwrap_or_default();
        CellCount { cell, workers, open_jobs }
    }

    /// The workers nearest to a place, as far as the last tick knows: found in rings of cells that grow until no nearer one can be
    /// outside of them.
    pub(super) fn nearest(&self, place: Point, most: usize, latest: impl Fn(WorkerId) -> Option<Position>) -> Vec<Position> {
        let middle = Cell::of(place, RING);
        let mut steps = 1;
        loop {
            let is_last = steps > RINGS_MAX;
            let found: Vec<WorkerId> = if is_last { self.workers.keys().copied().collect() } else { self.inside(&middle.disk(steps)).collect() };
            let mut found: Vec<Position> = found.into_iter().filter_map(&latest).collect();
            found.sort_by(|one, other| place.distance_m(one.point).total_cmp(&place.distance_m(other.point)));
            found.truncate(most);
            let reached_m = f64::from(steps) * RING_M;
            if is_last || found.len() == most && found.last().is_none_or(|last| place.distance_m(last.point) <= reached_m) {
                return found;
            }
            steps *= 2;
        }
    }

    /// The workers inside of cells of any resolution.
    fn inside(&self, cells: &[Cell]) -> impl Iterator<Item = WorkerId> {
        cells.iter().flat_map(|cell| {
            let (first, last) = cell.fine_range();
            let range = (first, WorkerId(Uuid::nil()))..=(last, WorkerId(Uuid::max()));
            self.index.range(range).map(|(_, worker)| *worker)
        })
    }
}
