//! Requested times of customers who are bound to business hours: checked here against the rules, and by the database, in the commit
//! itself, against everybody else's jobs.

use super::commit::Decided;
use super::lookup::{Ask, EditInput};
use super::{Error, Shared};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::event::Change;
use crate::domain::free_times::Bookings;
use crate::domain::hours::BusinessHours;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::refusal::Refusal;
use crate::domain::tenant::Tenant;
use crate::store;
use jiff::tz::TimeZone;
use serde::Serialize;
use sqlx::PgConnection;
use std::sync::Arc;

/// A time that must still be free when the job is written; see the trigger `job_time_available`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Booking {
    from_ms: At,
    to_ms: At,
    /// Jobs at one time.
    workers: u32,
}

/// The rules by which some caller's wishes are bound.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    bookings: Arc<Bookings>,
    /// For jobs of these customers.
    bound: Vec<CustomerId>,
}

/// What the tenant's settings and workers allow as they stand now.
pub async fn bookings(connection: &mut PgConnection, tenant: &Tenant) -> Result<Bookings, store::Error> {
    let rules = tenant.settings.portal.booking;
    let workers = match rules.bookable_workers {
        Some(workers) => u32::from(workers),
        None => store::workers::count_active(connection, tenant.id).await?,
    };
    let zone = TimeZone::get(&tenant.time_zone).unwrap_or(TimeZone::UTC);
    let hours = BusinessHours { hours: tenant.settings.hours, holidays: tenant.settings.holidays.clone(), zone };
    Ok(Bookings { hours, rules, workers })
}

impl Desk {
    /// For a new job of this customer; none if the caller may ask for any time.
    pub(super) async fn of(shared: &Shared, caller: &Caller, customer: CustomerId) -> Result<Option<Self>, Error> {
        let is_bound = caller.permissions_for(customer).is_some_and(|permissions| !permissions.outside_hours);
        if is_bound { Self::open(shared, caller.tenant, vec![customer]).await.map(Some) } else { Ok(None) }
    }

    /// For an edit that asks for another time, whosever job it turns out to be.
    pub(super) async fn for_edit(shared: &Shared, caller: &Caller, ask: &Ask) -> Result<Option<Self>, Error> {
        let Role::PortalUser { links, .. } = &caller.role else { return Ok(None) };
        if !matches!(ask, Ask::Edit(EditInput { requested_start: Some(Some(_)), .. })) {
            return Ok(None);
        }
        let bound: Vec<CustomerId> = links.iter().filter(|link| !link.permissions.outside_hours).map(|link| link.customer).collect();
        if bound.is_empty() { Ok(None) } else { Self::open(shared, caller.tenant, bound).await.map(Some) }
    }

    async fn open(shared: &Shared, tenant: TenantId, bound: Vec<CustomerId>) -> Result<Self, Error> {
        let mut connection = shared.store.read(tenant).await?;
        // Not as the hub remembers the tenant: settings may just have changed.
        let tenant = store::tenants::find(&mut connection, tenant).await?;
        Ok(Self { bookings: Arc::new(bookings(&mut connection, &tenant).await?), bound })
    }

    /// The booking of a wish for `copies` jobs at once; looks whether there is room, so that a hopeless one does not reach the lanes.
    pub(super) async fn book(
        &self,
        shared: &Shared,
        tenant: TenantId,
        start: Option<At>,
        duration_min: u32,
        copies: u16,
        now: At,
    ) -> Result<Option<Booking>, Error> {
        let Some(start) = start else { return Ok(None) };
        let booking = self.checked(start, duration_min, now)?;
        let mut connection = shared.store.read(tenant).await?;
        let busy = store::jobs::busy(&mut connection, tenant, booking.from_ms, booking.to_ms).await?;
        if busy.len() + usize::from(copies) > booking.workers as usize {
            return Err(Error::Refused(Refusal::TimeNotAvailable));
        }
        Ok(Some(booking))
    }

    /// The booking that an edit makes, if it asks for another time and its caller is bound.
    pub(super) fn booking_of(&self, decided: &Decided, now: At) -> Result<Option<Booking>, Refusal> {
        let (Change::Edited(edited), Some(job)) = (&decided.event.change, &decided.job) else { return Ok(None) };
        let Some(Some(start)) = edited.requested_start.filter(|_| self.bound.contains(&job.customer.id)) else { return Ok(None) };
        self.checked(start, job.duration_min, now).map(Some)
    }

    fn checked(&self, start: At, duration_min: u32, now: At) -> Result<Booking, Refusal> {
        if !self.bookings.offers(start, duration_min, now) {
            return Err(Refusal::TimeNotAvailable);
        }
        Ok(Booking { from_ms: start, to_ms: start.plus_min(i64::from(duration_min)), workers: self.bookings.workers })
    }
}
