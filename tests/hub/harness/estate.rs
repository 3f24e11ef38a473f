//! Jobs of both companies with a marker in everything that somebody must not see, for tests of who sees what.

use super::company::{Company, HIDDEN};
use super::hub::TestHub;
use super::person::{Job, Person};
use super::{in_ms, rfc3339};
use crate::files::{picture, upload};
use dispatch_hub::domain::ids::{AssetId, CustomerId, DispatcherId, PortalUserId, TemplateId, WorkerId};
use serde_json::{Value, json};
use uuid::Uuid;

/// One thing of every kind.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    pub(crate) job: Job,
    pub(crate) worker: WorkerId,
    pub(crate) customer: CustomerId,
    pub(crate) template: TemplateId,
    pub(crate) asset: AssetId,
    pub(crate) portal_user: PortalUserId,
    pub(crate) dispatcher: DispatcherId,
    /// Uploaded by somebody of theirs.
    pub(crate) file: Uuid,
}

/// A one-job link, as its dispatcher got it.
#[derive(Debug, Clone)]
pub(crate) struct SharedLink {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) url: String,
}

/// What was planted.
pub(crate) struct Estate {
    pub(crate) errand: TemplateId,
    pub(crate) repair: TemplateId,
    pub(crate) bakery: CustomerId,
    /// Of the bakery, given to worker 1 of `north`.
    pub(crate) job: Job,
    /// Of `north`, foreign to the other tenant.
    pub(crate) north: Ids,
    /// Of `north`, of another customer and given to another worker.
    pub(crate) mill: Ids,
    /// Of the other tenant.
    pub(crate) south: Ids,
    /// Who makes fresh ones.
    dispatcher: Person,
    worker: Person,
}

impl Estate {
    pub(crate) async fn plant(hub: &TestHub) -> Self {
        let (north, south) = (hub.company(), hub.other());
        let of_bakery = started(hub, north, 1, north.bakery.id, &north.bakery.marker).await;
        let of_mill = started(hub, north, 2, north.mill.id, &north.mill.marker).await;
        let of_south = started(hub, south, 1, south.bakery.id, &south.bakery.marker).await;
        let file_of = async |email: &str| upload(hub, &hub.log_in(email).await.session, &picture(8, 8)).await;
        let files =
            [file_of("dispatcher2@north.example").await, file_of("customer2@north.example").await, file_of("dispatcher1@south.example").await];
        let ids = |company: &Company, job, number: usize, file| Ids {
            file,
            job,
            worker: company.worker(number),
            customer: if number == 1 { company.bakery.id } else { company.mill.id },
            template: company.repair,
            asset: if number == 1 { company.bakery.asset } else { company.mill.asset },
            portal_user: company.portal_users[number - 1],
            dispatcher: company.dispatchers[0],
        };
        Self {
            errand: north.errand,
            repair: north.repair,
            bakery: north.bakery.id,
            job: of_bakery,
            north: ids(north, of_bakery, 1, files[0]),
            mill: ids(north, of_mill, 2, files[1]),
            south: ids(south, of_south, 1, files[2]),
            dispatcher: hub.dispatcher(1).await,
            worker: hub.worker(1).await,
        }
    }

    /// One more job of the bakery on the phone of worker 1, that may be changed and deleted.
    pub(crate) async fn fresh_job(&self, hub: &TestHub) -> Job {
        let company = hub.company();
        let mut order = order(company.bakery.id, &company.bakery.marker);
        order["worker"] = json!(company.worker(1));
        order["scheduled_start"] = json!(rfc3339(in_ms(7_200_000)));
        order["publish"] = json!(true);
        let job = self.dispatcher.orders(company.repair, order).await;
        self.worker.does(job, json!({ "do": "accept" })).await;
        job
    }

    /// A fresh one-job link, of whichever company's job it is not.
    pub(crate) async fn share(&self, job: Job) -> SharedLink {
        let made = self.dispatcher.client.post(&format!("/api/jobs/{job}/links"), &json!({})).await.expect("a link");
        let text = |member: &str| made[member].as_str().expect("text").to_owned();
        SharedLink { id: text("id"), token: text("token"), url: text("url") }
    }
}

fn order(customer: CustomerId, marker: &str) -> Value {
    json!({
        "customer": customer,
        "requested_start": rfc3339(in_ms(3_600_000)),
        "contact": { "name": format!("Contact {marker}"), "phone": "+358" },
        "notes": format!("Notes {marker}"),
        "internal_notes": format!("Notes mk-dispatch-only {HIDDEN} {marker}"),
        "fields": { "wish": format!("Soon {marker}"), "margin": format!("40 % mk-dispatch-only {HIDDEN} {marker}"), "price": format!("90 mk-price {marker}") },
        "steps": [
            { "index": 0, "address": { "text": format!("Street {marker}"), "latitude": 60.17, "longitude": 24.94 }, "fields": { "meter": format!("7 {HIDDEN} {marker}") } },
            { "index": 1, "fields": { "parts": format!("Tap {HIDDEN} {marker}") } }
        ]
    })
}

/// Planned, declined by one worker, then given to another, who accepts.
async fn give(dispatcher: &Person, worker: &Person, company: &Company, number: usize, job: Job) {
    let allocate = json!({ "do": "allocate", "worker": company.worker(number), "start": rfc3339(in_ms(7_200_000)) });
    dispatcher.does(job, allocate).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    worker.does(job, json!({ "do": "accept" })).await;
}

/// A job with its first two steps done.
async fn started(hub: &TestHub, company: &Company, number: usize, customer: CustomerId, marker: &str) -> Job {
    let somebody = |who: String| hub.log_in_owned(format!("{who}@{}.example", company.name));
    let (dispatcher, worker, unwilling) =
        (somebody("dispatcher1".into()).await, somebody(format!("worker{number}")).await, somebody("worker3".into()).await);
    let job = dispatcher.orders(company.repair, order(customer, marker)).await;
    let to_third = json!({ "do": "allocate", "worker": company.worker(3), "start": rfc3339(in_ms(7_200_000)) });
    dispatcher.does(job, to_third).await;
    dispatcher.does(job, json!({ "do": "publish" })).await;
    unwilling.does(job, json!({ "do": "decline", "reason": format!("No time {HIDDEN} mk-dispatch-only") })).await;
    give(&dispatcher, &worker, company, number, job).await;
    worker.does(job, json!({ "do": "complete_step", "step": 0 })).await;
    worker.does(job, json!({ "do": "complete_step", "step": 1 })).await;
    job
}
