//! A hub on a thread of its own, with a database that nobody else uses.

use super::company::{self, Company};
use super::person::Person;
use super::watch;
use dispatch_hub::app::App;
use dispatch_hub::client::Client;
use dispatch_hub::config::Config;
use dispatch_hub::domain::ids::CustomerId;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::store::{Database, Role, Store, scratch};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A running hub with its two companies. When dropped, it fails its test if anything went wrong inside.
pub(crate) struct TestHub {
    database: Database,
    store: Store,
    running: Option<Running>,
    more_nodes: Vec<Running>,
    company: Company,
    other: Company,
}

struct Running {
    address: SocketAddr,
    system: usize,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl TestHub {
    /// A fresh hub with the companies `north` and `south`.
    pub(crate) async fn start() -> Self {
        watch::begin();
        let (database, store) = scratch::store().await.expect("the test database starts");
        let company = company::found(&store, "north").await;
        let other = company::found(&store, "south").await;
        let running = Some(Running::start(&database, "127.0.0.1:0".parse().expect("an address")).await);
        Self { database, store, running, more_nodes: Vec::new(), company, other }
    }

    /// Ends the hub properly and starts it again at the same address.
    pub(crate) async fn restart(&mut self) {
        let running = self.running.take().expect("it runs");
        let address = running.address;
        tokio::task::spawn_blocking(move || running.end()).await.expect("the hub ends");
        self.running = Some(Running::start(&self.database, address).await);
    }

    /// Another hub on the same database; its address.
    pub(crate) async fn second_node(&mut self) -> String {
        let node = Running::start(&self.database, "127.0.0.1:0".parse().expect("an address")).await;
        let url = format!("http://{}", node.address);
        self.more_nodes.push(node);
        url
    }

    /// What a query finds, as the owner of all tables.
    pub(crate) async fn table(&self, query: &str) -> Vec<Value> {
        let mut owner = PgConnection::connect_with(&self.database.options(Role::Owner)).await.expect("the database is there");
        let query = format!("select coalesce(jsonb_agg(found), '[]') from ({query}) found");
        let found: Json<Vec<Value>> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut owner).await.expect("a query that works");
        owner.close().await.expect("the database is there");
        found.0
    }

    /// Changes tables behind the hub's back, as the owner.
    pub(crate) async fn tamper(&self, statement: &str) {
        let mut owner = PgConnection::connect_with(&self.database.options(Role::Owner)).await.expect("the database is there");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut owner).await.expect("a statement that works");
        owner.close().await.expect("the database is there");
    }

    /// The company that tests are about.
    pub(crate) fn company(&self) -> &Company {
        &self.company
    }

    /// Another tenant of the same hub.
    pub(crate) fn other(&self) -> &Company {
        &self.other
    }

    /// For looking into tables.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.as_ref().expect("it runs").address)
    }

    /// Somebody without a log-in.
    pub(crate) fn stranger(&self) -> Client {
        Client::anonymous(&self.url()).expect("a client")
    }

    /// The dispatcher with this number in `north`.
    pub(crate) async fn dispatcher(&self, number: usize) -> Person {
        self.log_in(&format!("dispatcher{number}@north.example")).await
    }

    /// A dispatcher of `north` who is also admin.
    pub(crate) async fn admin(&self) -> Person {
        self.log_in("admin@north.example").await
    }

    /// The worker with this number in `north`.
    pub(crate) async fn worker(&self, number: usize) -> Person {
        self.log_in(&format!("worker{number}@north.example")).await
    }

    /// A portal user of `north`: number 1 acts for the bakery and the garage, number 2 for the mill.
    pub(crate) async fn portal_user(&self, number: usize) -> Person {
        self.log_in(&format!("customer{number}@north.example")).await
    }

    /// A new portal user of `north` who acts for one customer, with these permissions.
    pub(crate) async fn portal_user_with(&self, customer: CustomerId, permissions: &Overrides) -> Person {
        let email = company::portal_user(&self.store, &self.company, &[(customer, permissions.clone())]).await;
        self.log_in(&email).await
    }

    /// Anybody, by e-mail address.
    pub(crate) async fn log_in(&self, email: &str) -> Person {
        Person::log_in(&self.stranger(), &self.url(), email).await
    }

    /// Anybody, by e-mail address.
    pub(crate) async fn log_in_owned(&self, email: String) -> Person {
        self.log_in(&email).await
    }

    /// Errors that the hub logged and that this test caused on purpose. From here on new ones count again.
    pub(crate) fn announced_errors(&self) -> Vec<String> {
        watch::take(self.running.as_ref().expect("it runs").system)
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        let mut noticed = Vec::new();
        for node in self.running.take().into_iter().chain(self.more_nodes.drain(..)) {
            let system = node.system;
            node.end();
            noticed.extend(watch::take(system));
        }
        if !std::thread::panicking() {
            assert!(noticed.is_empty(), "inside the hub: {noticed:#?}");
        }
    }
}

impl Running {
    async fn start(database: &Database, listen: SocketAddr) -> Self {
        let mut config = Config::parse(Path::new("test"), "", []).expect("the defaults fit");
        config.listen = listen;
        let database = database.clone();
        let (started, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let system = actix_web::rt::System::new();
            system.block_on(async {
                let store = Store::connect(&database).await.expect("the database is there");
                let app = App::serve(&config, store, None).await.expect("the hub starts");
                let here = actix_web::rt::System::current().id();
                started.send((app.address(), here)).expect("the test waits");
                // Also when the test is gone.
                drop(stopped.await);
                app.stop().await.expect("the hub stops");
            });
            actix_web::rt::System::current().stop();
        });
        let (address, system) = address.await.expect("the hub starts");
        Self { address, system, stop, thread }
    }

    fn end(self) {
        drop(self.stop);
        let ended = self.thread.join();
        if !std::thread::panicking() {
            ended.expect("the hub ends without a panic");
        }
    }
}
