//! One worker of a replay: logs in, goes on duty, sends, and keeps every fix until the hub has stored it.

use super::{Replay, Summary, Timeline, Track, tracks};
use crate::{
    client::{Client, Error, Socket},
    domain::{At, fix::Plausible},
    protocol::{Encoding, ServerMessage, client::RawFix},
};
use anyhow::Context;
use indicatif::ProgressBar;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::{Instant, sleep, timeout};

/// The most fixes in one frame.
const BATCH: usize = 500;
/// The most frames on the way without an answer.
const WINDOW: usize = 16;
/// For so long a hub that is away is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
/// Frames unanswered for so long are sent again.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Counts over all workers, shown as they change.
#[derive(Debug)]
pub(super) struct Tally {
    sent: AtomicU64,
    stored: AtomicU64,
    late: AtomicU64,
    aside: AtomicU64,
    progress: ProgressBar,
}

impl Tally {
    pub(super) fn new(progress: ProgressBar) -> Self {
        Self { sent: AtomicU64::new(0), stored: AtomicU64::new(0), late: AtomicU64::new(0), aside: AtomicU64::new(0), progress }
    }

    pub(super) fn summary(&self, fixes: u64, bad_rows: u64) -> Summary {
        let [sent, stored, late, aside] = [&self.sent, &self.stored, &self.late, &self.aside].map(|count| count.load(Ordering::Relaxed));
        Summary { fixes, sent, stored, late, aside, bad_rows }
    }

    /// Counts a batch at its first sending, by the hub's own rule.
    fn sent(&self, fixes: &[RawFix], now: At) {
        for fix in fixes.iter().filter_map(|fix| tracks::parse(fix).ok()) {
            match fix.plausible(now, None) {
                Plausible::Shown(_) => {}
                Plausible::HistoryOnly => drop(self.late.fetch_add(1, Ordering::Relaxed)),
                Plausible::Aside => drop(self.aside.fetch_add(1, Ordering::Relaxed)),
            }
        }
        self.sent.fetch_add(fixes.len() as u64, Ordering::Relaxed);
        self.show();
    }

    fn stored(&self, fixes: usize) {
        self.stored.fetch_add(fixes as u64, Ordering::Relaxed);
        self.show();
    }

    fn show(&self) {
        let Summary { sent, stored, late, aside, .. } = self.summary(0, 0);
        self.progress.set_position(stored);
        self.progress.set_message(format!("{sent} sent · {stored} stored · {late} late · {aside} aside"));
    }
}

/// Fixes on the way, kept until they are stored.
struct Batch {
    n: i64,
    device: Arc<str>,
    fixes: Vec<RawFix>,
}

/// One worker and what they have still to play.
pub(super) struct Player {
    hub: String,
    email: String,
    password: String,
    tenant: String,
    speed: f64,
    tracks: Vec<(Arc<str>, Track)>,
    tally: Arc<Tally>,
    unstored: VecDeque<Batch>,
    last_n: i64,
}

impl Player {
    /// Deals the tracks to the workers in turn.
    pub(super) fn deal(replay: &Replay, tracks: Vec<Track>, tally: &Arc<Tally>) -> Vec<Self> {
        let pattern = replay.email.clone().unwrap_or_else(|| format!("worker{{}}@{}.example", replay.tenant));
        let mut players: Vec<Self> = (replay.workers.first..=replay.workers.last)
            .map(|number| Self {
                hub: replay.hub.clone(),
                email: pattern.replace("{}", &number.to_string()),
                password: replay.password.clone(),
                tenant: replay.tenant.clone(),
                speed: replay.speed,
                tracks: Vec::new(),
                tally: Arc::clone(tally),
                unstored: VecDeque::new(),
                last_n: 0,
            })
            .collect();
        let count = players.len();
        for (index, track) in tracks.into_iter().enumerate() {
            players[index % count].tracks.push((format!("replay-{}", index + 1).into(), track));
        }
        players.retain(|player| !player.tracks.is_empty());
        players
    }

    /// Plays every track and waits until all is stored.
    pub(super) async fn play(mut self) -> anyhow::Result<()> {
        let email = self.email.clone();
        self.play_all().await.context(email)
    }

    async fn play_all(&mut self) -> anyhow::Result<()> {
        let client = Client::login(&self.hub, &self.email, &self.password, Some(&self.tenant)).await?;
        let mut socket = on_duty(&client).await?;
        for (device, track) in std::mem::take(&mut self.tracks) {
            let mut timeline = Timeline::new(now().millis(), self.speed);
            let mut rest = track.fixes.iter().peekable();
            while let Some(next) = rest.peek() {
                let wait_ms = timeline.due_ms(next) - now().millis();
                if wait_ms > 0 || self.unstored.len() >= WINDOW {
                    let full = self.unstored.len() >= WINDOW;
                    let wait = if full { ANSWER_WITHIN } else { Duration::from_millis(wait_ms.unsigned_abs()) };
                    self.listen(&client, &mut socket, wait).await?;
                    continue;
                }
                let arrived = now();
                let mut fixes = Vec::new();
                while let Some(due) = rest.next_if(|next| fixes.len() < BATCH && timeline.due_ms(next) <= arrived.millis()) {
                    fixes.push(timeline.stamp(due));
                }
                self.tally.sent(&fixes, arrived);
                self.unstored.push_back(Batch { n: 0, device: Arc::clone(&device), fixes });
                if self.send_newest(&socket).await.is_err() {
                    socket = self.reconnect(&client).await?;
                }
            }
        }
        while !self.unstored.is_empty() {
            self.listen(&client, &mut socket, ANSWER_WITHIN).await?;
        }
        Ok(())
    }

    /// Takes in what the hub says, for so long or until something was stored. Whatever stands in the way ends in sending again.
    async fn listen(&mut self, client: &Client, socket: &mut Socket, wait: Duration) -> anyhow::Result<()> {
        let waiting_for_answer = !self.unstored.is_empty();
        let message = match timeout(wait, socket.next_message()).await {
            Ok(message) => message,
            // Nothing was to be expected.
            Err(_) if !waiting_for_answer || wait < ANSWER_WITHIN => return Ok(()),
            Err(_) => {
                *socket = self.reconnect(client).await?;
                return Ok(());
            }
        };
        match message {
            Ok(ServerMessage::Stored(stored)) => {
                while let Some(batch) = self.unstored.pop_front_if(|batch| batch.n <= stored.n) {
                    self.tally.stored(batch.fixes.len());
                }
            }
            Ok(ServerMessage::Refused(refused)) if matches!(refused.problem.status, 429 | 503) => {
                sleep(jittered(Duration::from_secs(1))).await;
                if self.send_all(socket).await.is_err() {
                    *socket = self.reconnect(client).await?;
                }
            }
            Ok(ServerMessage::Refused(refused)) => return Err(Error::Refused(Box::new(refused.problem)).into()),
            Ok(_) => {}
            Err(Error::Closed(closed)) if matches!(closed.code, Some(4500..=4599)) => return Err(closed.into()),
            Err(Error::Closed(_)) => *socket = self.reconnect(client).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A new socket, on which everything that is not stored yet is sent again.
    async fn reconnect(&mut self, client: &Client) -> anyhow::Result<Socket> {
        let since = Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            let error = match on_duty(client).await {
                Ok(socket) => match self.send_all(&socket).await {
                    Ok(()) => return Ok(socket),
                    Err(closed) => Error::Closed(closed),
                },
                Err(error) => error,
            };
            let lasting = matches!(&error, Error::Refused(problem) if problem.status < 429);
            if lasting || since.elapsed() > PATIENCE {
                return Err(error).context("the connection was lost for good");
            }
        }
    }

    async fn send_all(&mut self, socket: &Socket) -> Result<(), crate::client::Closed> {
        for batch in &mut self.unstored {
            self.last_n += 1;
            batch.n = self.last_n;
            socket.sender().fixes(batch.n, batch.fixes.clone(), Some(&batch.device)).await?;
        }
        Ok(())
    }

    async fn send_newest(&mut self, socket: &Socket) -> Result<(), crate::client::Closed> {
        let Some(batch) = self.unstored.back_mut() else { return Ok(()) };
        self.last_n += 1;
        batch.n = self.last_n;
        socket.sender().fixes(batch.n, batch.fixes.clone(), Some(&batch.device)).await
    }
}

async fn on_duty(client: &Client) -> Result<Socket, Error> {
    let mut socket = client.socket(Encoding::Msgpack).await?;
    let reference = socket.sender().duty(true).await?;
    socket.answer(reference).await?.map_err(|problem| Error::Refused(Box::new(problem)))?;
    Ok(socket)
}

#[expect(clippy::disallowed_methods, reason = "a recording is played by the clock")]
fn now() -> At {
    At(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// Half to one and a half of it: workers that lost the hub together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..1.5))
}
