//! Throw-away databases for tests, here and in `tests/`: one private cluster per test program, a migrated database per test.
//!
//! The clusters stay in the folder for temporary files until the next run begins its own there: a new cluster is made in
//! less time than a few old databases are dropped in.

use super::private_postgres::{self, PrivatePostgres};
use super::{Database, Error, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::LazyLock;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// How many test programs may run at once.
const CLUSTERS: u32 = 16;

/// Outlives the runtime of the test that happens to come first; the server ends with the process.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a test machine can start threads"));
static SERVER: OnceCell<PrivatePostgres> = OnceCell::const_new();

/// A migrated, empty database of the caller's own.
pub async fn database() -> Result<Database, Error> {
    let server = SERVER.get_or_init(|| async { RUNTIME.spawn(server()).await.expect("the test server starts") }).await;
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut owner = PgConnection::connect_with(&server.options("hub")).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name} template hub_template"))).execute(&mut owner).await?;
    owner.close().await?;
    Ok(server.database().named(&name))
}

/// The same with the store's pools on it.
pub async fn store() -> Result<(Database, Store), Error> {
    let database = database().await?;
    let store = Store::connect(&database).await?;
    Ok((database, store))
}

async fn server() -> PrivatePostgres {
    let folder = std::env::temp_dir().join(format!("dispatch-hub-tests-{}", rustix::process::geteuid().as_raw()));
    for number in 0..CLUSTERS {
        let data = folder.join(number.to_string());
        let started = match private_postgres::forget(&data) {
            Ok(()) => PrivatePostgres::start(&data).await,
            Err(error) => Err(error),
        };
        match started {
            Err(private_postgres::Error::InUse(_)) => {}
            started => {
                let server = started.expect("Postgres is installed");
                prepare(&server).await.expect("the migrations run");
                return server;
            }
        }
    }
    unreachable!("more than {CLUSTERS} test programs at once");
}

async fn prepare(server: &PrivatePostgres) -> Result<(), Error> {
    let mut owner = PgConnection::connect_with(&server.options("hub")).await?;
    sqlx::raw_sql("create database hub_template").execute(&mut owner).await?;
    owner.close().await?;
    Store::migrate(&server.database().named("hub_template")).await
}
