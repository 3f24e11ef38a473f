//! Creations with an idempotency key: what the first request made is what every other is told of. Jobs have theirs with their commands.

use super::access::Me;
use super::error::Error;
use super::request::IdempotencyKey;
use crate::domain::ids::TenantId;
use crate::hub::body_hash;
use crate::protocol::Problem;
use crate::protocol::problem::Name;
use crate::store::creations::{self, Creation};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Serialize;
use sqlx::PgConnection;
use std::future::{Ready, ready};
use uuid::Uuid;

/// The optional `Idempotency-Key` of a request that makes something, and where it makes it.
#[derive(Debug)]
pub(super) struct Once {
    key: Option<String>,
    path: String,
}

/// A request that makes something, on its way.
#[derive(Debug)]
pub(super) struct Making {
    tenant: TenantId,
    key: Option<Uuid>,
    hash: i64,
    /// What the same request has made before.
    pub(super) before: Option<Uuid>,
}

impl FromRequest for Once {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = request.path().to_owned();
        ready(IdempotencyKey::from_request(request, payload).into_inner().map(|IdempotencyKey(key)| Self { key, path }))
    }
}

impl Once {
    /// Whether this was done before. Another request with the same key is refused; one that is under way is waited for.
    pub(super) async fn begin(self, connection: &mut PgConnection, me: &Me, body: &impl Serialize) -> Result<Making, Error> {
        let tenant = me.tenant.id;
        let hash = body_hash(&(&self.path, body));
        let Some(key) = self.key else { return Ok(Making { tenant, key: None, hash, before: None }) };
        // Of the caller alone: somebody else's key means nothing.
        let key = Uuid::new_v5(&me.caller.person(), key.as_bytes());
        let before = creations::find(connection, tenant, key).await?;
        if before.is_some_and(|before| before.hash != hash) {
            return Err(Error::of(Name::IdempotencyMismatch));
        }
        Ok(Making { tenant, key: Some(key), hash, before: before.map(|before| before.made) })
    }
}

impl Making {
    /// Remembers what was made, in the transaction that makes it.
    pub(super) async fn made(&self, connection: &mut PgConnection, made: Uuid) -> Result<(), Error> {
        let Some(key) = self.key else { return Ok(()) };
        Ok(creations::keep(connection, self.tenant, key, Creation { hash: self.hash, made }).await?)
    }

    /// For what is shown once and not kept: it is not made twice, but cannot be shown again either.
    pub(super) fn refuse_again(&self, detail: &str) -> Result<(), Error> {
        if self.before.is_some() { Err(Problem::with_detail(Name::Conflict, detail).into()) } else { Ok(()) }
    }
}
