//! Newtype ids. All are UUIDs (version 7 when the hub makes them), made at the rim and handed in.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
        #[ts(type = "string")]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A company that provides the service.
    TenantId,
    /// A log-in: one e-mail address on the hub, outside all tenants.
    LoginId,
    /// A dispatcher of a tenant.
    DispatcherId,
    /// A worker of a tenant.
    WorkerId,
    /// A portal user of a tenant.
    PortalUserId,
    /// A customer of a tenant.
    CustomerId,
    /// A job.
    JobId,
    /// A job template.
    TemplateId,
    /// A customer's equipment or place.
    AssetId,
    /// A thing of the price list.
    PriceId,
    /// A one-job link.
    LinkId,
    /// An uploaded file.
    FileId,
}
