//! API tokens on the wire.

use super::instant::Rfc3339;
use crate::domain::scope::Scope;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest name of a token, characters.
pub const NAME_MAX: usize = 80;
/// The latest that a token ends by itself, days after it was made.
pub const DAYS_MAX: u16 = 3_650;

/// A token in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct ApiToken {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Rfc3339,
    /// When it ends by itself; null: never.
    pub expires_at: Option<Rfc3339>,
    /// When it was last used, give or take a minute.
    pub used_at: Option<Rfc3339>,
    /// The secret, `hub_…`. Shown once, when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub token: Option<String>,
}

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct ApiTokenBody {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub name: String,
    /// What it may do, at least one thing.
    #[schemars(length(min = 1))]
    pub scopes: Vec<Scope>,
    /// Days until it ends by itself, 1 to 3650; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = DAYS_MAX))]
    pub expires_in_days: Option<u16>,
}
