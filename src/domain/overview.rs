//! A day of a company at a glance: how its jobs stand, what needs attention, and how busy each worker is.

use super::at::At;
use super::ids::WorkerId;
use super::job::{Job, Slot, Status};
use std::collections::HashMap;

/// A job counts as late this long after its plan.
const GRACE_MS: i64 = 5 * 60 * 1000;
const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What there was to do on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// How many of the day's jobs have each status, in the order of a job's life.
    pub statuses: Vec<(Status, u32)>,
    /// Planned to have begun, or to have ended, and did not.
    pub late: u32,
    /// On a row, and its worker does not know of it.
    pub unpublished: u32,
    /// To be placed anew, because a worker said no.
    pub declined: u32,
    /// Jobs that were begun on this day and are completed.
    pub completed: u32,
    /// Those of them that needed no second day.
    pub first_time: u32,
    /// By hour of the day, from its midnight on.
    pub hours: Vec<Hour>,
    /// Every worker who is there or had something to do, in the order given.
    pub workers: Vec<Load>,
}

/// An hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub at: At,
    /// Jobs that are planned to begin in it.
    pub planned: u32,
    /// Jobs that were completed in it.
    pub completed: u32,
}

/// How busy a worker is. All in minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Who.
    pub worker: WorkerId,
    /// Working hours.
    pub available_min: u32,
    /// Of the jobs on their row; two at the same time count twice.
    pub planned_min: u32,
    /// From a first step to a last one, or until now.
    pub worked_min: u32,
}

/// Planned to have begun, or to have ended, and did not.
pub fn is_late(job: &Job, now: At) -> bool {
    let passed = |at: At| now.since(at) > GRACE_MS;
    match (job.status, job.scheduled) {
        (Status::Allocated | Status::Pending | Status::Assigned, Some(slot)) => passed(slot.start),
        (Status::Started, Some(slot)) => passed(slot.end),
        _ => false,
    }
}

/// Sums up a day. `jobs` may hold more than it; `workers` come with their working hours on it.
pub fn of_day(day: Slot, jobs: &[Job], workers: &[(WorkerId, Option<Slot>)], now: At) -> Overview {
    let within = |at: At| day.start <= at && at < day.end;
    let of_day: Vec<&Job> = jobs.iter().filter(|job| job.date().is_some_and(|(at, _)| within(at))).collect();
    let count = |is: &dyn Fn(&Job) -> bool| u32::try_from(of_day.iter().filter(|job| is(job)).count()).unwrap_or(u32::MAX);
    let begun_and_done = |job: &Job| job.status == Status::Completed && job.actual_start.is_some_and(within);
    Overview {
        statuses: Status::ALL.into_iter().map(|status| (status, count(&|job| job.status == status))).collect(),
        late: count(&|job| is_late(job, now)),
        unpublished: count(&|job| job.status == Status::Allocated),
        declined: count(&|job| job.status == Status::Unassigned && !job.declined.is_empty()),
        completed: count(&begun_and_done),
        first_time: count(&|job| begun_and_done(job) && job.actual_end.is_some_and(within)),
        hours: hours(day, jobs),
        workers: loads(day, jobs, workers, now),
    }
}

fn hours(day: Slot, jobs: &[Job]) -> Vec<Hour> {
    let begins = (0..).map(|hour| day.start.plus_ms(hour * HOUR_MS)).take_while(|at| *at < day.end);
    let mut hours: Vec<Hour> = begins.map(|at| Hour { at, planned: 0, completed: 0 }).collect();
    let place = |at: At| usize::try_from(at.since(day.start).div_euclid(HOUR_MS)).ok();
    for job in jobs {
        let planned = job.scheduled.filter(|_| job.status != Status::Cancelled).and_then(|slot| place(slot.start));
        let completed = job.actual_end.filter(|_| job.status == Status::Completed).and_then(place);
        if let Some(hour) = planned.and_then(|place| hours.get_mut(place)) {
            hour.planned += 1;
        }
        if let Some(hour) = completed.and_then(|place| hours.get_mut(place)) {
            hour.completed += 1;
        }
    }
    hours
}

fn loads(day: Slot, jobs: &[Job], workers: &[(WorkerId, Option<Slot>)], now: At) -> Vec<Load> {
    let mut by_worker: HashMap<WorkerId, (i64, i64)> = HashMap::new();
    for job in jobs.iter().filter(|job| job.status != Status::Cancelled) {
        let Some(worker) = &job.worker else { continue };
        let (planned, actual) = by_worker.entry(worker.id).or_default();
        *planned += job.scheduled.map_or(0, |slot| shared_ms(day, slot));
        *actual += job.actual_start.map_or(0, |start| shared_ms(day, Slot { start, end: job.actual_end.unwrap_or(now) }));
    }
    let minutes = |ms: i64| u32::try_from(ms / MINUTE_MS).unwrap_or(0);
    let load = |(worker, hours): &(WorkerId, Option<Slot>)| {
        let (planned, worked) = by_worker.get(worker).copied().unwrap_or_default();
        Load {
            worker: *worker,
            available_min: minutes(hours.map_or(0, |hours| shared_ms(day, hours))),
            planned_min: minutes(planned),
            worked_min: minutes(worked),
        }
    };
    workers.iter().map(load).collect()
}

/// How long two spans overlap.
fn shared_ms(one: Slot, other: Slot) -> i64 {
    one.end.min(other.end).since(one.start.max(other.start)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::command::WorkerRef;
    use serde_json::json;
    use uuid::Uuid;

    const DAY: Slot = Slot { start: At(0), end: At(24 * HOUR_MS) };
    const AINO: WorkerId = WorkerId(Uuid::from_u128(1));

    /// A job as stored, of this status, planned from and to these hours.
    fn job(status: Status, plan: Option<(i64, i64)>) -> Job {
        let slot = plan.map(|(start, end)| Slot { start: At(start * HOUR_MS), end: At(end * HOUR_MS) });
        let id = Uuid::nil();
        let stored = json!({
            "id": id, "staff_version": 1, "portal_version": 1,
            "template": { "id": id, "name": "Repair", "colour": "#2563eb" }, "customer": { "id": id, "name": "Bakery" },
            "status": Status::Unassigned, "paused": false, "en_route": false, "marked_at": null, "auto_assigned": false, "worker": null,
            "requested_start": null, "scheduled": null, "actual_start": null, "actual_end": null, "duration_min": 60,
            "parts": { "requested_start": "optional", "asset": "hidden", "contact": "hidden", "notes": "hidden", "copies": 1 },
            "steps": [], "fields": [], "source": "portal", "is_new": false, "changed_by_customer": false, "declined": [], "gone_from": [],
            "asset": null, "contact": null, "notes": "", "internal_notes": "", "last_at": 0, "created_at": 0,
        });
        let worker = slot.map(|_| WorkerRef { id: AINO, name: "Aino".into() });
        Job { status, scheduled: slot, worker, ..serde_json::from_value(stored).unwrap() }
    }

    fn done(start: i64, end: i64) -> Job {
        let (actual_start, actual_end) = (Some(At(start * HOUR_MS)), Some(At(end * HOUR_MS)));
        Job { actual_start, actual_end, ..job(Status::Completed, Some((start, end))) }
    }

    #[test]
    fn a_day_counts_what_belongs_to_it() {
        let jobs = [
            job(Status::Allocated, Some((8, 9))),
            job(Status::Assigned, Some((9, 11))),
            job(Status::Assigned, Some((16, 17))),
            Job { actual_start: Some(At(10 * HOUR_MS)), ..job(Status::Started, Some((10, 11))) },
            done(6, 8),
            done(20, 26),
            job(Status::Cancelled, Some((8, 9))),
            job(Status::Unassigned, None),
            job(Status::Assigned, Some((30, 31))),
        ];
        let now = At(12 * HOUR_MS);
        let seen = of_day(DAY, &jobs, &[(AINO, Some(Slot { start: At(8 * HOUR_MS), end: At(16 * HOUR_MS) }))], now);
        let count = |status| seen.statuses.iter().find(|(known, _)| *known == status).unwrap().1;
        assert_eq!((count(Status::Assigned), count(Status::Completed), count(Status::Unassigned)), (2, 2, 0), "no date, no day");
        assert_eq!((seen.late, seen.unpublished), (3, 1), "8, 9 and the one that should have ended");
        assert_eq!((seen.completed, seen.first_time), (2, 1), "one went on after midnight");
        // 1 + 2 + 1 + 1 + 2 + 4 hours of the plan; 2 until now, 2, and 4 before midnight.
        assert_eq!(seen.workers, [Load { worker: AINO, available_min: 480, planned_min: 660, worked_min: 480 }]);
        assert_eq!(seen.hours.len(), 24);
        assert_eq!((seen.hours[8].planned, seen.hours[8].completed, seen.hours[20].planned), (1, 1, 1));
    }

    #[test]
    fn a_day_has_as_many_hours_as_its_clocks() {
        let short = Slot { start: At(0), end: At(23 * HOUR_MS) };
        assert_eq!(of_day(short, &[], &[], At(0)).hours.len(), 23);
    }
}
