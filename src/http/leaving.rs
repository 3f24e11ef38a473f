//! A worker who leaves: what is planned for them goes back to the jobs that are to be placed.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::jobs::request;
use super::request::IdempotencyKey;
use crate::domain::ids::{JobId, WorkerId};
use crate::domain::job::{Job, Status};
use crate::hub::{Ask, body_hash};
use crate::protocol::Problem;
use crate::protocol::client::{CommandBody, Do};
use crate::protocol::problem::Name;
use crate::store;
use futures_util::{StreamExt, stream};
use sqlx::PgConnection;

/// Commands on their way at once.
const TOGETHER: usize = 16;

/// Jobs that are planned for the worker. What they have begun, somebody else has to be given first.
pub(super) async fn planned(connection: &mut PgConnection, me: &Me, worker: WorkerId) -> Result<Vec<JobId>, Error> {
    let open = store::jobs::open_of_worker(connection, me.tenant.id, worker).await?;
    let begun: Vec<String> = open.iter().filter(|job| job.status == Status::Started).map(Job::number_text).collect();
    if begun.is_empty() {
        Ok(open.into_iter().map(|job| job.id).collect())
    } else {
        let detail = format!("They have begun {}: give it to somebody else, or have it completed, first", begun.join(", "));
        Err(Problem::with_detail(Name::Conflict, detail).into())
    }
}

/// Takes the jobs from the worker. One that somebody else moved meanwhile is where it was put.
pub(super) async fn place_again(parts: &Parts, me: &Me, jobs: Vec<JobId>) {
    let each = stream::iter(jobs).map(|id| async move {
        let body = CommandBody::bare(Do::Unallocate);
        let request = request(me, IdempotencyKey(None), body_hash(&(id, &body)), None);
        if let Err(error) = parts.hub.command(&me.caller, id, request, Ask::Body(body)).await {
            tracing::warn!(%error, job = %id, "a job stays with a worker who left");
        }
    });
    each.buffer_unordered(TOGETHER).collect::<()>().await;
}
