//! Calls to webhooks, as Standard Webhooks 1.0 has them: signed, with an id and a time, tried again over days, never to an address inside.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use super::backoff::asked_ms;
use super::public_only::{PublicOnly, refused};
use crate::domain::At;
use crate::domain::event::Event;
use crate::domain::ids::TenantId;
use crate::protocol::Rfc3339;
use crate::protocol::detail::Detail;
use crate::protocol::lists::HistoryEvent;
use crate::protocol::views::{By, Job};
use crate::store::webhooks::{self, Claimed, Settled, TEST, Webhook};
use crate::store::{self, Store, jobs};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgConnection;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

/// Calls in hand at once.
const AT_ONCE: i64 = 8;
/// A receiver has this long to take a call.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Longer than any attempt takes.
const LEASE_MS: i64 = 45_000;
/// Looked for at least this often.
const LOOK: Duration = Duration::from_secs(1);
/// A larger body goes without the job, which its receiver then asks for.
const BODY_MAX: usize = 20_000;
/// Pauses after the first failure, the second, and so on; then a call is given up. About three days.
const PAUSES_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The sender of calls.
pub(super) struct Caller {
    store: Store,
    client: Client,
    private_allowed: bool,
    clock: fn() -> At,
}

impl Caller {
    pub(super) fn new(store: Store, private_allowed: bool, clock: fn() -> At) -> Result<Self, reqwest::Error> {
        super::bring_cryptography();
        let builder = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        let builder = if private_allowed { builder } else { builder.dns_resolver(Arc::new(PublicOnly)) };
        Ok(Self { store, client: builder.build()?, private_allowed, clock })
    }

    /// Until it is told to stop.
    pub(super) async fn work(self, mut stopped: watch::Receiver<bool>) {
        let mut wait = Duration::ZERO;
        loop {
            tokio::select! {
                () = sleep(wait) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            wait = match self.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "webhooks cannot be called now");
                    LOOK
                }
            };
        }
    }

    /// Calls whom there is to call, and says how long until there may be more.
    async fn round(&self) -> Result<Duration, store::Error> {
        let now = (self.clock)();
        let mut connection = self.store.courier().await?;
        let claimed = webhooks::claim(&mut connection, now, now.plus_ms(LEASE_MS), AT_ONCE).await?;
        let next = webhooks::next_due(&mut connection).await?;
        connection.commit().await?;
        join_all(claimed.iter().map(|claimed| self.call(claimed))).await;
        let until = next.map_or(LOOK, |next| Duration::from_millis(u64::try_from(next.since(now)).unwrap_or(0)));
        Ok(if claimed.is_empty() { until.clamp(Duration::from_millis(20), LOOK) } else { Duration::ZERO })
    }

    async fn call(&self, claimed: &Claimed) {
        let outcome = self.attempt(claimed).await;
        let now = (self.clock)();
        let recorded = async {
            let mut connection = self.store.courier().await?;
            match outcome {
                Ok(Attempt::Gone) => {
                    let why = "the receiver answered 410: it is gone for good";
                    webhooks::switch_off(&mut connection, claimed, why, now).await?;
                    tracing::warn!(webhook = %claimed.webhook, "a webhook was switched off: its receiver is gone");
                }
                Ok(Attempt::Settled(settled)) => webhooks::settle(&mut connection, claimed, &settled, now).await?,
                // The store was away: the lease runs out, and it is tried again.
                Err(error) => return Err(error),
            }
            Ok(connection.commit().await?)
        };
        if let Err(error) = recorded.await {
            tracing::warn!(webhook = %claimed.webhook, seq = claimed.seq, %error, "what came of a webhook's call is not recorded; it is made again");
        }
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<Attempt, store::Error> {
        let mut connection = self.store.courier().await?;
        let webhook = match webhooks::find(&mut connection, claimed.tenant, claimed.webhook).await {
            Err(store::Error::Missing) => return Ok(dead(None, "the webhook was removed")),
            other => other?,
        };
        if webhook.disabled_at.is_some() {
            return Ok(dead(None, "the webhook is switched off"));
        }
        let now = (self.clock)();
        let Some(body) = body(&mut connection, claimed, now).await? else { return Ok(dead(None, "the event is not kept any more")) };
        drop(connection);
        if let Some(expected) = refused(&webhook.url, self.private_allowed) {
            return Ok(dead(None, &format!("its address is not {expected}")));
        }
        let (id, seconds) = (message_id(claimed.tenant, claimed.seq), now.0.div_euclid(1000));
        let request = self
            .client
            .post(&webhook.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("dispatch-hub/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id.as_str())
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signatures(&webhook, &id, seconds, &body, now))
            .body(body);
        let answer = request.send().await;
        let outcome = match answer {
            Ok(response) => of_answer(&response, claimed, (self.clock)()),
            Err(error) => later(claimed, None, &words(&error), None, (self.clock)()),
        };
        let word = match &outcome {
            Attempt::Settled(Settled::Sent(_)) => "sent",
            Attempt::Settled(Settled::Later { .. }) => "later",
            Attempt::Settled(Settled::Dead { .. }) | Attempt::Gone => "dead",
        };
        metrics::counter!("hub_webhook_calls_total", "outcome" => word).increment(1);
        Ok(outcome)
    }
}

enum Attempt {
    Settled(Settled),
    /// The receiver says that it will never take anything again.
    Gone,
}

fn dead(status: Option<u16>, error: &str) -> Attempt {
    Attempt::Settled(Settled::Dead { status, error: error.to_owned() })
}

fn of_answer(response: &Response, claimed: &Claimed, now: At) -> Attempt {
    let status = response.status();
    let code = status.as_u16();
    if status.is_success() {
        return Attempt::Settled(Settled::Sent(code));
    }
    if code == 410 {
        return Attempt::Gone;
    }
    let why = if status.is_redirection() { "it answered with a redirect, which is not followed" } else { "it answered with a failure" };
    later(claimed, Some(code), why, asked_ms(response.headers()), now)
}

fn later(claimed: &Claimed, status: Option<u16>, why: &str, asked_ms: Option<i64>, now: At) -> Attempt {
    let pause = usize::try_from(claimed.tries - 1).ok().and_then(|tries| PAUSES_S.get(tries));
    let Some(pause) = pause else {
        tracing::error!(webhook = %claimed.webhook, seq = claimed.seq, status, "a webhook's call was given up");
        return dead(status, why);
    };
    let pause_ms = (pause * 1000).max(asked_ms.unwrap_or(0));
    // Spread by a tenth, so that not everything comes back at once.
    let spread_ms = i64::from(rand::random::<u32>()) * pause_ms / 10 / i64::from(u32::MAX);
    Attempt::Settled(Settled::Later { due_at: now.plus_ms(pause_ms + spread_ms), status, error: why.to_owned() })
}

/// Why a receiver could not be reached, without its address, which may hold a secret.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".into();
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    let cause: String = source.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    format!("it could not be reached: {cause}")
}

/// The same for every try and every receiver of an event, so that whoever gets it twice can tell.
fn message_id(tenant: TenantId, seq: i64) -> String {
    format!("msg_{}", Uuid::new_v5(&tenant.0, format!("event {seq}").as_bytes()).simple())
}

/// `v1,` and the HMAC-SHA256 of id, time and body; while a secret is being changed, one with each.
fn signatures(webhook: &Webhook, id: &str, seconds: i64, body: &str, now: At) -> String {
    let old = webhook.old_secret.as_ref().filter(|_| webhook.old_secret_until.is_some_and(|until| until > now));
    let sign = |secret: &String| {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key may have any length");
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    std::iter::once(&webhook.secret).chain(old).map(sign).collect::<Vec<_>>().join(" ")
}

/// What is told: the event as the job's history has it for dispatchers, with the job as it now is.
async fn body(connection: &mut PgConnection, claimed: &Claimed, now: At) -> Result<Option<String>, store::Error> {
    if claimed.seq == TEST {
        let body = json!({ "type": "webhook.test", "timestamp": Rfc3339(now), "data": { "hello": "from the hub" } });
        return Ok(Some(body.to_string()));
    }
    let logged = store::events::after(connection, claimed.tenant, claimed.seq - 1, 1).await?.pop();
    let Some(logged) = logged.filter(|logged| logged.seq == claimed.seq) else { return Ok(None) };
    let event: Event = match serde_json::from_value(logged.data) {
        Ok(event) => event,
        // Its job was deleted, and the entry emptied.
        Err(_) => match crate::domain::event::Kind::from_number(logged.kind) {
            Some(kind) => Event::emptied(kind, logged.at),
            None => return Ok(None),
        },
    };
    let job = match jobs::find(connection, claimed.tenant, logged.job).await {
        Ok(job) => Some(Arc::new(Job::staff(&job))),
        Err(store::Error::Missing) => None,
        Err(error) => return Err(error),
    };
    let told = |job| HistoryEvent {
        seq: logged.seq,
        at: event.at.into(),
        kind: event.kind,
        job,
        job_id: logged.job,
        by: By::staff(&event),
        detail: Some(Detail::of(&event)),
    };
    let whole = |job| {
        let data = serde_json::to_value(told(job)).unwrap_or(Value::Null);
        json!({ "type": event.kind.dotted(), "timestamp": Rfc3339(event.received_at), "data": data }).to_string()
    };
    let body = whole(job);
    Ok(Some(if body.len() > BODY_MAX { whole(None) } else { body }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(secret: &str, old: Option<(&str, i64)>) -> Webhook {
        Webhook {
            id: Uuid::nil(),
            name: String::new(),
            url: String::new(),
            kinds: 0,
            secret: secret.into(),
            old_secret: old.map(|(secret, _)| secret.into()),
            old_secret_until: old.map(|(_, until)| At(until)),
            disabled_at: None,
            disabled_why: None,
            created_at: At(0),
        }
    }

    /// The example of the specification's reference implementations.
    #[test]
    fn the_signature_is_the_one_that_the_standard_shows() {
        let hook = webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None);
        let signed = signatures(&hook, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#, At(0));
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_secret_changes_both_count() {
        let hook = webhook("whsec_AAAA", Some(("whsec_BBBB", 10)));
        assert_eq!(signatures(&hook, "msg_1", 1, "{}", At(9)).split(' ').count(), 2);
        assert_eq!(signatures(&hook, "msg_1", 1, "{}", At(10)).split(' ').count(), 1);
    }

    #[test]
    fn a_receiver_is_tried_for_about_three_days_and_may_ask_for_more_time() {
        let claimed = |tries| Claimed { tenant: TenantId(Uuid::nil()), seq: 1, webhook: Uuid::nil(), tries };
        let due = |tries, asked| match later(&claimed(tries), Some(503), "x", asked, At(0)) {
            Attempt::Settled(Settled::Later { due_at, .. }) => Some(due_at.0 / 1000),
            _ => None,
        };
        let all: i64 = (1..=9).filter_map(|tries| due(tries, None)).sum();
        assert!((270_000..=330_000).contains(&all), "{all}");
        assert!((120..=133).contains(&due(1, Some(120_000)).unwrap()));
        assert!(due(1, Some(86_400_000)).unwrap() <= 95_100);
        assert_eq!(due(10, None), None);
    }
}
