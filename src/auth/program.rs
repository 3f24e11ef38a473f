//! Who comes with an API token: no log-in, an admin of the company as far as the token's scopes go.

use super::{Error, Session};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::LoginId;
use crate::store;
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;

/// That a token was used is written down at most this often.
const TOUCH_MS: i64 = 60_000;

/// The caller that a token stands for; nobody, if it is none.
pub(super) async fn session(connection: &mut PgConnection, token_hash: &[u8], now: At) -> Result<Option<Session>, Error> {
    let Some(token) = store::tokens::find(&mut *connection, token_hash, now).await? else { return Ok(None) };
    if token.used_at.is_none_or(|used_at| now.since(used_at) > TOUCH_MS) {
        store::tokens::touch(&mut *connection, &token, now).await?;
    }
    let tenant = store::tenants::find(connection, token.tenant).await?;
    let role = Role::Dispatcher { id: token.id.into(), admin: true };
    let caller = Caller { tenant: tenant.id, name: token.name, role, token: Some(token.scopes) };
    // Nobody's log-in: no route that has to do with log-ins lets a token in.
    Ok(Some(Session { caller, tenant: Arc::new(tenant), login: LoginId(Uuid::nil()), token_hash: token_hash.to_vec() }))
}
