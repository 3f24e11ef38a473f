//! One command lane: forms batches, commits them through every kind of trouble, publishes, answers.

use super::commands::{Change, Committed, Outcome, Published};
use super::link::{Health, Link, within};
use super::statement::{Row, commit_batch};
use super::{BATCH_SIZE, COMMIT_SECONDS, QUEUED, REFUSED, count};
use crate::store::fault::Fault;
use sqlx::PgPool;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// Larger batches gain nothing and hold the tenants' locks for longer.
const BATCH: usize = 500;
/// How often a batch that others undo is tried as a whole.
const ATTEMPTS: u32 = 3;

/// Changes that came in one call.
pub(super) struct Group<P> {
    pub(super) changes: Vec<Change<P>>,
    pub(super) answer: oneshot::Sender<Vec<Outcome>>,
    pub(super) room: OwnedSemaphorePermit,
}

/// A group whose changes are on their way.
struct Open {
    outcomes: Vec<Option<Outcome>>,
    /// Gone when the caller was told to come back later.
    answer: Option<oneshot::Sender<Vec<Outcome>>>,
    _room: OwnedSemaphorePermit,
}

/// One change, and where its outcome goes.
struct Item<P> {
    group: u64,
    place: usize,
    change: Change<P>,
}

pub(super) struct Lane<P> {
    link: Link,
    publish: Arc<dyn Fn(Published<P>) + Send + Sync>,
    queue: VecDeque<Item<P>>,
    open: HashMap<u64, Open>,
    next_group: u64,
}

impl<P: Send + Sync + 'static> Lane<P> {
    pub(super) fn new(pool: PgPool, health: Arc<Health>, publish: Arc<dyn Fn(Published<P>) + Send + Sync>) -> Self {
        Self { link: Link::new("command", pool, health), publish, queue: VecDeque::new(), open: HashMap::new(), next_group: 0 }
    }

    /// Until the inbox is closed and empty.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Group<P>>) {
        loop {
            if self.queue.is_empty() {
                let Some(group) = inbox.recv().await else { return };
                self.take(group);
            }
            while self.queue.len() < BATCH
                && let Ok(group) = inbox.try_recv()
            {
                self.take(group);
            }
            let batch = self.batch();
            self.settle(batch, &mut inbox).await;
        }
    }

    fn take(&mut self, group: Group<P>) {
        let id = self.next_group;
        self.next_group += 1;
        self.open.insert(id, Open { outcomes: vec![None; group.changes.len()], answer: Some(group.answer), _room: group.room });
        self.queue.extend(group.changes.into_iter().enumerate().map(|(place, change)| Item { group: id, place, change }));
    }

    /// The front of the queue, up to the end of the group that fills the batch.
    fn batch(&mut self) -> Vec<Item<P>> {
        let mut batch: Vec<Item<P>> = Vec::new();
        while let Some(next) = self.queue.front() {
            if batch.len() >= BATCH && batch.last().is_some_and(|last| last.group != next.group) {
                break;
            }
            batch.extend(self.queue.pop_front());
        }
        metrics::gauge!(QUEUED, "lane" => "command").set(count(self.queue.len()));
        batch
    }

    /// Tries until the outcome of every change is known.
    async fn settle(&mut self, batch: Vec<Item<P>>, inbox: &mut mpsc::Receiver<Group<P>>) {
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            let mut undone = 0;
            loop {
                let error = match self.attempt(&part).await {
                    Ok(rows) => {
                        self.link.worked();
                        self.record(part, rows);
                        break;
                    }
                    Err(error) => error,
                };
                if is_time_taken(&error) {
                    // Of one request, all copies or none; others in the batch have nothing to do with it.
                    if part.iter().all(|item| item.group == part[0].group) {
                        for item in &part {
                            self.answer(item.group, item.place, Outcome::TimeTaken);
                        }
                    } else if let Ok(smaller) = split(part) {
                        parts.extend(smaller.into_iter().rev());
                    }
                    break;
                }
                let fault = self.link.failed(&error).await;
                match fault {
                    // Perhaps it committed. The same ids go again, and the command table knows.
                    Fault::Away => {
                        if self.link.is_busy() {
                            self.turn_away(inbox);
                        }
                    }
                    Fault::Again if undone < ATTEMPTS => undone += 1,
                    Fault::Again | Fault::Lasting => {
                        match split(part) {
                            Ok(smaller) => parts.extend(smaller.into_iter().rev()),
                            // Two commits of one event: it will never be stored.
                            Err(single) if fault == Fault::Lasting || is_unique_violation(&error) => self.refuse(&single),
                            // Locked for long by somebody else: the caller may try again.
                            Err(single) => drop(self.open.remove(&single.group)),
                        }
                        break;
                    }
                }
            }
        }
    }

    async fn attempt(&mut self, part: &[Item<P>]) -> Result<Vec<Row>, sqlx::Error> {
        let connection = self.link.connection().await?;
        let begin = Instant::now();
        let rows = within(commit_batch(connection, part.iter().map(|item| &item.change))).await?;
        metrics::histogram!(COMMIT_SECONDS, "lane" => "command").record(begin.elapsed().as_secs_f64());
        metrics::histogram!(BATCH_SIZE, "lane" => "command").record(count(part.len()));
        if rows.len() == part.len() { Ok(rows) } else { Err(sqlx::Error::Protocol("a row per command was expected".into())) }
    }

    /// Publishes what was committed, then answers.
    fn record(&mut self, part: Vec<Item<P>>, rows: Vec<Row>) {
        let mut committed = Vec::with_capacity(part.len());
        let mut replayed = Vec::new();
        let mut known = Vec::with_capacity(part.len());
        let mut again = Vec::new();
        for (item, row) in part.into_iter().zip(rows) {
            let Row { seq, version, number, invoice_number, .. } = row;
            let tenant = item.change.tenant;
            let outcome = match row.outcome {
                1 => {
                    committed.push(Committed { tenant, seq, version, number, invoice_number, payload: item.change.payload });
                    Outcome::Applied { seq, version, number, invoice_number }
                }
                2 => {
                    replayed.push(Published::CatchUp { tenant, seq });
                    Outcome::Replayed { seq, version }
                }
                3 => Outcome::OtherBody,
                4 => Outcome::Conflict { version },
                // The second of its job or its id: after the first, in the next batch.
                _ => {
                    again.push(item);
                    continue;
                }
            };
            known.push((item.group, item.place, outcome));
        }
        for item in again.into_iter().rev() {
            self.queue.push_front(item);
        }
        if !committed.is_empty() {
            (self.publish)(Published::Events(committed));
        }
        for replay in replayed {
            (self.publish)(replay);
        }
        for (group, place, outcome) in known {
            self.answer(group, place, outcome);
        }
    }

    fn answer(&mut self, group: u64, place: usize, outcome: Outcome) {
        let Some(open) = self.open.get_mut(&group) else { return };
        open.outcomes[place] = Some(outcome);
        let Some(outcomes) = open.outcomes.iter().copied().collect::<Option<Vec<_>>>() else { return };
        if let Some(answer) = self.open.remove(&group).and_then(|open| open.answer) {
            // A caller that went away has its outcome in the command table.
            answer.send(outcomes).ok();
        }
    }

    fn refuse(&mut self, single: &Item<P>) {
        tracing::error!(tenant = %single.change.tenant, job = %single.change.job, kind = single.change.kind, "a command cannot be stored");
        metrics::counter!(REFUSED, "lane" => "command").increment(1);
        self.answer(single.group, single.place, Outcome::Failed);
    }

    /// Tells everybody inside to come back later. What was sent to Postgres stays until its outcome is known; what was
    /// not is forgotten.
    fn turn_away(&mut self, inbox: &mut mpsc::Receiver<Group<P>>) {
        for open in self.open.values_mut() {
            open.answer = None;
        }
        for item in self.queue.drain(..) {
            self.open.remove(&item.group);
        }
        while inbox.try_recv().is_ok() {}
    }
}

/// Said by the trigger of that name.
fn is_time_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::constraint) == Some("job_time_available")
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Per tenant, then per group, then one by one, so that nobody's trouble holds the lane; a single one comes back.
fn split<P>(part: Vec<Item<P>>) -> Result<Vec<Vec<Item<P>>>, Box<Item<P>>> {
    let several = |key: fn(&Item<P>) -> u128| part.iter().any(|item| key(item) != key(&part[0]));
    let by_tenant: fn(&Item<P>) -> u128 = |item| item.change.tenant.0.as_u128();
    let by_group: fn(&Item<P>) -> u128 = |item| u128::from(item.group);
    let key = if several(by_tenant) {
        by_tenant
    } else if several(by_group) {
        by_group
    } else if part.len() > 1 {
        |item: &Item<P>| item.place as u128
    } else {
        return Err(Box::new(part.into_iter().next().expect("no part is empty")));
    };
    let mut parts: Vec<(u128, Vec<Item<P>>)> = Vec::new();
    let mut index = HashMap::new();
    for item in part {
        let place = *index.entry(key(&item)).or_insert_with(|| {
            parts.push((key(&item), Vec::new()));
            parts.len() - 1
        });
        parts[place].1.push(item);
    }
    Ok(parts.into_iter().map(|(_, items)| items).collect())
}
