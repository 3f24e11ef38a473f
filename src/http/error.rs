//! From every error that a request can meet to a problem: the only file with status codes.

use crate::auth;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::hub;
use crate::protocol::Problem;
use crate::protocol::codec::Misfit;
use crate::protocol::problem::{Name, words};
use crate::store;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use std::fmt;
use uuid::Uuid;

/// When the hub is busy, a client may come back after this many seconds.
const BUSY_S: u32 = 1;

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub enum Error {
    /// The client is told all of it.
    Problem(Box<Problem>),
    /// The same, and when to come back.
    Later(Box<Problem>, u32),
    /// The client is told nothing but a number to ask the operator about.
    Internal(anyhow::Error),
    /// There is such a path, but not with this method.
    Method,
}

impl Error {
    /// A problem with its own title as detail.
    pub fn of(name: Name) -> Self {
        Problem::new(name).into()
    }

    /// Not there, or not the caller's.
    pub fn missing() -> Self {
        Self::of(Name::Missing)
    }

    /// The caller's role lacks it.
    pub fn forbidden() -> Self {
        Self::of(Name::Forbidden)
    }

    /// Whether logging in would help.
    pub fn is_not_authenticated(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.name() == "not_authenticated")
    }

    /// A member that does not fit.
    pub fn invalid(pointer: impl Into<String>, why: &Why) -> Self {
        Problem::invalid(pointer, words(why)).into()
    }

    /// What a client sees of it.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) | Self::Later(problem, _) => *problem,
            Self::Internal(cause) => log(&cause),
            Self::Method => method_not_allowed(),
        }
    }
}

/// Tells the operator what went wrong, and the client the number of that line.
fn log(cause: &anyhow::Error) -> Problem {
    let request = Uuid::now_v7();
    tracing::error!(%request, cause = format!("{cause:#}"), "a request failed");
    Problem::with_detail(Name::Internal, format!("The operator finds the cause in the log under {request}"))
}

/// Not in the catalogue of problems, because no client of ours ever meets it.
fn method_not_allowed() -> Problem {
    let title = "This address does not take this method";
    Problem { kind: "about:blank".into(), title: title.into(), status: 405, ..Problem::with_detail(Name::Missing, title) }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Refusal::Invalid(vec![fault]).into()
    }
}

impl From<Misfit> for Error {
    fn from(misfit: Misfit) -> Self {
        Problem::invalid(misfit.pointer, misfit.detail).into()
    }
}

impl From<hub::Error> for Error {
    fn from(error: hub::Error) -> Self {
        match error {
            hub::Error::Refused(refusal) => refusal.into(),
            hub::Error::IdempotencyMismatch => Self::of(Name::IdempotencyMismatch),
            hub::Error::Busy => busy(),
            hub::Error::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Missing => Self::missing(),
            store::Error::Unavailable => busy(),
            // Who expects a conflict catches it; anything else is a fault of ours.
            error @ (store::Error::Conflict(_) | store::Error::Internal(_)) => Self::Internal(error.into()),
        }
    }
}

impl From<auth::Error> for Error {
    fn from(error: auth::Error) -> Self {
        match error {
            auth::Error::NotAuthenticated => Self::of(Name::NotAuthenticated),
            auth::Error::WrongPassword => {
                Problem::with_detail(Name::NotAuthenticated, "The e-mail address and the password do not belong together").into()
            }
            auth::Error::PortalOff => Self::of(Name::PortalOff),
            auth::Error::NoSuchMembership => Problem::with_detail(Name::Forbidden, "This log-in has no such membership").into(),
            auth::Error::TooManyGuesses { retry_after_s } => {
                let problem = Problem::with_detail(Name::TooManyRequests, "Too many wrong passwords; please wait a few minutes");
                Self::Later(Box::new(problem), retry_after_s)
            }
            auth::Error::Busy => busy(),
            auth::Error::Store(error) => error.into(),
        }
    }
}

fn busy() -> Error {
    Error::Later(Box::new(Problem::new(Name::Busy)), BUSY_S)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) | Self::Later(problem, _) => f.write_str(&problem.title),
            Self::Internal(_) => f.write_str("something went wrong"),
            Self::Method => f.write_str("method not allowed"),
        }
    }
}

impl ResponseError for Error {
    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Problem(problem) => answer(problem),
            Self::Later(problem, seconds) => {
                let mut answer = answer(problem);
                answer.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
                answer
            }
            Self::Internal(cause) => answer(&log(cause)),
            Self::Method => answer(&method_not_allowed()),
        }
    }
}

/// A problem as an answer.
fn answer(problem: &Problem) -> HttpResponse {
    let status = problem.status.try_into().expect("every problem has a real status");
    HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "application/problem+json")).json(problem)
}
