//! One-job links: shared, listed and ended by dispatchers. The token is told once, to whoever shares it.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::once::Once;
use super::request::{Body, Id};
use crate::auth::Token;
use crate::config::PublicUrl;
use crate::domain::ids::{JobId, LinkId};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::links::{NewLink, NewLinkBody, SharedLink};
use crate::protocol::lists::List;
use crate::store;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

/// How long a link lasts unless said: long enough for a job to be done; after that it shows the end for a day.
const DAYS: u16 = 30;
const DAY_MS: i64 = 24 * 3_600_000;
/// The most links of one job.
const MAX_LINKS: usize = 50;

pub(super) async fn share(
    parts: Data<Parts>,
    me: Me,
    Id(job): Id<JobId>,
    request: HttpRequest,
    once: Once,
    Body(body): Body<NewLinkBody>,
) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    let making = once.begin(&mut connection, &me, &body).await?;
    making.refuse_again("This link was made already, and is shown once: end it and make another")?;
    let days = body.days.unwrap_or(DAYS);
    if !(1..=365).contains(&days) {
        return Err(Error::invalid("/days", &Why::OutOfRange("1 to 365 days")));
    }
    let (token, now) = (Token::random(), clock::now());
    let link = store::links::NewLink {
        id: LinkId(Uuid::now_v7()),
        job,
        token_hash: token.hash(),
        created_by: me.caller.name.clone(),
        created_at: now,
        expires_at: now.plus_ms(i64::from(days) * DAY_MS),
    };
    if store::links::of_job(&mut connection, me.tenant.id, job).await?.len() >= MAX_LINKS {
        return Err(Error::invalid("", &Why::OutOfRange("50 links for one job")));
    }
    store::links::create(&mut connection, me.tenant.id, &link).await?;
    making.made(&mut connection, link.id.0).await?;
    connection.commit().await.map_err(store::Error::from)?;
    let url = format!("{}/t/{token}", origin(&parts, &request));
    Ok(HttpResponse::Created().json(NewLink { id: link.id, token: token.to_string(), url, expires_at: link.expires_at.into() }))
}

/// Where whoever gets the link finds this hub: as the settings say, else as the dispatcher found it.
fn origin(parts: &Parts, request: &HttpRequest) -> String {
    let connection = request.connection_info();
    let asked = || format!("{}://{}", connection.scheme(), connection.host());
    parts.config.public_url.as_ref().map(PublicUrl::as_str).map_or_else(asked, |url| url.trim_end_matches('/').to_owned())
}

pub(super) async fn list(parts: Data<Parts>, me: Me, Id(job): Id<JobId>) -> Result<Json<List<SharedLink>>, Error> {
    let mut reader = parts.store.read(me.tenant.id).await?;
    store::jobs::find(&mut reader, me.tenant.id, job).await?;
    drop(reader);
    let mut connection = parts.store.write().await?;
    let links = store::links::of_job(&mut connection, me.tenant.id, job).await?;
    let view = |link: store::links::SharedLink| SharedLink {
        id: link.id,
        created_by: link.created_by,
        created_at: link.created_at.into(),
        expires_at: link.expires_at.into(),
        revoked_at: link.revoked_at.map(Into::into),
    };
    Ok(Json(List { items: links.into_iter().map(view).collect(), next: None }))
}

pub(super) async fn end(parts: Data<Parts>, me: Me, Id(job): Id<JobId>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let link = request.match_info().get("link").and_then(|text| text.parse::<Uuid>().ok()).ok_or_else(Error::missing)?;
    let mut connection = parts.store.write().await?;
    let token_hash = store::links::revoke(&mut connection, me.tenant.id, job, LinkId(link), clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.end_sessions(&token_hash);
    Ok(HttpResponse::NoContent().finish())
}
