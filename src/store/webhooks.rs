//! Webhooks and the calls to them. Secrets are not for readers: what needs one wants a writer's or the courier's connection.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::TenantId;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// The seq of a test call.
pub const TEST: i64 = 0;

/// An address that is told of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Of which kinds of events it is told: a mask.
    pub kinds: i64,
    /// `whsec_…`, with which calls are signed.
    pub secret: String,
    /// The secret before, while it still counts.
    pub old_secret: Option<String>,
    /// Until when.
    pub old_secret_until: Option<At>,
    /// Since when it is told nothing.
    pub disabled_at: Option<At>,
    /// Why, if nobody wanted it.
    pub disabled_why: Option<String>,
    /// When it was made.
    pub created_at: At,
}

struct Row {
    id: Uuid,
    name: String,
    url: String,
    kinds: i64,
    secret: String,
    old_secret: Option<String>,
    old_secret_until: Option<OffsetDateTime>,
    disabled_at: Option<OffsetDateTime>,
    disabled_why: Option<String>,
    created_at: OffsetDateTime,
}

impl From<Row> for Webhook {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            url: row.url,
            kinds: row.kinds,
            secret: row.secret,
            old_secret: row.old_secret,
            old_secret_until: row.old_secret_until.map(instant::at),
            disabled_at: row.disabled_at.map(instant::at),
            disabled_why: row.disabled_why,
            created_at: instant::at(row.created_at),
        }
    }
}

/// All of a tenant, in the order in which they were made.
pub async fn list(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<Webhook>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, url, kinds, secret, old_secret, old_secret_until, disabled_at, disabled_why, created_at
         from webhook where tenant = $1 order by created_at, id",
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Webhook::from).collect())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<Webhook, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, url, kinds, secret, old_secret, old_secret_until, disabled_at, disabled_why, created_at
         from webhook where tenant = $1 and id = $2",
        tenant.0,
        id
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into())
}

/// A new one.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, webhook: &Webhook) -> Result<(), Error> {
    sqlx::query!(
        "insert into webhook (tenant, id, name, url, kinds, secret, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        webhook.id,
        webhook.name,
        webhook.url,
        webhook.kinds,
        webhook.secret,
        instant::time(webhook.created_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Replaces everything but the id.
pub async fn update(connection: &mut PgConnection, tenant: TenantId, webhook: &Webhook) -> Result<(), Error> {
    let done = sqlx::query!(
        "update webhook set name = $3, url = $4, kinds = $5, secret = $6, old_secret = $7, old_secret_until = $8, disabled_at = $9, disabled_why = $10
         where tenant = $1 and id = $2",
        tenant.0,
        webhook.id,
        webhook.name,
        webhook.url,
        webhook.kinds,
        webhook.secret,
        webhook.old_secret,
        webhook.old_secret_until.map(instant::time),
        webhook.disabled_at.map(instant::time),
        webhook.disabled_why
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Removes one, with its calls.
pub async fn remove(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), Error> {
    let done = sqlx::query!("delete from webhook where tenant = $1 and id = $2", tenant.0, id).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It will be made, or made again.
    Waiting,
    /// The receiver took it.
    Sent,
    /// It was given up.
    Dead,
}

/// A call in the list.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The event's place in the tenant's log; [`TEST`] for a test.
    pub seq: i64,
    /// The event's kind; none for a test.
    pub kind: Option<i16>,
    /// Its job.
    pub job: Option<Uuid>,
    /// How far it came.
    pub state: State,
    /// How often it was tried.
    pub tries: i16,
    /// The receiver's last status.
    pub status: Option<i16>,
    /// What the last attempt failed with.
    pub error: Option<String>,
    /// When it was planned.
    pub created_at: At,
    /// When it was taken.
    pub sent_at: Option<At>,
    /// When it is tried next.
    pub due_at: Option<At>,
}

/// Calls of a webhook, the latest event first, before a place.
pub async fn deliveries(
    connection: &mut PgConnection,
    tenant: TenantId,
    webhook: Uuid,
    state: Option<State>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let (sent, dead) = (state.map(|state| state == State::Sent), state.map(|state| state == State::Dead));
    let rows = sqlx::query!(
        r#"select d.seq, e.kind as "kind?", e.job as "job?", d.tries, d.status, d.error, d.created_at, d.sent_at, d.dead_at, d.due_at
           from delivery d left join event e on e.tenant = d.tenant and e.seq = d.seq
           where d.tenant = $1 and d.webhook = $2 and ($3::bool is null or (d.sent_at is not null) = $3)
             and ($4::bool is null or (d.dead_at is not null) = $4) and ($5::bigint is null or d.seq < $5)
           order by d.seq desc limit $6"#,
        tenant.0,
        webhook,
        sent,
        dead,
        before,
        limit
    )
    .fetch_all(connection)
    .await?;
    let delivery = rows.into_iter().map(|row| Delivery {
        seq: row.seq,
        kind: row.kind,
        job: row.job,
        state: match (row.sent_at, row.dead_at) {
            (Some(_), _) => State::Sent,
            (_, Some(_)) => State::Dead,
            _ => State::Waiting,
        },
        tries: row.tries,
        status: row.status,
        error: row.error,
        created_at: instant::at(row.created_at),
        sent_at: row.sent_at.map(instant::at),
        due_at: row.due_at.map(instant::at),
    });
    Ok(delivery.collect())
}

/// Makes a call again, now, whatever became of it. Missing: there is none.
pub async fn resend(connection: &mut PgConnection, tenant: TenantId, webhook: Uuid, seq: i64, now: At) -> Result<(), Error> {
    let done = sqlx::query!(
        "update delivery set due_at = $4, tries = 0, sent_at = null, dead_at = null, error = null, status = null
         where tenant = $1 and webhook = $2 and seq = $3",
        tenant.0,
        webhook,
        seq,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Plans calls for everything that this webhook would have been told since an instant and was not: calls that were given up, and events
/// from while it was off. At most `most`. Returns how many.
pub async fn replay(connection: &mut PgConnection, tenant: TenantId, webhook: &Webhook, since: At, now: At, most: i64) -> Result<u64, Error> {
    let done = sqlx::query!(
        "insert into delivery (tenant, seq, webhook, due_at)
           select e.tenant, e.seq, $2, $5 from event e
             left join delivery d on d.tenant = e.tenant and d.seq = e.seq and d.webhook = $2
             where e.tenant = $1 and e.at >= $3 and $4 & (1::bigint << e.kind) <> 0 and (d.seq is null or d.dead_at is not null)
             order by e.seq limit $6
         on conflict (tenant, seq, webhook) do update set due_at = excluded.due_at, tries = 0, dead_at = null, error = null, status = null",
        tenant.0,
        webhook.id,
        instant::time(since),
        webhook.kinds,
        instant::time(now),
        most
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Plans a test call.
pub async fn test(connection: &mut PgConnection, tenant: TenantId, webhook: Uuid, now: At) -> Result<(), Error> {
    sqlx::query!(
        "insert into delivery (tenant, seq, webhook, due_at) values ($1, $2, $3, $4)
         on conflict (tenant, seq, webhook) do update set due_at = excluded.due_at, created_at = excluded.due_at, tries = 0, sent_at = null,
           dead_at = null, error = null, status = null",
        tenant.0,
        TEST,
        webhook,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Nothing that waits for this webhook is sent any more.
pub async fn give_up_waiting(connection: &mut PgConnection, tenant: TenantId, webhook: Uuid, why: &str, now: At) -> Result<(), Error> {
    sqlx::query!(
        "update delivery set due_at = null, dead_at = $4, error = $3 where tenant = $1 and webhook = $2 and due_at is not null",
        tenant.0,
        webhook,
        why,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A call that this courier has claimed.
#[derive(Debug, Clone, Copy)]
pub struct Claimed {
    /// Whose.
    pub tenant: TenantId,
    /// The event's place in the log.
    pub seq: i64,
    /// To which webhook.
    pub webhook: Uuid,
    /// The number of this claim; settling names it.
    pub tries: i16,
}

/// Claims what is due; nobody else does before `until`. On the courier's connection.
pub async fn claim(connection: &mut PgConnection, now: At, until: At, most: i64) -> Result<Vec<Claimed>, Error> {
    let rows = sqlx::query!(
        "with due as (select tenant, seq, webhook from delivery where due_at <= $1 order by due_at limit $3 for update skip locked)
         update delivery d set due_at = $2, tries = d.tries + 1 from due
         where d.tenant = due.tenant and d.seq = due.seq and d.webhook = due.webhook
         returning d.tenant, d.seq, d.webhook, d.tries",
        instant::time(now),
        instant::time(until),
        most
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| Claimed { tenant: row.tenant.into(), seq: row.seq, webhook: row.webhook, tries: row.tries }).collect())
}

/// What comes of a try.
#[derive(Debug, Clone)]
pub enum Settled {
    /// Taken, with this status.
    Sent(u16),
    /// Another time.
    Later {
        /// When.
        due_at: At,
        /// The receiver's status, if it said one.
        status: Option<u16>,
        /// Why not now.
        error: String,
    },
    /// Given up.
    Dead {
        /// The receiver's status, if it said one.
        status: Option<u16>,
        /// Why.
        error: String,
    },
}

/// Writes down what came of a claim. On the courier's connection.
pub async fn settle(connection: &mut PgConnection, claimed: &Claimed, settled: &Settled, now: At) -> Result<(), Error> {
    let narrow = |status: u16| i16::try_from(status).unwrap_or(0);
    let (due_at, status, error) = match settled {
        Settled::Sent(status) => (None, Some(*status), None),
        Settled::Later { due_at, status, error } => (Some(*due_at), *status, Some(error.as_str())),
        Settled::Dead { status, error } => (None, *status, Some(error.as_str())),
    };
    sqlx::query!(
        "update delivery set due_at = $5, status = $6, error = $7, sent_at = $8, dead_at = $9
         where tenant = $1 and seq = $2 and webhook = $3 and tries = $4 and due_at is not null",
        claimed.tenant.0,
        claimed.seq,
        claimed.webhook,
        claimed.tries,
        due_at.map(instant::time),
        status.map(narrow),
        error,
        matches!(settled, Settled::Sent(_)).then(|| instant::time(now)),
        matches!(settled, Settled::Dead { .. }).then(|| instant::time(now))
    )
    .execute(&mut *connection)
    .await?;
    // Who cannot take this one takes none of the others now: they wait with it.
    if let Some(due_at) = due_at {
        sqlx::query!(
            "update delivery set due_at = greatest(due_at, $3) where tenant = $1 and webhook = $2 and due_at <= $4",
            claimed.tenant.0,
            claimed.webhook,
            instant::time(due_at),
            instant::time(now)
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Switches a webhook off whose receiver says that it is gone. On the courier's connection.
pub async fn switch_off(connection: &mut PgConnection, claimed: &Claimed, why: &str, now: At) -> Result<(), Error> {
    sqlx::query!(
        "update webhook set disabled_at = coalesce(disabled_at, $3), disabled_why = $4 where tenant = $1 and id = $2",
        claimed.tenant.0,
        claimed.webhook,
        instant::time(now),
        why
    )
    .execute(&mut *connection)
    .await?;
    give_up_waiting(connection, claimed.tenant, claimed.webhook, why, now).await
}

/// When a call is due next. On the courier's connection.
pub async fn next_due(connection: &mut PgConnection) -> Result<Option<At>, Error> {
    let due = sqlx::query_scalar!("select min(due_at) from delivery where due_at is not null").fetch_one(connection).await?;
    Ok(due.map(instant::at))
}

/// Forgets calls from before this instant that are not to be made any more. Returns how many.
pub async fn prune(connection: &mut PgConnection, before: At) -> Result<u64, Error> {
    let done = sqlx::query!("delete from delivery where created_at < $1 and due_at is null", instant::time(before)).execute(connection).await?;
    Ok(done.rows_affected())
}
