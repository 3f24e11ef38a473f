//! What a client's message does: the protocol on one page.

use super::session::Unstored;
use crate::domain::At;
use crate::domain::caller::Role;
use crate::domain::fix::{Fix, RawFix as DomainFix};
use crate::domain::ids::WorkerId;
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::hub::{Ask, Close, Error, Frame, Hub, Request, Session, body_hash};
use crate::protocol::client::{CommandMessage, Fixes, RawFix, Subscribe, Undecodable, Viewport};
use crate::protocol::problem::{Name, Problem};
use crate::protocol::server::{Okay, Refused, ServerMessage};
use crate::protocol::views::Job;
use crate::protocol::{ClientMessage, Encoding};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The most fixes in one frame.
const MAX_FIXES: usize = 500;
/// The longest name of a device.
const MAX_DEVICE: usize = 64;

/// The inbound half of a session.
pub(super) struct Inbound {
    hub: Arc<Hub>,
    session: Arc<Session>,
    encoding: Encoding,
    unstored: mpsc::Sender<Unstored>,
    /// The device of the last fixes, so that its name is kept once.
    device: Arc<str>,
}

/// What was refused, and of which request.
struct Refusing {
    reference: Option<i64>,
    problem: Problem,
}

impl Inbound {
    pub(super) fn new(hub: Arc<Hub>, session: Arc<Session>, encoding: Encoding, unstored: mpsc::Sender<Unstored>) -> Self {
        Self { hub, session, encoding, unstored, device: "app".into() }
    }

    /// Takes in one frame. Whatever is wrong with it is answered; only a broken protocol ends the session.
    pub(super) async fn take_in(&mut self, frame: &[u8]) -> Result<(), Close> {
        let message = match ClientMessage::decode(self.encoding, frame) {
            Ok(message) => message,
            Err(Undecodable::Broken) => return Err(Close::NotDecodable),
            Err(Undecodable::UnknownMessage { reference }) => {
                self.refuse(reference, Problem::invalid("/t", "There is no such message"));
                return Ok(());
            }
            Err(Undecodable::Misfit { reference, misfit }) => {
                self.refuse(reference, Problem::invalid(misfit.pointer, misfit.detail));
                return Ok(());
            }
        };
        if let Err(refusing) = self.act(message).await? {
            self.refuse(refusing.reference, refusing.problem);
        }
        Ok(())
    }

    async fn act(&mut self, message: ClientMessage) -> Result<Result<(), Refusing>, Close> {
        let done = match message {
            ClientMessage::Subscribe(subscribe) => self.subscribe(&subscribe).await,
            ClientMessage::Unsubscribe(unsubscribe) => {
                self.hub.unsubscribe(&self.session, unsubscribe.topic).await;
                self.ok(Okay { reference: unsubscribe.reference, ..Okay::default() });
                Ok(())
            }
            ClientMessage::Viewport(viewport) => self.look(viewport),
            ClientMessage::Command(command) => self.command(command).await,
            ClientMessage::Fixes(fixes) => return self.fixes(&fixes).await,
            ClientMessage::Duty(duty) => self.duty(duty.reference, duty.on).await,
            ClientMessage::Editing(editing) => match self.session.caller().role {
                Role::Dispatcher { .. } if self.session.caller().token.is_none() => {
                    self.hub.edits(&self.session, editing.job);
                    Ok(())
                }
                _ => Err(forbidden(None)),
            },
            ClientMessage::Pong(_) => Ok(()),
        };
        Ok(done)
    }

    async fn subscribe(&self, subscribe: &Subscribe) -> Result<(), Refusing> {
        let failed = |error| refusing(Some(subscribe.reference), error);
        self.hub.subscribe(&self.session, subscribe).await.map_err(failed)
    }

    fn look(&self, viewport: Viewport) -> Result<(), Refusing> {
        if !self.hub.sees_map(&self.session) {
            return Err(Refusing { reference: None, problem: Problem::invalid("/t", "Subscribe to map first") });
        }
        let bad = |place: crate::domain::geo::BadPlace| Refusing { reference: None, problem: Problem::invalid("", place.to_string()) };
        self.hub.look(&self.session, &viewport).map_err(bad)
    }

    async fn command(&self, message: CommandMessage) -> Result<(), Refusing> {
        if !self.session.caller().has(Scope::JobsWrite) {
            return Err(forbidden(Some(message.reference)));
        }
        let request = Request {
            key: Some(message.id.to_string()),
            body_hash: body_hash(&(message.job, &message.body)),
            at: message.body.at.map(At::from),
            version: message.body.version,
            source: self.session.caller().source(),
        };
        let failed = |error| refusing(Some(message.reference), error);
        let answer = self.hub.command(&self.session.caller(), message.job, request, Ask::Body(message.body)).await.map_err(failed)?;
        let job = answer.job.and_then(|job| Job::for_caller(&job, &self.session.caller())).map(Box::new);
        self.ok(Okay { reference: message.reference, job, seq: Some(answer.seq) });
        Ok(())
    }

    async fn duty(&self, reference: i64, on: bool) -> Result<(), Refusing> {
        let worker = self.worker().ok_or_else(|| forbidden(Some(reference)))?;
        self.hub.set_duty(&self.session, worker, on).await.map_err(|error| refusing(Some(reference), error))?;
        self.ok(Okay { reference, ..Okay::default() });
        Ok(())
    }

    async fn fixes(&mut self, message: &Fixes) -> Result<Result<(), Refusing>, Close> {
        let Some(worker) = self.worker() else { return Ok(Err(forbidden(None))) };
        let fixes = match parse(message) {
            Ok(fixes) => fixes,
            Err(problem) => return Ok(Err(Refusing { reference: None, problem })),
        };
        let device = message.device.as_deref().unwrap_or("app");
        if *self.device != *device {
            self.device = device.into();
        }
        if !self.hub.streams(&self.session, worker) {
            return Err(Close::Replaced);
        }
        let stored = self.hub.record(self.session.tenant_id, worker, &self.device, &fixes).await;
        // Room for acknowledgements is the sender's back-pressure.
        self.unstored.send(Unstored { n: message.n, stored }).await.map_err(|_ended| Close::Resync)?;
        Ok(Ok(()))
    }

    fn worker(&self) -> Option<WorkerId> {
        match self.session.caller().role {
            Role::Worker { id } => Some(id),
            _ => None,
        }
    }

    fn ok(&self, ok: Okay) {
        self.session.queue.push(&Frame::new(ServerMessage::Ok(ok)));
    }

    fn refuse(&self, reference: Option<i64>, problem: Problem) {
        metrics::counter!("hub_refusals_total", "problem" => problem.name().to_owned()).increment(1);
        self.session.queue.push(&Frame::new(ServerMessage::Refused(Refused { reference, problem })));
    }
}

fn forbidden(reference: Option<i64>) -> Refusing {
    Refusing { reference, problem: Refusal::Forbidden.into() }
}

fn refusing(reference: Option<i64>, error: Error) -> Refusing {
    let problem = match error {
        Error::Refused(refusal) => refusal.into(),
        Error::IdempotencyMismatch => Problem::new(Name::IdempotencyMismatch),
        Error::Busy => Problem::new(Name::Busy),
        Error::Internal(error) => {
            tracing::error!(error = format!("{error:#}"), "a socket's request failed");
            Problem::new(Name::Internal)
        }
    };
    Refusing { reference, problem }
}

/// Every fix must be one: a member out of range is named by its pointer, and nothing of the frame is taken.
fn parse(message: &Fixes) -> Result<Vec<Fix>, Problem> {
    if !(1..=MAX_FIXES).contains(&message.fixes.len()) {
        return Err(Problem::invalid("/fixes", "Send 1 to 500 fixes"));
    }
    if message.device.as_ref().is_some_and(|device| device.is_empty() || device.chars().count() > MAX_DEVICE) {
        return Err(Problem::invalid("/device", "A device has a name of 1 to 64 characters"));
    }
    let fix = |(index, raw): (usize, &RawFix)| {
        let RawFix(time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery) = *raw;
        let raw = DomainFix { time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery };
        Fix::parse(raw).map_err(|bad| Problem::invalid(format!("/fixes/{index}"), bad.to_string()))
    };
    message.fixes.iter().enumerate().map(fix).collect()
}
