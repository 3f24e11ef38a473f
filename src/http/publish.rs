//! Publishing many jobs at once.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::jobs::request;
use super::request::{Body, IdempotencyKey};
use crate::domain::ids::JobId;
use crate::domain::refusal::Why;
use crate::hub::{Ask, body_hash};
use crate::protocol::Millis;
use crate::protocol::client::{CommandBody, Do};
use crate::protocol::lists::{PublishAnswer, PublishBody, PublishResult};
use crate::protocol::views::Job as JobView;
use actix_web::web::{Data, Json};
use futures_util::StreamExt;
use futures_util::stream;

const JOBS_MAX: usize = 500;
/// Commands on their way at once: enough to fill a commit.
const TOGETHER: usize = 32;

pub(super) async fn publish(parts: Data<Parts>, me: Me, key: IdempotencyKey, Body(body): Body<PublishBody>) -> Result<Json<PublishAnswer>, Error> {
    if !(1..=JOBS_MAX).contains(&body.jobs.len()) {
        return Err(Error::invalid("/jobs", &Why::OutOfRange("1 to 500 jobs")));
    }
    let each = stream::iter(body.jobs).map(|id| one(&parts, &me, &key, id));
    Ok(Json(PublishAnswer { results: each.buffered(TOGETHER).collect().await }))
}

async fn one(parts: &Parts, me: &Me, IdempotencyKey(key): &IdempotencyKey, id: JobId) -> PublishResult {
    let body = CommandBody::<Millis>::bare(Do::Publish);
    let key = key.as_ref().map(|key| format!("{key}/{id}"));
    let request = request(me, IdempotencyKey(key), body_hash(&(id, &body)), None);
    match parts.hub.command(&me.caller, id, request, Ask::Body(body)).await {
        Ok(answer) => {
            let job = answer.job.and_then(|job| JobView::for_caller(&job, &me.caller));
            PublishResult { id, job, seq: Some(answer.seq), problem: None }
        }
        Err(error) => PublishResult { id, job: None, seq: None, problem: Some(Error::from(error).into_problem()) },
    }
}
