//! A program's own way to a hub: HTTP and the socket, as replay, the demo's drivers, the load test and the tests use it.
//!
//! It speaks the public wire of `protocol` and knows nothing of the hub's inside.

mod socket;

pub use reqwest::Method;
pub use socket::{Closed, Frame, Receiver, Sender, Socket};

use crate::protocol::{Encoding, Problem, caller::Caller};
use reqwest::header;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Once;
use uuid::Uuid;

/// Why a hub did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answered, or the connection broke.
    #[error("cannot reach the hub: {0}")]
    Unreachable(String),
    /// The hub said no, and why.
    #[error("{} ({}): {}", .0.title, .0.status, .0.detail)]
    Refused(Box<Problem>),
    /// The log-in has several memberships; one must be named.
    #[error("several memberships, name one of: {}", .0.iter().map(|choice| choice.slug.as_str()).collect::<Vec<_>>().join(", "))]
    Choose(Vec<Membership>),
    /// An answer that no hub gives.
    #[error("this is not a Dispatch Hub: {0}")]
    Strange(String),
    /// The socket ended.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// One of the memberships that a log-in can choose from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Membership {
    /// The tenant's slug.
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    /// `dispatcher`, `worker` or `portal_user`.
    pub kind: String,
}

#[derive(Debug, Clone)]
enum Credential {
    None,
    /// The value of the `hub_session` cookie.
    Cookie(String),
    Bearer(String),
}

/// A hub's answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, or else its text; `null` if there is none.
    pub body: Value,
}

impl Answer {
    /// The body of a success; the problem otherwise.
    pub fn success(self) -> Result<Value, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let strange = || Error::Strange(format!("status {} without a problem", self.status));
        serde_json::from_value(self.body).map(|problem| Error::Refused(Box::new(problem))).map_or_else(|_| Err(strange()), Err)
    }
}

/// One caller's connection to a hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    /// Without a slash at the end.
    base_url: String,
    http: reqwest::Client,
    credential: Credential,
}

impl Client {
    /// A caller without a log-in. `base_url` is like `http://127.0.0.1:8080`.
    pub fn anonymous(base_url: &str) -> Result<Self, Error> {
        install_tls();
        let http = reqwest::Client::builder().build().map_err(unreachable)?;
        Ok(Self { base_url: base_url.trim_end_matches('/').to_owned(), http, credential: Credential::None })
    }

    /// Logs in with a password. `tenant` picks among several memberships.
    pub async fn login(base_url: &str, email: &str, password: &str, tenant: Option<&str>) -> Result<Self, Error> {
        Self::anonymous(base_url)?.login_as(email, password, tenant, None).await
    }

    /// Logs in with a password, over the same connections; `kind` picks among several roles in one tenant.
    pub async fn login_as(&self, email: &str, password: &str, tenant: Option<&str>, kind: Option<&str>) -> Result<Self, Error> {
        let body = json!({ "email": email, "password": password, "tenant": tenant, "kind": kind });
        let response = self.http.post(self.url("/api/login")).json(&body).send().await.map_err(unreachable)?;
        let cookie = response.headers().get_all(header::SET_COOKIE).iter().find_map(|cookie| {
            let pair = cookie.to_str().ok()?.split(';').next()?;
            pair.strip_prefix("hub_session=").map(str::to_owned)
        });
        let body = answer(response).await?.success()?;
        match (cookie, body.get("choose")) {
            (Some(cookie), None) => Ok(self.with_cookie(cookie)),
            (_, Some(choices)) => Err(Error::Choose(Vec::deserialize(choices).map_err(strange)?)),
            (None, None) => Err(Error::Strange("a log-in without a cookie".to_owned())),
        }
    }

    /// The same connections with a log-in session made elsewhere.
    #[must_use]
    pub fn with_cookie(&self, session: impl Into<String>) -> Self {
        Self { credential: Credential::Cookie(session.into()), ..self.clone() }
    }

    /// The same connections with an API token or a one-job link's token.
    #[must_use]
    pub fn with_bearer(&self, token: impl Into<String>) -> Self {
        Self { credential: Credential::Bearer(token.into()), ..self.clone() }
    }

    /// The same caller by another address of the hub.
    #[must_use]
    pub fn at(&self, base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// Who this caller is.
    pub async fn me(&self) -> Result<Caller, Error> {
        let mut body = self.get("/api/me").await?;
        serde_json::from_value(body["caller"].take()).map_err(strange)
    }

    /// Reads. `path` begins with `/` and may have a query.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.request(Method::GET, path, None, None).await?.success()
    }

    /// Reads into a type of `protocol`.
    pub async fn get_as<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        serde_json::from_value(self.get(path).await?).map_err(strange)
    }

    /// Creates or commands, with an idempotency key of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.request(Method::POST, path, Some(body), Some(&Uuid::now_v7().to_string())).await?.success()
    }

    /// Changes.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.request(Method::PATCH, path, Some(body), Some(&Uuid::now_v7().to_string())).await?.success()
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Result<Value, Error> {
        self.request(Method::DELETE, path, None, Some(&Uuid::now_v7().to_string())).await?.success()
    }

    /// Any request, and the answer as it comes, refusals too. `key` is the `Idempotency-Key`.
    pub async fn request(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Answer, Error> {
        let mut request = self.http.request(method, self.url(path));
        if let Some((name, value)) = self.credential.header() {
            request = request.header(name, value);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request.send().await.map_err(unreachable)?).await
    }

    /// Opens a socket.
    pub async fn socket(&self, encoding: Encoding) -> Result<Socket, Error> {
        socket::connect(&self.base_url, self.credential.header(), encoding).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

impl Credential {
    fn header(&self) -> Option<(header::HeaderName, String)> {
        match self {
            Self::None => None,
            Self::Cookie(session) => Some((header::COOKIE, format!("hub_session={session}"))),
            Self::Bearer(token) => Some((header::AUTHORIZATION, format!("Bearer {token}"))),
        }
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer, Error> {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(unreachable)?;
    let body = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        Err(_) if bytes.is_empty() => Value::Null,
        Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
    };
    Ok(Answer { status, body })
}

/// TLS needs one cryptography provider per process; whoever was first keeps it.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// With its causes: reqwest alone says only "error sending request".
#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn unreachable(error: reqwest::Error) -> Error {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Error::Unreachable(text)
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn strange(error: serde_json::Error) -> Error {
    Error::Strange(error.to_string())
}
