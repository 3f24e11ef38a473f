//! A new company: its settings as they begin, one job type to order at once, and its first admin, who is invited.

use crate::auth::invitations::{self, Invitee};
use crate::domain::At;
use crate::domain::definition::Definition;
use crate::domain::email::Email;
use crate::domain::ids::{DispatcherId, TemplateId, TenantId};
use crate::domain::settings::{CompanyChange, is_slug};
use crate::domain::template::Template;
use crate::domain::tenant::{InvoiceRules, Settings, Tenant};
use crate::store::dispatchers::Dispatcher;
use crate::store::logins::PersonKind;
use crate::store::{self, Store};
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

/// What has to be known of a company.
#[derive(Debug, clap::Args)]
pub struct Founding {
    /// The company's name
    #[arg(long)]
    pub name: String,
    /// Its web name: the portal is /p/NAME
    #[arg(long, value_name = "NAME")]
    pub web_name: String,
    /// The zone of its clocks, for example Europe/Helsinki
    #[arg(long, default_value = "UTC")]
    pub time_zone: String,
    /// The currency of its invoices (ISO 4217)
    #[arg(long, default_value = "EUR")]
    pub currency: String,
    /// Its first admin's name
    #[arg(long)]
    pub admin: String,
    /// Where the admin's invitation goes
    #[arg(long)]
    pub email: String,
}

impl Founding {
    /// Founds it. The path of the invitation's link, which works also where no mail server is named.
    pub async fn found(&self, store: &Store) -> anyhow::Result<String> {
        let now = At(Timestamp::now().as_millisecond());
        let tenant = self.tenant()?;
        let email = Email::parse(&self.email).ok().with_context(|| format!("{:?} is no e-mail address", self.email))?;
        let admin = self.admin.trim();
        if admin.is_empty() {
            bail!("the admin needs a name");
        }
        let mut connection = store.write().await?;
        match store::tenants::create(&mut connection, &tenant).await {
            Err(store::Error::Conflict(_)) => bail!("another company has the web name {:?}", tenant.slug),
            other => other?,
        }
        store::templates::create(&mut connection, tenant.id, &visit()?, 0).await?;
        let login = store::logins::find_or_create(&mut connection, &email).await?;
        let id = DispatcherId(Uuid::now_v7());
        let dispatcher = Dispatcher { id, login, name: admin.to_owned(), admin: true, archived_at: None };
        store::dispatchers::create(&mut connection, tenant.id, &dispatcher).await?;
        store::people::set_joined(&mut connection, tenant.id, PersonKind::Dispatcher, id.0, None).await?;
        let invitee = Invitee { kind: PersonKind::Dispatcher, person: id.0, name: admin, email: &email };
        let token = invitations::invite(&mut connection, tenant.id, &invitee, &tenant.name, now).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(format!("/i/{token}"))
    }

    fn tenant(&self) -> anyhow::Result<Tenant> {
        if !is_slug(&self.web_name) {
            bail!("the web name is made of lower-case letters, digits and hyphens, at most 63: not {:?}", self.web_name);
        }
        TimeZone::get(&self.time_zone).with_context(|| format!("{:?} is no time zone", self.time_zone))?;
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            bail!("a currency is three capital letters, like EUR: not {:?}", self.currency);
        }
        let invoices = InvoiceRules { currency: self.currency.clone(), ..InvoiceRules::default() };
        let begun = Tenant {
            id: TenantId(Uuid::now_v7()),
            slug: self.web_name.clone(),
            name: String::new(),
            time_zone: self.time_zone.clone(),
            settings: Settings { invoices, ..Settings::default() },
        };
        let change = CompanyChange { name: Some(self.name.clone()), ..CompanyChange::default() };
        change.onto(begun).ok().with_context(|| format!("{:?} cannot be a company's name", self.name))
    }
}

/// What most jobs are: somewhere to go, and something to do there. The company makes it its own in the settings.
fn visit() -> anyhow::Result<Template> {
    let definition: Definition = serde_json::from_value(json!({
        "name": "Visit", "colour": "#2563eb", "duration_min": 60,
        "parts": { "requested_start": "optional", "asset": "optional", "contact": "optional", "notes": "optional", "copies": 1 },
        "steps": [{ "name": "Arrive", "address": true, "portal": "required" }, { "name": "Done", "portal": "read_only" }],
    }))?;
    definition.parse(TemplateId(Uuid::now_v7())).ok().context("the first job type does not fit its own rules")
}
