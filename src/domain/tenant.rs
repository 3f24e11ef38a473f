//! A tenant and its settings that the rules read.

use super::ids::TenantId;
use super::portal::Overrides;
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
}

/// The part of the settings that decides on a job's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DispatchRules {
    /// Workers accept or decline; off: publishing assigns.
    pub accept_decline: bool,
    /// Publishing assigns, the worker may still decline.
    pub auto_accept: bool,
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
        }
    }
}

impl Default for DispatchRules {
    fn default() -> Self {
        Self { accept_decline: true, auto_accept: false }
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
            permissions: Overrides::default(),
        }
    }
}
