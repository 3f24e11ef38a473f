//! Logging in and out, memberships, log-in sessions, passwords, and the portal's public face.

use super::access::Me;
use super::door::address;
use super::error::Error;
use super::request::Body;
use super::{Parts, page};
use crate::auth::{self, Attempt, COOKIE, LoggedIn, Token};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::caller::Caller;
use crate::protocol::lists::{Colours, List, LoginAnswer, LoginBody, LoginSession, Membership, PasswordBody, Portal, SwitchBody};
use crate::store;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::net::IpAddr;

pub(super) async fn log_in(parts: Data<Parts>, request: HttpRequest, Body(body): Body<LoginBody>) -> Result<HttpResponse, Error> {
    let from = from(&parts, &request);
    let attempt = Attempt { email: body.email, password: body.password, tenant: body.tenant, kind: body.kind, from };
    match parts.auth.log_in(attempt, clock::now()).await? {
        LoggedIn::Session(token, session) => Ok(welcome(&parts, token, &session)),
        LoggedIn::Choose(memberships) => Ok(HttpResponse::Ok().json(LoginAnswer::Choose(memberships.into_iter().map(membership).collect()))),
    }
}

pub(super) async fn log_out(parts: Data<Parts>, request: HttpRequest) -> Result<HttpResponse, Error> {
    if let Some(token) = Token::of_request(request.headers()) {
        parts.auth.log_out(&token.hash()).await?;
        parts.hub.end_sessions(&token.hash());
    }
    Ok(goodbye(&parts))
}

pub(super) async fn me(me: Me) -> Json<LoginAnswer> {
    Json(LoginAnswer::Caller(Caller::new(&me.caller, &me.tenant)))
}

pub(super) async fn switch(parts: Data<Parts>, me: Me, Body(body): Body<SwitchBody>) -> Result<HttpResponse, Error> {
    let (token, session) = parts.auth.switch(&me, &body.tenant, body.kind, clock::now()).await?;
    parts.hub.end_sessions(&me.token_hash);
    Ok(welcome(&parts, token, &session))
}

pub(super) async fn sessions(parts: Data<Parts>, me: Me) -> Result<Json<List<LoginSession>>, Error> {
    let open = parts.auth.sessions(&me, clock::now()).await?;
    let listed = |open: auth::OpenSession| LoginSession {
        current: open.current,
        tenant: open.tenant,
        created_at: open.created_at.into(),
        seen_at: open.seen_at.into(),
    };
    Ok(Json(page::whole(open.into_iter().map(listed).collect())))
}

/// Where else this log-in may go without a password.
pub(super) async fn memberships(parts: Data<Parts>, me: Me) -> Result<Json<List<Membership>>, Error> {
    let members = parts.auth.memberships(me.login).await?;
    Ok(Json(page::whole(members.into_iter().map(membership).collect())))
}

fn membership(one: auth::Membership) -> Membership {
    Membership { slug: one.slug, name: one.name, kind: one.kind }
}

/// Sign out everywhere, here too.
pub(super) async fn end_sessions(parts: Data<Parts>, me: Me) -> Result<HttpResponse, Error> {
    for ended in parts.auth.end_all(me.login, None).await? {
        parts.hub.end_sessions(&ended);
    }
    Ok(goodbye(&parts))
}

pub(super) async fn change_password(parts: Data<Parts>, me: Me, request: HttpRequest, Body(body): Body<PasswordBody>) -> Result<HttpResponse, Error> {
    refuse_weak(&body.new, "/new")?;
    let from = from(&parts, &request);
    let ended = match parts.auth.change_password(&me, body.current, body.new, from, clock::now()).await {
        // They are logged in, so it is the member that does not fit.
        Err(auth::Error::WrongPassword) => return Err(Error::invalid("/current", &Why::Expected("your password"))),
        other => other?,
    };
    for ended in ended {
        parts.hub.end_sessions(&ended);
    }
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn portal(parts: Data<Parts>, slug: Path<String>) -> Result<Json<Portal>, Error> {
    let mut connection = parts.store.write().await?;
    let tenant = match store::tenants::by_slug(&mut connection, &slug).await {
        // A name that the company had before: the answer says which it has now.
        Err(store::Error::Missing) => {
            let now = store::slugs::successor(&mut connection, &slug, clock::now()).await?;
            store::tenants::by_slug(&mut connection, &now).await?
        }
        other => other?,
    };
    let settings = tenant.settings.portal;
    Ok(Json(Portal {
        name: tenant.name,
        slug: tenant.slug,
        introduction: settings.introduction,
        phone: settings.phone,
        logo: settings.logo.map(|logo| format!("/api/files/{logo}")),
        colours: Colours { primary: settings.colour },
        public_signup: settings.public_signup,
        enabled: settings.enabled,
    }))
}

pub(super) fn refuse_weak(password: &str, pointer: &str) -> Result<(), Error> {
    if auth::is_weak(password) { Err(Error::invalid(pointer, &Why::OutOfRange("8 to 500 characters"))) } else { Ok(()) }
}

pub(super) fn from(parts: &Parts, request: &HttpRequest) -> Option<IpAddr> {
    address(request.peer_addr().map(|peer| peer.ip()), request.headers(), &parts.config.trusted_proxies)
}

pub(super) fn welcome(parts: &Parts, token: Token, session: &auth::Session) -> HttpResponse {
    let mut cookie = empty_cookie(parts);
    cookie.set_value(token.to_string());
    cookie.set_max_age(Duration::days(i64::from(parts.config.session_days)));
    HttpResponse::Ok().cookie(cookie).json(LoginAnswer::Caller(Caller::new(&session.caller, &session.tenant)))
}

fn goodbye(parts: &Parts) -> HttpResponse {
    let mut cookie = empty_cookie(parts);
    cookie.make_removal();
    HttpResponse::NoContent().cookie(cookie).finish()
}

fn empty_cookie(parts: &Parts) -> Cookie<'static> {
    let is_https = parts.config.public_url.as_ref().is_some_and(crate::config::PublicUrl::is_https);
    Cookie::build(COOKIE, "").path("/").http_only(true).same_site(SameSite::Lax).secure(is_https).finish()
}
