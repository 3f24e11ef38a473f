//! Who is logged in, as they see themselves: their company, their customers, what they may do for each.

use crate::domain::caller::{ByKind, Caller as DomainCaller, Role};
use crate::domain::ids::{CustomerId, JobId, TemplateId, TenantId};
use crate::domain::portal::Permissions;
use crate::domain::tenant::Tenant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Caller {
    pub kind: ByKind,
    pub id: Uuid,
    pub name: String,
    pub admin: bool,
    pub tenant: TenantRef,
    pub customers: Vec<LinkedCustomer>,
    /// The one job of a one-job link; absent for everybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub job: Option<JobId>,
}

/// The caller's tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TenantRef {
    pub id: TenantId,
    pub name: String,
    pub slug: String,
    pub time_zone: String,
}

/// A customer that a portal user is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct LinkedCustomer {
    pub id: CustomerId,
    pub name: String,
    pub permissions: PermissionSet,
}

/// What a portal user may do for a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "each is the permission of the same name")]
pub struct PermissionSet {
    pub view_jobs: bool,
    pub create: bool,
    pub templates: Option<Vec<TemplateId>>,
    pub edit: bool,
    pub cancel: bool,
    pub delete: bool,
    pub live_status: bool,
    pub see_map: bool,
    pub see_worker: bool,
    pub invoice: bool,
    pub alerts_email: bool,
    pub alerts_sms: bool,
    pub outside_hours: bool,
}

impl From<&Permissions> for PermissionSet {
    fn from(from: &Permissions) -> Self {
        Self {
            view_jobs: from.view_jobs,
            create: from.create,
            templates: from.templates.as_ref().map(|templates| templates.iter().copied().collect()),
            edit: from.edit,
            cancel: from.cancel,
            delete: from.delete,
            live_status: from.live_status,
            see_map: from.see_map,
            see_worker: from.see_worker,
            invoice: from.invoice,
            alerts_email: from.alerts_email,
            alerts_sms: from.alerts_sms,
            outside_hours: from.outside_hours,
        }
    }
}

impl Caller {
    /// The caller as they see themselves.
    pub fn new(caller: &DomainCaller, tenant: &Tenant) -> Self {
        let links = if let Role::PortalUser { links, .. } = &caller.role { links.as_slice() } else { &[] };
        let admin = matches!(caller.role, Role::Dispatcher { admin: true, .. });
        let customer = |link: &crate::domain::caller::Link| LinkedCustomer {
            id: link.customer,
            name: link.name.clone(),
            permissions: (&link.permissions).into(),
        };
        Self {
            kind: caller.kind(),
            id: caller.person(),
            name: caller.name.clone(),
            admin,
            tenant: TenantRef { id: tenant.id, name: tenant.name.clone(), slug: tenant.slug.clone(), time_zone: tenant.time_zone.clone() },
            customers: links.iter().map(customer).collect(),
            job: if let Role::Link { job, .. } = &caller.role { Some(*job) } else { None },
        }
    }
}
