//! The outbox: e-mails that no job caused. Written by whoever causes them, claimed, sent and settled by the courier.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::email::Email;
use crate::domain::ids::TenantId;
use crate::domain::letter::Letter;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// Where couriers listen for new mail.
pub(super) const CHANNEL: &str = "mail";

/// A mail to send.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// In whose name; none: about a log-in that is no member there.
    pub tenant: Option<TenantId>,
    /// To where.
    pub to: &'a Email,
    /// To whom.
    pub name: &'a str,
    /// What it is about.
    pub letter: &'a Letter,
    /// The token in its link.
    pub secret: Option<String>,
    /// What withdraws it, for example an invitation.
    pub subject: Option<Uuid>,
    /// It makes no sense any more after this.
    pub expires_at: At,
}

/// A mail that this courier has claimed.
#[derive(Debug)]
pub struct Claimed {
    /// Its id, of which the Message-ID is made.
    pub id: Uuid,
    /// The number of this claim; settling names it.
    pub tries: i32,
    /// In whose name.
    pub tenant: Option<TenantId>,
    /// To where.
    pub to: String,
    /// To whom.
    pub name: String,
    /// What it is about.
    pub letter: Letter,
    /// The token in its link.
    pub secret: Option<String>,
    /// It makes no sense any more after this.
    pub expires_at: At,
}

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It will be sent, or sent again.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was given up.
    Dead,
    /// What it was about was withdrawn.
    Withdrawn,
}

/// A mail in the list.
#[derive(Debug)]
pub struct Mail {
    /// Its id.
    pub id: Uuid,
    /// To where.
    pub to: String,
    /// To whom.
    pub name: String,
    /// What it is about.
    pub letter: Letter,
    /// How far it came.
    pub state: MailState,
    /// How often it was tried.
    pub tries: i32,
    /// What the last attempt failed with.
    pub error: Option<String>,
    /// When it was written.
    pub created_at: At,
    /// When the mail server took it.
    pub sent_at: Option<At>,
    /// When it is tried next.
    pub due_at: Option<At>,
}

/// What comes of a try.
#[derive(Debug)]
pub enum Settled {
    /// The mail server took it.
    Sent,
    /// Another time.
    Later {
        /// When.
        due_at: At,
        /// Why not now.
        error: String,
    },
    /// Given up.
    Dead {
        /// Why.
        error: String,
    },
}

/// Writes a mail, in the transaction of its cause; the courier hears of it with the commit. Returns its id.
pub async fn write(connection: &mut PgConnection, mail: &NewMail<'_>) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into mail (tenant, id, address, name, letter, secret, subject, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        mail.tenant.map(|tenant| tenant.0),
        id,
        mail.to.as_str(),
        mail.name,
        Json(mail.letter) as _,
        mail.secret,
        mail.subject,
        instant::time(mail.expires_at)
    )
    .execute(&mut *connection)
    .await?;
    wake(connection).await?;
    Ok(id)
}

async fn wake(connection: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!(r#"select pg_notify('mail', '') as "told: ()""#).execute(connection).await?;
    Ok(())
}

/// Claims what is due; nobody else does before `until`. On the courier's connection.
pub async fn claim(connection: &mut PgConnection, now: At, until: At, most: i64) -> Result<Vec<Claimed>, Error> {
    let rows = sqlx::query!(
        r#"with due as (select id from mail where due_at <= $1 order by due_at limit $3 for update skip locked)
           update mail m set due_at = $2, tries = m.tries + 1 from due where m.id = due.id
           returning m.id, m.tries, m.tenant, m.address, m.name, m.letter as "letter: Json<Letter>", m.secret, m.expires_at"#,
        instant::time(now),
        instant::time(until),
        most
    )
    .fetch_all(connection)
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        id: row.id,
        tries: row.tries,
        tenant: row.tenant.map(TenantId),
        to: row.address,
        name: row.name,
        letter: row.letter.0,
        secret: row.secret,
        expires_at: instant::at(row.expires_at),
    });
    Ok(claimed.collect())
}

/// Records what came of a claim. False if it was not ours any more: withdrawn meanwhile, or claimed again.
pub async fn settle(connection: &mut PgConnection, claimed: &Claimed, settled: &Settled, now: At) -> Result<bool, Error> {
    let (sent, dead, due_at, error) = match settled {
        Settled::Sent => (true, false, None, None),
        Settled::Later { due_at, error } => (false, false, Some(*due_at), Some(error)),
        Settled::Dead { error } => (false, true, None, Some(error)),
    };
    let now = instant::time(now);
    let done = sqlx::query!(
        "update mail set due_at = $3, error = $4, sent_at = $5, dead_at = $6, secret = case when $7 then null else secret end
         where id = $1 and tries = $2 and due_at is not null",
        claimed.id,
        claimed.tries,
        due_at.map(instant::time),
        error.map(String::as_str),
        sent.then_some(now),
        dead.then_some(now),
        sent
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When something is due next. On the courier's connection.
pub async fn next_due(connection: &mut PgConnection) -> Result<Option<At>, Error> {
    let due = sqlx::query_scalar!("select min(due_at) from mail where due_at is not null").fetch_one(connection).await?;
    Ok(due.map(instant::at))
}

/// What was about this subject and is not out yet will not go out.
pub async fn withdraw(connection: &mut PgConnection, subject: Uuid, now: At) -> Result<(), Error> {
    sqlx::query!(
        "update mail set withdrawn_at = $2, due_at = null, secret = null where subject = $1 and sent_at is null and withdrawn_at is null",
        subject,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A tenant's mails of the last weeks, the newest first, of one state if one is named.
pub async fn list(connection: &mut PgConnection, tenant: TenantId, state: Option<MailState>) -> Result<Vec<Mail>, Error> {
    let rows = sqlx::query!(
        r#"select id, address, name, letter as "letter: Json<Letter>", tries, error, created_at, sent_at, dead_at, withdrawn_at, due_at
           from mail where tenant = $1 order by created_at desc, id desc limit 5000"#,
        tenant.0
    )
    .fetch_all(connection)
    .await?;
    let mails = rows.into_iter().map(|row| Mail {
        id: row.id,
        to: row.address,
        name: row.name,
        letter: row.letter.0,
        state: match (row.sent_at, row.dead_at, row.withdrawn_at) {
            (Some(_), _, _) => MailState::Sent,
            (_, _, Some(_)) => MailState::Withdrawn,
            (_, Some(_), _) => MailState::Dead,
            _ => MailState::Waiting,
        },
        tries: row.tries,
        error: row.error,
        created_at: instant::at(row.created_at),
        sent_at: row.sent_at.map(instant::at),
        due_at: row.due_at.map(instant::at),
    });
    Ok(mails.filter(|mail| state.is_none_or(|state| state == mail.state)).collect())
}

/// Tries a mail again now that waits or was given up. Missing: no such mail of the tenant; false: it is out, withdrawn or too old.
pub async fn resend(connection: &mut PgConnection, tenant: TenantId, id: Uuid, now: At) -> Result<bool, Error> {
    let found =
        sqlx::query_scalar!("select id from mail where tenant = $1 and id = $2 for update", tenant.0, id).fetch_optional(&mut *connection).await?;
    found.ok_or(Error::Missing)?;
    let done = sqlx::query!(
        "update mail set due_at = $3, dead_at = null, error = null
         where tenant = $1 and id = $2 and sent_at is null and withdrawn_at is null and expires_at > $3",
        tenant.0,
        id,
        instant::time(now)
    )
    .execute(&mut *connection)
    .await?;
    wake(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets mails from before this instant that are not to be sent any more. Returns how many.
pub async fn prune(connection: &mut PgConnection, before: At) -> Result<u64, Error> {
    Ok(sqlx::query!("delete from mail where created_at < $1 and due_at is null", instant::time(before)).execute(connection).await?.rows_affected())
}
