//! Getting in without a log-in: invitations, sign-ups, forgotten passwords. Known and unknown addresses look alike.

use super::Parts;
use super::error::Error;
use super::login::{from, refuse_weak, welcome};
use super::request::Body;
use crate::auth::{self, Token};
use crate::domain::email::Email;
use crate::domain::field::{TEXT_MAX, parse_text};
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::hub::clock;
use crate::protocol::caller::TenantRef;
use crate::protocol::entering::{AcceptBody, ForgotBody, Invitation, PasswordSet, ResetBody, SignupBody, Verified, VerifyBody};
use crate::store;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Answers about mailboxes take at least this long, so that nobody reads from the time whether a mailbox is known.
const ALIKE: Duration = Duration::from_millis(250);

pub(super) async fn invitation(parts: Data<Parts>, token: Path<String>) -> Result<Json<Invitation>, Error> {
    let token = Token::parse(&token).ok_or_else(Error::missing)?;
    let auth::invitations::Invited { state, invitation, tenant } = parts.auth.invitation(token, clock::now()).await?;
    Ok(Json(Invitation {
        state,
        email: invitation.email,
        name: invitation.name,
        kind: auth::by_kind(invitation.kind),
        tenant: TenantRef { id: tenant.id, name: tenant.name, slug: tenant.slug, time_zone: tenant.time_zone },
        has_password: invitation.has_password,
    }))
}

pub(super) async fn accept(
    parts: Data<Parts>,
    token: Path<String>,
    request: HttpRequest,
    Body(body): Body<AcceptBody>,
) -> Result<HttpResponse, Error> {
    let token = Token::parse(&token).ok_or_else(Error::missing)?;
    let now = clock::now();
    let session = match Token::of_request(request.headers()) {
        Some(session) => parts.auth.session(session, now).await.ok(),
        None => None,
    };
    let invited = parts.auth.invitation(token, now).await?;
    if let (false, Some(password)) = (invited.invitation.has_password, &body.password) {
        refuse_weak(password, "/password")?;
    }
    let (token, session) = match parts.auth.accept(token, body.password, session.as_ref(), from(&parts, &request), now).await {
        Err(auth::Error::WrongPassword) => return Err(Error::invalid("/password", &Why::Expected("the password of this log-in"))),
        other => other?,
    };
    Ok(welcome(&parts, token, &session))
}

pub(super) async fn sign_up(parts: Data<Parts>, request: HttpRequest, Body(body): Body<SignupBody>) -> Result<HttpResponse, Error> {
    let until = Instant::now() + ALIKE;
    let mut faults = Vec::new();
    let mut text = |value: &str, pointer: &str, needed: bool| match parse_text(value, TEXT_MAX, false) {
        Ok(text) if text.is_empty() && needed => faults.push(Fault::at(pointer, Why::Required)),
        Ok(_) => {}
        Err(why) => faults.push(Fault::at(pointer, why)),
    };
    text(&body.name, "/name", true);
    text(body.company.as_deref().unwrap_or_default(), "/company", false);
    text(body.phone.as_deref().unwrap_or_default(), "/phone", false);
    let email = Email::parse(&body.email).map_err(|why| faults.push(Fault::at("/email", why))).ok();
    if auth::is_weak(&body.password) {
        faults.push(Fault::at("/password", Why::OutOfRange("8 to 500 characters")));
    }
    let (Some(email), true) = (email, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let some = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let new = auth::NewSignup {
        tenant: body.tenant,
        name: body.name.trim().to_owned(),
        company: some(body.company),
        email,
        phone: some(body.phone),
        password: body.password,
        from: from(&parts, &request),
    };
    match parts.auth.sign_up(new, clock::now()).await {
        Err(auth::Error::Store(store::Error::Missing)) => return Err(Error::invalid("/tenant", &Why::NotFound)),
        other => other?,
    }
    sleep_until(until).await;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn verify(parts: Data<Parts>, Body(body): Body<VerifyBody>) -> Result<HttpResponse, Error> {
    let token = Token::parse(&body.token).ok_or_else(Error::missing)?;
    Ok(match parts.auth.verify(token, clock::now()).await? {
        auth::Verified::LoggedIn(token, session) => welcome(&parts, token, &session),
        auth::Verified::LogIn { email, tenant } => HttpResponse::Ok().json(Verified::LogIn { email, tenant }),
    })
}

pub(super) async fn forgot(parts: Data<Parts>, request: HttpRequest, Body(body): Body<ForgotBody>) -> Result<HttpResponse, Error> {
    let until = Instant::now() + ALIKE;
    let email = Email::parse(&body.email).map_err(|why| Error::invalid("/email", &why))?;
    parts.auth.forgot(&email, body.tenant.as_deref(), from(&parts, &request), clock::now()).await?;
    sleep_until(until).await;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn reset(parts: Data<Parts>, Body(body): Body<ResetBody>) -> Result<Json<PasswordSet>, Error> {
    refuse_weak(&body.password, "/password")?;
    let token = Token::parse(&body.token).ok_or_else(Error::missing)?;
    let set = parts.auth.reset(token, body.password, clock::now()).await?;
    for ended in set.ended {
        parts.hub.end_sessions(&ended);
    }
    Ok(Json(PasswordSet { email: set.email }))
}
