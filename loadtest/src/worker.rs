//! A worker of the crowd: streams fixes, changes a job's status now and then, keeps what is not acknowledged, and says it again.

use crate::{
    crowd::{Crowd, Phase, back_off},
    measure::{AckedCommand, Latency, now_ms},
    paths::Way,
};
use dispatch_hub::{
    client::{Client, Closed, Error, Receiver, Sender},
    domain::ids::{JobId, TenantId, WorkerId},
    protocol::{
        Encoding, Millis, ServerMessage,
        client::{CommandBody, Do, RawFix},
    },
};
use std::{collections::VecDeque, sync::Arc, time::Instant};
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;

/// Fixes on the way.
struct Batch {
    n: i64,
    sent: Instant,
    fixes: Vec<RawFix>,
}

/// A command on the way.
struct Pending {
    id: Uuid,
    reference: i64,
    sent: Instant,
    verb: Do,
}

/// One worker.
pub(crate) struct Worker {
    crowd: Arc<Crowd>,
    tenant: TenantId,
    id: WorkerId,
    client: Client,
    way: Way,
    /// A started job whose status they change.
    job: Option<JobId>,
    paused: bool,
    unstored: VecDeque<Batch>,
    pending: Option<Pending>,
    last_n: i64,
    last_fix_ms: i64,
}

impl Worker {
    /// A worker with a way to go and perhaps a job.
    pub(crate) fn new(crowd: Arc<Crowd>, who: (TenantId, WorkerId), client: Client, way: Way, job: Option<JobId>) -> Self {
        let (tenant, id) = who;
        Self { crowd, tenant, id, client, way, job, paused: false, unstored: VecDeque::new(), pending: None, last_n: 0, last_fix_ms: 0 }
    }

    /// Works until the crowd is sent home and everything is acknowledged.
    pub(crate) async fn run(mut self) {
        let mut attempt = 0;
        loop {
            match self.session(&mut attempt).await {
                Ok(()) => return,
                Err(Error::Closed(closed)) => self.crowd.measures.closed(&closed),
                Err(Error::Unreachable(_)) => {}
                Err(error) => self.crowd.measures.fault(&error.to_string()),
            }
            if !back_off(&self.crowd, &mut attempt).await {
                return;
            }
        }
    }

    /// One connection; `Ok` when nothing is left to do.
    async fn session(&mut self, attempt: &mut u32) -> Result<(), Error> {
        let (sender, mut receiver) = self.client.socket(Encoding::Msgpack).await?.split();
        sender.duty(true).await?;
        self.say_again(&sender).await?;
        let plan = &self.crowd.plan;
        let (fix_every, command_every) = (plan.fix_every, self.job.and(plan.command_every));
        let (mut fixes, mut commands) = (None, None);
        let mut is_working = false;
        let mut phase = self.crowd.phase.clone();
        // A refusal to be "busy" is answered by asking again on this clock.
        let mut again = ticking(std::time::Duration::from_secs(1));
        loop {
            if *phase.borrow() == Phase::Over || (*phase.borrow() == Phase::Finishing && self.unstored.is_empty() && self.pending.is_none()) {
                return Ok(());
            }
            let working = *phase.borrow() == Phase::Working;
            if working != is_working {
                // The clocks begin with the work: set while gathering, all that are overdue would strike at once, and go on in step.
                is_working = working;
                fixes = fix_every.filter(|_| working).map(ticking);
                commands = command_every.filter(|_| working).map(ticking);
            }
            tokio::select! {
                () = next(&mut fixes) => self.measure_and_send(&sender).await?,
                () = next(&mut commands), if self.pending.is_none() => self.command(&sender).await?,
                _ = again.tick() => self.ask_again(&sender).await?,
                message = hear(&mut receiver) => {
                    *attempt = 0;
                    self.take_in(message?);
                }
                _ = phase.changed() => {}
            }
        }
    }

    async fn measure_and_send(&mut self, sender: &Sender) -> Result<(), Closed> {
        let fixes = (0..self.crowd.plan.fixes_per_frame)
            .map(|_| {
                // One time, one fix: a repeat would be taken for the same.
                self.last_fix_ms = now_ms().max(self.last_fix_ms + 1);
                self.way.step(self.last_fix_ms)
            })
            .collect();
        self.last_n += 1;
        self.unstored.push_back(Batch { n: self.last_n, sent: Instant::now(), fixes });
        let batch = self.unstored.back().expect("just pushed");
        sender.fixes(batch.n, batch.fixes.clone(), None).await
    }

    async fn command(&mut self, sender: &Sender) -> Result<(), Closed> {
        let Some(job) = self.job else { return Ok(()) };
        let (verb, kind) = if self.paused { (Do::Resume, "job_resumed") } else { (Do::Pause, "job_paused") };
        self.crowd.measures.commanded(job, kind);
        let pending = Pending { id: Uuid::now_v7(), reference: 0, sent: Instant::now(), verb };
        self.pending = Some(pending);
        self.send_pending(sender).await
    }

    async fn send_pending(&mut self, sender: &Sender) -> Result<(), Closed> {
        let (Some(job), Some(pending)) = (self.job, &mut self.pending) else { return Ok(()) };
        pending.reference = sender.command(pending.id, job, bare(pending.verb)).await?;
        Ok(())
    }

    /// After a reconnect: everything that was not acknowledged.
    async fn say_again(&mut self, sender: &Sender) -> Result<(), Closed> {
        for batch in &mut self.unstored {
            self.last_n += 1;
            batch.n = self.last_n;
            sender.fixes(batch.n, batch.fixes.clone(), None).await?;
        }
        self.send_pending(sender).await
    }

    /// Whatever has waited for long was answered "busy".
    async fn ask_again(&mut self, sender: &Sender) -> Result<(), Closed> {
        let long = |sent: Instant| sent.elapsed() > self.crowd.plan.patience;
        if self.pending.as_ref().is_some_and(|pending| long(pending.sent)) || self.unstored.front().is_some_and(|batch| long(batch.sent)) {
            self.say_again(sender).await?;
        }
        Ok(())
    }

    fn take_in(&mut self, message: ServerMessage) {
        let measures = &self.crowd.measures;
        match message {
            ServerMessage::Stored(stored) => {
                while let Some(batch) = self.unstored.pop_front_if(|batch| batch.n <= stored.n) {
                    measures.took(Latency::FixAck, batch.sent);
                    measures.ledger().fixes.extend(batch.fixes.iter().map(|fix| (self.id, fix.0)));
                }
            }
            ServerMessage::Ok(ok) => {
                if let (Some(job), Some(pending)) = (self.job, self.pending.take_if(|pending| pending.reference == ok.reference)) {
                    measures.took(Latency::CommandAck, pending.sent);
                    self.paused = pending.verb == Do::Pause;
                    match ok.seq {
                        Some(seq) => measures.ledger().commands.push(AckedCommand { tenant: self.tenant, job, seq }),
                        None => measures.fault("ok without seq"),
                    }
                }
            }
            ServerMessage::Refused(refused) => {
                measures.fault(&refused.problem.kind);
                let lasting = refused.problem.status != 503;
                if lasting && self.pending.as_ref().is_some_and(|pending| refused.reference == Some(pending.reference)) {
                    self.pending = None;
                }
            }
            _ => {}
        }
    }
}

/// The next message, or how the socket ended.
async fn hear(receiver: &mut Receiver) -> Result<ServerMessage, Error> {
    let frame = receiver.next().await?;
    frame.message().map_err(|misfit| Error::Strange(format!("{}: {}", misfit.pointer, misfit.detail)))
}

/// Ticks with a phase of its own, so that a crowd does not march in step.
pub(crate) fn ticking(every: std::time::Duration) -> Interval {
    let start = tokio::time::Instant::now() + every.mul_f64(rand::random_range(0.0..1.0));
    let mut ticks = interval_at(start, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// The next tick; never, without a clock.
pub(crate) async fn next(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

fn bare(verb: Do) -> CommandBody<Millis> {
    CommandBody { verb, at: None, version: None, worker: None, start: None, end: None, reason: None, step: None, fields: None }
}
