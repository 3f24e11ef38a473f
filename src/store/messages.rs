//! The outbox: letters (e-mails that no job caused) and alerts (what an event tells a contact point). Letters are written by whoever
//! causes them, alerts by `commit_batch()`; the courier claims, sends and settles both.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::alert::Alerts;
use crate::domain::contact_point::Channel;
use crate::domain::ids::{CustomerId, JobId, TenantId};
use crate::domain::letter::Letter;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// Where couriers listen for new messages.
pub(super) const CHANNEL: &str = "message";

/// A letter to send.
#[derive(Debug)]
pub struct NewLetter<'a> {
    /// In whose name; none: about a log-in that is no member there.
    pub tenant: Option<TenantId>,
    /// By which way.
    pub channel: Channel,
    /// To where.
    pub to: &'a str,
    /// To whom.
    pub name: &'a str,
    /// What it is about.
    pub letter: &'a Letter,
    /// The token in its link, or its code.
    pub secret: Option<String>,
    /// What withdraws it, for example an invitation.
    pub subject: Option<Uuid>,
    /// It makes no sense any more after this.
    pub expires_at: At,
}

/// An alert as it was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// To whom.
    pub contact_point: Uuid,
    /// The event's place in the tenant's log.
    pub seq: i64,
    /// The event's job.
    pub job: JobId,
    /// The customer of that job then.
    pub customer: CustomerId,
    /// What the event tells of what was asked for.
    pub kinds: Alerts,
}

/// What a message says.
#[derive(Debug, Clone)]
pub enum Content {
    /// Words of its own.
    Letter(Letter),
    /// An event.
    Alert(Planned),
}

/// A message that this courier has claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its id, of which the Message-ID is made.
    pub id: Uuid,
    /// The number of this claim; settling names it.
    pub tries: i32,
    /// In whose name.
    pub tenant: Option<TenantId>,
    /// By which way.
    pub channel: Channel,
    /// To where.
    pub to: String,
    /// To whom.
    pub name: String,
    /// What it says.
    pub content: Content,
    /// The token in its link, or its code.
    pub secret: Option<String>,
    /// It makes no sense any more after this.
    pub expires_at: At,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It will be sent, or sent again.
    Waiting,
    /// The server or the gateway took it.
    Sent,
    /// The gateway says that it arrived.
    Delivered,
    /// The gateway took it and says that it did not arrive.
    Undelivered,
    /// It was given up.
    Dead,
    /// It is not to be sent: what it was about is over, or may not be told.
    Withdrawn,
}

/// A message in a list.
#[derive(Debug)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// By which way.
    pub channel: Channel,
    /// To where.
    pub to: String,
    /// To whom.
    pub name: String,
    /// What it says.
    pub content: Content,
    /// How far it came.
    pub state: State,
    /// How often it was tried.
    pub tries: i32,
    /// What the last attempt failed with, or why it is not sent.
    pub error: Option<String>,
    /// What it said, once it is out.
    pub said: Option<String>,
    /// What it cost.
    pub amount: Option<Decimal>,
    /// When it was written.
    pub created_at: At,
    /// When it was taken.
    pub sent_at: Option<At>,
    /// When it is tried next.
    pub due_at: Option<At>,
}

/// What comes of a try.
#[derive(Debug)]
pub enum Settled {
    /// The server or gateway took it.
    Sent {
        /// What it said: a subject, or the text of an SMS.
        said: String,
        /// What the gateway calls it.
        receipt: Option<String>,
    },
    /// Another time.
    Later {
        /// When.
        due_at: At,
        /// Why not now.
        error: String,
    },
    /// Not yet, and that is no failure.
    Held {
        /// Until when.
        due_at: At,
    },
    /// Not at all, and that is no failure.
    Unsent {
        /// Why.
        why: String,
    },
    /// Given up.
    Dead {
        /// Why.
        error: String,
    },
}

/// Writes a letter, in the transaction of its cause; the courier hears of it with the commit. Returns its id.
pub async fn write(connection: &mut PgConnection, letter: &NewLetter<'_>) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into message (tenant, id, channel, address, name, letter, secret, subject, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        letter.tenant.map(|tenant| tenant.0),
        id,
        letter.channel as i16,
        letter.to,
        letter.name,
        Json(letter.letter) as _,
        letter.secret,
        letter.subject,
        instant::time(letter.expires_at)
    )
    .execute(&mut *connection)
    .await?;
    wake(connection).await?;
    Ok(id)
}

async fn wake(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(r#"select pg_notify('message', '') as "told: ()""#).execute(connection).await?;
    Ok(())
}

/// Claims what is due on these ways, passing over these tenants; nobody else does before `until`. On the courier's connection.
pub async fn claim(connection: &mut PgConnection, channels: &[Channel], but: &[Uuid], now: At, until: At, most: i64) -> Result<Vec<Claimed>, Error> {
    let channels: Vec<i16> = channels.iter().map(|channel| *channel as i16).collect();
    let rows = sqlx::query!(
        r#"with due as (
             select id from message where due_at <= $1 and channel = any ($4) and not coalesce(tenant = any ($5), false)
             order by due_at limit $3 for update skip locked)
           update message m set due_at = $2, tries = m.tries + 1 from due where m.id = due.id
           returning m.id, m.tries, m.tenant, m.channel, m.address, m.name, m.letter as "letter: Json<Letter>", m.secret, m.expires_at,
             m.contact_point, m.seq, m.job, m.customer, m.kinds"#,
        instant::time(now),
        instant::time(until),
        most,
        &channels,
        but
    )
    .fetch_all(connection)
    .await?;
    let claimed = rows.into_iter().map(|row| {
        Ok(Claimed {
            id: row.id,
            tries: row.tries,
            tenant: row.tenant.map(TenantId),
            channel: Channel::from_number(row.channel),
            to: row.address,
            name: row.name,
            content: content(row.letter, (row.contact_point, row.seq, row.job, row.customer, row.kinds))?,
            secret: row.secret,
            expires_at: instant::at(row.expires_at),
        })
    });
    claimed.collect()
}

type AlertColumns = (Option<Uuid>, Option<i64>, Option<Uuid>, Option<Uuid>, Option<i64>);

fn content(letter: Option<Json<Letter>>, alert: AlertColumns) -> Result<Content, Error> {
    match (letter, alert) {
        (Some(letter), _) => Ok(Content::Letter(letter.0)),
        (None, (Some(contact_point), Some(seq), Some(job), Some(customer), Some(kinds))) => {
            Ok(Content::Alert(Planned { contact_point, seq, job: job.into(), customer: customer.into(), kinds: Alerts(kinds) }))
        }
        _ => Err(Error::Internal(anyhow::anyhow!("a message is neither a letter nor an alert"))),
    }
}

/// Writes down what came of a claim. False: the claim is no longer this courier's, and nothing changes.
pub async fn settle(connection: &mut PgConnection, claimed: &Claimed, settled: &Settled, now: At) -> Result<bool, Error> {
    let (due_at, error) = match settled {
        Settled::Sent { .. } => (None, None),
        Settled::Later { due_at, error } => (Some(*due_at), Some(error)),
        Settled::Held { due_at } => (Some(*due_at), None),
        Settled::Unsent { why } => (None, Some(why)),
        Settled::Dead { error } => (None, Some(error)),
    };
    let (said, receipt) = match settled {
        Settled::Sent { said, receipt } => (Some(said.as_str()), receipt.as_deref()),
        _ => (None, None),
    };
    let now = instant::time(now);
    let done = sqlx::query!(
        "update message set due_at = $3, error = $4, sent_at = $5, dead_at = $6, withdrawn_at = $7, said = $8, receipt = $9,
           tries = tries - $10::integer, secret = case when $5::timestamptz is null and $7::timestamptz is null then secret end
         where id = $1 and tries = $2 and due_at is not null",
        claimed.id,
        claimed.tries,
        due_at.map(instant::time),
        error.map(String::as_str),
        matches!(settled, Settled::Sent { .. }).then_some(now),
        matches!(settled, Settled::Dead { .. }).then_some(now),
        matches!(settled, Settled::Unsent { .. }).then_some(now),
        said,
        receipt,
        i32::from(matches!(settled, Settled::Held { .. })),
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps the token that a message's link will carry, so that each try sends the same. On the courier's connection.
pub async fn keep_secret(connection: &mut PgConnection, id: Uuid, secret: &str) -> Result<(), Error> {
    sqlx::query!("update message set secret = $2 where id = $1", id, secret).execute(connection).await?;
    Ok(())
}

/// When something on these ways is due next. On the courier's connection.
pub async fn next_due(connection: &mut PgConnection, channels: &[Channel], but: &[Uuid]) -> Result<Option<At>, Error> {
    let channels: Vec<i16> = channels.iter().map(|channel| *channel as i16).collect();
    let due = sqlx::query_scalar!(
        "select min(due_at) from message where due_at is not null and channel = any ($1) and not coalesce(tenant = any ($2), false)",
        &channels,
        but
    )
    .fetch_one(connection)
    .await?;
    Ok(due.map(instant::at))
}

/// What a gateway reports of a message that it took. False: there is none with this receipt.
pub async fn report(connection: &mut PgConnection, receipt: &str, failure: Option<&str>, now: At) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update message set delivered_at = case when $2::text is null then coalesce(delivered_at, $3) end, error = $2
         where receipt = $1 and sent_at is not null",
        receipt,
        failure,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What was about this subject and is not out yet will not go out.
pub async fn withdraw(connection: &mut PgConnection, subject: Uuid, now: At) -> Result<(), Error> {
    sqlx::query!(
        "update message set withdrawn_at = $2, due_at = null, secret = null where subject = $1 and sent_at is null and withdrawn_at is null",
        subject,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Why the last letter about this subject is not out, if something went wrong with it.
pub async fn failure(connection: &mut PgConnection, tenant: TenantId, subject: Uuid) -> Result<Option<String>, Error> {
    let last = sqlx::query_scalar!(
        "select case when sent_at is null then error end from message where tenant = $1 and subject = $2 and letter is not null
         order by created_at desc, id desc limit 1",
        tenant.0,
        subject
    );
    Ok(last.fetch_optional(connection).await?.flatten())
}

/// Which messages a list shows.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Alerts, or letters.
    pub alerts: bool,
    /// Of this job only.
    pub job: Option<JobId>,
    /// In this state only.
    pub state: Option<State>,
    /// To addresses or people with this in it.
    pub text: Option<String>,
    /// After the message of this id.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

struct Row {
    id: Uuid,
    channel: i16,
    address: String,
    name: String,
    letter: Option<Json<Letter>>,
    contact_point: Option<Uuid>,
    seq: Option<i64>,
    job: Option<Uuid>,
    customer: Option<Uuid>,
    kinds: Option<i64>,
    tries: i32,
    error: Option<String>,
    said: Option<String>,
    amount: Option<Decimal>,
    state: i32,
    created_at: OffsetDateTime,
    sent_at: Option<OffsetDateTime>,
    due_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Message {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let states = [State::Waiting, State::Sent, State::Delivered, State::Undelivered, State::Dead, State::Withdrawn];
        Ok(Self {
            id: row.id,
            channel: Channel::from_number(row.channel),
            to: row.address,
            name: row.name,
            content: content(row.letter, (row.contact_point, row.seq, row.job, row.customer, row.kinds))?,
            state: states.into_iter().find(|state| *state as i32 == row.state).unwrap_or(State::Waiting),
            tries: row.tries,
            error: row.error,
            said: row.said,
            amount: row.amount,
            created_at: instant::at(row.created_at),
            sent_at: row.sent_at.map(instant::at),
            due_at: row.due_at.map(instant::at),
        })
    }
}

/// A tenant's messages of the last weeks, the newest first.
pub async fn list(connection: &mut PgConnection, tenant: TenantId, wanted: &Wanted) -> Result<Vec<Message>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"with stated as (
             select m.*, case
               when m.sent_at is not null and m.delivered_at is not null then 2
               when m.sent_at is not null and m.error is not null then 3
               when m.sent_at is not null then 1
               when m.withdrawn_at is not null then 5
               when m.dead_at is not null then 4
               else 0 end as state
             from (select id, tenant, channel, address, name, letter, contact_point, seq, job, customer, kinds, tries, error, said, amount, created_at,
                     sent_at, delivered_at, due_at, dead_at, withdrawn_at
                   from message) m
             where m.tenant = $1 and (m.seq is not null) = $2)
           select id, channel, address, name, letter as "letter: Json<Letter>", contact_point, seq, job, customer, kinds, tries, error, said, amount,
             state as "state!", created_at, sent_at, due_at
           from stated
           where ($3::uuid is null or job = $3) and ($4::int is null or state = $4)
             and ($5::text is null or position(lower($5) in lower(address || ' ' || name)) > 0)
             and ($6::uuid is null or (created_at, id) < (select a.created_at, a.id from message a where a.tenant = $1 and a.id = $6))
           order by created_at desc, id desc limit $7"#,
        tenant.0,
        wanted.alerts,
        wanted.job.map(|job| job.0),
        wanted.state.map(|state| state as i32),
        wanted.text,
        wanted.after,
        wanted.limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Message::try_from).collect()
}

/// Tries a message again now that waits or was given up. Missing: no such message of the tenant; false: it is out, withdrawn or too old.
pub async fn resend(connection: &mut PgConnection, tenant: TenantId, id: Uuid, alerts: bool, now: At) -> Result<bool, Error> {
    let found =
        sqlx::query_scalar!("select id from message where tenant = $1 and id = $2 and (seq is not null) = $3 for update", tenant.0, id, alerts)
            .fetch_optional(&mut *connection)
            .await?;
    found.ok_or(Error::Missing)?;
    // An alert that was given up gets a day more; the link of a letter ends when it ends.
    let done = sqlx::query!(
        "update message set due_at = $3, dead_at = null, error = null, expires_at = case when seq is null then expires_at else $3 + interval '1 day' end
         where tenant = $1 and id = $2 and sent_at is null and withdrawn_at is null and (seq is not null or expires_at > $3)",
        tenant.0,
        id,
        instant::time(now)
    )
    .execute(&mut *connection)
    .await?;
    wake(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets messages from before this instant that are not to be sent any more. Returns how many.
pub async fn prune(connection: &mut PgConnection, before: At) -> Result<u64, Error> {
    let done = sqlx::query!("delete from message where created_at < $1 and due_at is null", instant::time(before)).execute(connection).await?;
    Ok(done.rows_affected())
}
