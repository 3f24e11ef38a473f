//! Who may use a route: asked before anything else of the request is looked at, so that strangers learn nothing from it.

use super::Parts;
use super::error::Error;
use crate::auth::{Session, Token};
use crate::domain::caller::Role;
use crate::hub::clock;
use crate::protocol::problem::Name;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
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
    /// Whoever is logged in.
    Member,
    /// Dispatchers.
    Dispatcher,
    /// Dispatchers who are also admins.
    Admin,
    /// Dispatchers and workers.
    Staff,
    /// Dispatchers and portal users.
    Orderer,
}

impl Access {
    fn allows(self, role: &Role) -> bool {
        match self {
            Self::Anyone | Self::Member => true,
            Self::Dispatcher => matches!(role, Role::Dispatcher { .. }),
            Self::Admin => matches!(role, Role::Dispatcher { admin: true, .. }),
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
            Ok(session) if access.allows(&session.caller.role) => drop(request.extensions_mut().insert(Me(Rc::new(session)))),
            Ok(_) => return Ok(request.into_response(Error::forbidden().error_response())),
            Err(error) => return Ok(request.into_response(error.error_response())),
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

async fn logged_in(request: &HttpRequest) -> Result<Session, Error> {
    let parts: &web::Data<Parts> = request.app_data().expect("the application holds its parts");
    let token = Token::of_request(request.headers()).ok_or_else(|| Error::of(Name::NotAuthenticated))?;
    Ok(parts.auth.session(token, clock::now()).await?)
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
