//! Log-ins: one per e-mail address, outside all tenants, and the memberships that each has.
//! Everything here wants a writer's connection: nobody is logged in yet.

use super::Error;
use crate::domain::email::Email;
use crate::domain::ids::{LoginId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// A log-in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its id.
    pub id: LoginId,
    /// Lower-case.
    pub email: String,
    /// None until an invitation is used.
    pub password_hash: Option<String>,
}

/// In which role somebody belongs to a tenant. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum PersonKind {
    /// Schedules.
    Dispatcher = 1,
    /// Works in the field.
    Worker = 2,
    /// Uses the portal.
    PortalUser = 3,
}

impl PersonKind {
    /// The kind with this stored number.
    pub(super) fn from_number(number: i16) -> Result<Self, Error> {
        match number {
            1 => Ok(Self::Dispatcher),
            2 => Ok(Self::Worker),
            3 => Ok(Self::PortalUser),
            _ => Err(Error::Internal(anyhow::anyhow!("no kind of person has the number {number}"))),
        }
    }
}

/// A person: a log-in in one role in one tenant.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Where.
    pub tenant: TenantId,
    /// The tenant's web name.
    pub slug: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// In which role.
    pub kind: PersonKind,
    /// The dispatcher's, worker's or portal user's id.
    pub person: Uuid,
    /// The person's name there.
    pub name: String,
}

/// The log-in of an address, in whatever case it was typed.
pub async fn by_email(connection: &mut PgConnection, email: &str) -> Result<Option<Login>, Error> {
    let row = sqlx::query!("select id, email, password_hash from login where email = lower($1)", email).fetch_optional(connection).await?;
    Ok(row.map(|row| Login { id: row.id.into(), email: row.email, password_hash: row.password_hash }))
}

/// A log-in by its id.
pub async fn find(connection: &mut PgConnection, id: LoginId) -> Result<Login, Error> {
    let row = sqlx::query!("select id, email, password_hash from login where id = $1", id.0).fetch_one(connection).await?;
    Ok(Login { id: row.id.into(), email: row.email, password_hash: row.password_hash })
}

/// Where and as what a log-in may act, without what is archived or not accepted yet; by tenant and role.
pub async fn memberships(connection: &mut PgConnection, login: LoginId) -> Result<Vec<Membership>, Error> {
    let rows = sqlx::query!(
        r#"select t.id as tenant, t.slug, t.name as tenant_name, p.kind as "kind!", p.person as "person!", p.name as "name!"
           from (
             select tenant, 1::smallint as kind, id as person, name from dispatcher where login = $1 and archived_at is null and joined_at is not null
             union all
             select tenant, 2::smallint, id, name from worker where login = $1 and archived_at is null and joined_at is not null
             union all
             select tenant, 3::smallint, id, name from portal_user where login = $1 and archived_at is null and joined_at is not null) p
           join tenant t on t.id = p.tenant
           order by t.slug, p.kind"#,
        login.0
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Membership {
                tenant: row.tenant.into(),
                slug: row.slug,
                tenant_name: row.tenant_name,
                kind: PersonKind::from_number(row.kind)?,
                person: row.person,
                name: row.name,
            })
        })
        .collect()
}

/// A new log-in. `login_email_unique` is its conflict.
pub async fn create(connection: &mut PgConnection, id: LoginId, email: &str, password_hash: Option<&str>) -> Result<(), Error> {
    sqlx::query!("insert into login (id, email, password_hash) values ($1, lower($2), $3)", id.0, email, password_hash).execute(connection).await?;
    Ok(())
}

/// Sets or changes the password.
pub async fn set_password(connection: &mut PgConnection, id: LoginId, password_hash: &str) -> Result<(), Error> {
    let done = sqlx::query!("update login set password_hash = $2 where id = $1", id.0, password_hash).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// The log-in of an address, made without a password if there is none yet.
pub async fn find_or_create(connection: &mut PgConnection, email: &Email) -> Result<LoginId, Error> {
    let id = sqlx::query_scalar!(
        "insert into login (id, email) values ($1, $2) on conflict (email) do update set email = excluded.email returning id",
        Uuid::now_v7(),
        email.as_str()
    )
    .fetch_one(connection)
    .await?;
    Ok(id.into())
}

/// Sets the password of a log-in that has none. False if it has one.
pub async fn set_first_password(connection: &mut PgConnection, id: LoginId, password_hash: &str) -> Result<bool, Error> {
    let done =
        sqlx::query!("update login set password_hash = $2 where id = $1 and password_hash is null", id.0, password_hash).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}
