//! The drivers on the wire: each logs in, opens a socket, and keeps what is not stored yet, like any worker's phone.

use super::driver::{Driver, TICK_MS, Wish};
use super::orders::{self, Idle};
use super::roads::Roads;
use super::{PASSWORD, SLUG};
use crate::client::{self, Client, Sender};
use crate::domain::ids::WorkerId;
use crate::hub::clock;
use crate::protocol::client::RawFix;
use crate::protocol::{Encoding, ServerMessage, Topic};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

/// The first three are left to people.
const DRIVEN: std::ops::RangeInclusive<u16> = 4..=12;
/// Fixes that a driver keeps while the hub is away: twenty minutes.
const KEPT: usize = 600;
/// The most fixes in one frame.
const FRAME: usize = 500;
/// A newer socket of the same worker sends fixes: somebody else is this worker now.
const REPLACED: u16 = 4503;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The running drivers.
pub struct Drivers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Drivers {
    /// Lets them go, and waits until they are gone.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Sends the demo's drivers to the hub at `address`.
pub fn drive(address: String) -> Drivers {
    let (stop, stopped) = watch::channel(false);
    let (idle, idlers) = mpsc::channel(DRIVEN.len());
    let mut tasks = JoinSet::new();
    let roads = Arc::new(Roads::read());
    for number in DRIVEN {
        let line = Line {
            number,
            address: address.clone(),
            driver: Driver::new(Arc::clone(&roads), u64::from(number)),
            log_in: None,
            seen: None,
            unstored: VecDeque::new(),
            sent: 0,
            idle: idle.clone(),
        };
        tasks.spawn(line.run(stopped.clone()));
    }
    tasks.spawn(orders::hand_out(address, idlers, stopped));
    Drivers { stop, tasks }
}

/// One driver's line to the hub, over all its sockets.
struct Line {
    number: u16,
    address: String,
    driver: Driver,
    log_in: Option<(Client, WorkerId)>,
    /// The log's epoch and how far it was told.
    seen: Option<(Uuid, i64)>,
    /// By the number under which each was sent.
    unstored: VecDeque<(i64, RawFix)>,
    sent: i64,
    idle: mpsc::Sender<Idle>,
}

/// What the current socket is for.
struct Conversation {
    sender: Sender,
    subscription: i64,
    /// Answers to commands come under these.
    asked: Option<i64>,
    is_in_snapshot: bool,
    epoch: Uuid,
}

impl Line {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut wait = FIRST_WAIT;
        loop {
            let began = Instant::now();
            let ended = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                ended = self.talk() => ended,
            };
            match ended {
                Ok(()) => {}
                Err(client::Error::Closed(closed)) if closed.code == Some(REPLACED) => return,
                Err(error) => {
                    if matches!(&error, client::Error::Refused(problem) if problem.status == 401) {
                        self.log_in = None;
                    }
                    tracing::debug!(worker = self.number, %error, "a demo driver lost the hub");
                }
            }
            wait = if began.elapsed() > LONGEST_WAIT { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            let pause = wait.mul_f64(rand::random_range(0.5..1.0));
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One socket, from log-in to its end.
    async fn talk(&mut self) -> Result<(), client::Error> {
        let is_new = self.log_in.is_none();
        let (client, worker) = self.log_in().await?;
        let mut socket = client.socket(Encoding::Msgpack).await?;
        let ServerMessage::Welcome(welcome) = socket.next_message().await? else {
            return Err(client::Error::Strange("a socket that does not begin with a welcome".to_owned()));
        };
        let after = self.seen.filter(|(epoch, _)| *epoch == welcome.epoch).map(|(_, seq)| seq);
        let sender = socket.sender().clone();
        if is_new {
            sender.duty(true).await?;
        }
        let subscription = sender.subscribe(Topic::Worker, after).await?;
        let mut talk = Conversation { sender, subscription, asked: None, is_in_snapshot: false, epoch: welcome.epoch };
        self.send_unstored(&talk).await?;
        let (_, mut receiver) = socket.split();
        let period = Duration::from_millis(u64::from(TICK_MS));
        // Not all at once.
        let mut ticks = tokio::time::interval_at(Instant::now() + period.mul_f64(f64::from(self.number % 10) / 10.0), period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                frame = receiver.next() => {
                    let frame = frame?;
                    if let Ok(message) = frame.message() {
                        self.hear(&mut talk, message);
                    }
                }
                _ = ticks.tick() => self.tick(&mut talk, worker).await?,
            }
        }
    }

    async fn log_in(&mut self) -> Result<(Client, WorkerId), client::Error> {
        if let Some(log_in) = &self.log_in {
            return Ok(log_in.clone());
        }
        let email = format!("worker{}@demo.example", self.number);
        let client = Client::login(&self.address, &email, PASSWORD, Some(SLUG)).await?;
        let worker = WorkerId(client.me().await?.id);
        Ok(self.log_in.insert((client, worker)).clone())
    }

    fn hear(&mut self, talk: &mut Conversation, message: ServerMessage) {
        let mut is_first_part = false;
        match &message {
            ServerMessage::Stored(stored) => {
                while self.unstored.front().is_some_and(|(n, _)| *n <= stored.n) {
                    self.unstored.pop_front();
                }
            }
            ServerMessage::Snapshot(snapshot) => {
                is_first_part = !talk.is_in_snapshot;
                talk.is_in_snapshot = snapshot.more;
                self.seen = Some((talk.epoch, snapshot.seq));
            }
            ServerMessage::Event(event) => self.seen = Some((talk.epoch, event.seq)),
            ServerMessage::Ok(ok) if ok.reference == talk.subscription => {
                if let Some(seq) = ok.seq {
                    self.seen = Some((talk.epoch, seq));
                }
            }
            ServerMessage::Refused(refused) if refused.reference.is_some() && refused.reference == talk.asked => {
                tracing::debug!(worker = self.number, problem = ?refused.problem, "a demo driver was refused");
                self.driver.refused(clock::now());
            }
            _ => {}
        }
        self.driver.told(message, is_first_part);
    }

    async fn tick(&mut self, talk: &mut Conversation, worker: WorkerId) -> Result<(), client::Error> {
        for wish in self.driver.tick(clock::now()) {
            match wish {
                Wish::Fix(fix) => {
                    self.sent += 1;
                    if self.unstored.len() == KEPT {
                        self.unstored.pop_front();
                    }
                    self.unstored.push_back((self.sent, fix));
                    talk.sender.fixes(self.sent, vec![fix], None).await?;
                }
                Wish::Command(job, body) => talk.asked = Some(talk.sender.command(Uuid::now_v7(), job, body).await?),
                // Whoever hands out work has enough to do if there is no room.
                Wish::Work => self.idle.try_send(Idle { worker }).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// What the last socket was not told to be stored goes again.
    async fn send_unstored(&mut self, talk: &Conversation) -> Result<(), client::Error> {
        let again: Vec<_> = self.unstored.iter().copied().collect();
        for part in again.chunks(FRAME) {
            if let Some((n, _)) = part.last() {
                talk.sender.fixes(*n, part.iter().map(|(_, fix)| *fix).collect(), None).await?;
            }
        }
        Ok(())
    }
}
