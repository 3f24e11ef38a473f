//! One customer's feed: which portal sessions watch it, what each may see, when a worker may be shown to them.
//!
//! Exists while somebody watches. Frames are projected and written once per view class, that is per exact set of permissions.

use super::etas;
use super::fanout::{SessionId, Subscription};
use super::frame::Frame;
use super::project::{Entry, Viewer};
use super::send_queue::Close;
use crate::domain::eta::Eta;
use crate::domain::event::Event;
use crate::domain::gate;
use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::portal::{Permissions, hears};
use crate::protocol::server::{Position, Positions};
use crate::protocol::{ServerMessage, Topic};
use actix::{Actor, Context, Handler, Message};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Written;
use std::sync::Arc;
use uuid::Uuid;

/// A portal session's interest in this customer, or in one job of it.
pub(super) struct Watch {
    pub(super) topic: Topic,
    pub(super) permissions: Arc<Permissions>,
    pub(super) person: Uuid,
    pub(super) subscription: Arc<Subscription>,
}

/// Answers whether the actor takes it: one whose last watcher left takes nobody in any more, and another one begins.
impl Message for Watch {
    type Result = bool;
}

/// The interest ends. Answers whether nobody is left, and the actor done with.
pub(super) struct Unwatch {
    pub(super) session: SessionId,
    /// One topic, or all of the session's.
    pub(super) topic: Option<Topic>,
}

impl Message for Unwatch {
    type Result = bool;
}

/// An entry of the log about a job of this customer. Answered when every session has it in its queue: the feed keeps the order.
pub(super) struct Tell {
    pub(super) seq: i64,
    pub(super) event: Arc<Event>,
    pub(super) job_id: JobId,
    pub(super) job: Option<Arc<Job>>,
}

impl Message for Tell {
    type Result = ();
}

/// A position of the worker at a job of this customer; the gate has let it pass for the job.
pub(super) struct Show {
    pub(super) job: JobId,
    pub(super) position: Position,
}

impl Message for Show {
    type Result = ();
}

/// When the worker is expected at a job of this customer; the gate has let it pass for the job.
pub(super) struct ShowEta {
    pub(super) job: JobId,
    pub(super) eta: Eta,
}

impl Message for ShowEta {
    type Result = ();
}

#[derive(Default)]
pub(super) struct CustomerActor {
    watches: Vec<Watch>,
    /// Its last watcher left. Who comes now must not rely on it: its address is being forgotten.
    is_over: bool,
}

impl Actor for CustomerActor {
    type Context = Context<Self>;
}

impl Watch {
    fn wants(&self, job: JobId) -> bool {
        match self.topic {
            Topic::Job(only) => only == job,
            _ => true,
        }
    }
}

impl Handler<Watch> for CustomerActor {
    type Result = bool;

    fn handle(&mut self, watch: Watch, _: &mut Context<Self>) -> bool {
        if self.is_over {
            return false;
        }
        let session = watch.subscription.session;
        self.watches.retain(|known| known.subscription.session != session || known.topic != watch.topic);
        self.watches.push(watch);
        true
    }
}

impl Handler<Unwatch> for CustomerActor {
    type Result = bool;

    fn handle(&mut self, unwatch: Unwatch, _: &mut Context<Self>) -> bool {
        self.watches.retain(|known| known.subscription.session != unwatch.session || unwatch.topic.is_some_and(|topic| topic != known.topic));
        self.is_over = self.watches.is_empty();
        self.is_over
    }
}

impl Handler<Tell> for CustomerActor {
    type Result = ();

    fn handle(&mut self, tell: Tell, _: &mut Context<Self>) {
        let entry = Entry { seq: tell.seq, event: &tell.event, job_id: tell.job_id, job: tell.job.as_deref() };
        let mut written: HashMap<(Topic, &Permissions), Arc<Frame>> = HashMap::new();
        for watch in self.watches.iter().filter(|watch| watch.wants(tell.job_id)) {
            if !hears(&tell.event, &watch.permissions, watch.person) {
                continue;
            }
            let class = (watch.topic, &*watch.permissions);
            let frame = match written.entry(class) {
                Written::Occupied(frame) => frame.into_mut(),
                Written::Vacant(place) => {
                    let viewer = Viewer::Portal { permissions: &watch.permissions, person: watch.person };
                    let Some(message) = entry.told_to(viewer, watch.topic) else { continue };
                    place.insert(Frame::new(ServerMessage::Event(Box::new(message))))
                }
            };
            watch.subscription.offer(tell.seq, frame);
        }
    }
}

impl Handler<Show> for CustomerActor {
    type Result = ();

    fn handle(&mut self, show: Show, _: &mut Context<Self>) {
        let mut written: HashMap<Topic, Arc<Frame>> = HashMap::new();
        let may = |watch: &&Watch| watch.wants(show.job) && gate::opens_for(&watch.permissions);
        for watch in self.watches.iter().filter(may) {
            let frame = written.entry(watch.topic).or_insert_with(|| {
                let list = vec![show.position.clone()];
                Frame::new(ServerMessage::Positions(Positions { topic: watch.topic, list, gone: Vec::new() }))
            });
            watch.subscription.offer_positions(frame);
        }
    }
}

impl Handler<ShowEta> for CustomerActor {
    type Result = ();

    fn handle(&mut self, show: ShowEta, _: &mut Context<Self>) {
        let mut written: HashMap<(Topic, bool), Arc<Frame>> = HashMap::new();
        for watch in self.watches.iter().filter(|watch| watch.wants(show.job) && gate::tells_eta_to(&watch.permissions)) {
            let class = (watch.topic, watch.permissions.see_worker);
            let frame = written.entry(class).or_insert_with(|| Frame::new(ServerMessage::Eta(etas::wire(watch.topic, show.job, &show.eta, class.1))));
            watch.subscription.offer_eta(frame);
        }
    }
}

impl Drop for CustomerActor {
    /// A panic took the list of watchers with it: they come back and subscribe afresh.
    fn drop(&mut self) {
        for watch in &self.watches {
            watch.subscription.close_session(Close::Resync);
        }
    }
}
