//! What the access matrix names in its paths: things of the caller's own, spare ones that may be changed and put away, and others' ones.

use crate::access_alerts;
use crate::access_matrix::{Column, Role, Row, Thing};
use crate::files::{picture, upload};
use crate::harness::{Estate, TestHub};
use Role::{Admin, Dispatcher, Link, PortalUser, Stranger, Worker};
use uuid::Uuid;

/// An id of the row's kind that is the caller's, as far as they may have one.
pub(crate) async fn own(hub: &TestHub, estate: &Estate, row: &Row, column: &Column) -> String {
    let id = |id: Uuid| id.to_string();
    let company = hub.company();
    match row.thing {
        Thing::Nothing => String::new(),
        // Routes may change it, and delete it.
        Thing::Job if column.role.is_some() => estate.fresh_job(hub).await.to_string(),
        Thing::Job => estate.job.to_string(),
        Thing::Worker => id(company.worker(1).0),
        Thing::Customer => id(company.bakery.id.0),
        Thing::Template => id(company.repair.0),
        Thing::Asset => id(company.bakery.asset.0),
        Thing::PortalUser => id(company.portal_users[0].0),
        Thing::Dispatcher => id(company.dispatchers[0].0),
        Thing::File => match (&column.session, column.role) {
            (Some(session), Some(PortalUser | Worker | Dispatcher | Admin)) => id(upload(hub, session, &picture(8, 8)).await),
            _ => id(estate.north.file),
        },
        Thing::Spare(table) => spare(hub, table).await,
        Thing::Mail => mail(hub, company.tenant.0).await,
        Thing::ContactPoint | Thing::Wish | Thing::Alert | Thing::Webhook | Thing::Token => {
            access_alerts::own(hub, row.thing, column).await.to_string()
        }
    }
}

/// Somebody or something new in `north` that nobody else needs.
async fn spare(hub: &TestHub, table: &str) -> String {
    let (id, login, tenant) = (Uuid::now_v7(), Uuid::now_v7(), hub.company().tenant);
    let make = match table {
        "customer" => format!("insert into customer (tenant, id, name) values ('{tenant}', '{id}', 'Spare')"),
        "price_item" => format!(
            "insert into price_item (tenant, id, code, description, unit_price, tax_rate) values ('{tenant}', '{id}', '', 'mk-price Spare', 1, 0)"
        ),
        _ => format!(
            "insert into login (id, email) values ('{login}', '{login}@example.com');
             insert into {table} (tenant, id, login, name, joined_at) values ('{tenant}', '{id}', '{login}', 'Spare', null)"
        ),
    };
    hub.tamper(&make).await;
    id.to_string()
}

/// A mail of a tenant that was given up.
async fn mail(hub: &TestHub, tenant: Uuid) -> String {
    let id = Uuid::now_v7();
    hub.tamper(&format!(
        "insert into message (tenant, id, address, name, letter, expires_at, due_at, dead_at)
         values ('{tenant}', '{id}', 'a@example.com', 'A', '{{\"about\": \"verification\"}}', now() + interval '1 day', null, now())"
    ))
    .await;
    id.to_string()
}

/// Ids of the row's kind that are there, but not for this caller.
pub(crate) fn foreign(estate: &Estate, thing: Thing, column: &Column) -> Vec<String> {
    let (of_south, of_mill, of_north) = (&estate.south, &estate.mill, &estate.north);
    let pick = |ids: &crate::harness::Ids| match thing {
        Thing::Nothing => Uuid::nil(),
        Thing::Job => ids.job.0.0,
        Thing::Worker | Thing::Spare("worker") => ids.worker.0,
        Thing::Customer | Thing::Spare("customer") => ids.customer.0,
        Thing::Template => ids.template.0,
        Thing::Asset => ids.asset.0,
        Thing::Dispatcher | Thing::Spare("dispatcher") => ids.dispatcher.0,
        Thing::File => ids.file,
        Thing::PortalUser | Thing::Spare(_) => ids.portal_user.0,
        // Mails have no list that others see: any other id is as foreign.
        Thing::Mail => Uuid::max(),
        Thing::ContactPoint => access_alerts::FOREIGN_POINT,
        Thing::Wish => access_alerts::FOREIGN_WISH,
        Thing::Alert | Thing::Webhook | Thing::Token if column.role == Some(Stranger) => Uuid::max(),
        Thing::Webhook => access_alerts::FOREIGN_WEBHOOK,
        Thing::Token => access_alerts::FOREIGN_TOKEN,
        Thing::Alert => access_alerts::FOREIGN_ALERT,
    };
    let within_tenant = matches!(thing, Thing::Job | Thing::Customer | Thing::Asset | Thing::File);
    let ids = match column.role {
        Some(Stranger) => vec![pick(of_north)],
        // Also another job of the same customer.
        Some(Link) if thing == Thing::Job => vec![of_south.job.0.0, of_mill.job.0.0, estate.job.0.0],
        Some(PortalUser | Worker | Link) if within_tenant => vec![pick(of_south), pick(of_mill)],
        _ => vec![pick(of_south)],
    };
    ids.into_iter().map(|id| id.to_string()).collect()
}
