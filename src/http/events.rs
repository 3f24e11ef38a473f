//! A job's history, in its audience's words.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::jobs::find;
use super::request::{Id, Query};
use crate::domain::caller::Role;
use crate::domain::event::Event;
use crate::domain::ids::JobId;
use crate::domain::portal;
use crate::domain::refusal::Why;
use crate::protocol::detail::Detail;
use crate::protocol::lists::{HistoryEvent, List};
use crate::protocol::views::By;
use crate::store;
use actix_web::web::{Data, Json};
use std::sync::Arc;

pub(super) async fn of_job(parts: Data<Parts>, me: Me, Id(id): Id<JobId>, query: Query) -> Result<Json<List<HistoryEvent>>, Error> {
    let limit = query.limit()?;
    let after: i64 = query.parsed("after", "the `next` of this list")?.unwrap_or(0);
    if after < 0 {
        return Err(Error::invalid("/after", &Why::Expected("the `next` of this list")));
    }
    let (job, view) = find(&parts, &me, id).await?;
    let view = Arc::new(view);
    let permissions = me.caller.permissions_for(job.customer.id);
    let mut connection = parts.store.read(me.tenant.id).await?;
    let logged = store::events::of_job(&mut connection, me.tenant.id, id).await?;
    let told = logged.into_iter().filter(|logged| logged.seq > after).filter_map(|logged| {
        let event: Event = serde_json::from_value(logged.data).ok()?;
        let by = match (&me.caller.role, permissions) {
            (Role::PortalUser { id, .. }, Some(permissions)) => portal::hears(&event, permissions, id.0).then(|| By::portal(&event, permissions))?,
            (Role::PortalUser { .. }, None) => return None,
            (Role::Link { id, permissions, .. }, _) => portal::hears(&event, permissions, id.0).then(|| By::portal(&event, permissions))?,
            _ => By::staff(&event),
        };
        let detail = matches!(me.caller.role, Role::Dispatcher { .. }).then(|| Detail::of(&event));
        Some(HistoryEvent { seq: logged.seq, at: event.at.into(), kind: event.kind, job: Some(Arc::clone(&view)), job_id: id, by, detail })
    });
    let mut items: Vec<HistoryEvent> = told.take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.seq.to_string());
    Ok(Json(List { items, next }))
}
