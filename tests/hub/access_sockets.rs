//! The access matrix on the socket: every topic and every command × every kind of caller × own, foreign and nonexistent jobs.

use crate::access_matrix::{Column, Role, columns};
use crate::harness::{Estate, Job, Live, Person, TestHub, in_ms};
use dispatch_hub::client::Error;
use dispatch_hub::protocol::client::Do;
use dispatch_hub::protocol::{Encoding, ServerMessage, Topic};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const EVERY_COMMAND: [Do; 15] = [
    Do::Allocate,
    Do::Unallocate,
    Do::Publish,
    Do::Unpublish,
    Do::Accept,
    Do::Decline,
    Do::EnRoute,
    Do::CompleteStep,
    Do::UndoStep,
    Do::Pause,
    Do::Resume,
    Do::Cancel,
    Do::Reopen,
    Do::Reschedule,
    Do::MarkSeen,
];

const EVENTS: &str = "select tenant, seq, job, version from event order by tenant, seq";

/// Who ever has a command; without a wildcard, so that a new one does not compile before it has a row.
fn roles(verb: Do) -> &'static [Role] {
    match verb {
        Do::Allocate | Do::Unallocate | Do::Publish | Do::Unpublish | Do::Reopen | Do::Reschedule | Do::MarkSeen => &[Role::Dispatcher],
        Do::Accept | Do::Decline => &[Role::Worker],
        Do::EnRoute | Do::CompleteStep | Do::UndoStep | Do::Pause | Do::Resume => &[Role::Worker, Role::Dispatcher],
        Do::Cancel => &[Role::PortalUser, Role::Dispatcher],
    }
}

fn command(hub: &TestHub, verb: Do) -> Value {
    let whole = json!({ "do": verb, "worker": hub.company().worker(1), "start": in_ms(0), "reason": "No time", "step": 0 });
    let members: &[&str] = match verb {
        Do::Allocate | Do::Reschedule => &["do", "worker", "start"],
        Do::Decline | Do::Cancel => &["do", "reason"],
        Do::CompleteStep => &["do", "step"],
        _ => &["do"],
    };
    members.iter().map(|member| ((*member).to_owned(), whole[*member].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Everybody who is let in, with a name, their role and what they must never be told.
async fn people(hub: &TestHub, estate: &Estate) -> Vec<(Person, Column)> {
    let mut people = Vec::new();
    for mut column in columns(hub, estate).await {
        if column.role == Some(Role::Admin) {
            // On the socket an admin is a dispatcher.
            column.role = Some(Role::Dispatcher);
        }
        let person = match column.name {
            "portal user" => hub.portal_user(1).await,
            "worker" => hub.worker(1).await,
            "dispatcher" => hub.dispatcher(1).await,
            "admin" => hub.admin().await,
            "one-job link" => {
                Person::with_link(&hub.stranger(), column.session.as_ref().and_then(|bearer| bearer.strip_prefix("Bearer ")).expect("a token")).await
            }
            "other tenant's dispatcher" => hub.log_in("dispatcher1@south.example").await,
            _ => continue,
        };
        people.push((person, column));
    }
    people
}

fn foreign(estate: &Estate, another: Job, column: &Column) -> Vec<Job> {
    match column.role {
        Some(Role::Stranger) => vec![estate.north.job, estate.mill.job],
        // Also another job of the same customer.
        Some(Role::Link) => vec![estate.mill.job, estate.south.job, another],
        Some(Role::PortalUser | Role::Worker) => vec![estate.mill.job, estate.south.job],
        _ => vec![estate.south.job],
    }
}

#[tokio::test]
async fn nobody_gets_a_socket_without_a_log_in() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    for column in columns(&hub, &estate).await.iter().filter(|column| column.role.is_none()) {
        let client = match &column.session {
            Some(session) if session.starts_with("Bearer ") => hub.stranger().with_bearer(&session["Bearer ".len()..]),
            Some(session) => hub.stranger().with_cookie(session),
            None => hub.stranger(),
        };
        for encoding in Encoding::ALL {
            match client.socket(encoding).await {
                Err(Error::Refused(problem)) => assert_eq!((problem.status, problem.name()), (401, "not_authenticated"), "{}", column.name),
                other => panic!("{}: {other:?}", column.name),
            }
        }
    }
    let session = hub.dispatcher(1).await.session;
    let upgrade = hub
        .asks(Method::GET, "/ws")
        .header("cookie", format!("hub_session={session}"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("origin", "https://evil.example");
    assert_eq!(upgrade.send().await.unwrap().status(), 403, "a page of another site has the cookie, but not the origin");
}

#[tokio::test]
async fn every_topic_is_for_those_whose_it_is() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let another = estate.fresh_job(&hub).await;
    for (person, column) in people(&hub, &estate).await {
        let role = column.role.expect("who is let in has a role");
        let mut live = person.live().await;
        for topic in [Topic::Schedule, Topic::Map, Topic::Portal, Topic::Worker] {
            let may = match topic {
                Topic::Portal => role == Role::PortalUser,
                Topic::Worker => role == Role::Worker,
                _ => matches!(role, Role::Dispatcher | Role::Stranger),
            };
            match try_join(&mut live, topic).await {
                Ok(()) => assert!(may, "{} joined {topic}", column.name),
                Err(refused) => {
                    assert!(!may, "{} was refused {topic}", column.name);
                    assert_eq!(refused["problem"]["type"], "/problems/forbidden");
                }
            }
        }
        let own = if role == Role::Stranger { estate.south.job } else { estate.job };
        assert!(try_join(&mut live, own.topic()).await.is_ok(), "{} watches their own job", column.name);
        let nonexistent = try_join(&mut live, Topic::Job(Uuid::now_v7().into())).await.unwrap_err();
        assert_eq!(nonexistent["problem"]["type"], "/problems/missing");
        for job in foreign(&estate, another, &column) {
            assert_eq!(try_join(&mut live, job.topic()).await.unwrap_err(), nonexistent, "{}", column.name);
        }
        let never: Vec<&str> = column.never.iter().map(String::as_str).collect();
        live.never_said(&never);
    }
}

/// Joins a topic, always with the same `ref`; a refusal as it was said.
async fn try_join(live: &mut Live, topic: Topic) -> Result<(), Value> {
    live.says(&json!({ "t": "subscribe", "ref": 5, "topic": topic })).await;
    live.until("an answer", |message| match message {
        ServerMessage::Refused(refused) if refused.reference == Some(5) => Some(Err(json!(refused))),
        ServerMessage::Ok(ok) if ok.reference == 5 => Some(Ok(())),
        ServerMessage::Snapshot(part) if part.reference == 5 && !part.more => Some(Ok(())),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn every_command_is_for_those_whose_it_is() {
    let hub = TestHub::start().await;
    let estate = Estate::plant(&hub).await;
    let another = estate.fresh_job(&hub).await;
    let mut cells = 0;
    let people = people(&hub, &estate).await;
    let before = hub.table(EVENTS).await;
    for (person, column) in people {
        let role = column.role.expect("who is let in has a role");
        let mut live = person.live().await;
        for verb in EVERY_COMMAND {
            let command = command(&hub, verb);
            let may = roles(verb).contains(&role) || role == Role::Stranger && roles(verb).contains(&Role::Dispatcher);
            let nonexistent = try_both(&mut live, &person, Uuid::now_v7(), &command).await;
            // A dispatcher of the other tenant names a worker that is not theirs.
            let names_worker = role == Role::Stranger && matches!(verb, Do::Allocate | Do::Reschedule);
            let expected = if names_worker {
                "invalid"
            } else if may {
                "missing"
            } else {
                "forbidden"
            };
            for problem in [&nonexistent.0, &nonexistent.1] {
                assert_eq!(problem["type"], format!("/problems/{expected}"), "{verb:?} of nothing as {}", column.name);
            }
            for job in foreign(&estate, another, &column) {
                let refused = try_both(&mut live, &person, job.0.0, &command).await;
                assert_eq!(refused, nonexistent, "{verb:?} as {}: what is foreign looks like what does not exist", column.name);
                cells += 1;
            }
            if !may {
                let own = try_both(&mut live, &person, estate.job.0.0, &command).await;
                assert_eq!(own.0["type"], "/problems/forbidden", "{verb:?} as {}", column.name);
                cells += 1;
            }
        }
        let never: Vec<&str> = column.never.iter().map(String::as_str).collect();
        live.never_said(&never);
    }
    assert!(cells > 100, "{cells} cells");
    assert_eq!(hub.table(EVENTS).await, before, "none of all that changed anything");
}

/// The same command on the socket and over HTTP; both problems.
async fn try_both(live: &mut Live, person: &Person, job: Uuid, command: &Value) -> (Value, Value) {
    let on_socket = live.does_again(Uuid::now_v7(), job.into(), command.clone()).await;
    let problem = on_socket.expect_err("a refusal");
    let mut over_http = command.clone();
    if let Some(start) = command.get("start") {
        over_http["start"] = json!(crate::harness::rfc3339(start.as_i64().expect("milliseconds")));
    }
    let answer = person.tries(Method::POST, &format!("/api/jobs/{job}/commands"), Some(&over_http), None).await;
    (json!(problem), answer.body)
}
