//! What text messages cost: reserved before one is handed over, under the lock of the month's row, so that no cap is passed by two at once.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{CustomerId, JobId, TenantId};
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use time::Month;
use uuid::Uuid;

/// A text message to pay for.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The message.
    pub message: Uuid,
    /// The first day of the month that it belongs to, in the tenant's zone.
    pub month: Date,
    /// Of whose job it tells, if of any.
    pub customer: Option<CustomerId>,
    /// Which job.
    pub job: Option<JobId>,
    /// The number.
    pub address: String,
    /// How many segments.
    pub segments: u16,
    /// The price of one.
    pub price: Decimal,
}

impl Charge {
    /// What it costs.
    pub fn amount(&self) -> Decimal {
        self.price * Decimal::from(self.segments)
    }
}

/// The most that may be spent in a month; none: no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caps {
    /// By the tenant.
    pub tenant: Option<Decimal>,
    /// For one customer.
    pub customer: Option<Decimal>,
}

/// What came of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// The message may go; whether this one took the month past 80 % of its cap.
    Yes {
        /// It did, for the first time.
        warns: bool,
    },
    /// It would pass the tenant's cap.
    OverCap,
    /// It would pass the customer's budget.
    OverBudget,
}

/// The part of the cap at which admins are warned.
const WARNED_AT_PERCENT: u32 = 80;

fn day(date: Date) -> Result<time::Date, Error> {
    let month = u8::try_from(date.month()).ok().and_then(|month| Month::try_from(month).ok());
    let date = month.and_then(|month| time::Date::from_calendar_date(date.year().into(), month, u8::try_from(date.day()).unwrap_or(1)).ok());
    date.ok_or_else(|| Error::Internal(anyhow::anyhow!("no such month")))
}

fn date(day: time::Date) -> Date {
    let narrow = |part: u8| i8::try_from(part).unwrap_or(1);
    Date::new(i16::try_from(day.year()).unwrap_or(0), narrow(day.month().into()), narrow(day.day())).unwrap_or_default()
}

/// Puts a message on the account, once, unless a cap forbids it. On the courier's connection.
pub async fn reserve(connection: &mut PgConnection, tenant: TenantId, charge: &Charge, caps: Caps, now: At) -> Result<Reserved, Error> {
    let month = day(charge.month)?;
    let spent = sqlx::query!(
        "insert into sms_month (tenant, month) values ($1, $2) on conflict (tenant, month) do update set tenant = excluded.tenant
         returning amount, warned_at",
        tenant.0,
        month
    )
    .fetch_one(&mut *connection)
    .await?;
    let is_there = sqlx::query_scalar!("select true from sms_charge where tenant = $1 and message = $2", tenant.0, charge.message);
    if is_there.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(Reserved::Yes { warns: false });
    }
    let after = spent.amount + charge.amount();
    if caps.tenant.is_some_and(|cap| after > cap) {
        return Ok(Reserved::OverCap);
    }
    if let (Some(cap), Some(customer)) = (caps.customer, charge.customer) {
        let so_far = sqlx::query_scalar!(
            r#"select coalesce(sum(amount), 0) as "so_far!" from sms_charge where tenant = $1 and month = $2 and customer = $3"#,
            tenant.0,
            month,
            customer.0
        )
        .fetch_one(&mut *connection)
        .await?;
        if so_far + charge.amount() > cap {
            return Ok(Reserved::OverBudget);
        }
    }
    sqlx::query!(
        "insert into sms_charge (tenant, message, month, at, customer, job, address, segments, price, amount)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        charge.message,
        month,
        instant::time(now),
        charge.customer.map(|customer| customer.0),
        charge.job.map(|job| job.0),
        charge.address,
        i16::try_from(charge.segments).unwrap_or(i16::MAX),
        charge.price,
        charge.amount()
    )
    .execute(&mut *connection)
    .await?;
    let warns = spent.warned_at.is_none() && caps.tenant.is_some_and(|cap| after * Decimal::ONE_HUNDRED >= cap * Decimal::from(WARNED_AT_PERCENT));
    sqlx::query!(
        "update sms_month set segments = segments + $3, amount = amount + $4, warned_at = case when $5 then $6 else warned_at end
         where tenant = $1 and month = $2",
        tenant.0,
        month,
        i32::from(charge.segments),
        charge.amount(),
        warns,
        instant::time(now)
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update message set segments = $2, amount = $3 where id = $1",
        charge.message,
        i16::try_from(charge.segments).unwrap_or(i16::MAX),
        charge.amount()
    )
    .execute(connection)
    .await?;
    Ok(Reserved::Yes { warns })
}

/// Takes a message off the account that the gateway did not take. On the courier's connection.
pub async fn take_back(connection: &mut PgConnection, tenant: TenantId, message: Uuid) -> Result<(), Error> {
    sqlx::query!(
        "with gone as (delete from sms_charge where tenant = $1 and message = $2 returning tenant, month, segments, amount),
           emptied as (update message m set segments = null, amount = null from gone where m.id = $2)
         update sms_month m set segments = m.segments - gone.segments, amount = m.amount - gone.amount
         from gone where m.tenant = gone.tenant and m.month = gone.month",
        tenant.0,
        message
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A month's sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthSum {
    /// Its first day.
    pub month: Date,
    /// Segments.
    pub segments: i32,
    /// What they cost.
    pub amount: Decimal,
}

/// The sums of a tenant's months, the latest first.
pub async fn months(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<MonthSum>, Error> {
    let rows = sqlx::query!("select month, segments, amount from sms_month where tenant = $1 and segments > 0 order by month desc", tenant.0)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| MonthSum { month: date(row.month), segments: row.segments, amount: row.amount }).collect())
}

/// A line of a statement.
#[derive(Debug, Clone)]
pub struct Line {
    /// The message.
    pub message: Uuid,
    /// When.
    pub at: At,
    /// The number.
    pub address: String,
    /// The customer's name, if it told of a customer's job.
    pub customer: Option<String>,
    /// How many segments.
    pub segments: i16,
    /// The price of one.
    pub price: Decimal,
    /// What it cost.
    pub amount: Decimal,
}

/// A month's statement, in order of time.
pub async fn statement(connection: &mut PgConnection, tenant: TenantId, month: Date) -> Result<Vec<Line>, Error> {
    let rows = sqlx::query!(
        r#"select s.message, s.at, s.address, c.name as "customer?", s.segments, s.price, s.amount
           from sms_charge s left join customer c on c.tenant = s.tenant and c.id = s.customer
           where s.tenant = $1 and s.month = $2 order by s.at, s.message"#,
        tenant.0,
        day(month)?
    )
    .fetch_all(connection)
    .await?;
    let line = |row: (Uuid, time::OffsetDateTime, String, Option<String>, i16, Decimal, Decimal)| Line {
        message: row.0,
        at: instant::at(row.1),
        address: row.2,
        customer: row.3,
        segments: row.4,
        price: row.5,
        amount: row.6,
    };
    Ok(rows.into_iter().map(|row| line((row.message, row.at, row.address, row.customer, row.segments, row.price, row.amount))).collect())
}
