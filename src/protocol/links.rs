//! One-job links on the wire.

use super::instant::Rfc3339;
use crate::domain::ids::LinkId;
use serde::{Deserialize, Serialize};

/// What `POST /api/jobs/{id}/links` takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct NewLinkBody {
    /// So many days it lasts, 1 to 365; 30 unless said.
    #[schemars(range(min = 1, max = 365))]
    pub days: Option<u16>,
}

/// A fresh link: the only time that its token is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// The secret.
    pub token: String,
    /// The page that shows the job.
    pub url: String,
    /// When it ends by itself, unless its job ends it before.
    pub expires_at: Rfc3339,
}

/// A link in its job's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct SharedLink {
    /// Its id.
    pub id: LinkId,
    /// Who shared it.
    pub created_by: String,
    /// When.
    pub created_at: Rfc3339,
    /// When it ends by itself.
    pub expires_at: Rfc3339,
    /// When a dispatcher ended it.
    pub revoked_at: Option<Rfc3339>,
}
