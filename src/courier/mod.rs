//! Out of the building: claims what is to be sent, renders it, sends it, settles it. By e-mail, by SMS and by Web Push.
//!
//! A claim is a lease: the row's `due_at` moves ahead by more than any attempt takes, so that two couriers never have one
//! message in hand at the same time, and what a courier that died had in hand is claimed again. Between the server's yes and the
//! commit that records it lies the one moment in which a crash sends twice, with the same Message-ID or idempotency key.

mod alerts;
mod backoff;
mod outbox;
mod preview;
mod public_only;
mod push;
mod render;
mod sms;
mod smtp;
mod tempo;
mod webhooks;
mod write;

pub use outbox::{Kept, Outbox};
pub use preview::{Preview, preview};
pub use public_only::refused as refused_address;
pub use push::{BadPush, Pusher};
pub use sms::{BadGateway, Gateway, STATUS_PATH};
pub use smtp::{Bad, Sender};

use crate::domain::At;
use crate::domain::contact_point::Channel;
use crate::store::messages::{self, Claimed, Content, Settled};
use crate::store::{self, Store, contact_points};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use rust_decimal::Decimal;
use sqlx::postgres::PgListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempo::Tempo;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use write::{Draft, Written};

/// Messages in hand at once.
const AT_ONCE: usize = 8;
/// Looked for at least this often: nobody calls for alerts, which come with every commit.
const LOOK: Duration = Duration::from_secs(1);
/// Pause when the store is away.
const PAUSE: Duration = Duration::from_secs(1);
/// A result is written down at least within so many attempts, or the message goes out again.
const SETTLE_TRIES: u32 = 5;
/// After so many tries (about a day) a message is given up.
const TRIES_MAX: i32 = 30;

/// The way of e-mails.
#[derive(Debug, Clone)]
pub enum EmailWay {
    /// To a mail server.
    Smtp(Arc<Sender>),
    /// Nowhere: kept to be looked at, as the demo does.
    Outbox(Outbox),
}

/// The way of text messages.
#[derive(Debug, Clone)]
pub enum SmsWay {
    /// To a gateway.
    Gateway(Arc<Gateway>),
    /// Nowhere: kept to be looked at, as the demo does, for a price all the same.
    Outbox(Outbox, Decimal, String),
}

/// The ways out; what has none waits.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Of e-mails.
    pub email: Option<EmailWay>,
    /// Of text messages.
    pub sms: Option<SmsWay>,
    /// Of notifications in browsers.
    pub push: Option<Arc<Pusher>>,
}

/// Clients over TLS want to know with whose cryptography. Whoever said so first has decided.
fn bring_cryptography() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// What came of an attempt.
enum Outcome {
    /// Taken; what the other side calls it.
    Sent(Option<String>),
    /// Not now; why, the server's code if it said one, and how many milliseconds it asks to be left alone for.
    Later(String, Option<u16>, Option<i64>),
    /// Never.
    Refused(String, Option<u16>),
    /// Never to this number or browser: whoever has it wants none.
    Stopped(String),
}

impl Ways {
    fn channels(&self) -> Vec<Channel> {
        let ways = [(Channel::Email, self.email.is_some()), (Channel::Sms, self.sms.is_some()), (Channel::Push, self.push.is_some())];
        ways.into_iter().filter(|(_, is_open)| *is_open).map(|(channel, _)| channel).collect()
    }

    /// The longest that one attempt takes.
    fn timeout(&self) -> Duration {
        let email = match &self.email {
            Some(EmailWay::Smtp(sender)) => sender.timeout(),
            _ => PAUSE,
        };
        let sms = match &self.sms {
            Some(SmsWay::Gateway(gateway)) => gateway.timeout(),
            _ => PAUSE,
        };
        let push = if self.push.is_some() { Pusher::timeout() } else { PAUSE };
        email.max(sms).max(push)
    }

    /// Longer than any attempt takes.
    fn lease_ms(&self) -> i64 {
        i64::try_from(2 * self.timeout().as_millis()).unwrap_or(i64::MAX)
    }

    /// What a segment of a text message costs, and in which currency.
    pub fn sms_price(&self) -> Option<(Decimal, &str)> {
        match &self.sms {
            Some(SmsWay::Gateway(gateway)) => Some((gateway.price(), gateway.currency())),
            Some(SmsWay::Outbox(_, price, currency)) => Some((*price, currency)),
            None => None,
        }
    }

    async fn send(&self, claimed: &Claimed, draft: Draft, now: At) -> Outcome {
        let no_way = || Outcome::Later("there is no way for it".into(), None, None);
        match draft {
            Draft::Email(rendered) => match &self.email {
                Some(EmailWay::Smtp(sender)) => timeout(sender.timeout(), sender.send(claimed, *rendered)).await.unwrap_or_else(|_elapsed| {
                    sender.forget_connections();
                    Outcome::Later("the mail server took too long".into(), None, None)
                }),
                Some(EmailWay::Outbox(outbox)) => {
                    outbox.keep_email(claimed, *rendered, now);
                    Outcome::Sent(None)
                }
                None => no_way(),
            },
            Draft::Sms { text, link } => match &self.sms {
                Some(SmsWay::Gateway(gateway)) => gateway.send(claimed, &text).await,
                Some(SmsWay::Outbox(outbox, ..)) => {
                    outbox.keep_sms(claimed, text, link, now);
                    Outcome::Sent(None)
                }
                None => no_way(),
            },
            Draft::Push(browser, notification) => match &self.push {
                Some(pusher) => pusher.send(claimed, &browser, &notification, now).await,
                None => no_way(),
            },
        }
    }
}

/// A courier at work.
pub struct Courier {
    stop: watch::Sender<bool>,
    work: Vec<JoinHandle<()>>,
}

/// How a courier works.
#[derive(Debug)]
pub struct Manner {
    /// What its links begin with, without a slash at the end.
    pub base_url: String,
    /// Messages a minute that one company may send.
    pub per_minute: u16,
    /// Webhooks may be called inside the operator's own network.
    pub private_webhooks: bool,
    /// What time it is.
    pub clock: fn() -> At,
}

impl Courier {
    /// Begins to work. Without any way out for messages, it still calls webhooks.
    pub fn start(store: Store, ways: Ways, manner: Manner) -> Result<Self, reqwest::Error> {
        let Manner { base_url, per_minute, private_webhooks, clock } = manner;
        let (stop, stopped) = watch::channel(false);
        let caller = webhooks::Caller::new(store.clone(), private_webhooks, clock)?;
        let mut loops = vec![tokio::spawn(caller.work(stopped.clone()))];
        if !ways.channels().is_empty() {
            let round = Arc::new(Round { store, ways, base_url, tempo: Mutex::new(Tempo::new(per_minute)), clock });
            loops.push(tokio::spawn(work(round, stopped)));
        }
        Ok(Self { stop, work: loops })
    }

    /// Claims nothing more, finishes what is in hand.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for ended in join_all(self.work).await {
            if let Err(error) = ended {
                tracing::error!(%error, "the courier ended badly");
            }
        }
    }
}

/// What every message needs.
struct Round {
    store: Store,
    ways: Ways,
    base_url: String,
    tempo: Mutex<Tempo>,
    clock: fn() -> At,
}

async fn work(round: Arc<Round>, mut stopped: watch::Receiver<bool>) {
    let mut in_hand = FuturesUnordered::new();
    let mut listener = None;
    let mut wait = Duration::ZERO;
    loop {
        tokio::select! {
            Some(()) = in_hand.next(), if !in_hand.is_empty() => {}
            () = called(&round.store, &mut listener, wait), if in_hand.len() < AT_ONCE => {
                match round.claim(AT_ONCE - in_hand.len()).await {
                    Ok((claimed, next)) => {
                        wait = next;
                        in_hand.extend(claimed.into_iter().map(|claimed| { let round = Arc::clone(&round); async move { round.deliver(claimed).await } }));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the courier cannot look for messages");
                        wait = PAUSE;
                    }
                }
            }
            () = told_to_stop(&mut stopped) => break,
        }
    }
    while in_hand.next().await.is_some() {}
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: the same.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// Waits until something is new, or for this long.
async fn called(store: &Store, listener: &mut Option<PgListener>, wait: Duration) {
    if wait.is_zero() {
        return;
    }
    if listener.is_none() {
        *listener = store.listen_for_messages().await.ok();
    }
    let call = async {
        match listener {
            Some(listening) => listening.recv().await.is_ok(),
            None => std::future::pending().await,
        }
    };
    let lost = tokio::select! {
        heard = call => !heard,
        () = sleep(wait) => false,
    };
    if lost {
        *listener = None;
        sleep(PAUSE).await;
    }
}

impl Round {
    /// What is due, and how long until there may be more.
    async fn claim(&self, most: usize) -> Result<(Vec<Claimed>, Duration), store::Error> {
        let now = (self.clock)();
        let channels = self.ways.channels();
        let (waiting, until) = self.tempo.lock().unwrap_or_else(PoisonError::into_inner).waiting(now);
        let mut connection = self.store.courier().await?;
        let most = i64::try_from(most).unwrap_or(1);
        let claimed = messages::claim(&mut connection, &channels, &waiting, now, now.plus_ms(self.ways.lease_ms()), most).await?;
        let next = messages::next_due(&mut connection, &channels, &waiting).await?;
        connection.commit().await?;
        let mut tempo = self.tempo.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.iter().filter_map(|claimed| claimed.tenant).for_each(|tenant| tempo.count(tenant, now));
        let wait = next.into_iter().chain(until).min().map_or(LOOK, |next| Duration::from_millis(u64::try_from(next.since(now)).unwrap_or(0)));
        Ok((claimed, wait.clamp(Duration::from_millis(10), LOOK)))
    }

    async fn deliver(&self, claimed: Claimed) {
        let settled = match self.write(&claimed).await {
            Ok(Written::Draft(draft)) => {
                let said = draft.said(&claimed);
                let outcome = self.ways.send(&claimed, draft, (self.clock)()).await;
                if let Outcome::Stopped(_) = &outcome {
                    self.stop_address(&claimed).await;
                }
                settle(&claimed, outcome, said, (self.clock)())
            }
            Ok(Written::Hold(until)) => Settled::Held { due_at: until },
            Ok(Written::Not(why)) => {
                count(&claimed, "unsent");
                Settled::Unsent { why: why.to_owned() }
            }
            Err(error) => settle(&claimed, Outcome::Later(format!("it could not be written: {error}"), None, None), String::new(), (self.clock)()),
        };
        for _ in 0..SETTLE_TRIES {
            match self.record(&claimed, &settled).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(message = %claimed.id, %error, "what came of a message is not recorded yet"),
            }
            sleep(PAUSE).await;
        }
        tracing::warn!(message = %claimed.id, "what came of a message could not be recorded; it is tried again");
    }

    /// Whoever has the number told the gateway that they want no more; a browser that ended its subscription is not there any more.
    async fn stop_address(&self, claimed: &Claimed) {
        let stopped = async {
            let mut connection = self.store.write().await?;
            match (claimed.channel, claimed.tenant, &claimed.content) {
                (Channel::Push, Some(tenant), Content::Alert(planned)) => {
                    match contact_points::remove(&mut connection, tenant, planned.contact_point).await {
                        Ok(()) | Err(store::Error::Missing) => {}
                        Err(error) => return Err(error),
                    }
                }
                _ => drop(contact_points::stop_number(&mut connection, &claimed.to, Some((self.clock)())).await?),
            }
            Ok::<_, store::Error>(connection.commit().await?)
        };
        if let Err(error) = stopped.await {
            tracing::warn!(message = %claimed.id, %error, "that an address wants no messages is not remembered; it will be said again");
        }
    }

    async fn record(&self, claimed: &Claimed, settled: &Settled) -> Result<(), store::Error> {
        let mut connection = self.store.courier().await?;
        let is_ours = messages::settle(&mut connection, claimed, settled, (self.clock)()).await?;
        let was_taken = matches!(settled, Settled::Sent { .. });
        if let (true, false, Channel::Sms, Some(tenant)) = (is_ours, was_taken, claimed.channel, claimed.tenant) {
            store::sms_account::take_back(&mut connection, tenant, claimed.id).await?;
        }
        Ok(connection.commit().await?)
    }
}

fn count(claimed: &Claimed, outcome: &'static str) {
    let channel = match claimed.channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
        Channel::Push => "push",
    };
    metrics::counter!("hub_messages_total", "channel" => channel, "outcome" => outcome).increment(1);
}

/// What to write down. Addresses and the server's words are for the tenant's admins, never for the log.
fn settle(claimed: &Claimed, outcome: Outcome, said: String, now: At) -> Settled {
    match outcome {
        Outcome::Sent(receipt) => {
            count(claimed, "sent");
            Settled::Sent { said, receipt }
        }
        Outcome::Stopped(why) => {
            count(claimed, "unsent");
            Settled::Unsent { why }
        }
        Outcome::Later(error, code, asked_ms) if claimed.tries < TRIES_MAX => {
            count(claimed, "later");
            tracing::warn!(message = %claimed.id, tries = claimed.tries, code, "a message was not taken; it is tried again");
            let pause_ms = backoff::pause_ms(claimed.tries, rand::random()).max(asked_ms.unwrap_or_default());
            Settled::Later { due_at: now.plus_ms(pause_ms), error }
        }
        Outcome::Later(error, code, _) | Outcome::Refused(error, code) => {
            count(claimed, "dead");
            tracing::error!(message = %claimed.id, tries = claimed.tries, code, "a message was given up");
            Settled::Dead { error }
        }
    }
}
