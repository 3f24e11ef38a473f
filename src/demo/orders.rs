//! Work for drivers who have none, so that the map lives at any hour: a dispatcher's log-in places a job on their row.

use super::company::Company;
use super::{PASSWORD, SLUG, answers};
use crate::client::{Client, Error};
use crate::domain::At;
use crate::domain::ids::WorkerId;
use crate::hub::clock;
use crate::protocol::instant::Rfc3339;
use rand::RngExt;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

/// More jobs than this are not made in one run: who leaves the demo on for days finds no thousands.
const MOST: usize = 300;
/// The planned start lies this far ahead.
const AHEAD_MIN: i64 = 4;
/// Driven workers are ten times as quick as real ones; planned like this, their jobs do not lie over each other.
const DURATION_MIN: u32 = 15;
const FIVE_MIN_MS: i64 = 5 * 60_000;

/// A driver without work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Idle {
    pub(super) worker: WorkerId,
}

/// Gives each idle driver a job, one after the other, until all is over.
pub(super) async fn hand_out(address: String, mut idlers: mpsc::Receiver<Idle>, mut stopped: watch::Receiver<bool>) {
    let company = Company::main();
    let mut log_in = None;
    for turn in 0..MOST {
        let idle = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            idle = idlers.recv() => idle,
        };
        let Some(Idle { worker }) = idle else { return };
        if let Err(error) = hand(&address, &mut log_in, &company, worker, turn).await {
            log_in = None;
            tracing::debug!(%error, "a demo driver got no work");
        }
    }
}

async fn hand(address: &str, log_in: &mut Option<Client>, company: &Company, worker: WorkerId, turn: usize) -> Result<(), Error> {
    let client = match log_in {
        Some(client) => client,
        None => log_in.insert(Client::login(address, "dispatcher@demo.example", PASSWORD, Some(SLUG)).await?),
    };
    client.post("/api/jobs", &order(company, worker, turn, clock::now())).await.map(drop)
}

/// Any job type, for any customer, planned for the next round time.
fn order(company: &Company, worker: WorkerId, turn: usize, now: At) -> Value {
    let mut rng = rand::rng();
    let template = &company.templates[rng.random_range(0..company.templates.len())];
    let whose = rng.random_range(0..company.customers.len());
    let start = At((now.plus_min(AHEAD_MIN).millis() / FIVE_MIN_MS + 1) * FIVE_MIN_MS);
    let today = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).date();
    let fields = template.fields.iter().filter(|field| field.portal.writable());
    let fields: Map<String, Value> =
        fields.filter_map(|field| Some((field.key.clone(), answers::to(&field.key, field.kind, &field.options, turn, today)?))).collect();
    let steps = template.steps.iter().enumerate().filter(|(_, step)| step.address);
    let steps: Vec<Value> = steps
        .zip(whose..)
        .map(|((index, _), whose)| {
            let address = &company.customers[whose % company.customers.len()].1;
            json!({ "index": index, "address": { "text": address.text, "latitude": address.latitude, "longitude": address.longitude } })
        })
        .collect();
    json!({
        "template": template.id,
        "customer": company.customers[whose].0.id,
        "steps": steps,
        "fields": fields,
        "worker": worker,
        "scheduled_start": Rfc3339(start),
        "duration_min": DURATION_MIN,
        "publish": true,
    })
}
