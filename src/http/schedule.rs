//! The schedule of a range of days.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::request::Query;
use crate::domain::At;
use crate::domain::job::Status;
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::lists::Schedule;
use crate::protocol::views::Job;
use crate::protocol::workers::ScheduleWorker;
use crate::store;
use actix_web::web::{Data, Json};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const RANGE_MAX_MS: i64 = 100 * DAY_MS;

pub(super) async fn read(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<Schedule>, Error> {
    let (from, to) = range(&me, &query, clock::now().plus_ms(-DAY_MS), 15 * DAY_MS, RANGE_MAX_MS)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let workers = store::workers::list(&mut connection, me.tenant.id).await?;
    let (seq, jobs) = store::jobs::schedule(&mut connection, me.tenant.id, from, to).await?;
    let here = workers.into_iter().filter(|worker| worker.archived_at.is_none());
    let row = |worker: store::workers::Worker| ScheduleWorker::new(worker.id, worker.name, worker.availability, &me.tenant.settings, worker.on_duty);
    let (to_place, placed): (Vec<_>, Vec<_>) = jobs.iter().partition(|job| job.status == Status::Unassigned);
    Ok(Json(Schedule {
        workers: here.map(row).collect(),
        holidays: me.tenant.settings.holidays.clone(),
        jobs: placed.into_iter().map(Job::staff).collect(),
        to_place: to_place.into_iter().map(Job::staff).collect(),
        seq,
    }))
}

/// The parameters `from` and `to`: instants, or local times of the tenant.
pub(super) fn range(me: &Me, query: &Query, default_from: At, default_ms: i64, most_ms: i64) -> Result<(At, At), Error> {
    let from = query.instant("from", &me.tenant.time_zone)?.unwrap_or(default_from);
    let to = query.instant("to", &me.tenant.time_zone)?.unwrap_or(from.plus_ms(default_ms));
    if to <= from {
        return Err(Error::invalid("/to", &Why::EndBeforeStart));
    }
    if to.since(from) > most_ms {
        return Err(Error::invalid("/to", &Why::OutOfRange("a few weeks after `from`")));
    }
    Ok((from, to))
}
