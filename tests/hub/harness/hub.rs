//! A hub on a thread of its own, with a database that nobody else uses.

use super::company::{self, Company};
use super::person::Person;
use super::{tables, watch};
use dispatch_hub::app::App;
use dispatch_hub::client::Client;
use dispatch_hub::config::Config;
use dispatch_hub::domain::ids::CustomerId;
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::store::private_postgres::PrivatePostgres;
use dispatch_hub::store::{Database, Store, scratch};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A running hub with its two companies. When dropped, it fails its test if anything went wrong inside.
pub(crate) struct TestHub {
    database: Database,
    store: Store,
    running: Option<Running>,
    more_nodes: Vec<Running>,
    postgres: Option<PrivatePostgres>,
    folder: Option<Folder>,
    /// What its `config.toml` says.
    settings: String,
    plain: reqwest::Client,
    company: Company,
    other: Company,
}

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        std::fs::remove_dir_all(&self.0).ok();
    }
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
        Self::start_on(database, store, "").await
    }

    /// The same with these lines in its `config.toml`.
    pub(crate) async fn start_with(settings: &str) -> Self {
        watch::begin();
        let (database, store) = scratch::store().await.expect("the test database starts");
        Self::start_on(database, store, settings).await
    }

    /// The same on a Postgres of its own, which can be stopped.
    pub(crate) async fn start_with_own_database() -> Self {
        watch::begin();
        let folder = Folder(std::env::temp_dir().join(format!("dispatch-hub-test-{}", uuid::Uuid::now_v7().simple())));
        let postgres = PrivatePostgres::start(&folder.0).await.expect("Postgres is installed");
        let database = postgres.database().clone();
        Store::migrate(&database).await.expect("the migrations run");
        let store = Store::connect(&database).await.expect("the database is there");
        let mut hub = Self::start_on(database, store, "").await;
        (hub.postgres, hub.folder) = (Some(postgres), Some(folder));
        hub
    }

    async fn start_on(database: Database, store: Store, settings: &str) -> Self {
        // Before a plain client is made: this one brings the cryptography that both want.
        Client::anonymous("http://localhost").expect("a client");
        let company = company::found(&store, "north").await;
        let other = company::found(&store, "south").await;
        let running = Some(Running::start(&database, "127.0.0.1:0".parse().expect("an address"), settings).await);
        let (more_nodes, settings, plain) = (Vec::new(), settings.to_owned(), reqwest::Client::new());
        Self { database, store, running, more_nodes, postgres: None, folder: None, settings, plain, company, other }
    }

    /// Ends the hub properly and starts it again at the same address.
    pub(crate) async fn restart(&mut self) {
        let running = self.running.take().expect("it runs");
        let address = running.address;
        tokio::task::spawn_blocking(move || running.end()).await.expect("the hub ends");
        self.running = Some(Running::start(&self.database, address, &self.settings).await);
    }

    /// Another hub on the same database; its address.
    pub(crate) async fn second_node(&mut self) -> String {
        let node = Running::start(&self.database, "127.0.0.1:0".parse().expect("an address"), &self.settings).await;
        let url = format!("http://{}", node.address);
        self.more_nodes.push(node);
        url
    }

    /// What a query finds, as the owner of all tables.
    pub(crate) async fn table(&self, query: &str) -> Vec<Value> {
        tables::find(&self.database, query).await
    }

    /// Changes tables behind the hub's back, as the owner.
    pub(crate) async fn tamper(&self, statement: &str) {
        tables::change(&self.database, statement).await;
    }

    /// Stops the database, as an operator would.
    pub(crate) async fn stop_database(&mut self) {
        self.postgres.take().expect("a database of its own that runs").stop().await;
    }

    /// Starts it again.
    pub(crate) async fn start_database(&mut self) {
        let folder = self.folder.as_ref().expect("a database of its own");
        self.postgres = Some(PrivatePostgres::start(&folder.0).await.expect("Postgres starts"));
    }

    /// Ends the database's processes as a crash would; it is restarted by itself.
    pub(crate) fn kill_database(&self) {
        let folder = self.folder.as_ref().expect("a database of its own");
        let claim = std::fs::read_to_string(folder.0.join("pg/postmaster.pid")).expect("it runs");
        let pid: i32 = claim.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process");
        let pid = rustix::process::Pid::from_raw(pid).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
    }

    /// The company that tests are about.
    pub(crate) fn company(&self) -> &Company {
        &self.company
    }

    /// Another tenant of the same hub.
    pub(crate) fn other(&self) -> &Company {
        &self.other
    }

    /// Its database, for what no route does yet.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.as_ref().expect("it runs").address)
    }

    /// Any request, in its barest form; the path begins with a slash.
    pub(crate) fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain.request(method, format!("{}{path}", self.url()))
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
        self.portal_user_of(&[(customer, permissions.clone())]).await
    }

    /// A new portal user of `north` who acts for these customers, with different permissions.
    pub(crate) async fn portal_user_of(&self, links: &[(CustomerId, Overrides)]) -> Person {
        let email = company::portal_user(&self.store, &self.company, links).await;
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
    async fn start(database: &Database, listen: SocketAddr, settings: &str) -> Self {
        let mut config = Config::parse(Path::new("test"), settings, []).expect("the defaults fit");
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
