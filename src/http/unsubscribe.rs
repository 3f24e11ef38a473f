//! The link in each alert's e-mail: whoever has it may stop alerts to that one address, and take that back. Nobody logs in for it.

use super::Parts;
use super::error::Error;
use crate::domain::contact_point::Channel;
use crate::hub::clock;
use crate::protocol::alerts::Unsubscription;
use crate::store::contact_points::{self, ContactPoint};
use crate::store::{self, messages};
use actix_web::web::{Data, Json, Path};
use uuid::Uuid;

pub(super) async fn read(parts: Data<Parts>, token: Path<String>) -> Result<Json<Unsubscription>, Error> {
    let mut connection = parts.store.write().await?;
    let (tenant, point) = contact_points::of_token(&mut connection, parse(&token)?).await?;
    let company = store::tenants::find(&mut connection, tenant).await?.name;
    Ok(Json(view(company, &point)))
}

/// One click, also a mail program's own (RFC 8058).
pub(super) async fn stop(parts: Data<Parts>, token: Path<String>) -> Result<Json<Unsubscription>, Error> {
    set(&parts, &token, true).await
}

pub(super) async fn resume(parts: Data<Parts>, token: Path<String>) -> Result<Json<Unsubscription>, Error> {
    set(&parts, &token, false).await
}

async fn set(parts: &Parts, token: &str, stopped: bool) -> Result<Json<Unsubscription>, Error> {
    let mut connection = parts.store.write().await?;
    let (tenant, mut point) = contact_points::of_token(&mut connection, parse(token)?).await?;
    let now = clock::now();
    if stopped {
        point.stopped_at = point.stopped_at.or(Some(now));
        messages::withdraw(&mut connection, point.id, now).await?;
    } else if point.channel == Channel::Email {
        point.stopped_at = None;
    }
    contact_points::set(&mut connection, tenant, &point).await?;
    let company = store::tenants::find(&mut connection, tenant).await?.name;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(view(company, &point)))
}

fn parse(token: &str) -> Result<Uuid, Error> {
    token.parse().ok().filter(|_| token.len() == 36).ok_or_else(Error::missing)
}

fn view(company: String, point: &ContactPoint) -> Unsubscription {
    // Enough for its owner to know it, too little for anybody else to write to it.
    let (name, rest) = point.address.split_once('@').map_or((point.address.as_str(), String::new()), |(name, host)| (name, format!("@{host}")));
    let shown: String = name.chars().take(2).collect();
    Unsubscription { company, address: format!("{shown}…{rest}"), stopped: point.stopped_at.is_some() }
}
