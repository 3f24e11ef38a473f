//! The lanes on a real Postgres, with backends killed under them.

mod commands;
mod fixes;
mod outage;

use super::{Change, CommandLanes, Outcome, Published};
use crate::domain::alert::Alerts;
use crate::domain::ids::{CustomerId, JobId, TenantId};
use crate::store::{Database, Role, Store, scratch};
use sqlx::{Connection, PgConnection};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Lanes on a database of their own, with all that they published.
struct Bench {
    database: Database,
    store: Store,
    lanes: CommandLanes<Uuid>,
    published: Arc<Mutex<Vec<Published<Uuid>>>>,
}

impl Bench {
    async fn new() -> Self {
        let (database, store) = scratch::store().await.unwrap();
        Self::on(database, store)
    }

    fn on(database: Database, store: Store) -> Self {
        let published = Arc::new(Mutex::new(Vec::new()));
        let heard = published.clone();
        let lanes = CommandLanes::start(store.writer_pool().clone(), move |news| heard.lock().unwrap().push(news));
        Self { database, store, lanes, published }
    }

    async fn owner(&self) -> PgConnection {
        PgConnection::connect_with(&self.database.options(Role::Owner)).await.unwrap()
    }

    async fn tenant(&self) -> TenantId {
        let tenant = TenantId(Uuid::now_v7());
        sqlx::query("insert into tenant_seq (tenant) values ($1)").bind(tenant.0).execute(&mut self.owner().await).await.unwrap();
        tenant
    }

    async fn commit(&self, change: Change<Uuid>) -> Outcome {
        self.lanes.commit(vec![change]).await.unwrap()[0]
    }

    async fn number_of(&self, question: &'static str, tenant: TenantId) -> i64 {
        sqlx::query_scalar(question).bind(tenant.0).fetch_one(&mut self.owner().await).await.unwrap()
    }

    /// What must hold for every tenant that never deleted a job, whatever happened.
    async fn check(&self, tenant: TenantId) {
        let seq = self.number_of("select seq from tenant_seq where tenant = $1", tenant).await;
        let events = self.number_of("select count(*) from event where tenant = $1", tenant).await;
        let last = self.number_of("select coalesce(max(seq), 0) from event where tenant = $1", tenant).await;
        let versions = self.number_of("select coalesce(sum(version), 0)::bigint from job where tenant = $1", tenant).await;
        let commands = self.number_of("select count(*) from command where tenant = $1", tenant).await;
        assert_eq!((events, last, versions, commands), (seq, seq, seq, seq), "seq, events, versions and commands agree");
        let jobs = self.number_of("select count(*) from job where tenant = $1", tenant).await;
        let number = self.number_of("select number from tenant_seq where tenant = $1", tenant).await;
        assert_eq!(jobs, number, "job numbers are gapless");
    }

    /// The seqs of a tenant in the order in which they were published as new.
    fn published_seqs(&self, tenant: TenantId) -> Vec<i64> {
        let published = self.published.lock().unwrap();
        let events = published.iter().filter_map(|news| if let Published::Events(events) = news { Some(events) } else { None });
        events.flatten().filter(|event| event.tenant == tenant).map(|event| event.seq).collect()
    }
}

fn change(tenant: TenantId, job: JobId, version: i64) -> Change<Uuid> {
    let command = Uuid::now_v7();
    Change {
        tenant,
        command,
        body_hash: 7,
        job,
        version,
        status: 1,
        customer: CustomerId(Uuid::from_u128(1)),
        doc: format!(r#"{{"job": {{"at": {version}}}, "list": {{"date_ms": 5, "search": "J-1"}}}}"#),
        delete: false,
        kind: 1,
        data: r#"{"who": "me"}"#.into(),
        alerts: Alerts::NONE,
        phone_before: None,
        alert_delay_s: 0,
        issues_invoice: false,
        payload: command,
    }
}

fn new_job() -> JobId {
    JobId(Uuid::now_v7())
}
