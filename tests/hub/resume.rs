//! Whoever was cut off gets exactly what they missed.

use crate::harness::{Cable, Job, Person, Resumed, TestHub, dice};
use crate::journeys::repair_for_the_bakery;
use dispatch_hub::client::Client;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::ids::JobId;
use dispatch_hub::protocol::server::EventMessage;
use dispatch_hub::protocol::{Encoding, ServerMessage, Topic};
use futures_util::future::join_all;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::watch;

const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);

fn numbers(events: &[EventMessage]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}

async fn missed(person: &Person, topic: Topic, after: i64) -> (Vec<EventMessage>, i64) {
    match person.live().await.resumes(topic, Some(after)).await {
        Resumed::Events(events, reached) => (events, reached),
        Resumed::Afresh(_) => panic!("a short gap is answered with events"),
    }
}

#[tokio::test]
async fn a_short_gap_is_answered_with_the_missing_events() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let began = dispatcher.live().await.joins(Topic::Schedule).await.seq;
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let foreign = dispatcher.orders(hub.company().repair, json!({ "customer": hub.company().mill.id })).await;
    dispatcher.does(job, json!({ "do": "mark_seen" })).await;
    dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "notes": "Wear boots" })).await.unwrap();

    let (events, reached) = missed(&dispatcher, Topic::Schedule, began).await;
    assert_eq!(numbers(&events), [began + 1, began + 2, began + 3, began + 4]);
    assert_eq!(reached, began + 4);
    assert_eq!(events[1].job_id, foreign.0);
    let kinds: Vec<Kind> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::JobCreated, Kind::JobCreated, Kind::JobSeen, Kind::JobEdited]);

    let (events, reached) = missed(&customer, Topic::Portal, began).await;
    assert_eq!(numbers(&events), [began + 1, began + 4], "neither another's job nor what cannot be seen");
    assert_eq!(reached, began + 4, "the number reached counts what was not for them");
    let (events, reached) = missed(&customer, Topic::Portal, reached).await;
    assert_eq!((events.len(), reached), (0, began + 4));
    let (events, _) = missed(&customer, job.topic(), began + 1).await;
    assert_eq!(numbers(&events), [began + 4]);
}

#[tokio::test]
async fn after_catching_up_the_topic_goes_on() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let began = dispatcher.live().await.joins(Topic::Schedule).await.seq;
    let missed = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let mut live = dispatcher.live().await;
    let Resumed::Events(events, reached) = live.resumes(Topic::Schedule, Some(began)).await else { panic!("a short gap") };
    assert_eq!((events[0].job_id, reached), (missed.0, began + 1));
    let next = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    assert_eq!(live.hears(Kind::JobCreated, next).await.seq, began + 2);
    // Joining again replaces: nothing is told twice.
    live.joins(Topic::Schedule).await;
    let last = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    live.hears(Kind::JobCreated, last).await;
    let another = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    live.hears(Kind::JobCreated, another).await;
}

#[tokio::test]
async fn a_gap_that_is_too_old_or_lies_ahead_is_answered_with_a_snapshot() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let now = dispatcher.live().await.joins(Topic::Schedule).await.seq;
    for after in [now + 1, now + 1_000_000, i64::MAX, -1] {
        let Resumed::Afresh(snapshot) = dispatcher.live().await.resumes(Topic::Schedule, Some(after)).await else { panic!("events after {after}") };
        assert_eq!((snapshot.seq, snapshot.jobs.len()), (now, 1));
    }
    assert!(matches!(dispatcher.live().await.resumes(Topic::Schedule, Some(now - 1)).await, Resumed::Events(events, _) if events.len() == 1));
    let yesterday = "update event set data = jsonb_set(data, '{received_at}', to_jsonb((data ->> 'received_at')::bigint - 86400001))";
    hub.tamper(yesterday).await;
    let Resumed::Afresh(snapshot) = dispatcher.live().await.resumes(Topic::Schedule, Some(now - 1)).await else {
        panic!("events of more than a day ago")
    };
    assert_eq!(Job(snapshot.jobs[0].id), job);
}

#[tokio::test]
async fn a_gap_that_is_too_long_is_answered_with_a_snapshot_in_parts() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let began = dispatcher.live().await.joins(Topic::Schedule).await.seq;
    let many = json!({ "template": hub.company().errand, "customer": hub.company().mill.id, "copies": 100 });
    for _ in 0..25 {
        join_all((0..4).map(|_| dispatcher.client.post("/api/jobs", &many))).await.into_iter().for_each(|made| drop(made.unwrap()));
    }
    let Resumed::Events(events, reached) = dispatcher.live().await.resumes(Topic::Schedule, Some(began)).await else {
        panic!("10,000 are not too many")
    };
    assert_eq!((events.len(), reached), (10_000, began + 10_000));
    assert!(numbers(&events).is_sorted());
    dispatcher.orders(hub.company().errand, json!({ "customer": hub.company().mill.id })).await;
    let mut live = dispatcher.live().await;
    let Resumed::Afresh(snapshot) = live.resumes(Topic::Schedule, Some(began)).await else { panic!("10,001 are too many") };
    assert_eq!((snapshot.seq, snapshot.jobs.len()), (began + 10_001, 10_001));
    assert!(snapshot.workers.is_some());
    let parts = live.raw().iter().filter(|frame| matches!(frame.message(), Ok(ServerMessage::Snapshot(part)) if part.jobs.len() <= 500)).count();
    assert_eq!(parts, 21, "500 jobs at most in each");
    assert!(live.raw().iter().all(|frame| frame.raw().len() < 1 << 20), "frames of the hub stay under 1 MiB");
}

#[tokio::test]
async fn long_jobs_make_shorter_parts() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let long = json!({ "template": hub.company().errand, "customer": hub.company().mill.id, "copies": 100, "notes": "ä".repeat(5_000) });
    for _ in 0..3 {
        drop(dispatcher.client.post("/api/jobs", &long).await.unwrap());
    }
    let mut live = dispatcher.live().await;
    let snapshot = live.joins(Topic::Schedule).await;
    assert_eq!(snapshot.jobs.len(), 300);
    let ids: BTreeSet<JobId> = snapshot.jobs.iter().map(|job| job.id).collect();
    assert_eq!(ids.len(), 300, "each came once");
    let parts = live.raw().iter().filter(|frame| matches!(frame.message(), Ok(ServerMessage::Snapshot(_)))).count();
    assert!(parts > 3, "three megabytes in {parts} parts");
    assert!(live.raw().iter().all(|frame| frame.raw().len() < 1 << 20), "frames of the hub stay under 1 MiB");
}

#[tokio::test]
async fn a_restart_keeps_the_epoch_and_a_restore_changes_it() {
    let mut hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let before = dispatcher.live().await.welcome.epoch;
    let began = dispatcher.live().await.joins(Topic::Schedule).await.seq;
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    hub.restart().await;
    assert_eq!(dispatcher.live().await.welcome.epoch, before);
    let (events, _) = missed(&dispatcher, Topic::Schedule, began).await;
    assert_eq!(events[0].job_id, job.0);
    hub.tamper("update hub set epoch = gen_random_uuid()").await;
    hub.restart().await;
    assert_ne!(dispatcher.live().await.welcome.epoch, before);
}

/// Follows a topic through wires that are cut, never asking for what it has.
struct Follower {
    client: Client,
    topic: Topic,
    reached: Option<i64>,
    heard: Vec<i64>,
    versions: HashMap<JobId, i64>,
    dice: StdRng,
    connections: usize,
}

impl Follower {
    fn new(person: &Person, cable: &Cable, topic: Topic, dice: &mut StdRng) -> Self {
        let client = person.by_way_of(&cable.url()).client;
        let dice = rand::SeedableRng::from_rng(dice);
        Self { client, topic, reached: None, heard: Vec::new(), versions: HashMap::new(), dice, connections: 0 }
    }

    /// Until the event that `last` names.
    async fn follow(mut self, cable: &Cable, joined: watch::Sender<bool>, last: watch::Receiver<Option<i64>>) -> Self {
        while last.borrow().is_none_or(|last| self.reached.is_none_or(|reached| reached < last)) {
            self.connections += 1;
            // Wires may be cut while they are laid.
            if let Ok(socket) = self.client.socket(Encoding::Msgpack).await {
                self.listen(socket, cable, &joined, last.clone()).await;
            }
        }
        self
    }

    async fn listen(
        &mut self,
        mut socket: dispatch_hub::client::Socket,
        cable: &Cable,
        joined: &watch::Sender<bool>,
        mut last: watch::Receiver<Option<i64>>,
    ) {
        let mut until_cut = self.dice.random_range(1..60);
        let Ok(reference) = socket.sender().subscribe(self.topic, self.reached).await else { return };
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout(PATIENCE, socket.next_message()) => message.expect("the topic goes on"),
                _ = last.wait_for(|last| last.is_some_and(|last| self.reached >= Some(last))) => return,
            };
            match message {
                Err(_) => return,
                Ok(ServerMessage::Snapshot(snapshot)) => {
                    assert_eq!(self.reached, None, "a short gap is answered with events");
                    self.reached = Some(snapshot.seq);
                    joined.send_replace(true);
                }
                Ok(ServerMessage::Ok(ok)) if ok.reference == reference => self.reached = self.reached.max(ok.seq),
                Ok(ServerMessage::Event(event)) => {
                    assert!(Some(event.seq) > self.reached, "{} again, or too late, after {:?}", event.seq, self.reached);
                    self.reached = Some(event.seq);
                    self.heard.push(event.seq);
                    // A replayed event may carry a newer job than the live ones after it: what is held never goes back.
                    let version = event.job.as_ref().unwrap().version;
                    let held = self.versions.entry(event.job_id).or_default();
                    *held = version.max(*held);
                    until_cut -= 1;
                    if until_cut == 0 {
                        cable.cut();
                    }
                }
                Ok(_) => {}
            }
        }
    }
}

#[tokio::test]
async fn a_thousand_events_of_two_customers_through_cut_wires_arrive_once_and_in_order() {
    const WRITERS: usize = 8;
    const EACH: usize = 125;
    let mut dice = dice("a thousand events");
    let hub = TestHub::start().await;
    let company = hub.company();
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut jobs = Vec::new();
    for writer in 0..WRITERS {
        let customer = if writer % 2 == 0 { company.bakery.id } else { company.garage.id };
        jobs.push(dispatcher.orders(company.repair, json!({ "customer": customer })).await);
    }
    let (portal_cable, schedule_cable) = (Cable::to(&hub.url()).await, Cable::to(&hub.url()).await);
    let portal = Follower::new(&customer, &portal_cable, Topic::Portal, &mut dice);
    let schedule = Follower::new(&dispatcher, &schedule_cable, Topic::Schedule, &mut dice);
    let (tell_last, last) = watch::channel(None);
    let (portal_joined, mut portal_joins) = watch::channel(false);
    let (schedule_joined, mut schedule_joins) = watch::channel(false);
    let write = async {
        portal_joins.wait_for(|joined| *joined).await.unwrap();
        schedule_joins.wait_for(|joined| *joined).await.unwrap();
        let began = hub.table("select seq from tenant_seq order by seq desc limit 1").await[0]["seq"].as_i64().unwrap();
        join_all(jobs.iter().map(|job| write_notes(&dispatcher, *job, EACH))).await;
        tell_last.send_replace(Some(began + i64::try_from(WRITERS * EACH).unwrap()));
        began
    };
    let (began, portal, schedule) = tokio::join!(
        write,
        portal.follow(&portal_cable, portal_joined, last.clone()),
        schedule.follow(&schedule_cable, schedule_joined, last.clone())
    );
    let all: Vec<i64> = (1..=i64::try_from(WRITERS * EACH).unwrap()).map(|nth| began + nth).collect();
    assert_eq!(schedule.heard, all, "gapless on the schedule");
    assert_eq!(portal.heard, all, "every one was of a job of theirs");
    assert!(portal.connections > 5 && schedule.connections > 5, "the wires were cut: {} {}", portal.connections, schedule.connections);
    for job in jobs {
        assert_eq!(json!(portal.versions[&job.0]), dispatcher.sees(job).await["version"]);
    }
}

async fn write_notes(dispatcher: &Person, job: Job, times: usize) {
    for time in 0..times {
        dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "notes": format!("note {time}") })).await.unwrap();
    }
}
