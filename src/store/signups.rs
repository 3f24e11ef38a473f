//! Sign-ups that wait for their address to be confirmed. Everything here wants a writer's connection.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::email::Email;
use crate::domain::ids::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

/// A sign-up to keep.
#[derive(Debug)]
pub struct NewSignup<'a> {
    /// Where.
    pub tenant: TenantId,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// Whose mailbox has to be shown.
    pub email: &'a Email,
    /// The person's name.
    pub name: &'a str,
    /// The new customer's name.
    pub company: &'a str,
    /// The person's phone number.
    pub phone: Option<&'a str>,
    /// Of the password that was typed.
    pub password_hash: &'a str,
    /// It is forgotten then.
    pub expires_at: At,
}

/// A sign-up as stored.
#[derive(Debug, Clone)]
pub struct Signup {
    /// Where.
    pub tenant: TenantId,
    /// Its id.
    pub id: Uuid,
    /// The confirmed address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The new customer's name.
    pub company: String,
    /// The person's phone number.
    pub phone: Option<String>,
    /// Of the password that was typed.
    pub password_hash: String,
    /// Whether it was confirmed before.
    pub used: bool,
}

/// Keeps a sign-up. Returns its id.
pub async fn create(connection: &mut PgConnection, signup: &NewSignup<'_>) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into signup (tenant, id, token_hash, email, name, company, phone, password_hash, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        signup.tenant.0,
        id,
        signup.token_hash,
        signup.email.as_str(),
        signup.name,
        signup.company,
        signup.phone,
        signup.password_hash,
        instant::time(signup.expires_at)
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// The sign-up of a token that has not expired; nobody else uses it until this transaction ends.
pub async fn by_token(connection: &mut PgConnection, token_hash: &[u8], now: At) -> Result<Option<Signup>, Error> {
    let row = sqlx::query!(
        r#"select tenant, id, email, name, company, phone, password_hash, used_at is not null as "used!"
           from signup where token_hash = $1 and expires_at > $2 for update"#,
        token_hash,
        instant::time(now)
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Signup {
        tenant: row.tenant.into(),
        id: row.id,
        email: row.email,
        name: row.name,
        company: row.company,
        phone: row.phone,
        password_hash: row.password_hash,
        used: row.used,
    }))
}

/// It was confirmed.
pub async fn confirm(connection: &mut PgConnection, tenant: TenantId, id: Uuid, now: At) -> Result<(), Error> {
    sqlx::query!("update signup set used_at = $3, password_hash = '' where tenant = $1 and id = $2", tenant.0, id, instant::time(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets what nobody confirmed in time. Returns how many.
pub async fn prune(connection: &mut PgConnection, now: At) -> Result<u64, Error> {
    Ok(sqlx::query!("delete from signup where expires_at <= $1", instant::time(now)).execute(connection).await?.rows_affected())
}
