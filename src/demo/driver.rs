//! How a driven worker thinks: from what the hub tells and the time that passes to fixes and commands. No IO.

use super::answers;
use super::roads::{Roads, Vehicle};
use crate::domain::At;
use crate::domain::field::Rule;
use crate::domain::geo::Point;
use crate::domain::ids::JobId;
use crate::domain::job::Status;
use crate::protocol::client::{CommandBody, Do, RawFix};
use crate::protocol::server::{EventMessage, Snapshot};
use crate::protocol::{Millis, ServerMessage, views};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Map;
use std::collections::HashMap;
use std::sync::Arc;

type Job = views::Job<Millis>;

/// A driver looks up this often.
pub(super) const TICK_MS: u16 = 2_000;
/// An answer that did not come within this time will not come.
const ANSWER_MS: i64 = 20_000;
/// A job that was refused is left alone for this long.
const SHUNNED_MS: i64 = 120_000;
/// Drivers set out this long before the planned start.
const EARLY_MS: i64 = 12 * 60_000;
/// Without a job for this long, a driver says so, and again after as long.
const IDLE_MS: i64 = 60_000;
/// One in so many jobs is declined.
const DECLINES: u32 = 14;
const REASONS: [&str; 3] = ["Too far away", "No time", "Missing parts or tools"];
/// Seconds that a step takes: a tenth of what it would take, so that there is something to see.
const STEP_S: std::ops::Range<i64> = 50..140;
/// A job that begins later than this leaves room for another one before it.
const ROOM_MS: i64 = 25 * 60_000;

/// What a driver wants done.
#[derive(Debug, PartialEq)]
pub(super) enum Wish {
    /// Tell where I am.
    Fix(RawFix),
    /// Ask this of my job.
    Command(JobId, CommandBody<Millis>),
    /// I have nothing to do.
    Work,
}

/// What a driver is at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Doing {
    Resting {
        until: At,
    },
    /// Driving about, without a job.
    Wandering,
    Driving {
        job: JobId,
    },
    /// At a job; the next step is done then.
    Working {
        job: JobId,
        until: At,
    },
}

/// A worker who is driven.
pub(super) struct Driver {
    roads: Arc<Roads>,
    /// None until the hub told of the jobs: a started one says where the driver is.
    vehicle: Option<Vehicle>,
    jobs: HashMap<JobId, Job>,
    doing: Doing,
    /// When each pending job is answered, and how.
    answers: HashMap<JobId, (At, Do)>,
    asked: Option<(JobId, At)>,
    shunned: HashMap<JobId, At>,
    halts_until: At,
    pace: f64,
    battery: f32,
    idle_since: Option<At>,
    turn: usize,
    rng: StdRng,
}

impl Driver {
    /// A driver who knows nothing yet.
    pub(super) fn new(roads: Arc<Roads>, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            roads,
            vehicle: None,
            jobs: HashMap::new(),
            doing: Doing::Resting { until: At(0) },
            answers: HashMap::new(),
            asked: None,
            shunned: HashMap::new(),
            halts_until: At(0),
            pace: 0.8,
            battery: rng.random_range(0.5..1.0),
            idle_since: None,
            turn: usize::try_from(seed).unwrap_or(0),
            rng,
        }
    }

    /// Takes in what the hub told. Of a snapshot, only the first part replaces what was known.
    pub(super) fn told(&mut self, message: ServerMessage, is_first_part: bool) {
        match message {
            ServerMessage::Snapshot(snapshot) => self.snapshot(snapshot, is_first_part),
            ServerMessage::Event(event) => self.event(*event),
            ServerMessage::Ok(ok) => {
                if let Some(job) = ok.job {
                    self.answered(job.id);
                    self.learn(*job);
                }
            }
            _ => {}
        }
    }

    /// A command was refused: the job is left alone for a while.
    pub(super) fn refused(&mut self, now: At) {
        if let Some((job, _)) = self.asked.take() {
            self.answers.remove(&job);
            self.shunned.insert(job, now.plus_ms(SHUNNED_MS));
            self.doing = Doing::Resting { until: now };
        }
    }

    fn snapshot(&mut self, snapshot: Snapshot, is_first_part: bool) {
        if is_first_part {
            self.jobs.clear();
            self.asked = None;
        }
        for job in snapshot.jobs {
            self.learn(job);
        }
        if !snapshot.more && self.vehicle.is_none() {
            let at_work = self.jobs.values().filter(|job| job.status == Some(Status::Started)).find_map(place);
            let node = match at_work {
                Some(point) => self.roads.nearest(point),
                None => self.rng.random_range(0..self.roads.len()),
            };
            self.vehicle = Some(Vehicle::parked(node));
        }
    }

    fn event(&mut self, event: EventMessage) {
        self.answered(event.job_id);
        if let Some(job) = event.job {
            self.learn(Arc::unwrap_or_clone(job));
        } else {
            self.jobs.remove(&event.job_id);
            self.answers.remove(&event.job_id);
        }
    }

    fn learn(&mut self, job: Job) {
        let held = self.jobs.get(&job.id).map_or(0, |held| held.version);
        if job.status == Some(Status::Completed) {
            self.jobs.remove(&job.id);
        } else if job.version >= held {
            self.jobs.insert(job.id, job);
        }
    }

    fn answered(&mut self, job: JobId) {
        if self.asked.is_some_and(|(asked, _)| asked == job) {
            self.asked = None;
        }
    }

    /// Lets `TICK_MS` pass, and says what the driver wants done now.
    pub(super) fn tick(&mut self, now: At) -> Vec<Wish> {
        if self.vehicle.is_none() {
            return Vec::new();
        }
        if self.asked.is_some_and(|(_, since)| now.since(since) > ANSWER_MS) {
            self.asked = None;
        }
        self.shunned.retain(|_, until| *until > now);
        let mut wishes = Vec::new();
        if self.asked.is_none()
            && let Some((job, body)) = self.answer_pending(now).or_else(|| self.go_on(now))
        {
            self.asked = Some((job, now));
            self.turn += 1;
            wishes.push(Wish::Command(job, body));
        }
        self.drive(now);
        wishes.push(Wish::Fix(self.fix(now)));
        if self.is_idle_for_long(now) {
            wishes.push(Wish::Work);
        }
        wishes
    }

    /// Accepts or declines a pending job, some seconds after it came.
    fn answer_pending(&mut self, now: At) -> Option<(JobId, CommandBody<Millis>)> {
        let pending = self.jobs.values().filter(|job| job.status == Some(Status::Pending) && !self.shunned.contains_key(&job.id));
        let pending: Vec<JobId> = pending.map(|job| job.id).collect();
        for job in &pending {
            let when = now.plus_ms(self.rng.random_range(4_000..35_000));
            let verb = if self.rng.random_ratio(1, DECLINES) { Do::Decline } else { Do::Accept };
            self.answers.entry(*job).or_insert((when, verb));
        }
        let due = pending.into_iter().find(|job| self.answers.get(job).is_some_and(|(when, _)| *when <= now))?;
        let (_, verb) = self.answers.remove(&due)?;
        let reason = (verb == Do::Decline).then(|| REASONS[self.turn % REASONS.len()].to_owned());
        Some((due, CommandBody { reason, ..command(verb, now) }))
    }

    /// Turns to the next thing to do, and says the command that it begins or ends with.
    fn go_on(&mut self, now: At) -> Option<(JobId, CommandBody<Millis>)> {
        match self.doing {
            Doing::Resting { until } => {
                let goal = self.goal(now);
                if goal.is_none() && until <= now {
                    let to = self.rng.random_range(0..self.roads.len());
                    self.set_out(to);
                    self.doing = Doing::Wandering;
                }
                self.begin(goal?, now)
            }
            Doing::Wandering => {
                if self.is_there() {
                    self.rest(now, 20..70);
                }
                let goal = self.goal(now)?;
                self.begin(goal, now)
            }
            Doing::Driving { job } => {
                if !self.is_at(job, &[Status::Assigned, Status::Started]) {
                    self.rest(now, 1..5);
                } else if self.is_there() {
                    self.work(job, now, 2..6);
                }
                None
            }
            Doing::Working { job, until } => {
                if !self.is_at(job, &[Status::Assigned, Status::Started]) {
                    self.rest(now, 10..40);
                } else if until <= now {
                    return self.next_step(job, now);
                }
                None
            }
        }
    }

    /// The job to turn to: the one at hand, or the next one whose time has come.
    fn goal(&self, now: At) -> Option<JobId> {
        let free = self.jobs.values().filter(|job| !self.shunned.contains_key(&job.id));
        let rank = |job: &&Job| match job.status {
            Some(Status::Started) => Some((0, job.actual_start)),
            Some(Status::Assigned) if job.en_route => Some((1, job.scheduled_start)),
            Some(Status::Assigned) if job.scheduled_start.is_none_or(|start| At::from(start).since(now) < EARLY_MS) => Some((2, job.scheduled_start)),
            _ => None,
        };
        free.filter_map(|job| Some((rank(&job)?, job.id))).min().map(|(_, id)| id)
    }

    fn begin(&mut self, id: JobId, now: At) -> Option<(JobId, CommandBody<Millis>)> {
        let job = self.jobs.get(&id)?;
        let (is_started, is_en_route, point) = (job.status == Some(Status::Started), job.en_route, next_place(job));
        match point {
            Some(point) => {
                self.set_out(self.roads.nearest(point));
                self.doing = Doing::Driving { job: id };
            }
            None => self.work(id, now, STEP_S),
        }
        (!is_started && !is_en_route).then(|| (id, command(Do::EnRoute, now)))
    }

    /// Ticks off the step at hand and looks where the one after it is done.
    fn next_step(&mut self, id: JobId, now: At) -> Option<(JobId, CommandBody<Millis>)> {
        let job = self.jobs.get(&id)?;
        if job.paused {
            self.work(id, now, STEP_S);
            return Some((id, command(Do::Resume, now)));
        }
        let index = job.steps.iter().position(|step| step.done_at.is_none())?;
        let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
        let wanted = job.steps[index].fields.iter().filter(|field| field.access == Rule::Required && field.value.is_none());
        let fields: Map<_, _> =
            wanted.filter_map(|field| Some((field.key.clone(), answers::to(&field.key, field.kind, &field.options, self.turn, today)?))).collect();
        let step = job.steps[index].index;
        let after = job.steps.get(index + 1).and_then(|step| step.address.as_ref()).and_then(point_of);
        match after {
            Some(point) => {
                self.set_out(self.roads.nearest(point));
                self.doing = Doing::Driving { job: id };
            }
            None => self.work(id, now, STEP_S),
        }
        Some((id, CommandBody { step: Some(step), fields: Some(fields), ..command(Do::CompleteStep, now) }))
    }

    fn is_at(&self, job: JobId, statuses: &[Status]) -> bool {
        let job = self.jobs.get(&job).filter(|job| !self.shunned.contains_key(&job.id));
        job.and_then(|job| job.status).is_some_and(|status| statuses.contains(&status))
    }

    fn is_there(&self) -> bool {
        self.vehicle.as_ref().is_some_and(Vehicle::is_there)
    }

    fn set_out(&mut self, to: usize) {
        if let Some(vehicle) = &mut self.vehicle {
            vehicle.set_out(&self.roads, to);
        }
    }

    fn rest(&mut self, now: At, seconds: std::ops::Range<i64>) {
        self.doing = Doing::Resting { until: now.plus_ms(self.rng.random_range(seconds) * 1000) };
    }

    fn work(&mut self, job: JobId, now: At, seconds: std::ops::Range<i64>) {
        self.doing = Doing::Working { job, until: now.plus_ms(self.rng.random_range(seconds) * 1000) };
    }

    /// Drives on, at a pace that varies, with a halt now and then as if for a light.
    fn drive(&mut self, now: At) {
        self.battery = if self.battery < 0.15 { 0.95 } else { self.battery - 0.000_1 };
        let Some(vehicle) = &mut self.vehicle else { return };
        if vehicle.is_there() {
            return;
        }
        if now < self.halts_until {
            vehicle.drive(&self.roads, 0.0, 0.0);
            return;
        }
        if self.rng.random_ratio(1, 30) {
            self.halts_until = now.plus_ms(self.rng.random_range(4_000..10_000));
        }
        self.pace = (self.pace + self.rng.random_range(-0.12..0.12)).clamp(0.6, 1.0);
        vehicle.drive(&self.roads, f64::from(TICK_MS) / 1000.0, self.pace);
    }

    /// Where the vehicle is, as a phone would measure it.
    #[expect(clippy::cast_possible_truncation, reason = "a measured speed or heading has no more digits")]
    fn fix(&mut self, now: At) -> RawFix {
        let vehicle = self.vehicle.as_ref().expect("tick looks first");
        let motion = vehicle.motion(&self.roads);
        let moves = motion.speed_mps > 0.1;
        let accuracy_m: f32 = self.rng.random_range(4.0..14.0);
        let off_m = f64::from(accuracy_m) / 5.0;
        let latitude = motion.point.latitude() + self.rng.random_range(-off_m..off_m) / 111_000.0;
        let longitude = motion.point.longitude() + self.rng.random_range(-off_m..off_m) / 55_000.0;
        let heading = moves.then_some(motion.heading_deg as f32);
        let battery = (self.battery * 100.0).round() / 100.0;
        RawFix(now.millis(), latitude, longitude, Some(accuracy_m.round()), Some(motion.speed_mps as f32), heading, Some(battery))
    }

    fn is_idle_for_long(&mut self, now: At) -> bool {
        let has_work =
            self.jobs.values().any(|job| matches!(job.status, Some(Status::Pending | Status::Assigned | Status::Started)) && is_soon(job, now));
        if has_work {
            self.idle_since = None;
            return false;
        }
        let since = *self.idle_since.get_or_insert(now);
        let is_long = now.since(since) > IDLE_MS;
        if is_long {
            self.idle_since = Some(now);
        }
        is_long
    }
}

fn is_soon(job: &Job, now: At) -> bool {
    job.scheduled_start.is_none_or(|start| At::from(start).since(now) < ROOM_MS)
}

fn command(verb: Do, now: At) -> CommandBody<Millis> {
    CommandBody { at: Some(now.into()), ..CommandBody::bare(verb) }
}

/// Where the first step that is not done is to be done, if it has a place of its own.
fn next_place(job: &Job) -> Option<Point> {
    let step = job.steps.iter().find(|step| step.done_at.is_none())?;
    step.address.as_ref().and_then(point_of)
}

/// Where the last step that has a place was done or is to be done.
fn place(job: &Job) -> Option<Point> {
    let done = job.steps.iter().rev().filter(|step| step.done_at.is_some());
    done.chain(&job.steps).find_map(|step| step.address.as_ref().and_then(point_of))
}

fn point_of(address: &views::Address) -> Option<Point> {
    Point::parse(address.latitude?, address.longitude?).ok()
}

#[cfg(test)]
mod tests;
