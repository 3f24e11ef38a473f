//! The fix lanes: positions stored in groups, acknowledged after the commit.

use super::commands::lane_of;
use super::link::{Health, Link, within};
use super::{BATCH_SIZE, BUSY, Busy, COMMIT_SECONDS, QUEUED, REFUSED, count};
use crate::domain::At;
use crate::domain::ids::{TenantId, WorkerId};
use crate::store::fault::Fault;
use crate::store::instant;
use sqlx::{PgConnection, PgPool};
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock};
use std::task::{Context, Poll};
use std::time::Instant;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

const LANES: usize = 2;
/// Fixes that may wait in one lane: some megabytes.
const QUEUE: usize = 32_768;
const BATCH: usize = 2_000;
const ATTEMPTS: u32 = 3;

/// One measured position on its way to storage.
#[derive(Debug, Clone)]
pub struct FixRow {
    /// Whose worker.
    pub tenant: TenantId,
    /// Who.
    pub worker: WorkerId,
    /// Which of their devices.
    pub device: Arc<str>,
    /// When it was measured, as sent.
    pub at: At,
    /// When the hub got it.
    pub received_at: At,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Metres.
    pub accuracy_m: Option<f32>,
    /// Metres per second.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north.
    pub heading_deg: Option<f32>,
    /// 0 to 1.
    pub battery: Option<f32>,
    /// The instant it is shown at, if it is: moves the worker's position unless a later one is stored.
    pub show: Option<At>,
    /// Of an impossible time: kept apart, never shown.
    pub aside: bool,
}

/// Ready once the fixes of a call are durable.
#[derive(Debug)]
pub struct Stored(oneshot::Receiver<()>);

impl Future for Stored {
    type Output = Result<(), Busy>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(|_dropped| Busy)
    }
}

struct Call {
    fixes: Vec<FixRow>,
    done: oneshot::Sender<()>,
    room: OwnedSemaphorePermit,
}

struct Entrance {
    inbox: mpsc::Sender<Call>,
    room: Arc<Semaphore>,
    health: Arc<Health>,
}

/// The lanes through which every fix goes.
pub struct FixLanes {
    /// Empty once they are draining.
    entrances: RwLock<Vec<Entrance>>,
    lanes: Mutex<JoinSet<()>>,
}

impl FixLanes {
    /// Starts the lanes on the writer's pool.
    pub fn start(pool: PgPool) -> Self {
        let mut lanes = JoinSet::new();
        let entrances = std::iter::repeat_n(pool, LANES)
            .map(|pool| {
                let (inbox, calls) = mpsc::channel(QUEUE);
                let health = Health::new();
                lanes.spawn(run(Link::new("fix", pool, health.clone()), calls));
                Entrance { inbox, room: Arc::new(Semaphore::new(QUEUE)), health }
            })
            .collect();
        Self { entrances: RwLock::new(entrances), lanes: Mutex::new(lanes) }
    }

    /// Queues fixes of one worker. A fix that was stored before is not stored again, and a fix that Postgres itself
    /// refuses is logged, counted and dropped: both count as stored, so that no phone gets stuck on them.
    pub fn store(&self, fixes: Vec<FixRow>) -> Result<Stored, Busy> {
        let stored = self.enter(fixes);
        if stored.is_err() {
            metrics::counter!(BUSY, "lane" => "fix").increment(1);
        }
        stored
    }

    fn enter(&self, fixes: Vec<FixRow>) -> Result<Stored, Busy> {
        let (done, stored) = oneshot::channel();
        let Some(first) = fixes.first() else {
            done.send(()).ok();
            return Ok(Stored(stored));
        };
        debug_assert!(fixes.iter().all(|fix| fix.worker == first.worker), "a call is about one worker");
        let entrances = self.entrances.read().expect("nobody panics while holding it");
        let entrance = entrances.get(lane_of(first.worker.0, LANES)).ok_or(Busy)?;
        if entrance.health.is_busy() {
            return Err(Busy);
        }
        let size = u32::try_from(fixes.len()).map_err(|_too_many| Busy)?;
        let room = entrance.room.clone().try_acquire_many_owned(size).map_err(|_full| Busy)?;
        entrance.inbox.try_send(Call { fixes, done, room }).map_err(|_closed| Busy)?;
        Ok(Stored(stored))
    }

    /// Lets nobody new in, and returns when everything inside is committed.
    pub async fn drain(&self) {
        self.entrances.write().expect("nobody panics while holding it").clear();
        let mut lanes = std::mem::take(&mut *self.lanes.lock().expect("nobody panics while holding it"));
        while let Some(ended) = lanes.join_next().await {
            if ended.is_err() {
                tracing::error!("a fix lane panicked");
            }
        }
    }
}

/// One lane, until its inbox is closed and empty.
async fn run(mut link: Link, mut inbox: mpsc::Receiver<Call>) {
    while let Some(first) = inbox.recv().await {
        let mut fixes = first.fixes;
        let mut calls = vec![(first.done, first.room)];
        while fixes.len() < BATCH
            && let Ok(call) = inbox.try_recv()
        {
            fixes.extend(call.fixes);
            calls.push((call.done, call.room));
        }
        metrics::gauge!(QUEUED, "lane" => "fix").set(count(inbox.len()));
        settle(&mut link, &fixes).await;
        for (done, room) in calls {
            // A session that went away sends them again.
            done.send(()).ok();
            drop(room);
        }
    }
}

/// Tries until every fix is stored, halving what cannot be stored together.
async fn settle(link: &mut Link, fixes: &[FixRow]) {
    let mut parts: Vec<&[FixRow]> = vec![fixes];
    while let Some(part) = parts.pop() {
        let mut undone = 0;
        loop {
            let error = match attempt(link, part).await {
                Ok(()) => {
                    link.worked();
                    break;
                }
                Err(error) => error,
            };
            match (link.failed(&error).await, part) {
                (Fault::Away, _) => {}
                (Fault::Again, _) if undone < ATTEMPTS => undone += 1,
                (Fault::Again | Fault::Lasting, [single]) => {
                    tracing::error!(worker = %single.worker, "a fix cannot be stored");
                    metrics::counter!(REFUSED, "lane" => "fix").increment(1);
                    break;
                }
                (Fault::Again | Fault::Lasting, several) => {
                    let (first, second) = several.split_at(several.len() / 2);
                    parts.extend([second, first]);
                    break;
                }
            }
        }
    }
}

async fn attempt(link: &mut Link, fixes: &[FixRow]) -> Result<(), sqlx::Error> {
    let connection = link.connection().await?;
    let begin = Instant::now();
    within(insert(connection, fixes)).await?;
    metrics::histogram!(COMMIT_SECONDS, "lane" => "fix").record(begin.elapsed().as_secs_f64());
    metrics::histogram!(BATCH_SIZE, "lane" => "fix").record(count(fixes.len()));
    Ok(())
}

/// History, what lies aside, and the shown position, in one statement. The positions are sorted by worker, so that
/// two lanes or two hubs cannot wait for each other in a circle.
async fn insert(connection: &mut PgConnection, fixes: &[FixRow]) -> Result<(), sqlx::Error> {
    let tenant: Vec<Uuid> = fixes.iter().map(|fix| fix.tenant.0).collect();
    let worker: Vec<Uuid> = fixes.iter().map(|fix| fix.worker.0).collect();
    let device: Vec<&str> = fixes.iter().map(|fix| &*fix.device).collect();
    let at: Vec<OffsetDateTime> = fixes.iter().map(|fix| instant::time(fix.at)).collect();
    let received_at: Vec<OffsetDateTime> = fixes.iter().map(|fix| instant::time(fix.received_at)).collect();
    let latitude: Vec<f64> = fixes.iter().map(|fix| fix.latitude).collect();
    let longitude: Vec<f64> = fixes.iter().map(|fix| fix.longitude).collect();
    let accuracy_m: Vec<Option<f32>> = fixes.iter().map(|fix| fix.accuracy_m).collect();
    let speed_mps: Vec<Option<f32>> = fixes.iter().map(|fix| fix.speed_mps).collect();
    let heading_deg: Vec<Option<f32>> = fixes.iter().map(|fix| fix.heading_deg).collect();
    let battery: Vec<Option<f32>> = fixes.iter().map(|fix| fix.battery).collect();
    let show: Vec<Option<OffsetDateTime>> = fixes.iter().map(|fix| fix.show.map(instant::time)).collect();
    let aside: Vec<bool> = fixes.iter().map(|fix| fix.aside).collect();
    sqlx::query!(
        "with f as materialized (
           select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::float8[], $7::float8[],
             $8::real[], $9::real[], $10::real[], $11::real[], $12::timestamptz[], $13::boolean[])
             f(tenant, worker, device, at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery, show, aside)),
         history as (
           insert into fix (tenant, worker, device, at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery)
             select tenant, worker, device, at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery
               from f where not aside
             on conflict do nothing),
         kept_aside as (
           insert into fix_aside (tenant, worker, device, at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery)
             select tenant, worker, device, at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery
               from f where aside
             on conflict do nothing)
         insert into worker_position as p
             (worker, tenant, shown_at, at, device, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery)
           select distinct on (worker) worker, tenant, show, at, device, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery
             from f where show is not null and not aside
             order by worker, show desc, at desc
           on conflict (worker) do update set tenant = excluded.tenant, shown_at = excluded.shown_at, at = excluded.at,
             device = excluded.device, latitude = excluded.latitude, longitude = excluded.longitude, accuracy_m = excluded.accuracy_m,
             speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg, battery = excluded.battery
             where (p.shown_at, p.at) < (excluded.shown_at, excluded.at)",
        &tenant,
        &worker,
        &device as &[&str],
        &at,
        &received_at,
        &latitude,
        &longitude,
        &accuracy_m as &[Option<f32>],
        &speed_mps as &[Option<f32>],
        &heading_deg as &[Option<f32>],
        &battery as &[Option<f32>],
        &show as &[Option<OffsetDateTime>],
        &aside,
    )
    .execute(connection)
    .await?;
    Ok(())
}
