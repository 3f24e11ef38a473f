//! Who may use a route: asked before anything else of the request is looked at, so that strangers learn nothing from it.

use super::Parts;
use super::error::Error;
use crate::auth::{self, Session, Token};
use crate::domain::caller::Role;
use crate::domain::scope::Scope;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::problem::Name;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

/// Whom a route is for. What exactly they get there is decided with the job or the list at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Also who is not logged in.
    Anyone,
    /// Whoever is logged in, and whoever comes with a one-job link.
    Viewer,
    /// Anybody; what they get depends on who they are.
    Visitor,
    /// Whoever is logged in.
    Member,
    /// Dispatchers.
    Dispatcher,
    /// Dispatchers who are also admins.
    Admin,
    /// Workers.
    Worker,
    /// Dispatchers and workers.
    Staff,
    /// Dispatchers and portal users.
    Orderer,
}

impl Access {
    fn allows(self, role: &Role) -> bool {
        match self {
            Self::Anyone | Self::Visitor | Self::Viewer => true,
            Self::Member => !matches!(role, Role::Link { .. }),
            Self::Dispatcher => matches!(role, Role::Dispatcher { .. }),
            Self::Admin => matches!(role, Role::Dispatcher { admin: true, .. }),
            Self::Worker => matches!(role, Role::Worker { .. }),
            Self::Staff => matches!(role, Role::Dispatcher { .. } | Role::Worker { .. }),
            Self::Orderer => matches!(role, Role::Dispatcher { .. } | Role::PortalUser { .. }),
        }
    }
}

/// Lets a request through whose sender the route is for, and remembers who that is.
pub(super) async fn check(
    access: Access,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if access != Access::Anyone {
        match logged_in(request.request()).await {
            Ok(session) if access.allows(&session.caller.role) && is_within(&request, &session) => {
                if session.caller.token.is_some() {
                    return with_a_token(request, next, session).await;
                }
                drop(request.extensions_mut().insert(Me(Rc::new(session))));
            }
            Err(error) if access == Access::Visitor && error.is_not_authenticated() => {}
            Ok(_) => return Ok(request.into_response(Error::forbidden().error_response())),
            Err(error) => return Ok(request.into_response(error.error_response())),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// A token's scopes are asked by the route's pattern, so that no spelling of a path changes them.
fn is_within(request: &ServiceRequest, session: &Session) -> bool {
    let Some(scopes) = session.caller.token else { return true };
    let path = request.match_pattern().unwrap_or_default();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    path == "/api/me" || Scope::of_request(&path, reads).is_some_and(|scope| scopes.has(scope))
}

/// Programs come as often as they may, and are told how often that is (draft-ietf-httpapi-ratelimit-headers).
async fn with_a_token(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    session: Session,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let parts: &web::Data<Parts> = request.request().app_data().expect("the application holds its parts");
    let most = parts.config.requests_per_minute;
    let taken = parts.tempo.take(&session.token_hash, most, clock::now());
    let mut answer = if let Err(wait_s) = taken {
        let problem = Problem::with_detail(Name::TooManyRequests, "This token has made as many requests as it may in a minute");
        request.into_response(Error::Later(Box::new(problem), wait_s).error_response())
    } else {
        request.extensions_mut().insert(Me(Rc::new(session)));
        next.call(request).await?.map_into_boxed_body()
    };
    let (left, wait_s) = taken.map_or_else(|wait_s| (0, wait_s), |left| (left.requests, left.reset_s));
    for (name, value) in [("ratelimit-policy", format!("\"token\";q={most};w=60")), ("ratelimit", format!("\"token\";r={left};t={wait_s}"))] {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("digits and letters"));
    }
    Ok(answer)
}

async fn logged_in(request: &HttpRequest) -> Result<Session, Error> {
    let parts: &web::Data<Parts> = request.app_data().expect("the application holds its parts");
    let link = link_of_socket(request);
    let is_link = link.is_some() || request.headers().contains_key(AUTHORIZATION);
    let token = link.unwrap_or_else(|| Token::of_request(request.headers())).ok_or_else(|| Error::of(Name::NotAuthenticated))?;
    let session = match parts.auth.session(token, clock::now()).await {
        Err(auth::Error::NotAuthenticated) if is_link => {
            let is_program = Token::is_programs(request.headers());
            let detail = if is_program { "This token has ended, or never was one" } else { "This link has ended" };
            return Err(Problem::with_detail(Name::NotAuthenticated, detail).into());
        }
        other => other?,
    };
    super::preview::seen(parts, request, session).await
}

/// A browser cannot give a socket headers, so a one-job link comes as `?link=`. It beats any cookie, also if it is no token at all.
#[expect(clippy::option_option, reason = "no link and a broken one differ")]
fn link_of_socket(request: &HttpRequest) -> Option<Option<Token>> {
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let (_, link) = query.iter().find(|(name, _)| name == "link").filter(|_| request.path() == "/ws")?;
    Some(Token::parse(link))
}

/// Who is asking, on routes that are not for anyone.
#[derive(Debug, Clone)]
pub(super) struct Me(Rc<Session>);

impl Deref for Me {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl FromRequest for Me {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(|| Error::of(Name::NotAuthenticated)))
    }
}
