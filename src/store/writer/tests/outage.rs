use super::{Bench, change, new_job};
use crate::domain::ids::WorkerId;
use crate::store::private_postgres::PrivatePostgres;
use crate::store::writer::Outcome;
use crate::store::{Role, Store};
use sqlx::{Connection, PgConnection};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A server of the test's own, so that it may be stopped.
async fn server() -> (tempfile::TempDir, PrivatePostgres, Bench) {
    let data = tempfile::tempdir().unwrap();
    std::fs::set_permissions(data.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    let database = postgres.database().clone();
    Store::migrate(&database).await.unwrap();
    let store = Store::connect(&database).await.unwrap();
    (data, postgres, Bench::on(database, store))
}

#[tokio::test]
async fn while_postgres_is_away_callers_are_told_so_and_nothing_is_lost() {
    let (data, postgres, bench) = server().await;
    let tenant = bench.tenant().await;
    let jobs: Vec<_> = (0..20).map(|_| new_job()).collect();
    for job in &jobs {
        bench.commit(change(tenant, *job, 0)).await;
    }
    postgres.stop().await;

    let changes: Vec<_> = jobs.iter().map(|job| change(tenant, *job, 1)).collect();
    let away = futures_util::future::join_all(changes.iter().map(|change| bench.lanes.commit(vec![change.clone()]))).await;
    assert!(away.iter().all(Result::is_err), "nothing is acknowledged without Postgres");
    // From now on nobody waits at all.
    let refused = tokio::time::timeout(Duration::from_millis(500), bench.lanes.commit(vec![change(tenant, new_job(), 0)])).await;
    assert!(refused.unwrap().is_err());

    let postgres = PrivatePostgres::start(data.path()).await.unwrap();
    // The callers come back with the same ids, as they were told.
    for change in changes {
        let outcome = loop {
            match bench.lanes.commit(vec![change.clone()]).await {
                Ok(outcomes) => break outcomes[0],
                Err(_busy) => tokio::task::yield_now().await,
            }
        };
        assert!(matches!(outcome, Outcome::Applied { version: 2, .. } | Outcome::Replayed { version: 2, .. }), "{outcome:?}");
    }
    bench.check(tenant).await;
    assert_eq!(bench.published_seqs(tenant).len(), 40, "what a lane kept was published when it was committed");
    assert!(bench.store.ready().await.is_ok());
    postgres.stop().await;
}

#[tokio::test]
async fn a_frozen_holder_of_a_lock_is_ended() {
    let (_data, postgres, bench) = server().await;
    let tenant = bench.tenant().await;
    // Another hub that stopped between two round trips, with no time-out of its own.
    let mut frozen = PgConnection::connect_with(&bench.database.options(Role::Writer)).await.unwrap();
    sqlx::raw_sql("begin; update tenant_seq set seq = seq").execute(&mut frozen).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(30), bench.commit(change(tenant, new_job(), 0))).await.unwrap();
    assert_eq!(outcome, Outcome::Applied { seq: 1, version: 1, number: 1, invoice_number: None });
    assert!(frozen.ping().await.is_err());
    postgres.stop().await;
}

#[test]
fn lanes_are_chosen_by_the_random_part_of_an_id() {
    let lanes: std::collections::HashSet<usize> =
        (0..64).map(|_| crate::store::writer::commands::lane_of(WorkerId(uuid::Uuid::now_v7()).0, 4)).collect();
    assert_eq!(lanes.len(), 4);
}
