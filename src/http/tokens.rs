//! API tokens: made, listed, taken back. No token makes another.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use super::settings::invalid;
use crate::auth::Token;
use crate::auth::token::PROGRAMS;
use crate::domain::field::parse_text;
use crate::domain::refusal::{Fault, Why};
use crate::hub::clock;
use crate::protocol::lists::List;
use crate::protocol::tokens::{ApiToken as View, ApiTokenBody, DAYS_MAX, NAME_MAX};
use crate::store;
use crate::store::tokens::{self, ApiToken};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use uuid::Uuid;

/// Tokens of one company.
const MOST: usize = 100;
const DAY_MS: i64 = 24 * 3_600_000;

pub(super) async fn list(parts: Data<Parts>, me: Me) -> Result<Json<List<View>>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let found = tokens::list(&mut connection, me.tenant.id).await?;
    Ok(Json(List { items: found.into_iter().map(|token| view(token, None)).collect(), next: None }))
}

pub(super) async fn create(parts: Data<Parts>, me: Me, once: Once, Body(body): Body<ApiTokenBody>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    making.refuse_again("This token was made already, and is shown once: revoke it and make another")?;
    let mut faults = Vec::new();
    let name = parse_text(&body.name, NAME_MAX, false).unwrap_or_else(|why| {
        faults.push(Fault::at("/name", why));
        String::new()
    });
    if body.name.trim().is_empty() {
        faults.push(Fault::at("/name", Why::Required));
    }
    if body.scopes.is_empty() {
        faults.push(Fault::at("/scopes", Why::Required));
    }
    if body.expires_in_days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        faults.push(Fault::at("/expires_in_days", Why::OutOfRange("1 to 3650 days")));
    }
    if !faults.is_empty() {
        return Err(invalid(faults));
    }
    let (secret, now) = (Token::random(), clock::now());
    let token = ApiToken {
        id: Uuid::now_v7(),
        tenant: me.tenant.id,
        name,
        scopes: body.scopes.into_iter().collect(),
        created_by: me.caller.name.clone(),
        created_at: now,
        expires_at: body.expires_in_days.map(|days| now.plus_ms(i64::from(days) * DAY_MS)),
        used_at: None,
        revoked_at: None,
    };
    if tokens::list(&mut connection, me.tenant.id).await?.len() >= MOST {
        return Err(Error::invalid("", &Why::OutOfRange("100 tokens")));
    }
    tokens::create(&mut connection, &token, &secret.hash()).await?;
    making.made(&mut connection, token.id).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Created().json(view(token, Some(format!("{PROGRAMS}{secret}")))))
}

/// Its sockets close at once here, within seconds on other nodes.
pub(super) async fn revoke(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let hash = tokens::revoke(&mut connection, me.tenant.id, id, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.end_sessions(&hash);
    Ok(HttpResponse::NoContent().finish())
}

fn view(token: ApiToken, secret: Option<String>) -> View {
    View {
        id: token.id,
        name: token.name,
        scopes: token.scopes.iter().collect(),
        created_by: token.created_by,
        created_at: token.created_at.into(),
        expires_at: token.expires_at.map(Into::into),
        used_at: token.used_at.map(Into::into),
        token: secret,
    }
}
