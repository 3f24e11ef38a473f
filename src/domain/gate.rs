//! The gate that a worker's position passes on its way to a customer.
//!
//! Of a worker's jobs that are en route, or started and not paused, the one marked last is *current*. Only its watchers receive
//! positions, and only fixes made while it has been current.

use super::at::At;
use super::ids::{CustomerId, JobId};
use super::job::Job;
use super::portal::Permissions;

/// One worker's gate.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// Jobs at which the worker may be watched, the one marked last at the end.
    watchable: Vec<Marked>,
    /// The current job's window began then.
    since: Option<At>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the instant has the name that the job gives it")]
struct Marked {
    marked_at: At,
    job: JobId,
    customer: CustomerId,
}

/// The job at which a worker may be watched now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// The job.
    pub job: JobId,
    /// Its customer.
    pub customer: CustomerId,
    /// Only fixes made from then on pass.
    pub since: At,
}

impl Gate {
    /// Takes in a job of this worker as it now stands; `at` is when that happened. Returns whether another job became current.
    pub fn update(&mut self, job: &Job, at: At) -> bool {
        let marked_at = job.marked_at.filter(|_| job.is_watchable());
        self.set(job.id, marked_at.map(|marked_at| (marked_at, job.customer.id)), at)
    }

    /// Takes a job out: it was deleted, or went to another worker.
    pub fn remove(&mut self, job: JobId, at: At) -> bool {
        self.set(job, None, at)
    }

    fn set(&mut self, job: JobId, marked: Option<(At, CustomerId)>, at: At) -> bool {
        let before = self.watchable.last().map(|marked| marked.job);
        self.watchable.retain(|known| known.job != job);
        if let Some((marked_at, customer)) = marked {
            let place = self.watchable.partition_point(|known| known.marked_at <= marked_at);
            self.watchable.insert(place, Marked { marked_at, job, customer });
        }
        let after = self.watchable.last().map(|marked| marked.job);
        if after == before {
            return false;
        }
        self.since = after.map(|_| at);
        true
    }

    /// The current job, if any.
    pub fn current(&self) -> Option<Current> {
        let marked = self.watchable.last()?;
        Some(Current { job: marked.job, customer: marked.customer, since: self.since? })
    }

    /// The job whose watchers may be shown a fix made at `fix_at`.
    pub fn passes(&self, fix_at: At) -> Option<Current> {
        self.current().filter(|current| fix_at >= current.since)
    }

    /// Nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.watchable.is_empty()
    }
}

/// Whether a watcher with these permissions may be shown positions of the current job's worker.
pub fn opens_for(permissions: &Permissions) -> bool {
    permissions.may_see_positions()
}

/// Whether a watcher with these permissions may be told when the current job's worker is expected; how far away that is, only with
/// "see the worker".
pub fn tells_eta_to(permissions: &Permissions) -> bool {
    permissions.view_jobs && permissions.live_status
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const CUSTOMER: CustomerId = CustomerId(Uuid::from_u128(9));

    fn job(id: u128) -> JobId {
        JobId(Uuid::from_u128(id))
    }

    fn mark(gate: &mut Gate, id: u128, at: i64) {
        gate.set(job(id), Some((At(at), CUSTOMER)), At(at));
    }

    #[test]
    fn only_fixes_made_inside_the_window_pass() {
        let mut gate = Gate::default();
        assert_eq!(gate.passes(At(5)), None);
        mark(&mut gate, 1, 10);
        assert_eq!(gate.passes(At(9)), None, "made before it became current");
        assert_eq!(gate.passes(At(10)).map(|current| current.job), Some(job(1)));
        gate.remove(job(1), At(20));
        assert_eq!(gate.passes(At(15)), None, "made inside, but the window is closed");
    }

    #[test]
    fn the_job_marked_last_is_current_and_an_earlier_one_may_become_so_again() {
        let mut gate = Gate::default();
        mark(&mut gate, 1, 10);
        mark(&mut gate, 2, 20);
        assert_eq!(gate.passes(At(25)).map(|current| current.job), Some(job(2)), "the first job's gate is closed though it is started");
        gate.remove(job(2), At(30));
        let current = gate.passes(At(30)).unwrap();
        assert_eq!((current.job, current.since), (job(1), At(30)));
        assert_eq!(gate.passes(At(25)), None, "made while at the other customer");
    }

    #[test]
    fn staying_current_does_not_cut_the_window() {
        let mut gate = Gate::default();
        mark(&mut gate, 1, 10);
        mark(&mut gate, 1, 15);
        assert_eq!(gate.current().map(|current| current.since), Some(At(10)));
        mark(&mut gate, 2, 12);
        assert_eq!(gate.current().map(|current| current.job), Some(job(1)), "marked earlier, though heard of later");
    }
}
