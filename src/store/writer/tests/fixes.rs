use crate::domain::At;
use crate::domain::ids::{TenantId, WorkerId};
use crate::store::writer::{FixLanes, FixRow};
use crate::store::{Role, scratch};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

fn fix(worker: WorkerId, at: i64) -> FixRow {
    FixRow {
        tenant: TenantId(Uuid::from_u128(1)),
        worker,
        device: "app".into(),
        at: At(at),
        received_at: At(at + 100),
        latitude: 60.17,
        longitude: 24.94,
        accuracy_m: Some(8.0),
        speed_mps: None,
        heading_deg: None,
        battery: Some(0.5),
        show: Some(At(at)),
        aside: false,
    }
}

async fn count(owner: &mut PgConnection, question: &'static str) -> i64 {
    sqlx::query_scalar(question).fetch_one(owner).await.unwrap()
}

#[tokio::test]
async fn fixes_are_stored_once_and_the_position_never_goes_back() {
    let (database, store) = scratch::store().await.unwrap();
    let mut owner = PgConnection::connect_with(&database.options(Role::Owner)).await.unwrap();
    let lanes = FixLanes::start(store.writer_pool().clone());
    let worker = WorkerId(Uuid::now_v7());
    let now = 1_790_000_000_000;
    let batch = vec![fix(worker, now), fix(worker, now + 2000), fix(worker, now + 1000)];
    lanes.store(batch.clone()).unwrap().await.unwrap();
    // All again, and a late one that is not shown.
    lanes.store(batch).unwrap().await.unwrap();
    lanes.store(vec![FixRow { show: None, ..fix(worker, now + 3000) }]).unwrap().await.unwrap();
    assert_eq!(count(&mut owner, "select count(*) from fix").await, 4);
    let shown: i64 = count(&mut owner, "select (extract(epoch from shown_at) * 1000)::bigint from worker_position").await;
    assert_eq!(shown, now + 2000);

    // Late by an hour, but the newest that claims to be shown does not move it back.
    lanes.store(vec![fix(worker, now - 3_600_000)]).unwrap().await.unwrap();
    assert_eq!(count(&mut owner, "select (extract(epoch from shown_at) * 1000)::bigint from worker_position").await, now + 2000);

    // The same instant on another device is another fix; 1901 lies aside.
    lanes.store(vec![FixRow { device: "tracker".into(), ..fix(worker, now) }]).unwrap().await.unwrap();
    let broken = FixRow { aside: true, ..fix(worker, -2_147_483_648_000) };
    lanes.store(vec![broken.clone()]).unwrap().await.unwrap();
    lanes.store(vec![broken]).unwrap().await.unwrap();
    assert_eq!(count(&mut owner, "select count(*) from fix").await, 6);
    assert_eq!(count(&mut owner, "select count(*) from fix_aside").await, 1);
    assert_eq!(count(&mut owner, "select count(*) from worker_position").await, 1);
}

#[tokio::test]
async fn one_bad_fix_does_not_hold_the_others() {
    let (database, store) = scratch::store().await.unwrap();
    let mut owner = PgConnection::connect_with(&database.options(Role::Owner)).await.unwrap();
    let lanes = FixLanes::start(store.writer_pool().clone());
    let worker = WorkerId(Uuid::now_v7());
    let mut fixes: Vec<FixRow> = (0..20).map(|n| fix(worker, 1_790_000_000_000 + n)).collect();
    fixes[13].device = "a\0b".into();
    lanes.store(fixes).unwrap().await.unwrap();
    assert_eq!(count(&mut owner, "select count(*) from fix").await, 19);
    assert!(lanes.store(Vec::new()).unwrap().await.is_ok());
    lanes.drain().await;
    assert!(lanes.store(vec![fix(worker, 1)]).is_err());
}
