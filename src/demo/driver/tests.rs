//! A driver against a hub of one job, without wires.

use super::*;
use crate::domain::caller::ByKind;
use crate::domain::event::Kind;
use crate::domain::ids::{CustomerId, TemplateId};
use crate::domain::job::Source;
use crate::protocol::Topic;
use uuid::Uuid;

const START: At = At(1_800_000_000_000);

/// A hub of one job: does what it is asked, and tells it.
struct OneJob {
    job: Job,
    asked: Vec<Do>,
}

impl OneJob {
    fn new(status: Status, steps: Vec<views::Step<Millis>>) -> Self {
        let job = Job {
            id: JobId(Uuid::from_u128(1)),
            number: "J-1".into(),
            version: 1,
            status: Some(status),
            paused: false,
            en_route: false,
            nearby: false,
            template: views::TemplateRef { id: TemplateId(Uuid::nil()), name: String::new(), colour: String::new() },
            customer: views::CustomerRef { id: CustomerId(Uuid::nil()), name: String::new() },
            worker: None,
            requested_start: None,
            scheduled_start: Some(START.into()),
            scheduled_end: None,
            actual_start: None,
            actual_end: None,
            duration_min: 30,
            date: None,
            steps,
            fields: vec![],
            last_completed_step: None,
            source: Source::Dispatcher,
            is_new: false,
            changed_by_customer: false,
            declined: vec![],
            asset: None,
            contact: None,
            notes: None,
            files: Vec::new(),
            internal_notes: None,
            invoice: None,
            can: views::Can::default(),
        };
        Self { job, asked: vec![] }
    }

    fn snapshot(&self) -> ServerMessage {
        let jobs = vec![self.job.clone()];
        ServerMessage::Snapshot(Snapshot {
            reference: 1,
            topic: Topic::Worker,
            seq: 1,
            jobs,
            workers: None,
            holidays: None,
            more: false,
            caller: None,
        })
    }

    fn does(&mut self, body: &CommandBody<Millis>) -> ServerMessage {
        self.asked.push(body.verb);
        match body.verb {
            Do::Accept => self.job.status = Some(Status::Assigned),
            Do::EnRoute => self.job.en_route = true,
            Do::Resume => self.job.paused = false,
            Do::CompleteStep => {
                let step = &mut self.job.steps[body.step.unwrap()];
                assert!(step.done_at.is_none(), "done twice");
                for field in &step.fields {
                    let filled = body.fields.as_ref().is_some_and(|fields| fields.contains_key(&field.key));
                    assert!(filled || field.access != Rule::Required, "{} is required", field.key);
                }
                step.done_at = body.at;
                let left = self.job.steps.iter().any(|step| step.done_at.is_none());
                self.job.status = Some(if left { Status::Started } else { Status::Completed });
            }
            other => panic!("asked for {other:?}"),
        }
        self.job.version += 1;
        ServerMessage::Event(Box::new(EventMessage {
            topic: Topic::Worker,
            seq: self.job.version,
            at: START.into(),
            kind: Kind::JobEdited,
            job: Some(Arc::new(self.job.clone())),
            job_id: self.job.id,
            by: views::By { kind: ByKind::Worker, name: String::new() },
            reason: None,
            detail: None,
        }))
    }
}

fn step(index: usize, at: Option<(f64, f64)>, fields: Vec<views::Field>) -> views::Step<Millis> {
    let address = at.map(|(latitude, longitude)| views::Address { text: "there".into(), latitude: Some(latitude), longitude: Some(longitude) });
    let has_address = at.is_some();
    views::Step {
        index,
        name: String::new(),
        access: Rule::Optional,
        has_address,
        address,
        done_at: None,
        done_received_at: None,
        arrived_at: None,
        left_at: None,
        fields,
    }
}

fn steps() -> Vec<views::Step<Millis>> {
    use crate::domain::field::FieldKind;
    let field =
        views::Field { key: "keys".into(), label: String::new(), kind: FieldKind::Text, options: vec![], value: None, access: Rule::Required };
    vec![step(0, Some((60.170, 24.941)), vec![]), step(1, None, vec![field]), step(2, Some((60.166, 24.950)), vec![])]
}

/// Lets two hours pass, or less if the job is completed.
fn live(driver: &mut Driver, hub: &mut OneJob) -> Vec<RawFix> {
    let mut fixes = vec![];
    driver.told(hub.snapshot(), true);
    for tick in 0..3_600 {
        let now = START.plus_ms(tick * i64::from(TICK_MS));
        for wish in driver.tick(now) {
            match wish {
                Wish::Fix(fix) => fixes.push(fix),
                Wish::Command(_, body) => {
                    let event = hub.does(&body);
                    driver.told(event, false);
                }
                Wish::Work => {}
            }
        }
        if hub.job.status == Some(Status::Completed) {
            break;
        }
    }
    fixes
}

fn driver(seed: u64) -> Driver {
    Driver::new(Arc::new(Roads::read()), seed)
}

#[test]
fn a_driver_accepts_drives_there_and_does_every_step_once() {
    for seed in 0..10 {
        let mut hub = OneJob::new(Status::Pending, steps());
        // The one in so many that are declined is not this test's.
        let mut driver = driver(seed);
        driver.answers.insert(hub.job.id, (START, Do::Accept));
        let fixes = live(&mut driver, &mut hub);
        assert_eq!(hub.asked, [Do::Accept, Do::EnRoute, Do::CompleteStep, Do::CompleteStep, Do::CompleteStep], "seed {seed}");
        let last = fixes.last().unwrap();
        let there = Point::parse(60.166, 24.950).unwrap();
        assert!(Point::parse(last.1, last.2).unwrap().distance_m(there) < 120.0, "the last step is done where it is to be done");
    }
}

#[test]
fn a_fix_is_plausible_and_the_next_is_never_far() {
    let mut hub = OneJob::new(Status::Assigned, steps());
    let fixes = live(&mut driver(3), &mut hub);
    assert!(fixes.len() > 20);
    let moved = |pair: &[RawFix]| Point::parse(pair[0].1, pair[0].2).unwrap().distance_m(Point::parse(pair[1].1, pair[1].2).unwrap());
    assert!(fixes.windows(2).all(|pair| moved(pair) < 60.0 && pair[0].0 < pair[1].0));
    assert!(fixes.iter().all(|fix| fix.3.is_some_and(|accuracy| accuracy < 20.0) && fix.6.is_some_and(|battery| (0.0..=1.0).contains(&battery))));
    // A vehicle that stands has a speed of zero and no heading.
    assert!(fixes.iter().all(|fix| (fix.4 == Some(0.0)) == fix.5.is_none()));
}

#[test]
fn a_driver_who_finds_a_job_started_is_there_and_resumes_it_if_it_is_paused() {
    let mut hub = OneJob::new(Status::Started, steps());
    hub.job.steps[0].done_at = Some(START.into());
    hub.job.paused = true;
    let fixes = live(&mut driver(5), &mut hub);
    assert_eq!(hub.asked, [Do::Resume, Do::CompleteStep, Do::CompleteStep]);
    let there = Point::parse(60.170, 24.941).unwrap();
    assert!(Point::parse(fixes[0].1, fixes[0].2).unwrap().distance_m(there) < 120.0);
}

#[test]
fn a_refused_job_is_left_alone_for_a_while() {
    let mut driver = driver(1);
    let hub = OneJob::new(Status::Assigned, steps());
    driver.told(hub.snapshot(), true);
    let commands = |driver: &mut Driver, now| driver.tick(now).into_iter().filter(|wish| matches!(wish, Wish::Command(..))).count();
    assert_eq!(commands(&mut driver, START), 1);
    driver.refused(START);
    assert_eq!((1..59).map(|tick| commands(&mut driver, START.plus_ms(tick * 2_000))).sum::<usize>(), 0);
    assert_eq!((60..70).map(|tick| commands(&mut driver, START.plus_ms(tick * 2_000))).sum::<usize>(), 1);
}

#[test]
fn a_driver_without_work_says_so_once_a_minute() {
    let mut driver = driver(2);
    let mut hub = OneJob::new(Status::Assigned, steps());
    hub.job.scheduled_start = Some(START.plus_min(120).into());
    driver.told(hub.snapshot(), true);
    let wishes = (0..91).flat_map(|tick| driver.tick(START.plus_ms(tick * 2_000)));
    assert_eq!(wishes.filter(|wish| *wish == Wish::Work).count(), 2);
}
