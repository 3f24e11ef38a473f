//! Id to address: actors start on demand on a fixed set of arbiters, stop when idle, and respawn from Postgres after a panic.

use super::customer_actor::CustomerActor;
use super::job_actor::{JobActor, Refresh};
use super::{Answer, Error, Shared};
use crate::domain::ids::{CustomerId, JobId, TenantId};
use crate::domain::job::Job;
use actix::{Actor, Addr, Arbiter, ArbiterHandle, Handler, Message};
use dashmap::DashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use uuid::Uuid;

/// Where the actors of this node live.
pub(super) struct Registry {
    arbiters: Vec<Arbiter>,
    jobs: DashMap<(TenantId, JobId), Addr<JobActor>>,
    customers: DashMap<(TenantId, CustomerId), Addr<CustomerActor>>,
}

impl Registry {
    /// A registry over this many threads.
    pub(super) fn new(arbiters: usize) -> Self {
        Self { arbiters: (0..arbiters.max(1)).map(|_| Arbiter::new()).collect(), jobs: DashMap::new(), customers: DashMap::new() }
    }

    fn arbiter(&self, id: Uuid) -> ArbiterHandle {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % self.arbiters.len() as u64).unwrap_or(0);
        self.arbiters[index].handle()
    }

    /// Asks a job's actor, starting one if there is none. A dead one is replaced and asked once more.
    pub(super) async fn ask<M>(&self, shared: &Arc<Shared>, tenant: TenantId, job: JobId, ask: impl Fn() -> M) -> Result<Answer, Error>
    where
        M: Message<Result = Result<Answer, Error>> + Send + 'static,
        JobActor: Handler<M>,
        <JobActor as Actor>::Context: actix::dev::ToEnvelope<JobActor, M>,
    {
        for _ in 0..2 {
            let address = self.job(shared, tenant, job);
            match address.send(ask()).await {
                Ok(answer) => return answer,
                Err(_gone) => {
                    metrics::counter!("hub_actors_respawned_total").increment(1);
                    self.jobs.remove_if(&(tenant, job), |_, known| *known == address);
                }
            }
        }
        Err(Error::Busy)
    }

    fn job(&self, shared: &Arc<Shared>, tenant: TenantId, job: JobId) -> Addr<JobActor> {
        let start = || {
            let shared = Arc::clone(shared);
            JobActor::start_in_arbiter(&self.arbiter(job.0), move |_| JobActor::new(shared, tenant, job))
        };
        self.jobs.entry((tenant, job)).or_insert_with(start).clone()
    }

    /// Tells a job's actor, if there is one, how the job now stands.
    pub(super) fn refresh(&self, tenant: TenantId, id: JobId, job: Option<Arc<Job>>) {
        let Some(address) = self.jobs.get(&(tenant, id)).map(|entry| entry.clone()) else { return };
        // A full mailbox means commands are coming; the version check of their commit does what this would have done.
        if address.try_send(Refresh(job)).is_err() {
            metrics::counter!("hub_refreshes_skipped_total").increment(1);
        }
    }

    /// The actor stops.
    pub(super) fn forget_job(&self, tenant: TenantId, job: JobId) {
        self.jobs.remove(&(tenant, job));
    }

    /// How many job actors there are.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// A customer's actor, if somebody watches.
    pub(super) fn customer(&self, tenant: TenantId, customer: CustomerId) -> Option<Addr<CustomerActor>> {
        self.customers.get(&(tenant, customer)).map(|entry| entry.clone())
    }

    /// Sends to a customer's actor, starting one if there is none, and waits until it is done.
    pub(super) async fn tell_customer<M>(&self, tenant: TenantId, customer: CustomerId, message: impl Fn() -> M) -> Option<M::Result>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        CustomerActor: Handler<M>,
        <CustomerActor as Actor>::Context: actix::dev::ToEnvelope<CustomerActor, M>,
    {
        for _ in 0..2 {
            let start = || CustomerActor::start_in_arbiter(&self.arbiter(customer.0), |_| CustomerActor::default());
            let address = self.customers.entry((tenant, customer)).or_insert_with(start).clone();
            match address.send(message()).await {
                Ok(result) => return Some(result),
                Err(_gone) => {
                    self.customers.remove_if(&(tenant, customer), |_, known| *known == address);
                }
            }
        }
        None
    }

    /// Nobody watches the customer any more: its actor ends with its last address.
    pub(super) fn forget_customer(&self, tenant: TenantId, customer: CustomerId, address: &Addr<CustomerActor>) {
        self.customers.remove_if(&(tenant, customer), |_, known| known == address);
    }

    /// Ends the arbiters, and with them every actor.
    pub(super) fn stop(&self) {
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}
