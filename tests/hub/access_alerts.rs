//! The rows of the access matrix that are about alerts: addresses and wishes are their owner's alone, the log is the company's.

use crate::access_matrix::{ADMINS, ANYONE, Column, DISPATCHERS, MEMBERS, Role, Row, Thing, acts, reads};
use crate::harness::{TestHub, in_ms, rfc3339};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

/// Of another portal user of `north`, which is foreign to everybody in the matrix.
pub(crate) const FOREIGN_POINT: Uuid = Uuid::from_u128(0xF1);
pub(crate) const FOREIGN_WISH: Uuid = Uuid::from_u128(0xF2);
/// Of `south`, and to `south` of nobody.
pub(crate) const FOREIGN_ALERT: Uuid = Uuid::from_u128(0xF3);
pub(crate) const FOREIGN_WEBHOOK: Uuid = Uuid::from_u128(0xF4);
pub(crate) const FOREIGN_TOKEN: Uuid = Uuid::from_u128(0xF5);

pub(crate) fn row(method: &Method, path: &str) -> Option<Row> {
    let row = match (method.as_str(), path) {
        ("GET", "/api/alert-options" | "/api/contact-points" | "/api/alert-subscriptions") => reads(Thing::Nothing, MEMBERS),
        ("POST", "/api/contact-points" | "/api/alert-subscriptions") => acts(Thing::Nothing, MEMBERS, json!({}), 422),
        // Hubs of the matrix do not push: what fits is refused, too, in `push`.
        ("PUT", "/api/push-subscription") => acts(Thing::Nothing, &[Role::Worker], json!({}), 422),
        ("PATCH", "/api/contact-points/{id}") => acts(Thing::ContactPoint, MEMBERS, json!({}), 200),
        ("DELETE", "/api/contact-points/{id}") => Row { status: 204, ..reads(Thing::ContactPoint, MEMBERS) },
        ("POST", "/api/contact-points/{id}/code") => Row { status: 202, ..reads(Thing::ContactPoint, MEMBERS) },
        ("POST", "/api/contact-points/{id}/verify") => acts(Thing::ContactPoint, MEMBERS, json!({ "code": "guess" }), 422),
        ("PATCH", "/api/alert-subscriptions/{id}") => acts(Thing::Wish, MEMBERS, json!({ "events": [] }), 422),
        ("DELETE", "/api/alert-subscriptions/{id}") => Row { status: 204, ..reads(Thing::Wish, MEMBERS) },
        // Who has a token is in `alerts`, who is a gateway in `sms`.
        ("GET" | "POST" | "DELETE", "/api/unsubscribe/{token}") | ("POST", "/u/{token}" | "/api/sms/twilio/status" | "/api/sms/twilio/incoming") => {
            Row { status: 404, ..reads(Thing::Nothing, ANYONE) }
        }
        ("GET", "/api/alerts" | "/api/settings/alerts") => reads(Thing::Nothing, DISPATCHERS),
        ("POST", "/api/alerts/{id}/resend") => Row { status: 202, ..reads(Thing::Alert, DISPATCHERS) },
        ("PUT", "/api/settings/alerts") => acts(Thing::Nothing, ADMINS, json!({}), 200),
        ("POST", "/api/settings/alerts/preview") => {
            let text = json!({ "subject": "S", "text": "T", "sms": "M" });
            acts(Thing::Nothing, ADMINS, json!({ "event": "started", "text": text }), 200)
        }
        ("GET", "/api/webhooks" | "/api/tokens" | "/api/sms-account" | "/api/sms-account/{month}" | "/api/sms-account/{month}/statement.csv") => {
            reads(Thing::Nothing, ADMINS)
        }
        ("POST", "/api/webhooks") => acts(Thing::Nothing, ADMINS, json!({}), 422),
        ("POST", "/api/tokens") => acts(Thing::Nothing, ADMINS, json!({ "name": "", "scopes": [] }), 422),
        ("DELETE", "/api/tokens/{id}") => Row { status: 204, ..reads(Thing::Token, ADMINS) },
        ("GET", "/api/webhooks/{id}" | "/api/webhooks/{id}/deliveries") | ("POST", "/api/webhooks/{id}/secret") => reads(Thing::Webhook, ADMINS),
        ("PATCH", "/api/webhooks/{id}") => acts(Thing::Webhook, ADMINS, json!({}), 200),
        ("DELETE", "/api/webhooks/{id}") => Row { status: 204, ..reads(Thing::Webhook, ADMINS) },
        ("POST", "/api/webhooks/{id}/replay") => acts(Thing::Webhook, ADMINS, json!({ "since": rfc3339(in_ms(-1000)) }), 200),
        // The test call that was planned before.
        ("POST", "/api/webhooks/{id}/test" | "/api/webhooks/{id}/deliveries/{seq}/resend") => Row { status: 202, ..reads(Thing::Webhook, ADMINS) },
        ("GET", "/api" | "/api/openapi.json") => reads(Thing::Nothing, ANYONE),
        ("POST", "/api/sms/incoming/{secret}") => acts(Thing::Nothing, ANYONE, json!({ "from": "+358401234567", "text": "STOP" }), 404),
        _ => return None,
    };
    Some(row)
}

/// What belongs to others.
pub(crate) async fn plant(hub: &TestHub) {
    let (north, south) = (hub.company(), hub.other());
    hub.tamper(&format!(
        "insert into contact_point (tenant, id, portal_user, kind, address, verified_at) values ('{}', '{FOREIGN_POINT}', '{}', 1, 'mk-south@example.com', now());
         insert into alert_subscription (tenant, id, contact_point, portal_user, kinds) values ('{}', '{FOREIGN_WISH}', '{FOREIGN_POINT}', '{}', 1);",
        north.tenant, north.portal_users[1], north.tenant, north.portal_users[1]
    ))
    .await;
    webhook(hub, south.tenant.0, FOREIGN_WEBHOOK).await;
    token(hub, south.tenant.0, FOREIGN_TOKEN).await;
    alert(hub, south.tenant.0, FOREIGN_ALERT).await;
    hub.tamper(&format!("update message set withdrawn_at = now(), dead_at = null where id = '{FOREIGN_ALERT}'")).await;
}

async fn webhook(hub: &TestHub, tenant: Uuid, id: Uuid) {
    hub.tamper(&format!(
        "insert into webhook (tenant, id, url, secret, kinds) values ('{tenant}', '{id}', 'https://127.0.0.1:1/', 'whsec_mk-south', 0);
         insert into delivery (tenant, seq, webhook, due_at) values ('{tenant}', 0, '{id}', null);"
    ))
    .await;
}

async fn token(hub: &TestHub, tenant: Uuid, id: Uuid) {
    hub.tamper(&format!(
        "insert into api_token (tenant, id, name, token_hash, scopes, created_by) values ('{tenant}', '{id}', 'Spare', decode(md5('{id}'), 'hex'), 1, 'A')"
    ))
    .await;
}

async fn alert(hub: &TestHub, tenant: Uuid, id: Uuid) {
    hub.tamper(&format!(
        "insert into message (tenant, id, address, name, contact_point, seq, job, customer, kinds, expires_at, due_at, dead_at)
         values ('{tenant}', '{id}', 'a@example.com', 'A', gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), 4, now() + interval '1 day', null, now())"
    ))
    .await;
}

/// One of the caller's own, which may be changed and removed; of a caller who is nobody, one that is somebody's.
pub(crate) async fn own(hub: &TestHub, thing: Thing, column: &Column) -> Uuid {
    let (north, id, wish) = (hub.company(), Uuid::now_v7(), Uuid::now_v7());
    if thing == Thing::Alert {
        alert(hub, north.tenant.0, id).await;
        return id;
    }
    if thing == Thing::Token {
        token(hub, north.tenant.0, id).await;
        return id;
    }
    if thing == Thing::Webhook {
        webhook(hub, north.tenant.0, id).await;
        return id;
    }
    let (owner, person) = match column.role {
        Some(Role::Worker) => ("worker", north.worker(1).0),
        Some(Role::Dispatcher) => ("dispatcher", north.dispatchers[0].0),
        Some(Role::Admin) => ("dispatcher", hub.admin().await.caller.id),
        _ => ("portal_user", north.portal_users[0].0),
    };
    hub.tamper(&format!(
        "insert into contact_point (tenant, id, {owner}, kind, address) values ('{tenant}', '{id}', '{person}', 1, '{id}@example.com');
         insert into alert_subscription (tenant, id, contact_point, {owner}, kinds) values ('{tenant}', '{wish}', '{id}', '{person}', 1);",
        tenant = north.tenant
    ))
    .await;
    if thing == Thing::Wish { wish } else { id }
}
