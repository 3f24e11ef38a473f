//! A topic as it stands, cut into parts that one frame can hold.

use super::frame::Frame;
use crate::protocol::server::Snapshot;
use crate::protocol::views::Job;
use crate::protocol::workers::ScheduleWorker;
use crate::protocol::{Encoding, Millis, ServerMessage};
use std::sync::Arc;
use std::vec::IntoIter;

/// Jobs in one part.
const JOBS: usize = 500;
/// Rows of workers in one part.
pub(super) const ROWS: usize = 2_000;
/// Frames of the hub stay under 1 MiB.
const MAX_BYTES: usize = 1 << 20;

/// The parts of a snapshot, each made when it is asked for: a company's whole schedule is never in memory twice.
pub(super) struct Parts {
    encoding: Encoding,
    /// What every part says of the whole.
    head: Snapshot,
    jobs: IntoIter<Job<Millis>>,
    rows: IntoIter<ScheduleWorker>,
    /// Halves of a part that was too long, the next one last.
    halves: Vec<Snapshot>,
    begun: bool,
}

impl Parts {
    /// Cuts a snapshot for a reader of this encoding.
    pub(super) fn new(encoding: Encoding, mut whole: Snapshot) -> Self {
        let jobs = std::mem::take(&mut whole.jobs).into_iter();
        let rows = whole.workers.take().unwrap_or_default().into_iter();
        Self { encoding, head: whole, jobs, rows, halves: Vec::new(), begun: false }
    }

    fn cut(&mut self) -> Option<Snapshot> {
        let is_over = self.jobs.len() == 0 && self.rows.len() == 0;
        if is_over && self.begun {
            return None;
        }
        self.begun = true;
        let jobs = self.jobs.by_ref().take(JOBS).collect();
        let rows: Vec<ScheduleWorker> = self.rows.by_ref().take(ROWS).collect();
        let more = self.jobs.len() > 0 || self.rows.len() > 0;
        let part = Snapshot { jobs, workers: Some(rows).filter(|rows| !rows.is_empty()), more, ..self.head.clone() };
        self.head.caller = None;
        self.head.holidays = None;
        Some(part)
    }
}

impl Iterator for Parts {
    type Item = Arc<Frame>;

    fn next(&mut self) -> Option<Arc<Frame>> {
        let mut part = self.halves.pop().or_else(|| self.cut())?;
        loop {
            let jobs = part.jobs.len();
            let frame = Frame::new(ServerMessage::Snapshot(part));
            if jobs < 2 || frame.bytes(self.encoding).len() < MAX_BYTES {
                return Some(frame);
            }
            // Only companies with long forms come here, so the bytes written in vain do not matter.
            let Some(ServerMessage::Snapshot(mut long)) = Arc::into_inner(frame).map(Frame::into_message) else { return None };
            let rest = long.jobs.split_off(jobs / 2);
            self.halves.push(Snapshot { jobs: rest, workers: None, more: long.more, ..self.head.clone() });
            long.more = true;
            part = long;
        }
    }
}
