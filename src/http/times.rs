//! The start times that a customer may still ask for.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::lists::template_view;
use super::request::Query;
use crate::domain::At;
use crate::domain::ids::TemplateId;
use crate::domain::job::Slot;
use crate::domain::refusal::Why;
use crate::hub::{bookings, clock};
use crate::protocol::lists::{FreeTime, Times};
use crate::store;
use actix_web::web::{Data, Json};
use jiff::civil::Date;

/// Days that are looked at without `days`, and at most.
const DAYS: u16 = 7;
const DAYS_MAX: u16 = 31;
const DAY_MIN: i64 = 24 * 60;

pub(super) async fn free(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<Times>, Error> {
    let id = query.id::<TemplateId>("template")?.ok_or_else(|| Error::invalid("/template", &Why::Required))?;
    let from = query.parsed::<Date>("from", "a date, YYYY-MM-DD")?;
    let days = query.parsed("days", "a number from 1 to 31")?.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Error::invalid("/days", &Why::OutOfRange("1 to 31")));
    }
    let tenant = me.tenant.id;
    let mut connection = parts.store.read(tenant).await?;
    let template = store::templates::find(&mut connection, tenant, id).await.map_err(|error| match error {
        store::Error::Missing => Error::invalid("/template", &Why::NotFound),
        other => other.into(),
    })?;
    // What the caller may not order has no times either.
    if template_view(&me, &template).is_none() {
        return Err(Error::invalid("/template", &Why::NotFound));
    }
    let now = clock::now();
    let bookings = bookings(&mut connection, &me.tenant).await?;
    let from = from.map_or_else(|| bookings.hours.date(now), |from| from.max(bookings.hours.date(now)));
    // A day more on both sides than the dates could mean in any zone.
    let begins = now.plus_min(-DAY_MIN);
    let ends = now.plus_min((i64::from(bookings.rules.horizon_days) + i64::from(DAYS_MAX)) * DAY_MIN + i64::from(template.duration_min));
    let busy = store::jobs::busy(&mut connection, tenant, begins, ends).await?;
    let free = bookings.free(template.duration_min, now, from, days, &busy);
    let item = |slot: Slot| FreeTime { start: rfc3339(slot.start), end: rfc3339(slot.end) };
    Ok(Json(Times { time_zone: me.tenant.time_zone.clone(), items: free.into_iter().map(item).collect() }))
}

fn rfc3339(at: At) -> crate::protocol::Rfc3339 {
    at.into()
}
