//! Jobs that were there before the hub started: decided by the same rules and committed through the same lanes as live
//! ones, but at instants of the past, which the hub's own door does not take.

use super::id;
use crate::domain::At;
use crate::domain::caller::Caller;
use crate::domain::command::Command;
use crate::domain::job::{Asked, Job, NewJob};
use crate::domain::refusal::Refusal;
use crate::domain::tenant::DispatchRules;
use crate::hub::{Decided, change_of, numbered};
use crate::store::Store;
use crate::store::writer::{Change, CommandLanes, Outcome};
use anyhow::{Context as _, anyhow, bail};
use std::sync::Arc;

/// A writer of the past.
pub(super) struct History {
    lanes: CommandLanes<Decided>,
    rules: DispatchRules,
}

impl History {
    /// Its lanes are its own: the hub has not started yet.
    pub(super) fn begin(store: &Store, rules: DispatchRules) -> Self {
        Self { lanes: CommandLanes::start(store.writer_pool().clone(), |_nobody_listens_yet| {}), rules }
    }

    /// A job that `caller` asked for at `at`. `key` is its own among all of the demo's.
    pub(super) async fn create(&self, key: &str, caller: &Caller, at: At, new: NewJob<'_>) -> anyhow::Result<Arc<Job>> {
        let (job, event) = new.decide(caller.tenant, id(key).into(), caller.by(), self.rules, at).map_err(|refusal| refused(key, &refusal))?;
        self.commit(key, change_of(caller.tenant, id(&format!("{key} created")), 0, Decided::created(job, event))).await
    }

    /// What `caller` asked of the job at `at`.
    pub(super) async fn command(&self, key: &str, caller: &Caller, at: At, job: &Arc<Job>, command: &Command) -> anyhow::Result<Arc<Job>> {
        let source = caller.source();
        let asked = Asked { command, caller, source, now: at, happened_at: at, version: None, rules: self.rules, files: &[] };
        let event = job.decide(&asked).map_err(|refusal| refused(key, &refusal))?;
        let Some(event) = event else { return Ok(Arc::clone(job)) };
        let command_id = id(&format!("{key} {}", job.version));
        self.commit(key, change_of(caller.tenant, command_id, 0, Decided::after(job, event))).await
    }

    async fn commit(&self, key: &str, change: Change<Decided>) -> anyhow::Result<Arc<Job>> {
        let job = change.payload.job.clone().context("the demo deletes no job")?;
        let outcomes = self.lanes.commit(vec![change]).await?;
        match outcomes.first() {
            Some(Outcome::Applied { number, invoice_number, .. }) => Ok(numbered(job, *number, *invoice_number)),
            other => bail!("{key} could not be written: {other:?}"),
        }
    }

    /// Everything is written already; this ends the lanes.
    pub(super) async fn end(self) {
        self.lanes.drain().await;
    }
}

fn refused(key: &str, refusal: &Refusal) -> anyhow::Error {
    anyhow!("the rules refuse {key}: {refusal:?}")
}
