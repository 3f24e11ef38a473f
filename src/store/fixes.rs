//! Where workers were and are. Written by `writer` only; this file reads, and keeps the days of the history.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::geo::Point;
use crate::domain::ids::{TenantId, WorkerId};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A recorded fix of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// When it was measured, by the phone's clock.
    pub at: At,
    /// When the hub got it.
    pub received_at: At,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Metres.
    pub accuracy_m: Option<f32>,
    /// Metres per second.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north.
    pub heading_deg: Option<f32>,
}

/// Where a worker was last shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// Who.
    pub worker: WorkerId,
    /// The time it is shown with.
    pub shown_at: At,
    /// When it was measured, by the phone's clock.
    pub at: At,
    /// Where.
    pub point: Point,
    /// Metres.
    pub accuracy_m: Option<f32>,
    /// Metres per second.
    pub speed_mps: Option<f32>,
    /// Degrees clockwise from north.
    pub heading_deg: Option<f32>,
    /// 0 to 1.
    pub battery: Option<f32>,
}

/// The fixes of a worker from `from` (inclusive) to `to` (exclusive) by the phone's clock, in order, at most `limit`.
pub async fn track(connection: &mut PgConnection, tenant: TenantId, worker: WorkerId, from: At, to: At, limit: i64) -> Result<Vec<Recorded>, Error> {
    let rows = sqlx::query!(
        "select at, received_at, latitude, longitude, accuracy_m, speed_mps, heading_deg from fix
         where tenant = $1 and worker = $2 and at >= $3 and at < $4 order by at limit $5",
        tenant.0,
        worker.0,
        instant::time(from),
        instant::time(to),
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Recorded {
            at: instant::at(row.at),
            received_at: instant::at(row.received_at),
            latitude: row.latitude,
            longitude: row.longitude,
            accuracy_m: row.accuracy_m,
            speed_mps: row.speed_mps,
            heading_deg: row.heading_deg,
        })
        .collect())
}

struct Row {
    tenant: Uuid,
    worker: Uuid,
    shown_at: OffsetDateTime,
    at: OffsetDateTime,
    latitude: f64,
    longitude: f64,
    accuracy_m: Option<f32>,
    speed_mps: Option<f32>,
    heading_deg: Option<f32>,
    battery: Option<f32>,
}

impl Row {
    /// None for what is not on the globe, which no lane stores.
    fn latest(self) -> Option<(TenantId, Latest)> {
        let latest = Latest {
            worker: self.worker.into(),
            shown_at: instant::at(self.shown_at),
            at: instant::at(self.at),
            point: Point::parse(self.latitude, self.longitude).ok()?,
            accuracy_m: self.accuracy_m,
            speed_mps: self.speed_mps,
            heading_deg: self.heading_deg,
            battery: self.battery,
        };
        Some((self.tenant.into(), latest))
    }
}

/// The last shown positions of a tenant's workers.
pub async fn latest(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Latest>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select tenant, worker, shown_at, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery
         from worker_position where tenant = $1",
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(Row::latest).map(|(_, latest)| latest).collect())
}

/// The last shown positions of all workers of all tenants. On a writer's connection.
pub async fn latest_all(connection: &mut PgConnection) -> Result<Vec<(TenantId, Latest)>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select tenant, worker, shown_at, at, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery from worker_position"
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(Row::latest).collect())
}

/// Makes the partitions of today (UTC) and the next three days. On a writer's connection, at start and every day.
/// Returns how many were new.
pub async fn make_days(connection: &mut PgConnection, now: At) -> Result<i32, Error> {
    let today = instant::time(now).date();
    let made = sqlx::query_scalar!(r#"select make_fix_days($1::date, $1::date + 3) as "made!""#, today).fetch_one(connection).await?;
    Ok(made)
}

/// Drops the days before an instant's day (UTC). On a writer's connection. Returns how many partitions went.
pub async fn drop_days_before(connection: &mut PgConnection, at: At) -> Result<i32, Error> {
    let day = instant::time(at).date();
    let dropped = sqlx::query_scalar!(r#"select drop_fix_days_before($1::date) as "dropped!""#, day).fetch_one(connection).await?;
    Ok(dropped)
}
