//! A tenant and its settings that the rules read.

use super::alert::rules::AlertRules;
use super::ids::{FileId, TenantId};
use super::portal::Overrides;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The company that provides the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its web name, unique on the hub.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// IANA time zone, for example `Europe/Helsinki`.
    pub time_zone: String,
    /// Everything that its admins may set.
    pub settings: Settings,
}

/// Working hours by weekday, Monday first: minutes from midnight, or none.
pub type Hours = [Option<(u16, u16)>; 7];

/// Settings of a tenant. Stored as JSON; absent members take their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How publishing and accepting work.
    pub dispatch: DispatchRules,
    /// What the portal shows and allows.
    pub portal: PortalSettings,
    /// Reasons a worker may pick when declining.
    pub decline_reasons: Vec<String>,
    /// Working hours of the company by weekday (Monday first): minutes from midnight, or none.
    pub hours: Hours,
    /// Days on which the company does not work.
    pub holidays: Vec<Date>,
    /// How the company names itself to others.
    pub company: CompanyDetails,
    /// How invoices are made.
    pub invoices: InvoiceRules,
    /// When a worker has arrived.
    pub arrivals: ArrivalRules,
    /// What quick alerts may do, and their words.
    pub alerts: AlertRules,
}

/// When a worker has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArrivalRules {
    /// Metres around a step's address; never less than 75.
    pub radius_m: u32,
}

impl Default for ArrivalRules {
    fn default() -> Self {
        Self { radius_m: 100 }
    }
}

/// What stands on invoices and in e-mails below the company's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanyDetails {
    /// Postal address, several lines.
    pub address: String,
    /// VAT or other tax number.
    pub tax_number: String,
    /// Where answers to the hub's e-mails go.
    pub email: String,
}

/// How invoices are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceRules {
    /// The one currency, ISO 4217.
    pub currency: String,
    /// Unit prices are gross.
    pub prices_include_tax: bool,
    /// Written before each invoice's number.
    pub prefix: String,
}

/// Which start times a customer may ask for without "book outside business hours".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct BookingRules {
    /// Times start on this grid, minutes.
    pub step_min: u16,
    /// The shortest notice, minutes.
    pub notice_min: u32,
    /// So many days ahead.
    pub horizon_days: u16,
    /// Jobs at one time; none: one for each active worker.
    pub bookable_workers: Option<u16>,
}

/// The part of the settings that decides on a job's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DispatchRules {
    /// Workers accept or decline; off: publishing assigns.
    pub accept_decline: bool,
    /// Publishing assigns, the worker may still decline.
    pub auto_accept: bool,
    /// A published job that nobody answers for this many minutes is declined; none: it waits.
    pub auto_decline_min: Option<u16>,
}

/// The portal's look and its tenant-wide permissions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortalSettings {
    /// Whether the portal is open at all.
    pub enabled: bool,
    /// Whether anyone may sign up.
    pub public_signup: bool,
    /// Shown on the start page.
    pub introduction: String,
    /// One tap calls it.
    pub phone: String,
    /// The brand's colour, `#rrggbb`.
    pub colour: String,
    /// The brand's picture.
    pub logo: Option<FileId>,
    /// The company's own host name, lower case, whose `/` is the portal; empty: none.
    pub host: String,
    /// Which start times may be asked for inside business hours.
    pub booking: BookingRules,
    /// What portal users may do unless their customer or link says otherwise.
    pub permissions: Overrides,
}

impl Default for Settings {
    fn default() -> Self {
        let day = Some((8 * 60, 16 * 60));
        Self {
            dispatch: DispatchRules::default(),
            portal: PortalSettings::default(),
            decline_reasons: ["Too far away", "No time", "Missing parts or tools", "Not my trade"].map(String::from).to_vec(),
            hours: [day, day, day, day, day, None, None],
            holidays: Vec::new(),
            company: CompanyDetails::default(),
            invoices: InvoiceRules::default(),
            arrivals: ArrivalRules::default(),
            alerts: AlertRules::default(),
        }
    }
}

impl Default for DispatchRules {
    fn default() -> Self {
        Self { accept_decline: true, auto_accept: false, auto_decline_min: None }
    }
}

impl Default for PortalSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            public_signup: false,
            introduction: String::new(),
            phone: String::new(),
            colour: "#2563eb".into(),
            logo: None,
            host: String::new(),
            booking: BookingRules::default(),
            permissions: Overrides::default(),
        }
    }
}

impl Default for InvoiceRules {
    fn default() -> Self {
        Self { currency: "EUR".into(), prices_include_tax: false, prefix: String::new() }
    }
}

impl Default for BookingRules {
    fn default() -> Self {
        Self { step_min: 30, notice_min: 120, horizon_days: 60, bookable_workers: None }
    }
}
