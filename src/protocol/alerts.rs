//! Quick alerts on the wire: addresses, wishes, the log, the words, and the account of text messages.

use super::instant::Rfc3339;
use super::settings::{Versioned, version_of};
use crate::domain::alert::texts::{AlertText, built_in};
use crate::domain::alert::{Alert, rules::AlertRules};
use crate::domain::browser::ENDPOINT_MAX;
use crate::domain::contact_point::Channel;
use crate::domain::ids::{CustomerId, JobId};
use crate::domain::tenant::Tenant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the caller may ask to be told, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AlertOptions {
    /// Whether alerts may go out by e-mail.
    pub email: bool,
    /// Whether they may by SMS.
    pub sms: bool,
    /// With what the hub signs notifications to the caller's browser, base64url; null: there are none for the caller.
    pub push: Option<String>,
    /// What may be told.
    pub events: Vec<Alert>,
    /// The address of the caller's log-in, which needs no code.
    pub own_email: String,
}

/// A time of day in which nothing is sent, `HH:MM`; past midnight if it ends before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct QuietHours {
    /// When it begins.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// When it ends.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub to: String,
}

/// An address that alerts go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct ContactPoint {
    /// Its id.
    pub id: Uuid,
    /// E-mail, SMS or a browser.
    pub kind: Channel,
    /// The address, the number, or what the browser is called.
    pub address: String,
    /// Whether the caller has shown that it is theirs.
    pub verified: bool,
    /// Why the code did not go out, while it is waited for.
    pub code_failure: Option<String>,
    /// Whether nothing is sent there any more, by a click in an e-mail or a STOP.
    pub stopped: bool,
    /// When nothing is sent.
    pub quiet: Option<QuietHours>,
    /// The zone of those hours, IANA.
    pub time_zone: String,
}

/// A new contact point. Unless it is the log-in's own address, a code goes there.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct ContactPointBody {
    /// E-mail or SMS; a browser subscribes by itself.
    pub kind: Channel,
    /// The address, or the number with its country code.
    pub address: String,
    /// The zone that quiet hours are in; the company's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The longest name of a browser, characters.
pub const DEVICE_MAX: usize = 60;

/// A browser's subscription to notifications, as its `PushSubscription` has it, and what people call that browser.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct PushSubscriptionBody {
    /// Where the browser's push service takes messages.
    #[schemars(length(min = 1, max = ENDPOINT_MAX))]
    pub endpoint: String,
    /// What messages are closed with.
    pub keys: PushKeys,
    /// For example "Chrome on Android". If absent, a browser that is known keeps its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = DEVICE_MAX))]
    pub device: Option<String>,
    /// The zone that quiet hours are in; the company's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// A browser's keys, base64url.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[expect(missing_docs, reason = "named as browsers name them")]
pub struct PushKeys {
    #[schemars(length(min = 87, max = 88))]
    pub p256dh: String,
    #[schemars(length(min = 22, max = 24))]
    pub auth: String,
}

/// A change of a contact point; absent members stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
#[serde(default)]
pub struct ContactPointChange {
    /// Null: none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<QuietHours>", optional = nullable)]
    pub quiet: Option<Option<QuietHours>>,
    /// The zone of those hours, IANA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// True: nothing more is sent there. False: again; a phone number is resumed by texting START instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,
}

#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The code that came to an address.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct CodeBody {
    /// Six digits.
    pub code: String,
}

/// A wish to be told: of one job, of one customer's jobs, or (neither) of all that the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AlertSubscription {
    /// Its id.
    pub id: Uuid,
    /// Where it is told.
    pub contact_point: Uuid,
    /// What.
    pub events: Vec<Alert>,
    /// The one customer.
    pub customer: Option<CustomerId>,
    /// The one job.
    pub job: Option<JobId>,
}

/// A new wish.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct AlertSubscriptionBody {
    /// Where it is told: a contact point of the caller.
    pub contact_point: Uuid,
    /// What, at least one.
    #[schemars(length(min = 1))]
    pub events: Vec<Alert>,
    /// One customer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// One job only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// Other events of a wish.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AlertSubscriptionChange {
    /// What, at least one.
    #[schemars(length(min = 1))]
    pub events: Vec<Alert>,
}

/// How far an alert has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// It will be sent, or sent again.
    Waiting,
    /// The server or gateway took it.
    Sent,
    /// The gateway says that it arrived.
    Delivered,
    /// The gateway says that it did not arrive.
    Undelivered,
    /// It was given up; it can be sent again by hand.
    Dead,
    /// It was not sent, and will not be: `error` says why.
    Unsent,
}

/// An alert in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct SentAlert {
    pub id: Uuid,
    pub kind: Channel,
    pub to: String,
    pub name: String,
    pub job: JobId,
    /// What it tells, or would have.
    pub events: Vec<Alert>,
    pub state: AlertState,
    pub tries: i32,
    /// What the last attempt failed with, or why it was not sent.
    pub error: Option<String>,
    /// Its subject or its text, once it is out.
    pub said: Option<String>,
    /// What it cost, a decimal; only of text messages.
    pub amount: Option<String>,
    pub created_at: Rfc3339,
    pub sent_at: Option<Rfc3339>,
    /// When it is tried next.
    pub due_at: Option<Rfc3339>,
}

/// What alerts may do, and their words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::alert::rules::AlertRules`")]
pub struct AlertSettings {
    pub version: String,
    pub email: bool,
    pub sms: bool,
    /// Decimals.
    pub sms_cap: Option<String>,
    pub sms_customer_cap: Option<String>,
    pub nearby_min: u32,
    pub nearby_m: u32,
    pub one_job_links: bool,
    /// The words of each alert: the company's own, else the built-in ones.
    pub texts: BTreeMap<Alert, AlertText>,
    /// Which of them are the company's own.
    pub own: Vec<Alert>,
    /// The words that come with the hub; a change cannot change them.
    pub built_in: BTreeMap<Alert, AlertText>,
}

impl Versioned for AlertSettings {
    fn version(&mut self) -> &mut String {
        &mut self.version
    }
}

impl From<&Tenant> for AlertSettings {
    fn from(from: &Tenant) -> Self {
        let rules = &from.settings.alerts;
        let AlertRules { email, sms, sms_cap, sms_customer_cap, nearby_min, nearby_m, one_job_links, texts } = rules;
        let settings = Self {
            version: String::new(),
            email: *email,
            sms: *sms,
            sms_cap: sms_cap.map(|cap| cap.to_string()),
            sms_customer_cap: sms_customer_cap.map(|cap| cap.to_string()),
            nearby_min: *nearby_min,
            nearby_m: *nearby_m,
            one_job_links: *one_job_links,
            texts: Alert::ALL.into_iter().map(|alert| (alert, rules.text(alert))).collect(),
            built_in: Alert::ALL.into_iter().map(|alert| (alert, built_in(alert))).collect(),
            own: texts.keys().copied().filter(|alert| rules.text(*alert) != built_in(*alert)).collect(),
        };
        Self { version: version_of(&settings), ..settings }
    }
}

/// Words to look at before they are kept.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AlertPreviewBody {
    /// Of which alert.
    pub event: Alert,
    /// The words.
    pub text: AlertText,
}

/// Words as a recipient of a made-up job would get them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AlertPreview {
    /// The e-mail's subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// The text message.
    pub sms: String,
    /// How many segments that takes.
    pub segments: u16,
}

/// What text messages have cost, month by month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct SmsAccount {
    /// Whether there is a gateway at all.
    pub available: bool,
    /// Of one segment, a decimal.
    pub price: String,
    pub currency: String,
    /// The most in a month.
    pub cap: Option<String>,
    /// The latest first.
    pub months: Vec<SmsMonth>,
}

/// A month of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct SmsMonth {
    /// `2026-11`.
    pub month: String,
    pub segments: i32,
    /// A decimal.
    pub amount: String,
}

/// A month's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct SmsStatement {
    pub month: String,
    pub currency: String,
    pub lines: Vec<SmsLine>,
    /// A decimal: the sum of the lines.
    pub total: String,
}

/// A text message on the statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct SmsLine {
    pub at: Rfc3339,
    pub to: String,
    pub customer: Option<String>,
    pub segments: i16,
    pub price: String,
    pub amount: String,
}

/// An address that an unsubscribe link is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Unsubscription {
    /// Whose alerts.
    pub company: String,
    /// The address, all but its first letters hidden.
    pub address: String,
    /// Whether nothing is sent there any more.
    pub stopped: bool,
}
