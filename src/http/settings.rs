//! Settings that admins change and dispatchers read. Each change is one transaction, and holds on open sockets at once.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::request::Body;
use crate::config::PublicUrl;
use crate::domain::ids::TemplateId;
use crate::domain::refusal::{Fault, Refusal, Why};
use crate::domain::settings::{BrandingChange, CompanyChange, DispatchChange, InvoicesChange, PortalChange, ReasonsChange};
use crate::domain::tenant::Tenant;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::problem::Name;
use crate::protocol::settings::{BrandingSettings, CompanySettings, DeclineReasons, DispatchSettings, InvoiceSettings, PortalSettings, Versioned};
use crate::store;
use actix_web::web::{Data, Json};
use jiff::tz::TimeZone;
use sqlx::PgConnection;

/// A former web name leads to the present one for a year.
const SLUG_KEPT_MS: i64 = 365 * 24 * 60 * 60 * 1000;

pub(super) type One<T> = Result<Json<T>, Error>;

pub(super) async fn company(me: Me) -> Json<CompanySettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_company(parts: Data<Parts>, me: Me, Body(change): Body<CompanyChange>) -> One<CompanySettings> {
    if let Some(zone) = &change.time_zone
        && TimeZone::get(zone).is_err()
    {
        return Err(Error::invalid("/time_zone", &Why::Expected("the name of a time zone, for example Europe/Helsinki")));
    }
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<CompanySettings>(&tenant, change.version.as_ref())?;
    let changed = change.onto(tenant).map_err(invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

pub(super) async fn portal(me: Me) -> Json<PortalSettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_portal(parts: Data<Parts>, me: Me, Body(change): Body<PortalChange>) -> One<PortalSettings> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<PortalSettings>(&tenant, change.version.as_ref())?;
    let templates = template_ids(&mut connection, &tenant).await?;
    let before = tenant.slug.clone();
    let host_before = tenant.settings.portal.host.clone();
    let changed = change.onto(tenant, &templates).map_err(invalid)?;
    if changed.settings.portal.host != host_before {
        check_host(&parts, &changed.settings.portal.host)?;
    }
    if changed.slug != before {
        rename(&mut connection, &changed, &before).await?;
    }
    match store::tenants::update(&mut connection, &changed).await {
        Err(store::Error::Conflict(name)) if name == "tenant_slug_unique" => return Err(Error::invalid("/slug", &Why::Taken)),
        Err(store::Error::Conflict(name)) if name == "tenant_host_unique" => return Err(Error::invalid("/host", &Why::Taken)),
        other => other?,
    }
    finish(&parts, connection, &changed).await
}

/// No company takes the hub's own name from all others, so that name must be known.
fn check_host(parts: &Parts, host: &str) -> Result<(), Error> {
    if host.is_empty() {
        return Ok(());
    }
    match parts.config.public_url.as_ref().and_then(PublicUrl::domain) {
        None => Err(Error::invalid("/host", &Why::Expected("no host name, until the operator has named the hub's own (public_url)"))),
        Some(own) if own.eq_ignore_ascii_case(host) => Err(Error::invalid("/host", &Why::Taken)),
        Some(_) => Ok(()),
    }
}

/// The old name is kept for the tenant; a new one may be an old one of its own, but not another's.
async fn rename(connection: &mut PgConnection, tenant: &Tenant, before: &str) -> Result<(), Error> {
    let now = clock::now();
    store::slugs::release(connection, tenant.id, &tenant.slug, now).await?;
    if store::slugs::is_kept_by_another(connection, tenant.id, &tenant.slug).await? {
        return Err(Error::invalid("/slug", &Why::Taken));
    }
    Ok(store::slugs::keep(connection, tenant.id, before, now.plus_ms(SLUG_KEPT_MS)).await?)
}

pub(super) async fn branding(me: Me) -> Json<BrandingSettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_branding(parts: Data<Parts>, me: Me, Body(change): Body<BrandingChange>) -> One<BrandingSettings> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<BrandingSettings>(&tenant, change.version.as_ref())?;
    if let Some(Some(logo)) = change.logo
        && tenant.settings.portal.logo != Some(logo)
    {
        let found = store::files::find(&mut connection, tenant.id, logo).await;
        if !found.is_ok_and(|file| file.ready_at.is_some()) {
            return Err(Error::invalid("/logo", &Why::NotFound));
        }
    }
    let changed = change.onto(tenant).map_err(invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

pub(super) async fn invoices(me: Me) -> Json<InvoiceSettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_invoices(parts: Data<Parts>, me: Me, Body(change): Body<InvoicesChange>) -> One<InvoiceSettings> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<InvoiceSettings>(&tenant, change.version.as_ref())?;
    let changed = change.onto(tenant).map_err(invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

pub(super) async fn dispatch(me: Me) -> Json<DispatchSettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_dispatch(parts: Data<Parts>, me: Me, Body(change): Body<DispatchChange>) -> One<DispatchSettings> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<DispatchSettings>(&tenant, change.version.as_ref())?;
    let changed = change.onto(tenant).map_err(invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

/// Workers pick one when they decline.
pub(super) async fn decline_reasons(me: Me) -> Json<DeclineReasons> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_decline_reasons(parts: Data<Parts>, me: Me, Body(change): Body<ReasonsChange>) -> One<DeclineReasons> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<DeclineReasons>(&tenant, change.version.as_ref())?;
    let changed = change.onto(tenant).map_err(invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

pub(super) type Changing = sqlx::Transaction<'static, sqlx::Postgres>;

pub(super) async fn begin(parts: &Parts, me: &Me) -> Result<(Changing, Tenant), Error> {
    let mut connection = parts.store.write().await?;
    let tenant = store::tenants::lock(&mut connection, me.tenant.id).await?;
    Ok((connection, tenant))
}

pub(super) async fn finish<T: for<'a> From<&'a Tenant>>(parts: &Parts, connection: Changing, tenant: &Tenant) -> One<T> {
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.settle(tenant.id).await;
    Ok(Json(tenant.into()))
}

/// Somebody else may have been faster.
pub(super) fn is_current<T: Versioned + for<'a> From<&'a Tenant>>(tenant: &Tenant, looked_at: Option<&String>) -> Result<(), Error> {
    let mut now = T::from(tenant);
    check_version(now.version(), looked_at)
}

/// Refuses a change of something that is not any more what its sender looked at.
pub(super) fn check_version(now: &str, looked_at: Option<&String>) -> Result<(), Error> {
    if looked_at.is_some_and(|looked_at| looked_at != now) {
        let detail = "Somebody else has changed this meanwhile. Look at it again, and repeat what you wanted.";
        return Err(Problem::with_detail(Name::Conflict, detail).into());
    }
    Ok(())
}

pub(super) fn invalid(faults: Vec<Fault>) -> Error {
    Refusal::Invalid(faults).into()
}

/// The templates that there are, put away or not.
pub(super) async fn template_ids(connection: &mut PgConnection, tenant: &Tenant) -> Result<Vec<TemplateId>, Error> {
    Ok(store::templates::list(connection, tenant.id).await?.into_iter().map(|template| template.id).collect())
}
