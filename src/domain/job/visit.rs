//! A worker at a job's addresses: where to look for them, and what their coming and going changes.

use super::{Job, Source, Status};
use crate::domain::At;
use crate::domain::arrival::Crossing;
use crate::domain::caller::{By, ByKind};
use crate::domain::event::{Before, Change, Event, Kind};
use crate::domain::geo::Point;
use crate::domain::ids::WorkerId;
use crate::domain::step::Done;
use crate::domain::template::{Filler, unfilled};

/// Two addresses closer than this are one place.
const SAME_PLACE_M: f64 = 150.0;

/// A step at whose address the worker is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FencedStep {
    /// Its index.
    pub step: usize,
    /// Where.
    pub point: Point,
    /// Whether the worker is there, as far as was told.
    pub inside: bool,
}

/// A worker seen crossing the border around a step's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Who.
    pub worker: WorkerId,
    /// The step's index.
    pub step: usize,
    /// Which way.
    pub crossing: Crossing,
}

impl Job {
    /// Where its worker is looked for: at the address that is next (else the last one), and at those they have not left yet.
    pub fn fences(&self) -> Vec<FencedStep> {
        if !matches!(self.status, Status::Assigned | Status::Started) {
            return Vec::new();
        }
        let point = |step: usize| {
            let (latitude, longitude) = self.steps[step].address.as_ref()?.point()?;
            Point::parse(latitude, longitude).ok()
        };
        let is_open = |step: usize| self.steps[step].visit.is_some_and(|visit| visit.left_at.is_none());
        let mut fences: Vec<FencedStep> = (0..self.steps.len())
            .filter(|&step| is_open(step))
            .filter_map(|step| Some(FencedStep { step, point: point(step)?, inside: true }))
            .collect();
        let next = self.next_step().unwrap_or(self.steps.len());
        let ahead = (next..self.steps.len()).find_map(|step| Some((step, point(step)?)));
        let target = ahead.or_else(|| (0..next).rev().find_map(|step| Some((step, point(step)?))));
        // Who is at one of two steps at the same place has not arrived at the other one by that.
        if let Some((step, point)) = target.filter(|(_, point)| fences.iter().all(|fence| fence.point.distance_m(*point) > SAME_PLACE_M)) {
            fences.push(FencedStep { step, point, inside: false });
        }
        fences
    }

    /// The event of a worker's arrival or departure; nothing if it is so already, or is no longer theirs.
    pub fn sighted(&self, sighting: &Sighting, now: At) -> Option<Event> {
        let fence = self.fences().into_iter().find(|fence| fence.step == sighting.step)?;
        if self.phone() != Some(sighting.worker) {
            return None;
        }
        let (kind, change, at) = match sighting.crossing {
            Crossing::Arrived { at } if !fence.inside => (Kind::JobArrived, Change::Arrived { step: fence.step, at: at.min(now) }, at),
            Crossing::Left { at } if fence.inside => (Kind::JobLeft, Change::Left { step: fence.step, at: at.min(now) }, at),
            _ => return None,
        };
        Some(self.by_the_hub(kind, change, at, now))
    }

    /// The event that the worker who is on the way is nearly there; nothing if that was told, or they are not on this way any more.
    pub fn neared(&self, worker: WorkerId, at: At, now: At) -> Option<Event> {
        let is_on_the_way = self.status == Status::Assigned && self.en_route && self.phone() == Some(worker);
        (is_on_the_way && !self.nearby).then(|| self.by_the_hub(Kind::JobNearby, Change::Nearby, at.min(now), now))
    }

    /// The completion that an arrival brings, if the template says so, the step is next, and nothing has to be filled in.
    pub fn completed_by_arrival(&self, step: usize, now: At) -> Option<Event> {
        let def = self.steps.get(step).filter(|def| def.completes_on_arrival && def.done.is_none())?;
        let arrived_at = def.visit?.arrived_at;
        let may = matches!(self.status, Status::Assigned | Status::Started) && !self.paused && self.next_step() == Some(step);
        let is_last = step + 1 == self.steps.len();
        let is_filled = unfilled(&def.fields, Filler::Worker, "").is_empty() && (!is_last || unfilled(&self.fields, Filler::Worker, "").is_empty());
        if !may || !is_filled {
            return None;
        }
        let at = arrived_at.clamp(self.last_at, now.max(self.last_at));
        let change = Change::StepDone { step, fields: def.fields.clone(), done: Done { at, received_at: now } };
        Some(self.by_the_hub(self.kind_when_done(step), change, at, now))
    }

    /// The hub's decline of a job that nobody has answered for so many minutes; nothing if that is not so.
    pub fn unanswered(&self, minutes: u16, now: At) -> Option<Event> {
        let worker = self.worker.clone().filter(|_| self.status == Status::Pending)?;
        let since = self.pending_since.unwrap_or(self.last_at);
        if now.since(since) < i64::from(minutes) * 60_000 {
            return None;
        }
        let reason = format!("No answer within {minutes} min");
        Some(self.by_the_hub(Kind::JobDeclined, Change::Declined { worker, reason }, now, now))
    }

    fn by_the_hub(&self, kind: Kind, change: Change, at: At, now: At) -> Event {
        let event = Event {
            kind,
            at: at.clamp(self.last_at, now.max(self.last_at)),
            received_at: now,
            by: By { kind: ByKind::Hub, id: None, name: String::new() },
            source: Source::Hub,
            change,
            before: Before { customer: self.customer.id, phone: self.phone(), status: Some(self.status) },
            files: Vec::new(),
            portal_visible: true,
            on_invoice_only: false,
            differences: Vec::new(),
        };
        self.weighed(event)
    }
}
