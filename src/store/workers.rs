//! Workers of a tenant, and whether they are on duty.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::availability::{Absence, Availability};
use crate::domain::ids::{FileId, LoginId, TenantId, WorkerId};
use crate::domain::tenant::Hours;
use sqlx::PgConnection;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A worker.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Whose.
    pub tenant: TenantId,
    /// Their id.
    pub id: WorkerId,
    /// Their log-in.
    pub login: LoginId,
    /// Their name.
    pub name: String,
    /// Their phone number.
    pub phone: Option<String>,
    /// The picture that shows them.
    pub photo: Option<FileId>,
    /// When they work.
    pub availability: Availability,
    /// Whether they are on duty.
    pub on_duty: bool,
    /// Since when.
    pub duty_changed_at: Option<At>,
    /// When they left.
    pub archived_at: Option<At>,
}

struct Row {
    tenant: Uuid,
    id: Uuid,
    login: Uuid,
    name: String,
    phone: Option<String>,
    photo: Option<Uuid>,
    hours: Option<Json<Hours>>,
    absences: Json<Vec<Absence>>,
    on_duty: bool,
    duty_changed_at: Option<OffsetDateTime>,
    archived_at: Option<OffsetDateTime>,
}

impl From<Row> for Worker {
    fn from(row: Row) -> Self {
        Self {
            tenant: row.tenant.into(),
            id: row.id.into(),
            login: row.login.into(),
            name: row.name,
            phone: row.phone,
            photo: row.photo.map(FileId),
            availability: Availability { hours: row.hours.map(|hours| hours.0), absences: row.absences.0 },
            on_duty: row.on_duty,
            duty_changed_at: row.duty_changed_at.map(instant::at),
            archived_at: row.archived_at.map(instant::at),
        }
    }
}

/// All of all tenants who have not left. On a writer's connection.
pub async fn all(connection: &mut PgConnection) -> Result<Vec<Worker>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant, id, login, name, phone, photo, hours as "hours: Json<Hours>",
             absences as "absences: Json<Vec<Absence>>", on_duty, duty_changed_at, archived_at
           from worker where archived_at is null"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Worker::from).collect())
}

/// All of a tenant, by name.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Worker>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant, id, login, name, phone, photo, hours as "hours: Json<Hours>",
             absences as "absences: Json<Vec<Absence>>", on_duty, duty_changed_at, archived_at
           from worker where tenant = $1 order by name, id"#,
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Worker::from).collect())
}

/// How many work for a tenant.
pub async fn count_active(connection: &mut PgConnection, tenant: TenantId) -> Result<u32, Error> {
    let count = sqlx::query_scalar!(r#"select count(*)::int as "count!" from worker where tenant = $1 and archived_at is null"#, tenant.0)
        .fetch_one(connection)
        .await?;
    Ok(u32::try_from(count).unwrap_or_default())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: WorkerId) -> Result<Worker, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"select tenant, id, login, name, phone, photo, hours as "hours: Json<Hours>",
             absences as "absences: Json<Vec<Absence>>", on_duty, duty_changed_at, archived_at
           from worker where tenant = $1 and id = $2"#,
        tenant.0,
        id.0
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// A new one. `worker_login_unique` is its conflict.
pub async fn create(connection: &mut PgConnection, worker: &Worker) -> Result<(), Error> {
    sqlx::query!(
        "insert into worker (tenant, id, login, name, phone, hours, on_duty, duty_changed_at, archived_at, photo, absences)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        worker.tenant.0,
        worker.id.0,
        worker.login.0,
        worker.name,
        worker.phone,
        worker.availability.hours.map(Json) as _,
        worker.on_duty,
        worker.duty_changed_at.map(instant::time),
        worker.archived_at.map(instant::time),
        worker.photo.map(|photo| photo.0),
        Json(&worker.availability.absences) as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When they work, from now on.
pub async fn set_availability(connection: &mut PgConnection, tenant: TenantId, id: WorkerId, availability: &Availability) -> Result<(), Error> {
    let done = sqlx::query!(
        "update worker set hours = $3, absences = $4 where tenant = $1 and id = $2 and archived_at is null",
        tenant.0,
        id.0,
        availability.hours.map(Json) as _,
        Json(&availability.absences) as _
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// The picture that shows them, or none.
pub async fn set_photo(connection: &mut PgConnection, tenant: TenantId, id: WorkerId, photo: Option<FileId>) -> Result<(), Error> {
    sqlx::query!("update worker set photo = $3 where tenant = $1 and id = $2", tenant.0, id.0, photo.map(|photo| photo.0))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a picture shows one of a tenant's workers.
pub async fn is_photo(connection: &mut PgConnection, tenant: TenantId, photo: FileId) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(r#"select exists (select from worker where tenant = $1 and photo = $2) as "found!""#, tenant.0, photo.0)
        .fetch_one(connection)
        .await?;
    Ok(found)
}

/// On duty or off, from `at` on.
pub async fn set_duty(connection: &mut PgConnection, tenant: TenantId, id: WorkerId, on: bool, at: At) -> Result<(), Error> {
    let done = sqlx::query!(
        "update worker set duty_changed_at = case when on_duty = $3 then duty_changed_at else $4 end, on_duty = $3
         where tenant = $1 and id = $2",
        tenant.0,
        id.0,
        on,
        instant::time(at)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
