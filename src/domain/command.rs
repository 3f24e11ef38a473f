//! What can be asked of a job, and who may ask it.

use super::at::At;
use super::caller::Role;
use super::ids::{AssetId, CustomerId, WorkerId};
use super::invoice::LineInput;
use super::template::StepInput;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A worker as a job remembers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRef {
    /// Who.
    pub id: WorkerId,
    /// Their name.
    pub name: String,
}

/// An asset as a job remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetRef {
    /// Which.
    pub id: AssetId,
    /// What kind of thing.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// Whom to call on site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// Their phone number, as written.
    pub phone: String,
}

/// Something asked of one job.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Place it on a worker's row.
    Allocate {
        /// Whose row.
        worker: WorkerRef,
        /// Planned start.
        start: At,
        /// Planned end; by default the start plus the planned duration.
        end: Option<At>,
    },
    /// Take it off the row.
    Unallocate,
    /// Let the worker see it.
    Publish,
    /// Take it back from the worker, keep it on the row.
    Unpublish,
    /// The worker takes it.
    Accept,
    /// The worker does not.
    Decline {
        /// Why not.
        reason: String,
    },
    /// The worker is on the way.
    EnRoute,
    /// Another job of the same worker went en route: this one no longer is. Asked by the hub alone.
    EndEnRoute,
    /// A step is done.
    CompleteStep {
        /// Its index.
        step: usize,
        /// Values for its fields, by key.
        fields: Map<String, Value>,
    },
    /// The last done step was not done after all.
    UndoStep,
    /// Work stops for now.
    Pause,
    /// Work goes on.
    Resume,
    /// Call it off.
    Cancel {
        /// Why.
        reason: Option<String>,
    },
    /// Not called off after all.
    Reopen,
    /// Move it in time, or to another worker.
    Reschedule {
        /// Planned start.
        start: At,
        /// Planned end; by default the length stays.
        end: Option<At>,
        /// Whose row; by default the same.
        worker: Option<WorkerRef>,
    },
    /// A dispatcher opened it.
    MarkSeen,
    /// Change what it says.
    Edit(Box<Edit>),
    /// Remove it for good.
    Delete,
}

/// Members of a job that an edit changes; an absent one stays, an inner `None` empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edit {
    /// When the customer would like it.
    pub requested_start: Option<Option<At>>,
    /// Planned duration, minutes.
    pub duration_min: Option<u32>,
    /// The asset.
    pub asset: Option<Option<AssetRef>>,
    /// Whose that asset is: a job's asset is its customer's.
    pub asset_customer: Option<CustomerId>,
    /// Whom to call on site.
    pub contact: Option<Option<Contact>>,
    /// Notes for worker and customer.
    pub notes: Option<String>,
    /// Notes for dispatchers.
    pub internal_notes: Option<String>,
    /// Addresses and fields of steps.
    pub steps: Vec<StepInput>,
    /// Fields of the job, by key.
    pub fields: Map<String, Value>,
    /// All lines of the invoice, as they shall stand.
    pub invoice_lines: Option<Vec<LineInput>>,
}

impl Command {
    /// Whether the caller's role ever has this command (product.md §2). Permissions and the job itself are looked at later.
    pub fn belongs_to(&self, role: &Role) -> bool {
        match self {
            Self::Allocate { .. } | Self::Unallocate | Self::Publish | Self::Unpublish | Self::Reopen | Self::Reschedule { .. } | Self::MarkSeen => {
                matches!(role, Role::Dispatcher { .. })
            }
            Self::Accept | Self::Decline { .. } => matches!(role, Role::Worker { .. }),
            Self::EnRoute | Self::CompleteStep { .. } | Self::UndoStep | Self::Pause | Self::Resume => {
                matches!(role, Role::Dispatcher { .. } | Role::Worker { .. })
            }
            Self::Cancel { .. } | Self::Delete => matches!(role, Role::Dispatcher { .. } | Role::PortalUser { .. }),
            Self::Edit(_) => !matches!(role, Role::Link { .. }),
            Self::EndEnRoute => false,
        }
    }
}
