//! A day of the company at a glance.

use super::Parts;
use super::access::Me;
use super::csv::{self, Csv};
use super::error::Error;
use super::request::Query;
use crate::domain::hours::BusinessHours;
use crate::domain::job::Slot;
use crate::domain::overview;
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::overview::Overview;
use crate::store;
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub(super) async fn read(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<Overview>, Error> {
    Ok(Json(of_day(&parts, &me, &query).await?))
}

/// One line per worker.
pub(super) async fn export(parts: Data<Parts>, me: Me, query: Query) -> Result<HttpResponse, Error> {
    let overview = of_day(&parts, &me, &query).await?;
    let mut table = Csv::new(&["day", "worker", "available_min", "planned_min", "worked_min"]);
    for load in overview.workers {
        let [available, planned, worked] = [load.available_min, load.planned_min, load.worked_min].map(|minutes| minutes.to_string());
        table.row([overview.day.as_str(), &load.name, &available, &planned, &worked]);
    }
    Ok(csv::answer(&format!("overview-{}.csv", overview.day), table))
}

async fn of_day(parts: &Parts, me: &Me, query: &Query) -> Result<Overview, Error> {
    let now = clock::now();
    let settings = &me.tenant.settings;
    let zone = TimeZone::get(&me.tenant.time_zone).unwrap_or(TimeZone::UTC);
    let company = BusinessHours { hours: settings.hours, holidays: settings.holidays.clone(), zone };
    let date = query.parsed::<Date>("day", "a date, for example 2026-11-27")?.unwrap_or_else(|| company.date(now));
    let day = company.day(date).ok_or_else(|| Error::invalid("/day", &Why::OutOfRange("the calendar")))?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let jobs = store::jobs::of_day(&mut connection, me.tenant.id, day).await?;
    let mut workers = store::workers::list(&mut connection, me.tenant.id).await?;
    // Who left is still there on the days on which they worked.
    workers.retain(|worker| worker.archived_at.is_none() || jobs.iter().any(|job| job.worker.as_ref().is_some_and(|at| at.id == worker.id)));
    let hours = |worker: &store::workers::Worker| -> Option<Slot> {
        let availability = &worker.availability;
        let own = BusinessHours { hours: availability.hours.unwrap_or(company.hours), ..company.clone() };
        own.open_on(date).filter(|_| !availability.absences.iter().any(|absence| absence.covers(date)))
    };
    let rows: Vec<_> = workers.iter().map(|worker| (worker.id, hours(worker))).collect();
    let seen = overview::of_day(day, &jobs, &rows, now);
    Ok(Overview::new(date.to_string(), seen, workers.into_iter().map(|worker| worker.name)))
}
