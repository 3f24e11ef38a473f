//! What settings pages read: the company, its portal and its look, and what portal users may do at each level.
//!
//! Every answer carries a `version` of what it says. Sent back with a change, it refuses the change if somebody else was faster.

use super::caller::PermissionSet;
use crate::domain::ids::{FileId, TemplateId};
use crate::domain::portal::{self, Overrides, Permissions};
use crate::domain::tenant::{BookingRules, DispatchRules, Hours, InvoiceRules, Tenant};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The same for the same contents, another for any other.
pub(super) fn version_of(contents: &impl Serialize) -> String {
    let text = serde_json::to_vec(contents).expect("settings have string keys");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &text).simple().to_string()
}

/// `GET /api/settings/company`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct CompanySettings {
    pub version: String,
    pub name: String,
    pub address: String,
    pub tax_number: String,
    pub email: String,
    /// IANA name.
    pub time_zone: String,
    /// Monday first: minutes from midnight, or null.
    #[ts(type = "Array<[number, number] | null>")]
    #[schemars(with = "[Option<[u16; 2]>; 7]")]
    pub hours: Hours,
    /// `YYYY-MM-DD`.
    pub holidays: Vec<String>,
}

/// `GET /api/settings/portal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct PortalSettings {
    pub version: String,
    pub enabled: bool,
    pub slug: String,
    /// The company's own host name, whose `/` is the portal; empty: none.
    pub host: String,
    pub public_signup: bool,
    pub introduction: String,
    pub phone: String,
    /// What portal users may do unless their customer or link says otherwise.
    pub permissions: PermissionSet,
    pub booking: Booking,
}

/// Which times a customer may ask for inside business hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::tenant::BookingRules`")]
pub struct Booking {
    pub step_min: u16,
    pub notice_min: u32,
    pub horizon_days: u16,
    pub bookable_workers: Option<u16>,
}

/// `GET /api/settings/branding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct BrandingSettings {
    pub version: String,
    /// `#rrggbb`.
    pub colour: String,
    #[ts(type = "string | null")]
    pub logo: Option<FileId>,
    pub introduction: String,
    pub phone: String,
}

/// `GET /api/settings/decline-reasons`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct DeclineReasons {
    pub version: String,
    pub reasons: Vec<String>,
}

/// `GET /api/settings/invoices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::tenant::InvoiceRules`")]
pub struct InvoiceSettings {
    pub version: String,
    pub currency: String,
    pub prices_include_tax: bool,
    pub prefix: String,
}

/// `GET /api/settings/dispatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::tenant::DispatchRules` and `ArrivalRules`")]
pub struct DispatchSettings {
    pub version: String,
    pub accept_decline: bool,
    pub auto_accept: bool,
    pub auto_decline_min: Option<u16>,
    pub arrival_radius_m: u32,
}

/// Anything with a version that is made of its other members.
pub trait Versioned: Serialize {
    /// The place of the version.
    fn version(&mut self) -> &mut String;

    /// With its version.
    #[must_use]
    fn versioned(mut self) -> Self
    where
        Self: Sized,
    {
        self.version().clear();
        *self.version() = version_of(&self);
        self
    }
}

macro_rules! versioned {
    ($($name:ident),*) => {$(
        impl Versioned for $name {
            fn version(&mut self) -> &mut String {
                &mut self.version
            }
        }
    )*};
}

versioned!(CompanySettings, PortalSettings, BrandingSettings, InvoiceSettings, DispatchSettings, DeclineReasons, PermissionLevel);

impl From<&Tenant> for CompanySettings {
    fn from(from: &Tenant) -> Self {
        let company = &from.settings.company;
        Self {
            version: String::new(),
            name: from.name.clone(),
            address: company.address.clone(),
            tax_number: company.tax_number.clone(),
            email: company.email.clone(),
            time_zone: from.time_zone.clone(),
            hours: from.settings.hours,
            holidays: from.settings.holidays.iter().map(ToString::to_string).collect(),
        }
        .versioned()
    }
}

impl From<&Tenant> for PortalSettings {
    fn from(from: &Tenant) -> Self {
        let portal = &from.settings.portal;
        Self {
            version: String::new(),
            enabled: portal.enabled,
            slug: from.slug.clone(),
            host: portal.host.clone(),
            public_signup: portal.public_signup,
            introduction: portal.introduction.clone(),
            phone: portal.phone.clone(),
            permissions: (&portal.permissions.onto(&Permissions::all())).into(),
            booking: portal.booking.into(),
        }
        .versioned()
    }
}

impl From<BookingRules> for Booking {
    fn from(from: BookingRules) -> Self {
        let BookingRules { step_min, notice_min, horizon_days, bookable_workers } = from;
        Self { step_min, notice_min, horizon_days, bookable_workers }
    }
}

impl From<&Tenant> for BrandingSettings {
    fn from(from: &Tenant) -> Self {
        let portal = &from.settings.portal;
        Self {
            version: String::new(),
            colour: portal.colour.clone(),
            logo: portal.logo,
            introduction: portal.introduction.clone(),
            phone: portal.phone.clone(),
        }
        .versioned()
    }
}

impl From<&Tenant> for InvoiceSettings {
    fn from(from: &Tenant) -> Self {
        let InvoiceRules { currency, prices_include_tax, prefix } = from.settings.invoices.clone();
        Self { version: String::new(), currency, prices_include_tax, prefix }.versioned()
    }
}

impl From<&Tenant> for DispatchSettings {
    fn from(from: &Tenant) -> Self {
        let DispatchRules { accept_decline, auto_accept, auto_decline_min } = from.settings.dispatch;
        let arrival_radius_m = from.settings.arrivals.radius_m;
        Self { version: String::new(), accept_decline, auto_accept, auto_decline_min, arrival_radius_m }.versioned()
    }
}

impl From<&Tenant> for DeclineReasons {
    fn from(from: &Tenant) -> Self {
        Self { version: String::new(), reasons: from.settings.decline_reasons.clone() }.versioned()
    }
}

/// What one level says of a permission.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Choice {
    /// Whatever the levels above say.
    Allow,
    /// Whatever the levels above say.
    Deny,
    /// Nothing: the level above decides.
    #[default]
    Inherit,
}

impl From<Option<bool>> for Choice {
    fn from(from: Option<bool>) -> Self {
        from.map_or(Self::Inherit, |allows| if allows { Self::Allow } else { Self::Deny })
    }
}

impl From<Choice> for Option<bool> {
    fn from(from: Choice) -> Self {
        match from {
            Choice::Allow => Some(true),
            Choice::Deny => Some(false),
            Choice::Inherit => None,
        }
    }
}

/// What one level says of every permission; an absent one inherits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
#[expect(missing_docs, reason = "each is the permission of the same name")]
pub struct PermissionChoices {
    pub view_jobs: Choice,
    pub create: Choice,
    /// The only templates that may be ordered; null inherits.
    pub templates: Option<Vec<TemplateId>>,
    pub edit: Choice,
    pub cancel: Choice,
    pub delete: Choice,
    pub live_status: Choice,
    pub see_map: Choice,
    pub see_worker: Choice,
    pub invoice: Choice,
    pub alerts_email: Choice,
    pub alerts_sms: Choice,
    pub outside_hours: Choice,
}

impl From<&Overrides> for PermissionChoices {
    fn from(from: &Overrides) -> Self {
        Self {
            view_jobs: from.view_jobs.into(),
            create: from.create.into(),
            templates: from.templates.as_ref().map(|templates| templates.iter().copied().collect()),
            edit: from.edit.into(),
            cancel: from.cancel.into(),
            delete: from.delete.into(),
            live_status: from.live_status.into(),
            see_map: from.see_map.into(),
            see_worker: from.see_worker.into(),
            invoice: from.invoice.into(),
            alerts_email: from.alerts_email.into(),
            alerts_sms: from.alerts_sms.into(),
            outside_hours: from.outside_hours.into(),
        }
    }
}

impl From<PermissionChoices> for Overrides {
    fn from(from: PermissionChoices) -> Self {
        Self {
            view_jobs: from.view_jobs.into(),
            create: from.create.into(),
            templates: from.templates.map(|templates| templates.into_iter().collect()),
            edit: from.edit.into(),
            cancel: from.cancel.into(),
            delete: from.delete.into(),
            live_status: from.live_status.into(),
            see_map: from.see_map.into(),
            see_worker: from.see_worker.into(),
            invoice: from.invoice.into(),
            alerts_email: from.alerts_email.into(),
            alerts_sms: from.alerts_sms.into(),
            outside_hours: from.outside_hours.into(),
        }
    }
}

/// What `PUT .../permissions` takes: the whole of what the level says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct PermissionBody {
    /// What the sender looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it shall say.
    pub own: PermissionChoices,
}

/// A customer's permissions, or those of a portal user's link to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PermissionLevel {
    /// Of `own`, and of what it stands on.
    pub version: String,
    /// What this level says.
    pub own: PermissionChoices,
    /// What the customer says, where this is a portal user's link to it.
    pub customer: Option<PermissionChoices>,
    /// What would hold if this level said nothing.
    pub inherited: PermissionSet,
    /// What holds.
    pub effective: PermissionSet,
}

impl PermissionLevel {
    /// A customer's.
    pub fn of_customer(tenant: &Overrides, customer: &Overrides) -> Self {
        let inherited = portal::resolve(tenant, &Overrides::default(), &Overrides::default());
        Self {
            version: String::new(),
            own: customer.into(),
            customer: None,
            effective: (&customer.onto(&inherited)).into(),
            inherited: (&inherited).into(),
        }
        .versioned()
    }

    /// A link's.
    pub fn of_link(tenant: &Overrides, customer: &Overrides, link: &Overrides) -> Self {
        let inherited = portal::resolve(tenant, customer, &Overrides::default());
        Self {
            version: String::new(),
            own: link.into(),
            customer: Some(customer.into()),
            effective: (&portal::resolve(tenant, customer, link)).into(),
            inherited: (&inherited).into(),
        }
        .versioned()
    }
}

/// What `GET /api/preview` answers: the portal as this portal user or customer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Preview {
    /// As whom.
    pub caller: super::caller::Caller,
    /// The newest that they see.
    pub jobs: Vec<super::views::Job<super::Rfc3339>>,
    /// What they may order, as they see it.
    pub templates: Vec<super::templates::Template>,
}

/// The version of a template as admins see it.
pub fn template_version(template: &super::templates::Template) -> String {
    version_of(template)
}
