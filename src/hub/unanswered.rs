//! Jobs that no worker answers: after as long as the company said, the hub declines them, and a dispatcher places them anew.
//!
//! Since when a job waits stands in its document, so that neither a restart nor another node starts the time again. Every node looks; what
//! two of them decide about one version of a job is one change.

use super::commit::by_itself;
use super::job_actor::JobActor;
use super::{Answer, Error, Shared, clock, look};
use crate::domain::ids::{JobId, TenantId};
use crate::domain::job::Job;
use crate::store;
use actix::{ActorFutureExt, AtomicResponse, Context, Handler, Message, WrapFuture};
use std::sync::Arc;
use std::time::Duration;

/// How often to look.
const LOOK: Duration = Duration::from_secs(5);

/// Begins to look. Ends with the hub.
pub(super) fn start(shared: &Arc<Shared>) {
    look::every(shared, LOOK, |shared| async move {
        if let Err(error) = shared.decline_unanswered().await {
            tracing::debug!(%error, "could not look which jobs nobody answers; trying again");
        }
    });
}

/// To a job's actor: nobody has answered for this many minutes.
struct Unanswered(u16);

impl Message for Unanswered {
    type Result = Result<Answer, Error>;
}

impl Shared {
    async fn decline_unanswered(self: &Arc<Self>) -> Result<(), Error> {
        let mut connection = self.store.write().await?;
        let unanswered = store::jobs::unanswered(&mut connection, clock::now()).await?;
        drop(connection);
        for (tenant, job, minutes) in unanswered {
            self.decline(tenant, job, minutes).await;
        }
        Ok(())
    }

    async fn decline(self: &Arc<Self>, tenant: TenantId, job: JobId, minutes: u16) {
        // Its feed runs from now on, so that what is committed is also told.
        let declined = match self.tenant(tenant).await {
            Ok(_) => self.registry.ask(self, tenant, job, || Unanswered(minutes)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = declined {
            tracing::warn!(%error, "a job that nobody answers could not be declined; trying again");
        }
    }
}

impl Handler<Unanswered> for JobActor {
    type Result = AtomicResponse<Self, Result<Answer, Error>>;

    fn handle(&mut self, Unanswered(minutes): Unanswered, _: &mut Context<Self>) -> Self::Result {
        let (shared, tenant, id, held) = (Arc::clone(&self.shared), self.tenant, self.id, self.job.clone());
        let told = async move {
            let decline = |job: &Job| job.unanswered(minutes, clock::now());
            by_itself(&shared, tenant, id, held, "no answer", decline).await
        };
        AtomicResponse::new(Box::pin(told.into_actor(self).map(|(job, answer), actor, _| {
            actor.job = job;
            answer
        })))
    }
}
