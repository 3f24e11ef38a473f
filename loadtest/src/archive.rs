//! A company with a long past: 100,000 jobs of one tenant, written straight into the hub's tables in the form that the hub writes.

use crate::company::{Company, Person, Size};
use anyhow::Context;
use dispatch_hub::{
    domain::{
        At,
        caller::{By, ByKind},
        command::WorkerRef,
        field::Rule,
        ids::{CustomerId, JobId, TemplateId, TenantId},
        job::{CustomerRef, Job, NewJob, Placement, Slot, Source, Status},
        step::{Address, Done},
        template::{Filler, Parts, StepDef, Template},
        tenant::DispatchRules,
    },
    places::Gazetteer,
    store::{Role, private_postgres::PrivatePostgres},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom as _};
use sqlx::{Connection, PgConnection};
use std::path::Path;
use uuid::Uuid;

const DAY_MS: i64 = 24 * 3_600_000;
/// Jobs in one statement.
const AT_ONCE: usize = 2_000;
const CUSTOMERS: usize = 400;
const TRADES: [&str; 8] = ["Bakery", "Garage", "Laundry", "Florist", "Dentist", "Print shop", "Café", "Brewery"];
const TYPES: [(&str, [&str; 3]); 6] = [
    ("Repair", ["Visit", "Find the fault", "Repair"]),
    ("Boiler service", ["Arrive", "Clean burner", "Measure exhaust"]),
    ("Fibre installation", ["Survey", "Pull cable", "Light up"]),
    ("Delivery", ["Pick up", "Carry", "Hand over"]),
    ("Inspection", ["Arrive", "Inspect", "Report"]),
    ("Removal", ["Pack", "Load", "Unload"]),
];

/// Who looks at the archive, and what they look for.
pub(crate) struct Archive {
    /// Sees all of it.
    pub(crate) dispatcher: Person,
    /// Customers with thousands of jobs.
    pub(crate) large: Person,
    /// A customer with a handful.
    pub(crate) small: Person,
    /// Types of jobs.
    pub(crate) templates: Vec<TemplateId>,
    /// Customers, the largest first.
    pub(crate) customers: Vec<CustomerId>,
    /// Workers, by number of jobs.
    pub(crate) workers: Vec<Uuid>,
    /// The oldest date.
    pub(crate) begins: At,
}

/// Founds the company and writes its jobs.
pub(crate) async fn fill(data: &Path, jobs: usize, seed: u64, now: At, progress: impl Fn(u64)) -> anyhow::Result<Archive> {
    let size = Size { tenants: 1, workers: 50, dispatchers: 1, portal_users: CUSTOMERS };
    let company = Company::found(data, size).await?;
    let postgres = PrivatePostgres::start(data).await.context("the private Postgres")?;
    let mut connection = PgConnection::connect_with(&postgres.database().options(Role::Writer)).await?;
    let (tenant, _) = company.tenants[0];
    let mut past =
        Past { rng: SmallRng::seed_from_u64(seed), tenant, now, company: &company, addresses: Gazetteer::built_in(), templates: templates() };
    let mut number = 0;
    while number < jobs {
        let batch: Vec<Job> = (number..jobs.min(number + AT_ONCE)).map(|number| past.job(number)).collect::<anyhow::Result<_>>()?;
        number += batch.len();
        write(&mut connection, tenant, &batch).await?;
        progress(batch.len() as u64);
    }
    sqlx::query("update tenant_seq set number = $2 where tenant = $1").bind(tenant.0).bind(i64::try_from(jobs)?).execute(&mut connection).await?;
    // The largest three customers are one person's.
    let largest = &company.portal_users[0];
    for other in &company.portal_users[1..3] {
        sqlx::query("insert into portal_link (tenant, portal_user, customer) values ($1, $2, $3)")
            .bind(tenant.0)
            .bind(largest.person.id)
            .bind(other.customer.0)
            .execute(&mut connection)
            .await?;
    }
    let templates = past.templates.iter().map(|template| template.id).collect();
    connection.close().await?;
    // As it would be after a night.
    let mut owner = PgConnection::connect_with(&postgres.database().options(Role::Owner)).await?;
    sqlx::query("vacuum analyze job").execute(&mut owner).await?;
    sqlx::query("vacuum analyze job_text").execute(&mut owner).await?;
    owner.close().await?;
    postgres.stop().await;
    Ok(Archive {
        dispatcher: company.dispatchers[0].clone(),
        large: largest.person.clone(),
        small: company.portal_users[CUSTOMERS - 1].person.clone(),
        templates,
        customers: company.portal_users.iter().map(|user| user.customer).collect(),
        workers: company.workers.iter().map(|worker| worker.id).collect(),
        begins: now.plus_ms(-3 * 365 * DAY_MS),
    })
}

struct Past<'a> {
    rng: SmallRng,
    tenant: TenantId,
    now: At,
    company: &'a Company,
    addresses: Gazetteer,
    templates: Vec<Template>,
}

impl Past<'_> {
    fn job(&mut self, number: usize) -> anyhow::Result<Job> {
        // A few customers have most of the jobs, and most have a few.
        let place: f64 = self.rng.random_range(0.0_f64..1.0).powi(4);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short list")]
        let place = (place * CUSTOMERS as f64) as usize;
        let customer = self.company.portal_users[place].customer;
        let street = self.addresses.search(STREETS[place % STREETS.len()], 40);
        let at = street.choose(&mut self.rng).map(|place| Address {
            text: place.text.clone(),
            latitude: Some(place.latitude),
            longitude: Some(place.longitude),
        });
        let name = format!("{} {}", TRADES[place % TRADES.len()], place / TRADES.len() + 1);
        let template = self.templates.choose(&mut self.rng).context("there are types")?;
        let age_ms = self.rng.random_range(0..3 * 365 * DAY_MS) - 14 * DAY_MS;
        let start = self.now.plus_ms(-age_ms);
        let new = NewJob {
            template,
            customer: CustomerRef { id: customer, name },
            requested_start: Some(start),
            asset: None,
            contact: None,
            files: Vec::new(),
            terms: dispatch_hub::domain::invoice::Terms::default(),
            notes: "Ring at the side door, the bell in front is broken. ".repeat(3),
            steps: Vec::new(),
            fields: serde_json::Map::new(),
            placement: Placement::default(),
            filler: Filler::Dispatcher,
            source: Source::Dispatcher,
        };
        let by = By { kind: ByKind::Dispatcher, id: None, name: String::new() };
        let (mut job, _) = new
            .decide(self.tenant, JobId(Uuid::now_v7()), by, DispatchRules::default(), start)
            .map_err(|refusal| anyhow::anyhow!("a job of the archive: {refusal:?}"))?;
        job.number = i64::try_from(number + 1)?;
        job.steps[0].address = at;
        self.age(&mut job, start, age_ms);
        Ok(job)
    }

    /// What became of it: what is past is done or called off, what is to come is at some point of its way.
    fn age(&mut self, job: &mut Job, start: At, age_ms: i64) {
        let chance = self.rng.random_range(0..100);
        let done = Done { at: start, received_at: start };
        job.status = match chance {
            _ if age_ms > DAY_MS => {
                if chance < 4 {
                    Status::Cancelled
                } else {
                    Status::Completed
                }
            }
            0..20 => Status::Unassigned,
            20..30 => Status::Allocated,
            30..50 => Status::Pending,
            50..90 => Status::Assigned,
            _ => Status::Started,
        };
        if !matches!(job.status, Status::Unassigned | Status::Cancelled) {
            let worker = self.company.workers.choose(&mut self.rng);
            job.worker = worker.map(|worker| WorkerRef { id: worker.id.into(), name: "Aino Lehto".to_owned() });
            job.scheduled = Some(Slot { start, end: start.plus_ms(3_600_000) });
        }
        if matches!(job.status, Status::Started | Status::Completed) {
            job.actual_start = Some(start);
            job.steps[0].done = Some(done);
        }
        if job.status == Status::Completed {
            job.actual_end = Some(start.plus_ms(3_600_000));
            job.steps.iter_mut().for_each(|step| step.done = Some(done));
        }
    }
}

const STREETS: [&str; 8] = ["Keskuskatu", "Aleksanterinkatu", "Mannerheimintie", "Esplanadi", "Kaivokatu", "Mikonkatu", "Yrjönkatu", "Bulevardi"];

async fn write(connection: &mut PgConnection, tenant: TenantId, jobs: &[Job]) -> anyhow::Result<()> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id.0).collect();
    let numbers: Vec<i64> = jobs.iter().map(|job| job.number).collect();
    let statuses: Vec<i16> = jobs.iter().map(|job| job.status as i16).collect();
    let customers: Vec<Uuid> = jobs.iter().map(|job| job.customer.id.0).collect();
    let documents: Vec<String> = jobs.iter().map(|job| serde_json::json!({ "job": job, "list": job.listing() }).to_string()).collect();
    sqlx::query(
        "insert into job (tenant, id, version, number, status, customer, doc)
         select $1, id, 1, number, status, customer, doc::jsonb
         from unnest($2::uuid[], $3::bigint[], $4::smallint[], $5::uuid[], $6::text[]) as j (id, number, status, customer, doc)",
    )
    .bind(tenant.0)
    .bind(&ids)
    .bind(&numbers)
    .bind(&statuses)
    .bind(&customers)
    .bind(&documents)
    .execute(connection)
    .await?;
    Ok(())
}

fn templates() -> Vec<Template> {
    let step = |(place, name): (usize, &&str)| StepDef {
        name: (*name).to_owned(),
        address: place == 0,
        portal: if place == 1 { Rule::Hidden } else { Rule::Optional },
        fields: Vec::new(),
        completes_on_arrival: false,
    };
    let template = |(name, steps): &(&str, [&str; 3])| Template {
        id: TemplateId(Uuid::now_v7()),
        name: (*name).to_owned(),
        colour: "#2563eb".to_owned(),
        duration_min: 60,
        parts: Parts { requested_start: Rule::Optional, asset: Rule::Hidden, contact: Rule::Optional, notes: Rule::Optional, copies: 1 },
        steps: steps.iter().enumerate().map(step).collect(),
        fields: Vec::new(),
        invoice_lines: Vec::new(),
        archived: false,
    };
    TYPES.iter().map(template).collect()
}
