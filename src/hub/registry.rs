//! Id to address: actors start on demand on a fixed set of arbiters, stop when idle, and respawn from Postgres after a panic.

use super::customer_actor::{CustomerActor, Watch};
use super::job_actor::{JobActor, Refresh};
use super::send_queue::Close;
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

    /// Begins to watch a customer: by its actor, or by another one if that is just ending.
    pub(super) async fn watch_customer(&self, tenant: TenantId, customer: CustomerId, watch: impl Fn() -> Watch) {
        loop {
            let start = || CustomerActor::start_in_arbiter(&self.arbiter(customer.0), |_| CustomerActor::default());
            let address = self.customers.entry((tenant, customer)).or_insert_with(start).clone();
            match address.send(watch()).await {
                Ok(true) => return,
                Ok(false) => self.forget_customer(tenant, customer, &address),
                // The hub stops, or the actor died: whoever watched it comes back, and so does this session.
                Err(_gone) => {
                    self.forget_customer(tenant, customer, &address);
                    return watch().subscription.close_session(Close::Resync);
                }
            }
        }
    }

    /// Nobody watches this actor any more: it ends with its last address. Another one of the customer stays.
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

#[cfg(test)]
mod tests {
    use super::super::Sink;
    use super::super::customer_actor::Unwatch;
    use super::super::fanout::{SessionId, Subscription};
    use super::super::send_queue::SendQueue;
    use super::*;
    use crate::domain::portal::Permissions;
    use crate::protocol::{Encoding, Topic};
    use bytes::Bytes;

    struct Anywhere;

    impl Sink for Anywhere {
        fn try_write(&self, _: Bytes) -> bool {
            true
        }
    }

    const TENANT: TenantId = TenantId(Uuid::nil());
    const CUSTOMER: CustomerId = CustomerId(Uuid::nil());

    /// Somebody who watches the customer.
    struct Watcher(SessionId, Arc<SendQueue>);

    impl Watcher {
        async fn join(registry: &Registry) -> Self {
            let (session, queue) = (SessionId::fresh(), SendQueue::new(Encoding::Json, Box::new(Anywhere)));
            let subscription = Subscription::joining(session, Arc::clone(&queue));
            let permissions = Arc::new(Permissions::all());
            let watch = || Watch {
                topic: Topic::Portal,
                permissions: Arc::clone(&permissions),
                person: Uuid::nil(),
                subscription: Arc::clone(&subscription),
            };
            registry.watch_customer(TENANT, CUSTOMER, watch).await;
            Self(session, queue)
        }

        /// Leaves; false if it was not there any more.
        async fn leave(self, registry: &Registry) -> bool {
            let Some(address) = registry.customer(TENANT, CUSTOMER) else { return false };
            if address.send(Unwatch { session: self.0, topic: None }).await.unwrap_or(true) {
                registry.forget_customer(TENANT, CUSTOMER, &address);
            }
            self.1.closed().is_none()
        }
    }

    #[test]
    fn who_joins_as_the_last_watcher_leaves_is_not_taken_along() {
        actix::System::new().block_on(async {
            let registry = Registry::new(2);
            let mut last = Watcher::join(&registry).await;
            for round in 0..2_000 {
                let (left, next) = tokio::join!(last.leave(&registry), Watcher::join(&registry));
                assert!(left, "round {round}");
                last = next;
            }
            assert!(last.leave(&registry).await && registry.customer(TENANT, CUSTOMER).is_none());
        });
    }
}
