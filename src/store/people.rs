//! What dispatchers, workers and portal users have in common: a log-in's membership that is asked for, begun and ended.
//! Everything here wants a writer's connection: e-mail addresses belong to log-ins, outside all tenants.

use super::logins::PersonKind;
use super::{Error, instant};
use crate::domain::At;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::invitation::{InvitationState, Times};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A person of a tenant, as far as their way in goes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Their log-in.
    pub login: LoginId,
    /// Its address.
    pub email: String,
    /// Whether they are let in.
    pub joined: bool,
    /// Where their newest invitation stands; used once they have joined.
    pub invitation: InvitationState,
}

/// The people of one kind, or one of them.
pub async fn entries(
    connection: &mut PgConnection,
    tenant: TenantId,
    kind: PersonKind,
    only: Option<Uuid>,
    now: At,
) -> Result<HashMap<Uuid, Entry>, Error> {
    let rows = sqlx::query!(
        r#"select p.person as "person!", p.login as "login!", p.joined_at is not null as "joined!", l.email,
             i.expires_at as "expires_at?", i.used_at, i.withdrawn_at
           from (
             select id as person, login, joined_at from dispatcher where tenant = $1 and $2::smallint = 1
             union all
             select id, login, joined_at from worker where tenant = $1 and $2::smallint = 2
             union all
             select id, login, joined_at from portal_user where tenant = $1 and $2::smallint = 3) p
           join login l on l.id = p.login
           left join lateral (
             select expires_at, used_at, withdrawn_at from invitation
             where tenant = $1 and kind = $2 and person = p.person order by created_at desc, id desc limit 1) i on true
           where $3::uuid is null or p.person = $3"#,
        tenant.0,
        kind as i16,
        only
    )
    .fetch_all(connection)
    .await?;
    let entry = rows.into_iter().map(|row| {
        let times = row.expires_at.map(|expires_at| Times {
            expires_at: instant::at(expires_at),
            used_at: row.used_at.map(instant::at),
            withdrawn_at: row.withdrawn_at.map(instant::at),
        });
        // Who has joined accepted, whether or not it took an invitation.
        let invitation = match times {
            _ if row.joined => InvitationState::Used,
            Some(times) => times.state(now),
            None => InvitationState::None,
        };
        (row.person, Entry { login: row.login.into(), email: row.email, joined: row.joined, invitation })
    });
    Ok(entry.collect())
}

/// The person that a log-in is in a tenant in one role, archived or not.
pub async fn of_login(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, login: LoginId) -> Result<Option<(Uuid, bool)>, Error> {
    let row = sqlx::query!(
        r#"select id as "id!", archived_at is not null as "archived!" from (
             select id, archived_at from dispatcher where tenant = $1 and $2::smallint = 1 and login = $3
             union all
             select id, archived_at from worker where tenant = $1 and $2::smallint = 2 and login = $3
             union all
             select id, archived_at from portal_user where tenant = $1 and $2::smallint = 3 and login = $3) p"#,
        tenant.0,
        kind as i16,
        login.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.id, row.archived)))
}

/// Lets a person in from `at` on, or, with none, not before they accept an invitation.
pub async fn set_joined(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, at: Option<At>) -> Result<(), Error> {
    let at = at.map(instant::time);
    let done = match kind {
        PersonKind::Dispatcher => sqlx::query!("update dispatcher set joined_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
        PersonKind::Worker => sqlx::query!("update worker set joined_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
        PersonKind::PortalUser => sqlx::query!("update portal_user set joined_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
    };
    if done.execute(connection).await?.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Puts a person away, or, with none, brings them back.
pub async fn set_archived(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, at: Option<At>) -> Result<(), Error> {
    let at = at.map(instant::time);
    let done = match kind {
        PersonKind::Dispatcher => sqlx::query!("update dispatcher set archived_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
        PersonKind::Worker => sqlx::query!("update worker set archived_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
        PersonKind::PortalUser => sqlx::query!("update portal_user set archived_at = $3 where tenant = $1 and id = $2", tenant.0, person, at),
    };
    if done.execute(connection).await?.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// A person's name, and, for workers and portal users, their phone number.
pub async fn set_name(
    connection: &mut PgConnection,
    tenant: TenantId,
    kind: PersonKind,
    person: Uuid,
    name: &str,
    phone: Option<&str>,
) -> Result<(), Error> {
    let done = match kind {
        PersonKind::Dispatcher => sqlx::query!("update dispatcher set name = $3 where tenant = $1 and id = $2", tenant.0, person, name),
        PersonKind::Worker => sqlx::query!("update worker set name = $3, phone = $4 where tenant = $1 and id = $2", tenant.0, person, name, phone),
        PersonKind::PortalUser => {
            sqlx::query!("update portal_user set name = $3, phone = $4 where tenant = $1 and id = $2", tenant.0, person, name, phone)
        }
    };
    if done.execute(connection).await?.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Another log-in for a person who has not joined yet. `<kind>_login_unique` is its conflict.
pub async fn set_login(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, login: LoginId) -> Result<(), Error> {
    let done = match kind {
        PersonKind::Dispatcher => {
            sqlx::query!("update dispatcher set login = $3 where tenant = $1 and id = $2 and joined_at is null", tenant.0, person, login.0)
        }
        PersonKind::Worker => {
            sqlx::query!("update worker set login = $3 where tenant = $1 and id = $2 and joined_at is null", tenant.0, person, login.0)
        }
        PersonKind::PortalUser => {
            sqlx::query!("update portal_user set login = $3 where tenant = $1 and id = $2 and joined_at is null", tenant.0, person, login.0)
        }
    };
    if done.execute(connection).await?.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
