//! Who listens to what on this node: topic to sessions, with each session's place in the log.

use super::frame::Frame;
use super::send_queue::{Close, SendQueue};
use crate::domain::ids::{JobId, TenantId, WorkerId};
use dashmap::DashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A session on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl SessionId {
    /// A number not given before on this node.
    pub(super) fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An audience that sees the same frames. Portal users are not here: each customer's actor knows its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Audience {
    /// `schedule`: every dispatcher of the tenant.
    Schedule(TenantId),
    /// `job/<id>` of dispatchers.
    StaffJob(TenantId, JobId),
    /// `worker` of one worker.
    Worker(TenantId, WorkerId),
    /// `job/<id>` of one worker.
    WorkerJob(TenantId, WorkerId, JobId),
}

/// A session's subscription to one topic: lets each event through once, in order, and none before its snapshot.
pub(super) struct Subscription {
    /// Whose.
    pub(super) session: SessionId,
    queue: Arc<SendQueue>,
    place: Mutex<Place>,
}

enum Place {
    /// The snapshot is being read; what comes meanwhile waits.
    Joining(Vec<(i64, Arc<Frame>)>),
    /// Everything up to this `seq` was sent.
    After(i64),
}

/// The most events that may happen while one snapshot is read.
const MAX_JOINING: usize = 1_024;

impl Subscription {
    /// A subscription that waits for its snapshot.
    pub(super) fn joining(session: SessionId, queue: Arc<SendQueue>) -> Arc<Self> {
        Arc::new(Self { session, queue, place: Mutex::new(Place::Joining(Vec::new())) })
    }

    /// The snapshot or the missing events were sent: they reach up to `seq`. Goes on from there.
    pub(super) fn joined(&self, seq: i64) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Place::Joining(waiting) = std::mem::replace(&mut *place, Place::After(seq)) {
            for (seq, frame) in waiting {
                Self::pass(&mut place, &self.queue, seq, &frame);
            }
        }
    }

    /// An event: sent now, kept until joined, or dropped if the session has it.
    pub(super) fn offer(&self, seq: i64, frame: &Arc<Frame>) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *place {
            Place::Joining(waiting) if waiting.len() >= MAX_JOINING => self.queue.close(Close::Resync),
            Place::Joining(waiting) => waiting.push((seq, Arc::clone(frame))),
            Place::After(_) => Self::pass(&mut place, &self.queue, seq, frame),
        }
    }

    /// Positions: only once joined, they overwrite.
    pub(super) fn offer_positions(&self, frame: &Frame) {
        if matches!(*self.place.lock().unwrap_or_else(PoisonError::into_inner), Place::After(_)) {
            self.queue.push_positions(frame);
        }
    }

    /// When somebody is expected: only once joined; it is rare, and is not skipped.
    pub(super) fn offer_eta(&self, frame: &Frame) {
        if matches!(*self.place.lock().unwrap_or_else(PoisonError::into_inner), Place::After(_)) {
            self.queue.push(frame);
        }
    }

    /// A frame without a place in the log: the latest wins.
    pub(super) fn offer_state(&self, frame: &Frame) {
        self.queue.push_state(frame);
    }

    /// Ends the whole session.
    pub(super) fn close_session(&self, close: Close) {
        self.queue.close(close);
    }

    fn pass(place: &mut Place, queue: &SendQueue, seq: i64, frame: &Frame) {
        if let Place::After(reached) = place
            && seq > *reached
        {
            *reached = seq;
            queue.push(frame);
        }
    }
}

/// Audience to subscriptions.
#[derive(Default)]
pub(super) struct Fanout {
    audiences: DashMap<Audience, Vec<Arc<Subscription>>>,
}

impl Fanout {
    /// Adds a subscription; a session's earlier one to the same audience is replaced.
    pub(super) fn subscribe(&self, audience: Audience, subscription: Arc<Subscription>) {
        let mut subscriptions = self.audiences.entry(audience).or_default();
        subscriptions.retain(|known| known.session != subscription.session);
        subscriptions.push(subscription);
    }

    /// Removes a session's subscription. Whether somebody is left.
    pub(super) fn unsubscribe(&self, audience: Audience, session: SessionId) -> bool {
        if let Some(mut subscriptions) = self.audiences.get_mut(&audience) {
            subscriptions.retain(|known| known.session != session);
        }
        self.audiences.remove_if(&audience, |_, subscriptions| subscriptions.is_empty()).is_none()
    }

    /// Gives an event to an audience; the frame is made only if there is one.
    pub(super) fn publish(&self, audience: Audience, seq: i64, frame: impl FnOnce() -> Option<Arc<Frame>>) {
        let Some(subscriptions) = self.audiences.get(&audience) else { return };
        let Some(frame) = frame() else { return };
        for subscription in subscriptions.iter() {
            subscription.offer(seq, &frame);
        }
    }

    /// Whether anybody listens.
    pub(super) fn is_heard(&self, audience: Audience) -> bool {
        self.audiences.get(&audience).is_some_and(|subscriptions| !subscriptions.is_empty())
    }

    /// Gives a frame that is not in the log to an audience.
    pub(super) fn publish_state(&self, audience: Audience, frame: impl FnOnce() -> Arc<Frame>) {
        let Some(subscriptions) = self.audiences.get(&audience) else { return };
        let frame = frame();
        for subscription in subscriptions.iter() {
            subscription.offer_state(&frame);
        }
    }

    /// Gives an ETA to an audience.
    pub(super) fn publish_eta(&self, audience: Audience, frame: impl FnOnce() -> Arc<Frame>) {
        let Some(subscriptions) = self.audiences.get(&audience) else { return };
        let frame = frame();
        for subscription in subscriptions.iter() {
            subscription.offer_eta(&frame);
        }
    }

    /// Gives positions to an audience.
    pub(super) fn publish_positions(&self, audience: Audience, frame: impl FnOnce() -> Arc<Frame>) {
        let Some(subscriptions) = self.audiences.get(&audience) else { return };
        let frame = frame();
        for subscription in subscriptions.iter() {
            subscription.offer_positions(&frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Sink;
    use crate::protocol::server::Stored;
    use crate::protocol::{Encoding, ServerMessage};
    use bytes::Bytes;

    #[derive(Default)]
    struct Heard(Mutex<Vec<i64>>);

    impl Sink for Arc<Heard> {
        fn try_write(&self, bytes: Bytes) -> bool {
            if let Ok(ServerMessage::Stored(Stored { n })) = Encoding::Json.decode(&bytes) {
                self.0.lock().unwrap().push(n);
            }
            true
        }
    }

    fn session() -> (Arc<Subscription>, Arc<Heard>) {
        let heard = Arc::new(Heard::default());
        let queue = SendQueue::new(Encoding::Json, Box::new(Arc::clone(&heard)));
        (Subscription::joining(SessionId::fresh(), queue), heard)
    }

    fn frame(seq: i64) -> Arc<Frame> {
        Frame::new(ServerMessage::Stored(Stored { n: seq }))
    }

    #[test]
    fn what_happens_while_the_snapshot_is_read_comes_after_it_once() {
        let (subscription, heard) = session();
        for seq in 8..=12 {
            subscription.offer(seq, &frame(seq));
        }
        assert!(heard.0.lock().unwrap().is_empty(), "nothing before the snapshot");
        subscription.joined(10);
        subscription.offer(11, &frame(11));
        subscription.offer(13, &frame(13));
        assert_eq!(*heard.0.lock().unwrap(), [11, 12, 13]);
    }

    #[test]
    fn a_frame_is_made_only_for_an_audience() {
        let fanout = Fanout::default();
        let audience = Audience::Schedule(TenantId(uuid::Uuid::nil()));
        fanout.publish(audience, 1, || panic!("nobody listens"));
        let (subscription, heard) = session();
        let id = subscription.session;
        subscription.joined(0);
        fanout.subscribe(audience, subscription);
        fanout.publish(audience, 1, || Some(frame(1)));
        assert!(!fanout.unsubscribe(audience, id));
        fanout.publish(audience, 2, || panic!("nobody listens any more"));
        assert_eq!(*heard.0.lock().unwrap(), [1]);
    }
}
