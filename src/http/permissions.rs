//! What portal users may do, level by level; and what each template shows them.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::request::{Body, Id};
use super::settings::{check_version, invalid, template_ids};
use crate::domain::ids::{CustomerId, PortalUserId, TemplateId};
use crate::domain::portal::Overrides;
use crate::domain::settings::unknown_templates;
use crate::domain::visibility::VisibilityChange;
use crate::protocol::settings::{PermissionBody, PermissionLevel, template_version};
use crate::protocol::templates::Template;
use crate::store;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use sqlx::PgConnection;

type One<T> = Result<Json<T>, Error>;

pub(super) async fn of_customer(parts: Data<Parts>, me: Me, Id(id): Id<CustomerId>) -> One<PermissionLevel> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let customer = store::customers::find(&mut connection, me.tenant.id, id).await?;
    Ok(Json(PermissionLevel::of_customer(&me.tenant.settings.portal.permissions, &customer.permissions)))
}

pub(super) async fn set_of_customer(parts: Data<Parts>, me: Me, Id(id): Id<CustomerId>, Body(body): Body<PermissionBody>) -> One<PermissionLevel> {
    let mut connection = parts.store.write().await?;
    // The tenant first, as every change of settings does: two of them never wait for each other in a circle.
    let tenant = store::tenants::lock(&mut connection, me.tenant.id).await?;
    let company = &tenant.settings.portal.permissions;
    let before = store::customers::lock_permissions(&mut connection, tenant.id, id).await?;
    check_version(&PermissionLevel::of_customer(company, &before).version, body.version.as_ref())?;
    let own: Overrides = body.own.into();
    check_templates(&mut connection, &tenant, &own).await?;
    store::customers::set_permissions(&mut connection, tenant.id, id, &own).await?;
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.settle(tenant.id).await;
    Ok(Json(PermissionLevel::of_customer(company, &own)))
}

pub(super) async fn of_link(parts: Data<Parts>, me: Me, Id(user): Id<PortalUserId>, request: HttpRequest) -> One<PermissionLevel> {
    let customer = customer_of(&request)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let link = find_link(&mut connection, &me, user, customer).await?;
    Ok(Json(PermissionLevel::of_link(&me.tenant.settings.portal.permissions, &link.customer_permissions, &link.permissions)))
}

pub(super) async fn set_of_link(
    parts: Data<Parts>,
    me: Me,
    Id(user): Id<PortalUserId>,
    request: HttpRequest,
    Body(body): Body<PermissionBody>,
) -> One<PermissionLevel> {
    let customer = customer_of(&request)?;
    let mut connection = parts.store.write().await?;
    let tenant = store::tenants::lock(&mut connection, me.tenant.id).await?;
    let company = &tenant.settings.portal.permissions;
    let link = find_link(&mut connection, &me, user, customer).await?;
    let before = PermissionLevel::of_link(company, &link.customer_permissions, &link.permissions);
    check_version(&before.version, body.version.as_ref())?;
    let own: Overrides = body.own.into();
    check_templates(&mut connection, &tenant, &own).await?;
    store::portal_users::link(&mut connection, tenant.id, user, customer, &own).await?;
    connection.commit().await.map_err(store::Error::from)?;
    parts.hub.settle(tenant.id).await;
    Ok(Json(PermissionLevel::of_link(company, &link.customer_permissions, &own)))
}

fn customer_of(request: &HttpRequest) -> Result<CustomerId, Error> {
    let id = request.match_info().get("customer").filter(|text| text.len() == 36);
    id.and_then(|text| text.parse().ok()).map(CustomerId).ok_or_else(Error::missing)
}

async fn find_link(
    connection: &mut PgConnection,
    me: &Me,
    user: PortalUserId,
    customer: CustomerId,
) -> Result<store::portal_users::PortalLink, Error> {
    let links = store::portal_users::links(connection, me.tenant.id, user).await?;
    links.into_iter().find(|link| link.customer == customer).ok_or_else(Error::missing)
}

async fn check_templates(connection: &mut PgConnection, tenant: &crate::domain::tenant::Tenant, own: &Overrides) -> Result<(), Error> {
    if own.templates.is_none() {
        return Ok(());
    }
    let there = template_ids(connection, tenant).await?;
    let faults = unknown_templates(own.templates.as_ref(), &there, "/own/templates");
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
}

/// Which parts, steps and fields of a template portal users see. Jobs that were made of it stay as they are.
pub(super) async fn set_visibility(parts: Data<Parts>, me: Me, Id(id): Id<TemplateId>, Body(change): Body<VisibilityChange>) -> One<Template> {
    let mut connection = parts.store.write().await?;
    let template = store::templates::lock(&mut connection, me.tenant.id, id).await?;
    check_version(&template_version(&Template::staff(&template)), change.version.as_ref())?;
    let changed = change.onto(&template).map_err(invalid)?;
    store::templates::update(&mut connection, me.tenant.id, &changed).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(Json(staff_view(&changed)))
}

/// A template as dispatchers see it, with the version that a change of it names.
pub(super) fn staff_view(template: &crate::domain::template::Template) -> Template {
    let view = Template::staff(template);
    Template { version: Some(template_version(&view)), ..view }
}
