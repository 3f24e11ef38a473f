//! Lists and their items to read: people, customers, templates, assets.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page::{self, Item};
use super::request::{Id, Query};
use crate::auth;
use crate::domain::caller::Role;
use crate::domain::ids::{AssetId, CustomerId, DispatcherId, PortalUserId, TemplateId, WorkerId};
use crate::domain::template::Template as TemplateDef;
use crate::protocol::lists::{Asset, AssetField, Customer, Dispatcher, List, PortalUser, PortalUserCustomer, Template, Worker};
use crate::protocol::views::{Address, ScheduleWorker};
use crate::store;
use actix_web::web::{Data, Json};
use serde_json::{Value, json};
use std::collections::HashMap;

type Listed<T> = Result<Json<List<T>>, Error>;
type One<T> = Result<Json<T>, Error>;

pub(super) async fn workers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Worker> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let workers = store::workers::list(&mut connection, me.tenant.id).await?;
    let here = workers.into_iter().filter(|worker| worker.archived_at.is_none());
    Ok(Json(page::part(&query, here.map(|worker| Item { id: worker.id.0, name: worker.name.clone(), view: worker_view(worker, &me) }))?))
}

pub(super) async fn worker(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>) -> One<Worker> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    Ok(Json(worker_view(store::workers::find(&mut connection, me.tenant.id, id).await?, &me)))
}

fn worker_view(worker: store::workers::Worker, me: &Me) -> Worker {
    Worker { row: ScheduleWorker::new(worker.id, worker.name, worker.hours, &me.tenant.settings, worker.on_duty), phone: worker.phone }
}

pub(super) async fn customers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Customer> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let customers = store::customers::list(&mut connection, me.tenant.id).await?;
    let here = customers.into_iter().filter(|customer| customer.archived_at.is_none() && may_see_customer(&me, customer.id));
    Ok(Json(page::part(&query, here.map(|customer| Item { id: customer.id.0, name: customer.name.clone(), view: customer_view(customer) }))?))
}

pub(super) async fn customer(parts: Data<Parts>, me: Me, Id(id): Id<CustomerId>) -> One<Customer> {
    if !may_see_customer(&me, id) {
        return Err(Error::missing());
    }
    let mut connection = parts.store.read(me.tenant.id).await?;
    Ok(Json(customer_view(store::customers::find(&mut connection, me.tenant.id, id).await?)))
}

pub(super) fn may_see_customer(me: &Me, id: CustomerId) -> bool {
    match me.caller.role {
        Role::Dispatcher { .. } => true,
        Role::PortalUser { .. } => me.caller.permissions_for(id).is_some(),
        Role::Worker { .. } => false,
    }
}

fn customer_view(customer: store::customers::Customer) -> Customer {
    Customer { id: customer.id, name: customer.name, email: customer.email, phone: customer.phone, address: customer.address }
}

pub(super) async fn templates(parts: Data<Parts>, me: Me, query: Query) -> Listed<Template> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let templates = store::templates::list(&mut connection, me.tenant.id).await?;
    let seen = templates.into_iter().filter(|template| !template.archived);
    let items = seen.filter_map(|template| Some(Item { id: template.id.0, name: template.name.clone(), view: template_view(&me, &template)? }));
    Ok(Json(page::part(&query, items)?))
}

pub(super) async fn template(parts: Data<Parts>, me: Me, Id(id): Id<TemplateId>) -> One<Template> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let template = store::templates::find(&mut connection, me.tenant.id, id).await?;
    template_view(&me, &template).map(Json).ok_or_else(Error::missing)
}

/// A template as the caller may use it; nothing if they may not.
pub(super) fn template_view(me: &Me, template: &TemplateDef) -> Option<Template> {
    match &me.caller.role {
        Role::Dispatcher { .. } => Some(Template::staff(template)),
        Role::PortalUser { links, .. } => {
            let may = !template.archived && links.iter().any(|link| link.permissions.may_create(template.id));
            may.then(|| Template::portal(template))
        }
        Role::Worker { .. } => None,
    }
}

pub(super) async fn assets(parts: Data<Parts>, me: Me, query: Query) -> Listed<Asset> {
    let only = query.id::<CustomerId>("customer")?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let customers: Option<Vec<CustomerId>> = match &me.caller.role {
        Role::PortalUser { links, .. } => Some(links.iter().map(|link| link.customer).collect()),
        _ => None,
    };
    let assets = store::assets::list(&mut connection, me.tenant.id, customers.as_deref()).await?;
    let seen = assets.into_iter().filter(|asset| asset.archived_at.is_none() && only.is_none_or(|only| asset.customer == only));
    Ok(Json(page::part(&query, seen.map(|asset| Item { id: asset.id.0, name: asset.name.clone(), view: asset_view(asset) }))?))
}

pub(super) async fn asset(parts: Data<Parts>, me: Me, Id(id): Id<AssetId>) -> One<Asset> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let asset = store::assets::find(&mut connection, me.tenant.id, id).await?;
    if may_see_customer(&me, asset.customer) { Ok(Json(asset_view(asset))) } else { Err(Error::missing()) }
}

pub(super) fn asset_view(asset: store::assets::Asset) -> Asset {
    Asset {
        id: asset.id,
        kind: asset.kind,
        name: asset.name,
        customer: asset.customer,
        serial: asset.serial,
        address: asset.address.as_ref().map(Address::from),
        fields: asset.fields.into_iter().map(|(label, value)| AssetField { label, value }).collect(),
        photo: asset.photo,
    }
}

pub(super) async fn portal_users(parts: Data<Parts>, me: Me, query: Query) -> Listed<PortalUser> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let users = store::portal_users::list(&mut connection, me.tenant.id).await?;
    let customers = store::customers::list(&mut connection, me.tenant.id).await?;
    let names: HashMap<CustomerId, String> = customers.into_iter().map(|customer| (customer.id, customer.name)).collect();
    let mut linked: HashMap<PortalUserId, Vec<PortalUserCustomer>> = HashMap::new();
    for (user, id) in store::portal_users::all_links(&mut connection, me.tenant.id).await? {
        let name = names.get(&id).cloned().unwrap_or_default();
        linked.entry(user).or_default().push(PortalUserCustomer { id, name, permissions: None });
    }
    let here = users.into_iter().filter(|user| user.archived_at.is_none());
    let items = here.map(|user| {
        let customers = linked.remove(&user.id).unwrap_or_default();
        Item { id: user.id.0, name: user.name.clone(), view: portal_user_view(user, customers) }
    });
    Ok(Json(page::part(&query, items)?))
}

pub(super) async fn portal_user(parts: Data<Parts>, me: Me, Id(id): Id<PortalUserId>) -> One<PortalUser> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let user = store::portal_users::find(&mut connection, me.tenant.id, id).await?;
    let links = auth::links(&mut connection, &me.tenant, id).await?;
    let customers =
        links.into_iter().map(|link| PortalUserCustomer { id: link.customer, name: link.name, permissions: Some((&link.permissions).into()) });
    Ok(Json(portal_user_view(user, customers.collect())))
}

fn portal_user_view(user: store::portal_users::PortalUser, customers: Vec<PortalUserCustomer>) -> PortalUser {
    PortalUser { id: user.id, name: user.name, phone: user.phone, customers }
}

pub(super) async fn dispatchers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Dispatcher> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let dispatchers = store::dispatchers::list(&mut connection, me.tenant.id).await?;
    let here = dispatchers.into_iter().filter(|dispatcher| dispatcher.archived_at.is_none());
    Ok(Json(page::part(&query, here.map(|one| Item { id: one.id.0, name: one.name.clone(), view: dispatcher_view(one) }))?))
}

pub(super) async fn dispatcher(parts: Data<Parts>, me: Me, Id(id): Id<DispatcherId>) -> One<Dispatcher> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    Ok(Json(dispatcher_view(store::dispatchers::find(&mut connection, me.tenant.id, id).await?)))
}

fn dispatcher_view(dispatcher: store::dispatchers::Dispatcher) -> Dispatcher {
    Dispatcher { id: dispatcher.id, name: dispatcher.name, admin: dispatcher.admin }
}

/// Workers pick one when they decline.
pub(super) async fn decline_reasons(me: Me) -> Json<Value> {
    Json(json!({ "reasons": me.tenant.settings.decline_reasons }))
}
