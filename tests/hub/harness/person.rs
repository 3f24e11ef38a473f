//! Somebody who is logged in: what they ask over HTTP, and their sockets.

use super::PATIENCE;
use super::company::PASSWORD;
use super::live::Live;
use crate::described;
use dispatch_hub::client::{Answer, Client, Socket};
use dispatch_hub::domain::ids::{JobId, TemplateId};
use dispatch_hub::protocol::caller::Caller;
use dispatch_hub::protocol::{Encoding, Problem, Topic};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt;
use std::time::Instant;
use uuid::Uuid;

/// A job, as tests name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Job(pub(crate) JobId);

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Job {
    /// The job that a view describes.
    pub(crate) fn of(view: &Value) -> Self {
        Self(serde_json::from_value(view["id"].clone()).unwrap_or_else(|_| panic!("no job: {view}")))
    }

    /// Its topic.
    pub(crate) fn topic(self) -> Topic {
        Topic::Job(self.0)
    }
}

/// A caller of the hub.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
    /// The value of their `hub_session` cookie, or a whole `Authorization` header.
    pub(crate) session: String,
}

impl Person {
    pub(super) async fn log_in(stranger: &Client, url: &str, email: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = reqwest::Client::new().post(format!("{url}/api/login")).json(&body).send().await.expect("the hub answers");
        let cookie = answer.headers().get("set-cookie").unwrap_or_else(|| panic!("{email} was not let in"));
        let session = cookie.to_str().ok().and_then(|cookie| cookie.strip_prefix("hub_session=")?.split(';').next()).expect("a session").to_owned();
        let client = stranger.with_cookie(&session);
        let caller = client.me().await.expect("who is logged in");
        Self { client, caller, session }
    }

    /// Somebody with a one-job link instead of a log-in.
    pub(crate) async fn with_link(stranger: &Client, token: &str) -> Self {
        let client = stranger.with_bearer(token);
        let caller = client.me().await.expect("whom the link stands for");
        Self { client, caller, session: format!("Bearer {token}") }
    }

    /// The same log-in by another way to the hub, for example a cable that can be cut.
    pub(crate) fn by_way_of(&self, url: &str) -> Self {
        Self { client: self.client.at(url), caller: self.caller.clone(), session: self.session.clone() }
    }

    /// Opens a socket.
    pub(crate) async fn live(&self) -> Live {
        self.live_in(Encoding::Msgpack).await
    }

    /// Opens a socket in this encoding.
    pub(crate) async fn live_in(&self, encoding: Encoding) -> Live {
        Live::new(self.socket(encoding).await, true).await
    }

    /// Opens a socket that leaves pings unanswered, as a phone without a network does.
    pub(crate) async fn live_out_of_reach(&self) -> Live {
        Live::new(self.socket(Encoding::Msgpack).await, false).await
    }

    async fn socket(&self, encoding: Encoding) -> Socket {
        self.client.socket(encoding).await.unwrap_or_else(|error| panic!("{}: {error}", self.caller.name))
    }

    /// Opens a socket and joins a topic.
    pub(crate) async fn listens_to(&self, topic: Topic) -> Live {
        let mut live = self.live().await;
        live.joins(topic).await;
        live
    }

    /// Any request, and its answer. What was done was asked as the API's description says.
    pub(crate) async fn tries(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let answer = self.client.request(method.clone(), path, body, key).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        if let (Some(body), 200..300) = (body, answer.status) {
            described::takes(&method, path, body);
        }
        answer
    }

    /// Reads what is there.
    pub(crate) async fn reads(&self, path: &str) -> Value {
        self.client.get(path).await.unwrap_or_else(|error| panic!("{}: {path}: {error}", self.caller.name))
    }

    /// Reads a list until an item of it fits: each request is one look.
    pub(crate) async fn finds(&self, list: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let read = self.reads(list).await;
            if let Some(item) = read["items"].as_array().expect("a list").iter().find(|item| fits(item)) {
                return item.clone();
            }
            assert!(began.elapsed() < PATIENCE, "{list} never has it: {read:#}");
        }
    }

    /// A job as this person sees it.
    pub(crate) async fn sees(&self, job: Job) -> Value {
        self.reads(&format!("/api/jobs/{job}")).await
    }

    /// Why this person does not get to see a job.
    pub(crate) async fn sees_not(&self, job: Job) -> Problem {
        problem(&self.tries(Method::GET, &format!("/api/jobs/{job}"), None, None).await)
    }

    /// Makes one job.
    pub(crate) async fn orders(&self, template: TemplateId, mut more: Value) -> Job {
        more["template"] = json!(template);
        let made = self.client.post("/api/jobs", &more).await.unwrap_or_else(|error| panic!("{}: {more}: {error}", self.caller.name));
        Job::of(&made["jobs"][0])
    }

    /// Commands a job; returns `{job, seq}`.
    pub(crate) async fn does(&self, job: Job, command: Value) -> Value {
        let path = format!("/api/jobs/{job}/commands");
        self.client.post(&path, &command).await.unwrap_or_else(|error| panic!("{}: {command}: {error}", self.caller.name))
    }

    /// Commands a job in vain.
    pub(crate) async fn cannot(&self, job: Job, command: Value) -> Problem {
        let path = format!("/api/jobs/{job}/commands");
        problem(&self.tries(Method::POST, &path, Some(&command), Some(&Uuid::now_v7().to_string())).await)
    }
}

/// The problem in an answer that is one.
pub(crate) fn problem(answer: &Answer) -> Problem {
    assert!(answer.status >= 400, "{} was not refused: {}", answer.status, answer.body);
    let problem: Problem = serde_json::from_value(answer.body.clone()).unwrap_or_else(|_| panic!("no problem: {}", answer.body));
    assert_eq!(problem.status, answer.status);
    problem
}
