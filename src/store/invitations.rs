//! Invitations of people, by the hash of their link's token. Everything here wants a writer's connection: whoever follows
//! a link is not logged in.

use super::logins::PersonKind;
use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::invitation::Times;
use sqlx::PgConnection;
use uuid::Uuid;

/// An invitation with whom it invites.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Where to.
    pub tenant: TenantId,
    /// In which role.
    pub kind: PersonKind,
    /// The dispatcher's, worker's or portal user's id.
    pub person: Uuid,
    /// The person's name.
    pub name: String,
    /// Their log-in.
    pub login: LoginId,
    /// Its address.
    pub email: String,
    /// Whether it has a password already.
    pub has_password: bool,
    /// From which its state follows.
    pub times: Times,
}

/// A new invitation; earlier ones of the person stay as they are. Returns its id.
pub async fn create(
    connection: &mut PgConnection,
    tenant: TenantId,
    (kind, person): (PersonKind, Uuid),
    token_hash: &[u8],
    expires_at: At,
) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into invitation (tenant, id, kind, person, token_hash, expires_at) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        id,
        kind as i16,
        person,
        token_hash,
        instant::time(expires_at)
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// The invitation of a token, unless its person was archived.
pub async fn by_token(connection: &mut PgConnection, token_hash: &[u8]) -> Result<Option<Invitation>, Error> {
    let row = sqlx::query!(
        r#"select i.tenant, i.kind, i.person, i.expires_at, i.used_at, i.withdrawn_at, l.id as login, l.email,
             l.password_hash is not null as "has_password!", coalesce(d.name, w.name, p.name) as "name!"
           from invitation i
           left join dispatcher d on i.kind = 1 and d.tenant = i.tenant and d.id = i.person and d.archived_at is null
           left join worker w on i.kind = 2 and w.tenant = i.tenant and w.id = i.person and w.archived_at is null
           left join portal_user p on i.kind = 3 and p.tenant = i.tenant and p.id = i.person and p.archived_at is null
           join login l on l.id = coalesce(d.login, w.login, p.login)
           where i.token_hash = $1"#,
        token_hash
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Invitation {
            tenant: row.tenant.into(),
            kind: PersonKind::from_number(row.kind)?,
            person: row.person,
            name: row.name,
            login: row.login.into(),
            email: row.email,
            has_password: row.has_password,
            times: Times {
                expires_at: instant::at(row.expires_at),
                used_at: row.used_at.map(instant::at),
                withdrawn_at: row.withdrawn_at.map(instant::at),
            },
        })
    })
    .transpose()
}

/// All open invitations of a person are accepted. False if there was none.
pub async fn accept(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, now: At) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update invitation set used_at = $4
         where tenant = $1 and kind = $2 and person = $3 and used_at is null and withdrawn_at is null and expires_at > $4",
        tenant.0,
        kind as i16,
        person,
        instant::time(now)
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All open invitations of a person are taken back. Returns their ids.
pub async fn withdraw(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, now: At) -> Result<Vec<Uuid>, Error> {
    let ids = sqlx::query_scalar!(
        "update invitation set withdrawn_at = $4
         where tenant = $1 and kind = $2 and person = $3 and used_at is null and withdrawn_at is null returning id",
        tenant.0,
        kind as i16,
        person,
        instant::time(now)
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}
