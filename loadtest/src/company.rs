//! The companies that the crowd belongs to: written straight into the hub's tables before it starts, so that thousands of
//! log-ins do not cost thousands of password hashes. Jobs are made through the hub, like everybody's.

use anyhow::Context;
use dispatch_hub::{
    auth::Token,
    domain::{
        field::Rule,
        ids::{CustomerId, TemplateId, TenantId, WorkerId},
        template::{Parts, StepDef, Template},
    },
    store::{Role, Store, private_postgres::PrivatePostgres},
};
use serde_json::json;
use sqlx::{Connection, PgConnection, types::Json};
use std::path::Path;
use uuid::Uuid;

/// How many of each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Companies that the people are spread over.
    pub(crate) tenants: usize,
    /// In all.
    pub(crate) workers: usize,
    /// In all.
    pub(crate) dispatchers: usize,
    /// In all, each with a customer of their own.
    pub(crate) portal_users: usize,
}

/// Someone with a log-in session.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Of which company.
    pub(crate) tenant: TenantId,
    /// Their id in it.
    pub(crate) id: Uuid,
    /// The cookie.
    pub(crate) session: Token,
}

/// A portal user.
#[derive(Debug, Clone)]
pub(crate) struct PortalUser {
    /// The log-in.
    pub(crate) person: Person,
    /// The customer they order for.
    pub(crate) customer: CustomerId,
}

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct Company {
    /// Ids of all companies, with the one job type of each.
    pub(crate) tenants: Vec<(TenantId, TemplateId)>,
    /// On duty.
    pub(crate) workers: Vec<Person>,
    /// Each sees all of their company.
    pub(crate) dispatchers: Vec<Person>,
    /// May do everything.
    pub(crate) portal_users: Vec<PortalUser>,
}

impl Company {
    /// Creates everybody in a data folder whose hub is not running.
    pub(crate) async fn found(data: &Path, size: Size) -> anyhow::Result<Self> {
        let postgres = PrivatePostgres::start(data).await.context("the private Postgres")?;
        Store::migrate(postgres.database()).await?;
        let mut connection = PgConnection::connect_with(&postgres.database().options(Role::Writer)).await?;
        let mut company = Self::default();
        for number in 0..size.tenants {
            company.found_one(&mut connection, number, size).await?;
        }
        connection.close().await?;
        postgres.stop().await;
        Ok(company)
    }

    async fn found_one(&mut self, connection: &mut PgConnection, number: usize, size: Size) -> anyhow::Result<()> {
        let share = |of: usize| of / size.tenants + usize::from(number < of % size.tenants);
        let (tenant, template) = (TenantId(Uuid::now_v7()), job_type());
        // Publishing assigns: the crowd measures commands, not acceptance.
        let settings = json!({ "dispatch": { "accept_decline": false, "auto_accept": false } });
        let mut transaction = connection.begin().await?;
        sqlx::query("insert into tenant (id, slug, name, time_zone, settings) values ($1, $2, $3, 'Europe/Helsinki', $4)")
            .bind(tenant.0)
            .bind(format!("load-{number}"))
            .bind(format!("Load {number}"))
            .bind(Json(&settings))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("insert into tenant_seq (tenant) values ($1)").bind(tenant.0).execute(&mut *transaction).await?;
        sqlx::query("insert into template (tenant, id, name, doc) values ($1, $2, $3, $4)")
            .bind(tenant.0)
            .bind(template.id.0)
            .bind(&template.name)
            .bind(Json(&template))
            .execute(&mut *transaction)
            .await?;
        let workers = people(&mut transaction, tenant, Kind::Worker, share(size.workers)).await?;
        let dispatchers = people(&mut transaction, tenant, Kind::Dispatcher, share(size.dispatchers)).await?;
        let portal_users = people(&mut transaction, tenant, Kind::PortalUser, share(size.portal_users)).await?;
        let customers: Vec<Uuid> = portal_users.iter().map(|_| Uuid::now_v7()).collect();
        let users: Vec<Uuid> = portal_users.iter().map(|person| person.id).collect();
        sqlx::query("insert into customer (tenant, id, name) select $1, id, 'Customer ' || n from unnest($2::uuid[]) with ordinality as c (id, n)")
            .bind(tenant.0)
            .bind(&customers)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("insert into portal_link (tenant, portal_user, customer) select $1, * from unnest($2::uuid[], $3::uuid[])")
            .bind(tenant.0)
            .bind(&users)
            .bind(&customers)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.tenants.push((tenant, template.id));
        self.workers.extend(workers);
        self.dispatchers.extend(dispatchers);
        self.portal_users
            .extend(portal_users.into_iter().zip(customers).map(|(person, customer)| PortalUser { person, customer: CustomerId(customer) }));
        Ok(())
    }

    /// The job type of a company.
    pub(crate) fn template(&self, tenant: TenantId) -> TemplateId {
        self.tenants.iter().find(|(id, _)| *id == tenant).expect("everybody belongs to a company").1
    }

    /// Who does the work of portal user number `index`: a worker of the same company, if there are enough.
    pub(crate) fn worker_of(&self, index: usize) -> Option<WorkerId> {
        let tenant = self.portal_users[index].person.tenant;
        let place = self.portal_users[..index].iter().filter(|user| user.person.tenant == tenant).count();
        self.workers.iter().filter(|worker| worker.tenant == tenant).nth(place).map(|worker| WorkerId(worker.id))
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Dispatcher = 1,
    Worker = 2,
    PortalUser = 3,
}

/// Log-ins, memberships and log-in sessions.
async fn people(connection: &mut PgConnection, tenant: TenantId, kind: Kind, count: usize) -> anyhow::Result<Vec<Person>> {
    let people: Vec<Person> = (0..count).map(|_| Person { tenant, id: Uuid::now_v7(), session: Token::random() }).collect();
    let ids: Vec<Uuid> = people.iter().map(|person| person.id).collect();
    let hashes: Vec<Vec<u8>> = people.iter().map(|person| person.session.hash()).collect();
    let membership = match kind {
        Kind::Dispatcher => "insert into dispatcher (tenant, id, login, name) select $1, id, id, 'Dispatcher ' || n",
        Kind::Worker => "insert into worker (tenant, id, login, name, on_duty) select $1, id, id, 'Worker ' || n, true",
        Kind::PortalUser => "insert into portal_user (tenant, id, login, name) select $1, id, id, 'Customer ' || n",
    };
    // A person's id is their log-in's id too: here everybody has one membership.
    sqlx::query("insert into login (id, email) select id, id || '@load.example' from unnest($1::uuid[]) as p (id)")
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("{membership} from unnest($2::uuid[]) with ordinality as p (id, n)")))
        .bind(tenant.0)
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into login_session (token_hash, login, tenant, kind, person, expires_at)
         select hash, id, $1, $2, id, now() + interval '1 day' from unnest($3::bytea[], $4::uuid[]) as s (hash, id)",
    )
    .bind(tenant.0)
    .bind(kind as i16)
    .bind(&hashes)
    .bind(&ids)
    .execute(&mut *connection)
    .await?;
    Ok(people)
}

fn job_type() -> Template {
    let step =
        |name: &str, address| StepDef { name: name.to_owned(), address, portal: Rule::Optional, fields: Vec::new(), completes_on_arrival: false };
    Template {
        id: TemplateId(Uuid::now_v7()),
        name: "Delivery".to_owned(),
        colour: "#2563eb".to_owned(),
        duration_min: 60,
        parts: Parts { requested_start: Rule::Optional, asset: Rule::Hidden, contact: Rule::Optional, notes: Rule::Optional, copies: 1 },
        steps: vec![step("Pick up", true), step("Deliver", true)],
        fields: Vec::new(),
        invoice_lines: Vec::new(),
        archived: false,
    }
}
