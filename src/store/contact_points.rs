//! Addresses that alerts go to. Codes and unsubscribe tokens are not for readers: what needs them wants a writer's connection.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::alert::quiet::Quiet;
use crate::domain::contact_point::{Channel, Owner};
use crate::domain::ids::TenantId;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// An address that alerts go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPoint {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub owner: Owner,
    /// E-mail or SMS.
    pub channel: Channel,
    /// The address or number.
    pub address: String,
    /// The owner's name when it was made.
    pub name: String,
    /// When its owner showed that it is theirs.
    pub verified_at: Option<At>,
    /// Since when nothing is sent there, by its owner's wish.
    pub stopped_at: Option<At>,
    /// When nothing is sent.
    pub quiet: Option<Quiet>,
    /// The zone of those hours, IANA.
    pub time_zone: String,
}

struct Row {
    id: Uuid,
    portal_user: Option<Uuid>,
    worker: Option<Uuid>,
    dispatcher: Option<Uuid>,
    kind: i16,
    address: String,
    name: String,
    verified_at: Option<OffsetDateTime>,
    stopped_at: Option<OffsetDateTime>,
    quiet_from: Option<i16>,
    quiet_to: Option<i16>,
    time_zone: String,
}

impl TryFrom<Row> for ContactPoint {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let owner = match (row.portal_user, row.worker, row.dispatcher) {
            (Some(id), _, _) => Owner::PortalUser(id.into()),
            (_, Some(id), _) => Owner::Worker(id.into()),
            (_, _, Some(id)) => Owner::Dispatcher(id.into()),
            _ => return Err(Error::Internal(anyhow::anyhow!("a contact point belongs to nobody"))),
        };
        let minute = |value: i16| u16::try_from(value).unwrap_or(0);
        Ok(Self {
            id: row.id,
            owner,
            channel: Channel::from_number(row.kind),
            address: row.address,
            name: row.name,
            verified_at: row.verified_at.map(instant::at),
            stopped_at: row.stopped_at.map(instant::at),
            quiet: row.quiet_from.zip(row.quiet_to).map(|(from, to)| Quiet { from: minute(from), to: minute(to) }),
            time_zone: row.time_zone,
        })
    }
}

/// Those of somebody, in the order in which they were added.
pub async fn list(connection: &mut PgConnection, tenant: TenantId, owner: Owner) -> Result<Vec<ContactPoint>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, portal_user, worker, dispatcher, kind, address, name, verified_at, stopped_at, quiet_from, quiet_to, time_zone from contact_point
         where tenant = $1 and coalesce(portal_user, worker, dispatcher) = $2 order by created_at, id",
        tenant.0,
        owner.id()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ContactPoint::try_from).collect()
}

/// One of them.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<ContactPoint, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, portal_user, worker, dispatcher, kind, address, name, verified_at, stopped_at, quiet_from, quiet_to, time_zone from contact_point
         where tenant = $1 and id = $2",
        tenant.0,
        id
    )
    .fetch_one(connection)
    .await?;
    row.try_into()
}

/// A new one. `contact_point_address` is its conflict: they have it already.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, point: &ContactPoint) -> Result<(), Error> {
    let (portal_user, worker, dispatcher) = match point.owner {
        Owner::PortalUser(id) => (Some(id.0), None, None),
        Owner::Worker(id) => (None, Some(id.0), None),
        Owner::Dispatcher(id) => (None, None, Some(id.0)),
    };
    sqlx::query!(
        "insert into contact_point (tenant, id, portal_user, worker, dispatcher, kind, address, name, verified_at, time_zone)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        point.id,
        portal_user,
        worker,
        dispatcher,
        point.channel as i16,
        point.address,
        point.name,
        point.verified_at.map(instant::time),
        point.time_zone
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets what its owner may set.
pub async fn set(connection: &mut PgConnection, tenant: TenantId, point: &ContactPoint) -> Result<(), Error> {
    let minute = |value: u16| i16::try_from(value).unwrap_or(0);
    let done = sqlx::query!(
        "update contact_point set quiet_from = $3, quiet_to = $4, time_zone = $5, stopped_at = $6 where tenant = $1 and id = $2",
        tenant.0,
        point.id,
        point.quiet.map(|quiet| minute(quiet.from)),
        point.quiet.map(|quiet| minute(quiet.to)),
        point.time_zone,
        point.stopped_at.map(instant::time)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Removes one, with what it was told.
pub async fn remove(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), Error> {
    let done = sqlx::query!("delete from contact_point where tenant = $1 and id = $2", tenant.0, id).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Removes those of somebody who leaves: nobody tells them anything any more.
pub async fn remove_of_person(connection: &mut PgConnection, tenant: TenantId, person: Uuid) -> Result<(), Error> {
    sqlx::query!("delete from contact_point where tenant = $1 and coalesce(portal_user, worker, dispatcher) = $2", tenant.0, person)
        .execute(connection)
        .await?;
    Ok(())
}

/// A code that shows whose the address is; what was guessed before is forgotten.
pub async fn set_code(connection: &mut PgConnection, tenant: TenantId, id: Uuid, hash: &[u8], expires_at: At) -> Result<(), Error> {
    sqlx::query!(
        "update contact_point set code_hash = $3, code_expires_at = $4, guesses = 0 where tenant = $1 and id = $2",
        tenant.0,
        id,
        hash,
        instant::time(expires_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What came of a guess at the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// It was right: the address is verified.
    Right,
    /// It was wrong.
    Wrong,
    /// There is no code any more: too old, or guessed at too often.
    Over,
}

/// Guesses at the code, at most `most` times. On a writer's connection.
pub async fn guess(connection: &mut PgConnection, tenant: TenantId, id: Uuid, hash: &[u8], most: i16, now: At) -> Result<Guess, Error> {
    let row = sqlx::query!(
        r#"update contact_point set guesses = guesses + 1 where tenant = $1 and id = $2
           returning code_hash = $3 as "is_right", code_expires_at > $4 and guesses <= $5 as "counts""#,
        tenant.0,
        id,
        hash,
        instant::time(now),
        most
    )
    .fetch_one(&mut *connection)
    .await?;
    match (row.counts.unwrap_or(false), row.is_right.unwrap_or(false)) {
        (false, _) => Ok(Guess::Over),
        (true, false) => Ok(Guess::Wrong),
        (true, true) => {
            sqlx::query!(
                "update contact_point set verified_at = $3, code_hash = null, code_expires_at = null where tenant = $1 and id = $2",
                tenant.0,
                id,
                instant::time(now)
            )
            .execute(connection)
            .await?;
            Ok(Guess::Right)
        }
    }
}

/// The address and the token of its unsubscribe link. On the courier's connection.
pub async fn stop_token(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Uuid, Error> {
    Ok(sqlx::query_scalar!("select stop_token from contact_point where tenant = $1 and id = $2", tenant.0, id).fetch_one(connection).await?)
}

/// Whose an unsubscribe token is. On a writer's connection: nobody is logged in.
pub async fn of_token(connection: &mut PgConnection, token: Uuid) -> Result<(TenantId, ContactPoint), Error> {
    let row = sqlx::query!("select tenant, id from contact_point where stop_token = $1", token).fetch_one(&mut *connection).await?;
    let tenant = TenantId(row.tenant);
    Ok((tenant, find(connection, tenant, row.id).await?))
}

/// Stops or resumes text messages to a number, of all tenants: it is one phone. Returns the contact points. On a writer's connection.
pub async fn stop_number(connection: &mut PgConnection, number: &str, stopped_at: Option<At>) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "update contact_point set stopped_at = $2 where kind = 2 and address = $1 returning id",
        number,
        stopped_at.map(instant::time)
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}
