//! Out of the building: claims what is to be sent, renders it, sends it, settles it. E-mail is the first way out.
//!
//! A claim is a lease: the row's `due_at` moves ahead by more than any attempt takes, so that two couriers never have one
//! mail in hand at the same time, and what a courier that died had in hand is claimed again. Between the mail server's
//! yes and the commit that records it lies the one moment in which a crash sends twice, with the same Message-ID.

mod backoff;
mod outbox;
mod render;
mod smtp;

pub use outbox::{Kept, Outbox};
pub use smtp::{Bad, Sender};

use crate::domain::At;
use crate::store::mail::{self, Claimed, Settled};
use crate::store::{self, Store};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use render::{Brand, Rendered};
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Mails in hand at once.
const AT_ONCE: usize = 8;
/// Looked for at least this often, should a call be missed.
const LOOK: Duration = Duration::from_secs(15);
/// Pause when the store is away.
const PAUSE: Duration = Duration::from_secs(1);
/// A result is written down at least within so many attempts, or the mail goes out again.
const SETTLE_TRIES: u32 = 5;
/// After so many tries (about a day) a mail is given up.
const TRIES_MAX: i32 = 30;

/// The way out.
#[derive(Debug, Clone)]
pub enum Way {
    /// To a mail server.
    Smtp(Arc<Sender>),
    /// Nowhere: kept to be looked at, as the demo does.
    Outbox(Outbox),
}

/// What came of an attempt.
enum Outcome {
    Sent,
    /// Not now; why, and the server's code if it said one.
    Later(String, Option<u16>),
    /// Never.
    Refused(String, Option<u16>),
}

impl Way {
    /// Longer than any attempt takes.
    fn lease_ms(&self) -> i64 {
        let timeout = match self {
            Self::Smtp(sender) => sender.timeout(),
            Self::Outbox(_) => PAUSE,
        };
        i64::try_from(2 * timeout.as_millis()).unwrap_or(i64::MAX)
    }

    async fn send(&self, claimed: &Claimed, rendered: Rendered, now: At) -> Outcome {
        match self {
            Self::Smtp(sender) => match timeout(sender.timeout(), sender.send(claimed, rendered)).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => {
                    sender.forget_connections();
                    Outcome::Later("the mail server took too long".into(), None)
                }
            },
            Self::Outbox(outbox) => {
                outbox.keep(claimed, rendered, now);
                Outcome::Sent
            }
        }
    }
}

/// A courier at work.
pub struct Courier {
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

impl Courier {
    /// Begins to work. Links begin with `base_url`, which has no slash at its end.
    pub fn start(store: Store, way: Way, base_url: String, clock: fn() -> At) -> Self {
        let (stop, stopped) = watch::channel(false);
        let round = Arc::new(Round { store, way, base_url, clock });
        Self { stop, work: tokio::spawn(work(round, stopped)) }
    }

    /// Claims nothing more, finishes what is in hand.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.work.await {
            tracing::error!(%error, "the courier ended badly");
        }
    }
}

/// What every mail needs.
struct Round {
    store: Store,
    way: Way,
    base_url: String,
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
                        tracing::warn!(%error, "the courier cannot look for mail");
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
        *listener = store.listen_for_mail().await.ok();
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
        let mut connection = self.store.courier().await?;
        let most = i64::try_from(most).unwrap_or(1);
        let claimed = mail::claim(&mut connection, now, now.plus_ms(self.way.lease_ms()), most).await?;
        let next = mail::next_due(&mut connection).await?;
        connection.commit().await?;
        let wait = next.map_or(LOOK, |next| Duration::from_millis(u64::try_from(next.since(now)).unwrap_or(0)));
        Ok((claimed, wait.clamp(Duration::from_millis(10), LOOK)))
    }

    async fn deliver(&self, claimed: Claimed) {
        let outcome = match self.render(&claimed).await {
            Ok(Some(rendered)) => self.way.send(&claimed, rendered, (self.clock)()).await,
            Ok(None) => Outcome::Refused("it came too late to be sent".into(), None),
            Err(error) => Outcome::Later(format!("it could not be written: {error}"), None),
        };
        let settled = settle(&claimed, outcome, (self.clock)());
        for _ in 0..SETTLE_TRIES {
            match self.record(&claimed, &settled).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(mail = %claimed.id, %error, "what came of a mail is not recorded yet"),
            }
            sleep(PAUSE).await;
        }
        tracing::warn!(mail = %claimed.id, "what came of a mail could not be recorded; it is tried again");
    }

    /// The mail in words; none if it makes no sense any more.
    async fn render(&self, claimed: &Claimed) -> Result<Option<Rendered>, store::Error> {
        if claimed.expires_at <= (self.clock)() {
            return Ok(None);
        }
        let brand = match claimed.tenant {
            Some(tenant) => {
                let mut connection = self.store.courier().await?;
                let tenant = store::tenants::find(&mut connection, tenant).await?;
                let logo = match tenant.settings.portal.logo {
                    Some(logo) => Some(store::files::picture(&mut connection, tenant.id, logo, true).await?),
                    None => None,
                };
                Brand::of(tenant, logo)
            }
            None => Brand::of_the_hub(),
        };
        Ok(Some(render::render(claimed, brand, &self.base_url)))
    }

    async fn record(&self, claimed: &Claimed, settled: &Settled) -> Result<(), store::Error> {
        let mut connection = self.store.courier().await?;
        mail::settle(&mut connection, claimed, settled, (self.clock)()).await?;
        Ok(connection.commit().await?)
    }
}

/// What to write down. Addresses and the server's words are for the tenant's admins, never for the log.
fn settle(claimed: &Claimed, outcome: Outcome, now: At) -> Settled {
    let count = |outcome| metrics::counter!("hub_mails_total", "outcome" => outcome).increment(1);
    match outcome {
        Outcome::Sent => {
            count("sent");
            Settled::Sent
        }
        Outcome::Later(error, code) if claimed.tries < TRIES_MAX => {
            count("later");
            tracing::warn!(mail = %claimed.id, tries = claimed.tries, code, "a mail was not taken; it is tried again");
            Settled::Later { due_at: now.plus_ms(backoff::pause_ms(claimed.tries, rand::random())), error }
        }
        Outcome::Later(error, code) | Outcome::Refused(error, code) => {
            count("dead");
            tracing::error!(mail = %claimed.id, tries = claimed.tries, code, "a mail was given up");
            Settled::Dead { error }
        }
    }
}
