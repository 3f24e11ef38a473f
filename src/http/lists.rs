//! Lists and their items to read: people, customers, templates, assets.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page::{self, Item, Members};
use super::permissions::staff_view;
use super::request::{Id, Query};
use crate::auth;
use crate::domain::caller::Role;
use crate::domain::ids::{AssetId, CustomerId, DispatcherId, PortalUserId, TemplateId, WorkerId};
use crate::domain::template::Template as TemplateDef;
use crate::hub::clock;
use crate::protocol::lists::{Asset, AssetField, Customer, Dispatcher, List, PortalUser, PortalUserCustomer, Worker};
use crate::protocol::templates::Template;
use crate::protocol::views::Address;
use crate::protocol::workers::ScheduleWorker;
use crate::store;
use crate::store::logins::PersonKind;
use crate::store::people::Entry;
use actix_web::web::{Data, Json};
use std::collections::HashMap;
use uuid::Uuid;

type Listed<T> = Result<Json<List<T>>, Error>;
type One<T> = Result<Json<T>, Error>;

/// By what the lists are put in order and narrowed down.
const PEOPLE: Members = Members { sort: &["name", "email", "invitation"], narrow: &["invitation"] };
const CUSTOMERS: Members = Members { sort: &["name", "email", "address"], narrow: &[] };
const ASSETS: Members = Members { sort: &["name", "type", "serial"], narrow: &["type"] };

pub(super) async fn workers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Worker> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let workers = store::workers::list(&mut connection, me.tenant.id).await?;
    let mut entries = entries(&parts, &me, PersonKind::Worker, None).await?;
    let here = workers.into_iter().filter(|worker| worker.archived_at.is_none());
    let items = here.filter_map(|worker| {
        let entry = entries.remove(&worker.id.0)?;
        Some(Item { id: worker.id.0, name: format!("{} {}", worker.name, entry.email), view: worker_view(worker, entry, &me) })
    });
    Ok(Json(page::part(&query, &PEOPLE, items)?))
}

pub(super) async fn worker(parts: Data<Parts>, me: Me, Id(id): Id<WorkerId>) -> One<Worker> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let worker = store::workers::find(&mut connection, me.tenant.id, id).await?;
    Ok(Json(worker_view(worker, entry(&parts, &me, PersonKind::Worker, id.0).await?, &me)))
}

fn worker_view(worker: store::workers::Worker, entry: Entry, me: &Me) -> Worker {
    let own_hours = worker.availability.hours.is_some();
    let row = ScheduleWorker::new(worker.id, worker.name, worker.availability, &me.tenant.settings, worker.on_duty);
    Worker { row, own_hours, phone: worker.phone, photo: worker.photo, email: entry.email, invitation: entry.invitation }
}

/// How the people of one kind get in: their addresses belong to log-ins, which readers do not see.
pub(super) async fn entries(parts: &Parts, me: &Me, kind: PersonKind, only: Option<Uuid>) -> Result<HashMap<Uuid, Entry>, Error> {
    let mut connection = parts.store.write().await?;
    Ok(store::people::entries(&mut connection, me.tenant.id, kind, only, clock::now()).await?)
}

async fn entry(parts: &Parts, me: &Me, kind: PersonKind, id: Uuid) -> Result<Entry, Error> {
    entries(parts, me, kind, Some(id)).await?.remove(&id).ok_or_else(Error::missing)
}

pub(super) async fn customers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Customer> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let customers = store::customers::list(&mut connection, me.tenant.id).await?;
    let here = customers.into_iter().filter(|customer| customer.archived_at.is_none() && may_see_customer(&me, customer.id));
    Ok(Json(page::part(
        &query,
        &CUSTOMERS,
        here.map(|customer| Item { id: customer.id.0, name: customer.name.clone(), view: customer_view(customer) }),
    )?))
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
        Role::Worker { .. } | Role::Link { .. } => false,
    }
}

pub(super) fn customer_view(customer: store::customers::Customer) -> Customer {
    let store::customers::Customer { id, name, email, phone, address, tax_number, .. } = customer;
    Customer { id, name, email, phone, address, tax_number }
}

pub(super) async fn templates(parts: Data<Parts>, me: Me, query: Query) -> Listed<Template> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let templates = store::templates::list(&mut connection, me.tenant.id).await?;
    let is_dispatcher = matches!(me.caller.role, Role::Dispatcher { .. });
    let all = is_dispatcher && query.parsed::<bool>("archived", "true or false")?.unwrap_or(false);
    let seen = templates.into_iter().filter(|template| all || !template.archived);
    let items = seen.filter_map(|template| Some(Item { id: template.id.0, name: template.name.clone(), view: template_view(&me, &template)? }));
    Ok(Json(page::part(&query, &Members::default(), items)?))
}

pub(super) async fn template(parts: Data<Parts>, me: Me, Id(id): Id<TemplateId>) -> One<Template> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let template = store::templates::find(&mut connection, me.tenant.id, id).await?;
    template_view(&me, &template).map(Json).ok_or_else(Error::missing)
}

/// A template as the caller may use it; nothing if they may not.
pub(super) fn template_view(me: &Me, template: &TemplateDef) -> Option<Template> {
    match &me.caller.role {
        Role::Dispatcher { .. } => Some(staff_view(template)),
        Role::PortalUser { links, .. } => {
            let may = !template.archived && links.iter().any(|link| link.permissions.may_create(template.id));
            may.then(|| Template::portal(template))
        }
        Role::Worker { .. } | Role::Link { .. } => None,
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
    Ok(Json(page::part(&query, &ASSETS, seen.map(|asset| Item { id: asset.id.0, name: asset.name.clone(), view: asset_view(asset) }))?))
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
    let mut entries = entries(&parts, &me, PersonKind::PortalUser, None).await?;
    let here = users.into_iter().filter(|user| user.archived_at.is_none());
    let items = here.filter_map(|user| {
        let customers = linked.remove(&user.id).unwrap_or_default();
        let entry = entries.remove(&user.id.0)?;
        Some(Item { id: user.id.0, name: format!("{} {}", user.name, entry.email), view: portal_user_view(user, customers, entry) })
    });
    Ok(Json(page::part(&query, &PEOPLE, items)?))
}

pub(super) async fn portal_user(parts: Data<Parts>, me: Me, Id(id): Id<PortalUserId>) -> One<PortalUser> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let user = store::portal_users::find(&mut connection, me.tenant.id, id).await?;
    let links = auth::links(&mut connection, &me.tenant, id).await?;
    let customers =
        links.into_iter().map(|link| PortalUserCustomer { id: link.customer, name: link.name, permissions: Some((&link.permissions).into()) });
    Ok(Json(portal_user_view(user, customers.collect(), entry(&parts, &me, PersonKind::PortalUser, id.0).await?)))
}

fn portal_user_view(user: store::portal_users::PortalUser, customers: Vec<PortalUserCustomer>, entry: Entry) -> PortalUser {
    PortalUser { id: user.id, name: user.name, phone: user.phone, customers, email: entry.email, invitation: entry.invitation }
}

pub(super) async fn dispatchers(parts: Data<Parts>, me: Me, query: Query) -> Listed<Dispatcher> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let dispatchers = store::dispatchers::list(&mut connection, me.tenant.id).await?;
    let mut entries = entries(&parts, &me, PersonKind::Dispatcher, None).await?;
    let here = dispatchers.into_iter().filter(|dispatcher| dispatcher.archived_at.is_none());
    let items = here.filter_map(|one| {
        let entry = entries.remove(&one.id.0)?;
        Some(Item { id: one.id.0, name: format!("{} {}", one.name, entry.email), view: dispatcher_view(one, entry) })
    });
    Ok(Json(page::part(&query, &PEOPLE, items)?))
}

pub(super) async fn dispatcher(parts: Data<Parts>, me: Me, Id(id): Id<DispatcherId>) -> One<Dispatcher> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let dispatcher = store::dispatchers::find(&mut connection, me.tenant.id, id).await?;
    Ok(Json(dispatcher_view(dispatcher, entry(&parts, &me, PersonKind::Dispatcher, id.0).await?)))
}

fn dispatcher_view(dispatcher: store::dispatchers::Dispatcher, entry: Entry) -> Dispatcher {
    Dispatcher { id: dispatcher.id, name: dispatcher.name, admin: dispatcher.admin, email: entry.email, invitation: entry.invitation }
}
