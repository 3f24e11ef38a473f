//! From a claim to what goes out: the letter or the alert in words, the link that it carries, the place on the account.

use super::Round;
use super::alerts::{self, Decision, Leads, Told};
use super::push::Notification;
use super::render::{self, Brand, Rendered};
use crate::auth::Token;
use crate::domain::At;
use crate::domain::browser::Browser;
use crate::domain::contact_point::Channel;
use crate::domain::ids::{JobId, LinkId};
use crate::domain::letter::Letter;
use crate::domain::sms;
use crate::domain::tenant::Tenant;
use crate::store::messages::{self, Claimed, Content, NewLetter, Planned};
use crate::store::sms_account::{self, Caps, Charge, Reserved};
use crate::store::{self, links};
use crate::store::{browsers, contact_points};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// A link in an alert shows its job for so long.
const LINK_SHOWS_MS: i64 = 30 * 24 * 3_600_000;
/// A warning that nobody got by then is of no use any more.
const WARNING_VALID_MS: i64 = 7 * 24 * 3_600_000;

/// A message, ready to go.
pub(super) enum Draft {
    Email(Box<Rendered>),
    Sms {
        text: String,
        /// Where the link in it leads.
        link: String,
    },
    Push(Box<Browser>, Notification),
}

impl Draft {
    /// What the log says of it: a code stays with who gets it.
    pub(super) fn said(&self, claimed: &Claimed) -> String {
        match (self, &claimed.content) {
            (Self::Email(rendered), _) => rendered.subject.clone(),
            (Self::Sms { text, .. }, Content::Alert(_)) => text.clone(),
            (Self::Sms { .. }, Content::Letter(_)) => String::new(),
            (Self::Push(_, notification), _) => notification.title.clone(),
        }
    }
}

/// Its link is a path, which the browser follows at the address where it knows the hub.
fn notification(told: &Told, job: JobId, tenant: &Tenant) -> Notification {
    let (title, paragraphs, _) = alerts::words(&told.text, &told.filling);
    Notification::new(&title, &paragraphs, render::link(told, job.0, &tenant.slug, None, ""), job)
}

/// What became of a claim before anything went out.
pub(super) enum Written {
    Draft(Draft),
    /// Not before then.
    Hold(At),
    /// Not at all.
    Not(&'static str),
}

impl Round {
    pub(super) async fn write(&self, claimed: &Claimed) -> Result<Written, store::Error> {
        let now = (self.clock)();
        if claimed.expires_at <= now {
            return Ok(Written::Not("it came too late to be sent"));
        }
        let tenant = match claimed.tenant {
            Some(tenant) => Some(store::tenants::find(&mut *self.store.courier().await?, tenant).await?),
            None => None,
        };
        match (&claimed.content, tenant) {
            (Content::Letter(letter), tenant) => self.letter(claimed, letter, tenant, now).await,
            (Content::Alert(planned), Some(tenant)) => self.alert(claimed, planned, tenant, now).await,
            (Content::Alert(_), None) => Ok(Written::Not("it is nobody's")),
        }
    }

    async fn letter(&self, claimed: &Claimed, letter: &Letter, tenant: Option<Tenant>, now: At) -> Result<Written, store::Error> {
        match (claimed.channel, tenant) {
            (Channel::Email, Some(tenant)) => {
                let brand = self.brand(tenant).await?;
                Ok(Written::Draft(Draft::Email(Box::new(render::letter(claimed, letter, brand, &self.base_url)))))
            }
            (Channel::Email, None) => {
                Ok(Written::Draft(Draft::Email(Box::new(render::letter(claimed, letter, Brand::of_the_hub(), &self.base_url)))))
            }
            (Channel::Sms, Some(tenant)) => {
                let text = render::letter_sms(claimed, letter, &tenant.name);
                self.charged(claimed, &tenant, None, text, String::new(), now).await
            }
            (Channel::Sms, None) => Ok(Written::Not("it is nobody's")),
            (Channel::Push, _) => Ok(Written::Not("browsers are told of jobs only")),
        }
    }

    async fn alert(&self, claimed: &Claimed, planned: &Planned, tenant: Tenant, now: At) -> Result<Written, store::Error> {
        let mut connection = self.store.courier().await?;
        let mut told = match alerts::decide(&mut connection, &tenant, claimed.channel, planned, now).await? {
            Decision::Tell(told) => told,
            Decision::Hold(until) => return Ok(Written::Hold(until)),
            Decision::Not(why) => return Ok(Written::Not(why)),
        };
        if claimed.channel == Channel::Push {
            let browser = browsers::find(&mut connection, tenant.id, planned.contact_point).await?;
            return Ok(Written::Draft(Draft::Push(Box::new(browser), notification(&told, planned.job, &tenant))));
        }
        let stop = contact_points::stop_token(&mut connection, tenant.id, planned.contact_point).await?;
        drop(connection);
        let token = self.one_job_token(claimed, planned.job, &told, &tenant, now).await?;
        let link = render::link(&told, planned.job.0, &tenant.slug, token.as_deref(), &self.base_url);
        told.filling.link.clone_from(&link);
        if claimed.channel == Channel::Sms {
            let (_, _, text) = alerts::words(&told.text, &told.filling);
            return self.charged(claimed, &tenant, Some(planned), text, link, now).await;
        }
        let stop = format!("{}/u/{stop}", self.base_url);
        let brand = self.brand(tenant).await?;
        Ok(Written::Draft(Draft::Email(Box::new(render::alert(claimed, &told, brand, &stop)))))
    }

    async fn brand(&self, tenant: Tenant) -> Result<Brand, store::Error> {
        let logo = match tenant.settings.portal.logo {
            Some(logo) => Some(store::files::picture(&mut *self.store.courier().await?, tenant.id, logo, true).await?),
            None => None,
        };
        Ok(Brand::of(tenant, logo))
    }

    /// The token of the one-job link that the alert carries: made at the first try, the same at every other.
    async fn one_job_token(&self, claimed: &Claimed, job: JobId, told: &Told, tenant: &Tenant, now: At) -> Result<Option<String>, store::Error> {
        if told.leads != Leads::OneJob {
            return Ok(None);
        }
        if let Some(secret) = &claimed.secret {
            return Ok(Some(secret.clone()));
        }
        let token = Token::random();
        let link = links::NewLink {
            id: LinkId(Uuid::now_v7()),
            job,
            token_hash: token.hash(),
            created_by: "An alert".into(),
            created_at: now,
            expires_at: now.plus_ms(LINK_SHOWS_MS),
        };
        // In this order: a token that nobody knows opens nothing, one without a link would be sent in vain.
        let mut writer = self.store.write().await?;
        links::create(&mut writer, tenant.id, &link).await?;
        writer.commit().await?;
        let mut connection = self.store.courier().await?;
        messages::keep_secret(&mut connection, claimed.id, &token.to_string()).await?;
        connection.commit().await?;
        Ok(Some(token.to_string()))
    }

    /// A text message, once it is on the account.
    async fn charged(
        &self,
        claimed: &Claimed,
        tenant: &Tenant,
        planned: Option<&Planned>,
        text: String,
        link: String,
        now: At,
    ) -> Result<Written, store::Error> {
        let Some((price, currency)) = self.ways.sms_price() else { return Ok(Written::Not("there is no way for it")) };
        let zone = TimeZone::get(&tenant.time_zone).unwrap_or(TimeZone::UTC);
        let today = Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone).date();
        let charge = Charge {
            message: claimed.id,
            month: today.first_of_month(),
            customer: planned.map(|planned| planned.customer),
            job: planned.map(|planned| planned.job),
            address: claimed.to.clone(),
            segments: sms::segments(&text),
            price,
        };
        let rules = &tenant.settings.alerts;
        let caps = Caps { tenant: rules.sms_cap, customer: rules.sms_customer_cap };
        let mut connection = self.store.courier().await?;
        let reserved = sms_account::reserve(&mut connection, tenant.id, &charge, caps, now).await?;
        connection.commit().await?;
        match reserved {
            Reserved::OverCap => return Ok(Written::Not("the company's limit for text messages is reached")),
            Reserved::OverBudget => return Ok(Written::Not("the customer's budget for text messages is used up")),
            Reserved::Yes { warns: true } => self.warn(tenant, charge.month, currency, now).await?,
            Reserved::Yes { warns: false } => {}
        }
        Ok(Written::Draft(Draft::Sms { text, link }))
    }

    /// Tells the admins by e-mail that most of the month's limit is used up.
    async fn warn(&self, tenant: &Tenant, month: jiff::civil::Date, currency: &str, now: At) -> Result<(), store::Error> {
        let mut connection = self.store.write().await?;
        let spent = sms_account::months(&mut connection, tenant.id).await?.into_iter().find(|sum| sum.month == month);
        let money = |amount: rust_decimal::Decimal| format!("{} {currency}", amount.round_dp(2));
        let letter = Letter::SmsCap {
            spent: money(spent.map(|sum| sum.amount).unwrap_or_default()),
            cap: money(tenant.settings.alerts.sms_cap.unwrap_or_default()),
        };
        for admin in store::dispatchers::list(&mut connection, tenant.id).await?.into_iter().filter(|one| one.admin && one.archived_at.is_none()) {
            let login = store::logins::find(&mut connection, admin.login).await?;
            let warning = NewLetter {
                tenant: Some(tenant.id),
                channel: Channel::Email,
                to: &login.email,
                name: &admin.name,
                letter: &letter,
                secret: None,
                subject: None,
                expires_at: now.plus_ms(WARNING_VALID_MS),
            };
            messages::write(&mut connection, &warning).await?;
        }
        Ok(connection.commit().await?)
    }
}
