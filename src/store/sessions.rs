//! Log-in sessions: one per device, for one membership. Only the token's hash is stored.
//! Everything here wants a writer's connection: the tenant is known only afterwards.

use super::logins::PersonKind;
use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::tenant::{Settings, Tenant};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// Whose.
    pub login: LoginId,
    /// Where.
    pub tenant: TenantId,
    /// In which role.
    pub kind: PersonKind,
    /// The dispatcher's, worker's or portal user's id.
    pub person: Uuid,
    /// When it ends by itself.
    pub expires_at: At,
}

/// A session with the person behind it.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// Whose.
    pub login: LoginId,
    /// Where.
    pub tenant: Tenant,
    /// In which role.
    pub kind: PersonKind,
    /// The dispatcher's, worker's or portal user's id.
    pub person: Uuid,
    /// The person's name.
    pub name: String,
    /// Whether a dispatcher also manages people and settings.
    pub admin: bool,
    /// When it began.
    pub created_at: At,
    /// When it was last used.
    pub seen_at: At,
    /// When it ends by itself.
    pub expires_at: At,
}

/// Begins a session.
pub async fn create(connection: &mut PgConnection, session: &NewSession) -> Result<(), Error> {
    sqlx::query!(
        "insert into login_session (token_hash, login, tenant, kind, person, expires_at) values ($1, $2, $3, $4, $5, $6)",
        session.token_hash,
        session.login.0,
        session.tenant.0,
        session.kind as i16,
        session.person,
        instant::time(session.expires_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The session of a token, unless it ended, expired, or its person was archived. Every request begins here, so all of it is one question.
pub async fn find(connection: &mut PgConnection, token_hash: &[u8], now: At) -> Result<Option<Session>, Error> {
    let row = sqlx::query!(
        r#"select s.token_hash, s.login, s.tenant, s.kind, s.person, s.created_at, s.seen_at, s.expires_at,
             t.slug, t.name as tenant_name, t.time_zone, t.settings as "settings: Json<Settings>",
             coalesce(d.name, w.name, p.name) as "name!", coalesce(d.admin, false) as "admin!"
           from login_session s
           join tenant t on t.id = s.tenant
           left join dispatcher d on s.kind = 1 and d.tenant = s.tenant and d.id = s.person and d.archived_at is null and d.joined_at is not null
           left join worker w on s.kind = 2 and w.tenant = s.tenant and w.id = s.person and w.archived_at is null and w.joined_at is not null
           left join portal_user p on s.kind = 3 and p.tenant = s.tenant and p.id = s.person and p.archived_at is null and p.joined_at is not null
           where s.token_hash = $1 and s.expires_at > $2 and coalesce(d.id, w.id, p.id) is not null"#,
        token_hash,
        instant::time(now)
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Session {
            token_hash: row.token_hash,
            login: row.login.into(),
            tenant: Tenant { id: row.tenant.into(), slug: row.slug, name: row.tenant_name, time_zone: row.time_zone, settings: row.settings.0 },
            kind: PersonKind::from_number(row.kind)?,
            person: row.person,
            name: row.name,
            admin: row.admin,
            created_at: instant::at(row.created_at),
            seen_at: instant::at(row.seen_at),
            expires_at: instant::at(row.expires_at),
        })
    })
    .transpose()
}

/// The open sessions of a log-in, latest used first: hash of the token, tenant's name, began, last used.
pub async fn of_login(connection: &mut PgConnection, login: LoginId, now: At) -> Result<Vec<(Vec<u8>, String, At, At)>, Error> {
    let rows = sqlx::query!(
        "select s.token_hash, t.name, s.created_at, s.seen_at from login_session s join tenant t on t.id = s.tenant
         where s.login = $1 and s.expires_at > $2 order by s.seen_at desc",
        login.0,
        instant::time(now)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.token_hash, row.name, instant::at(row.created_at), instant::at(row.seen_at))).collect())
}

/// Notes that a session was used, and until when it lasts now.
pub async fn touch(connection: &mut PgConnection, token_hash: &[u8], now: At, expires_at: At) -> Result<(), Error> {
    sqlx::query!(
        "update login_session set seen_at = $2, expires_at = $3 where token_hash = $1",
        token_hash,
        instant::time(now),
        instant::time(expires_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a session; nothing happens if it has ended.
pub async fn end(connection: &mut PgConnection, token_hash: &[u8]) -> Result<(), Error> {
    sqlx::query!("delete from login_session where token_hash = $1", token_hash).execute(connection).await?;
    Ok(())
}

/// Ends all sessions of a log-in but one, if one is named. Returns the hashes of the ended tokens.
pub async fn end_all(connection: &mut PgConnection, login: LoginId, except: Option<&[u8]>) -> Result<Vec<Vec<u8>>, Error> {
    let ended =
        sqlx::query_scalar!("delete from login_session where login = $1 and token_hash is distinct from $2 returning token_hash", login.0, except)
            .fetch_all(connection)
            .await?;
    Ok(ended)
}

/// Removes what has expired. Returns how many.
pub async fn prune(connection: &mut PgConnection, now: At) -> Result<u64, Error> {
    Ok(sqlx::query!("delete from login_session where expires_at <= $1", instant::time(now)).execute(connection).await?.rows_affected())
}

/// Ends all sessions of a person. Returns the hashes of the ended tokens.
pub async fn end_of_person(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid) -> Result<Vec<Vec<u8>>, Error> {
    let ended = sqlx::query_scalar!(
        "delete from login_session where tenant = $1 and kind = $2 and person = $3 returning token_hash",
        tenant.0,
        kind as i16,
        person
    )
    .fetch_all(connection)
    .await?;
    Ok(ended)
}

/// Of these sessions, those that still stand, and whether their door is open: a portal that is off lets nobody stay.
pub async fn standing(connection: &mut PgConnection, token_hashes: &[Vec<u8>], now: At) -> Result<Vec<(Vec<u8>, bool)>, Error> {
    let rows = sqlx::query!(
        r#"select s.token_hash, s.kind <> 3 or coalesce((t.settings -> 'portal' ->> 'enabled')::boolean, true) as "open!"
           from login_session s
           join tenant t on t.id = s.tenant
           left join dispatcher d on s.kind = 1 and d.tenant = s.tenant and d.id = s.person and d.archived_at is null
           left join worker w on s.kind = 2 and w.tenant = s.tenant and w.id = s.person and w.archived_at is null
           left join portal_user p on s.kind = 3 and p.tenant = s.tenant and p.id = s.person and p.archived_at is null
           where s.token_hash = any($1) and s.expires_at > $2 and coalesce(d.id, w.id, p.id) is not null"#,
        token_hashes,
        instant::time(now)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.token_hash, row.open)).collect())
}
