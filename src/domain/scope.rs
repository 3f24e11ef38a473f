//! What an API token may do. A token acts as an admin of its company within its scopes, and nobody else's.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that a token may do. The numbers are bits of stored masks: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[repr(u8)]
pub enum Scope {
    /// Read jobs, the schedule, positions and files; listen on the socket.
    #[serde(rename = "jobs:read")]
    JobsRead = 0,
    /// Make, change and command jobs; upload files.
    #[serde(rename = "jobs:write")]
    JobsWrite = 1,
    /// Read customers, people, assets, job types and prices.
    #[serde(rename = "lists:read")]
    ListsRead = 2,
    /// Change them.
    #[serde(rename = "lists:write")]
    ListsWrite = 3,
    /// Read settings, the alert log and the account of text messages.
    #[serde(rename = "settings:read")]
    SettingsRead = 4,
    /// Change settings, send alerts again.
    #[serde(rename = "settings:write")]
    SettingsWrite = 5,
    /// Manage webhooks.
    #[serde(rename = "webhooks")]
    Webhooks = 6,
}

impl Scope {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::JobsRead, Self::JobsWrite, Self::ListsRead, Self::ListsWrite, Self::SettingsRead, Self::SettingsWrite, Self::Webhooks];

    /// The scope of a request; none: no token may make it. `reads`: it changes nothing.
    pub fn of_request(path: &str, reads: bool) -> Option<Self> {
        let within = |names: &[&str]| {
            let rest = path.strip_prefix("/api/").unwrap_or_default();
            let first = rest.split(['/', '.']).next().unwrap_or_default();
            names.contains(&first)
        };
        let pair = |read, write| Some(if reads { read } else { write });
        match path {
            "/ws" | "/api/workers/nearest" => Some(Self::JobsRead),
            _ if path.starts_with("/api/workers/") && path.ends_with("/track") => Some(Self::JobsRead),
            _ if within(&["jobs", "schedule", "overview", "times", "addresses", "files"]) => pair(Self::JobsRead, Self::JobsWrite),
            _ if within(&["customers", "portal-users", "workers", "dispatchers", "templates", "assets", "price-list"]) => {
                pair(Self::ListsRead, Self::ListsWrite)
            }
            _ if within(&["settings", "preview", "alerts", "sms-account", "mail"]) => pair(Self::SettingsRead, Self::SettingsWrite),
            _ if within(&["webhooks"]) => Some(Self::Webhooks),
            _ => None,
        }
    }
}

/// A set of scopes, as a mask that is stored.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(pub i32);

impl Scopes {
    /// Whether it is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// All of them, in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |mask, scope| mask | 1 << scope as u8))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_persons_own_is_no_tokens() {
        for path in [
            "/api/login",
            "/api/sessions",
            "/api/password/change",
            "/api/tokens",
            "/api/tokens/x",
            "/api/contact-points",
            "/api/memberships",
            "/",
            "/api/jobsx",
            "/p/demo",
        ] {
            assert_eq!(Scope::of_request(path, true), None, "{path}");
        }
    }

    #[test]
    fn reading_and_changing_are_two_scopes() {
        for (path, read, write) in [
            ("/api/jobs", Scope::JobsRead, Scope::JobsWrite),
            ("/api/jobs/{id}/commands", Scope::JobsRead, Scope::JobsWrite),
            ("/api/overview.csv", Scope::JobsRead, Scope::JobsWrite),
            ("/api/workers/{id}", Scope::ListsRead, Scope::ListsWrite),
            ("/api/workers/{id}/track", Scope::JobsRead, Scope::JobsRead),
            ("/api/settings/company", Scope::SettingsRead, Scope::SettingsWrite),
        ] {
            assert_eq!((Scope::of_request(path, true), Scope::of_request(path, false)), (Some(read), Some(write)), "{path}");
        }
    }
}
