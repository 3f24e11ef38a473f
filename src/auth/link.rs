//! Who comes with a one-job link: no log-in, one job, the tenant's defaults.

use super::{Error, Session};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::ids::LoginId;
use crate::domain::portal;
use crate::store;
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;

/// The caller that a link's token stands for, while the link shows its job.
pub(super) async fn session(connection: &mut PgConnection, token_hash: Vec<u8>, now: At) -> Result<Session, Error> {
    let link = store::links::open(connection, std::slice::from_ref(&token_hash), now).await?.pop().ok_or(Error::NotAuthenticated)?;
    let tenant = store::tenants::find(connection, link.tenant).await?;
    if !tenant.settings.portal.enabled {
        return Err(Error::PortalOff);
    }
    let permissions = portal::of_link(&tenant.settings.portal.permissions);
    let role = Role::Link { id: link.id, job: link.job, permissions };
    let caller = Caller { tenant: tenant.id, name: "A one-job link".into(), role, token: None };
    // Nobody's log-in: no route that has to do with log-ins lets a link in.
    Ok(Session { caller, tenant: Arc::new(tenant), login: LoginId(Uuid::nil()), token_hash })
}
