//! Real servers, real kills.

use super::cluster::Cluster;
use super::{Error, PrivatePostgres, Search, server};
use sqlx::{Connection, PgConnection};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const DATA: &str = "HUB_TEST_DATA";

/// A data folder that Postgres' user can reach.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

async fn answer(postgres: &PrivatePostgres) -> i32 {
    let mut owner = PgConnection::connect_with(&postgres.options("hub")).await.unwrap();
    sqlx::query_scalar("select count(*)::int from kept").fetch_one(&mut owner).await.unwrap()
}

async fn keep_one(postgres: &PrivatePostgres) {
    let mut owner = PgConnection::connect_with(&postgres.options("hub")).await.unwrap();
    sqlx::raw_sql("create table if not exists kept (n int); insert into kept values (1)").execute(&mut owner).await.unwrap();
}

fn postmaster(data: &Path) -> Option<u32> {
    std::fs::read_to_string(data.join("pg/postmaster.pid")).ok()?.lines().next()?.parse().ok()
}

/// Running, and not just waiting for a parent that never asks (as in a container).
fn is_alive(pid: u32) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap().stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

fn kill_9(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

/// The hub as a process of its own: this test program, told to run only the test below.
fn hub_process(data: &Path) -> std::process::Child {
    let mut hub = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::private_postgres::tests::a_hub_that_waits_to_be_killed", "--nocapture"])
        .env(DATA, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(hub.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")), "the hub process did not come up");
    hub
}

#[tokio::test]
async fn a_hub_that_waits_to_be_killed() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let postgres = PrivatePostgres::start(&PathBuf::from(data)).await.unwrap();
    keep_one(&postgres).await;
    std::io::stdout().write_all(b"\nready\n").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_second_start_finds_what_the_first_one_wrote() {
    let data = folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    keep_one(&postgres).await;
    let mut owner = PgConnection::connect_with(&postgres.options("hub")).await.unwrap();
    let durable: String = sqlx::query_scalar(
        "select current_setting('fsync') || ' ' || current_setting('synchronous_commit') || ' ' || current_setting('listen_addresses')",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(durable, "on on ");
    postgres.stop().await;
    assert_eq!(postmaster(data.path()), None);

    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert_eq!(answer(&postgres).await, 1);
    postgres.stop().await;
}

#[tokio::test]
async fn a_second_hub_on_the_folder_is_refused() {
    let data = folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    let refused = PrivatePostgres::start(data.path()).await.unwrap_err();
    assert!(matches!(refused, Error::InUse(_)), "{refused}");
    keep_one(&postgres).await;
    assert_eq!(answer(&postgres).await, 1);
    postgres.stop().await;
}

#[tokio::test]
async fn a_killed_hub_leaves_no_server_and_loses_nothing() {
    let data = folder();
    let mut hub = hub_process(data.path());
    let server = postmaster(data.path()).unwrap();
    hub.kill().unwrap();
    hub.wait().unwrap();
    // The next hub at once: it waits for the old server to end.
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert!(!is_alive(server), "the killed hub's server still runs");
    assert_eq!(answer(&postgres).await, 1);
    postgres.stop().await;
}

#[tokio::test]
async fn an_orphan_is_ended_and_replaced() {
    let data = folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    keep_one(&postgres).await;
    postgres.stop().await;
    let path = data.path().canonicalize().unwrap();
    let cluster = Cluster::open(&path, &Search::of_this_process()).await.unwrap();
    let orphan = cluster
        .command("pg_ctl")
        .args(["start", "-s", "-w", "-l", "/dev/null", "-D"])
        .arg(&cluster.folder)
        .arg("-o")
        .arg(format!("-h '' -k {}", cluster.socket_folder.display()))
        .status()
        .await
        .unwrap();
    assert!(orphan.success());
    let orphan = postmaster(data.path()).unwrap();

    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    assert!(!is_alive(orphan));
    assert_ne!(postmaster(data.path()), Some(orphan));
    assert_eq!(answer(&postgres).await, 1);
    postgres.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again() {
    let data = folder();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    keep_one(&postgres).await;
    let first = postmaster(data.path()).unwrap();
    kill_9(first);
    let mut interval = tokio::time::interval(std::time::Duration::from_millis(20));
    let count = loop {
        interval.tick().await;
        let Ok(mut owner) = PgConnection::connect_with(&postgres.options("hub")).await else { continue };
        if let Ok(count) = sqlx::query_scalar::<_, i64>("select count(*) from kept").fetch_one(&mut owner).await
            && postmaster(data.path()) != Some(first)
        {
            break count;
        }
    };
    assert_eq!(count, 1);
    postgres.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let data = folder();
    let nowhere = Search { only: Some(data.path().join("nowhere")), ..Search::default() };
    let error = PrivatePostgres::start_with(data.path(), &nowhere).await.unwrap_err().to_string();
    assert!(error.contains("apt-get install postgresql") && error.contains("HUB_PG_BIN"), "{error}");
    assert!(!data.path().join("pg").exists());
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_left_alone() {
    let data = folder();
    std::fs::create_dir(data.path().join("pg")).unwrap();
    std::fs::write(data.path().join("pg/PG_VERSION"), "9\n").unwrap();
    let error = PrivatePostgres::start(data.path()).await.unwrap_err();
    assert!(matches!(&error, Error::WrongMajor { needed: 9, found, .. } if !found.is_empty()), "{error}");
    assert!(error.to_string().contains("apt-get install postgresql-9"), "{error}");
    assert_eq!(std::fs::read_to_string(data.path().join("pg/PG_VERSION")).unwrap(), "9\n");
}

#[tokio::test]
async fn a_half_made_cluster_is_made_again() {
    let data = folder();
    for half in ["pg", "pg.new"] {
        std::fs::create_dir(data.path().join(half)).unwrap();
        std::fs::write(data.path().join(half).join("postgresql.conf"), "half").unwrap();
    }
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    keep_one(&postgres).await;
    postgres.stop().await;
}

#[tokio::test]
async fn a_data_folder_with_a_very_long_path_gets_its_socket_elsewhere() {
    let data = folder();
    let long = data.path().join("d".repeat(120));
    let postgres = PrivatePostgres::start(&long).await.unwrap();
    keep_one(&postgres).await;
    let socket_folder = postgres.options("hub").get_socket().unwrap().clone();
    postgres.stop().await;
    std::fs::remove_dir(&socket_folder).unwrap();
}

#[tokio::test]
async fn a_forgotten_folder_begins_anew() {
    let data = folder();
    let data = data.path().join("data");
    let postgres = PrivatePostgres::start(&data).await.unwrap();
    keep_one(&postgres).await;
    assert!(matches!(super::forget(&data), Err(Error::InUse(_))));
    postgres.stop().await;
    super::forget(&data).unwrap();
    assert!(!data.exists());
    let postgres = PrivatePostgres::start(&data).await.unwrap();
    let mut owner = PgConnection::connect_with(&postgres.options("hub")).await.unwrap();
    assert!(sqlx::query("select from kept").execute(&mut owner).await.is_err());
    postgres.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let data = folder();
    PrivatePostgres::start(data.path()).await.unwrap().stop().await;
    std::fs::write(data.path().join("pg/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let path = data.path().canonicalize().unwrap();
    let cluster = Cluster::open(&path, &Search::of_this_process()).await.unwrap();
    let error = server::start(&cluster).await.unwrap_err().to_string();
    assert!(error.contains("no_such_setting"), "{error}");
}
