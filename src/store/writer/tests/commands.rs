use super::{Bench, change, new_job};
use crate::domain::alert::{Alert, Alerts};
use crate::domain::ids::{JobId, TenantId};
use crate::store::writer::{Change, Outcome, Published};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::Row;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

#[tokio::test]
async fn a_job_is_created_and_changed() {
    let bench = Bench::new().await;
    let (tenant, job) = (bench.tenant().await, new_job());
    assert_eq!(bench.commit(change(tenant, job, 0)).await, Outcome::Applied { seq: 1, version: 1, number: 1, invoice_number: None });
    assert_eq!(bench.commit(change(tenant, new_job(), 0)).await, Outcome::Applied { seq: 2, version: 1, number: 2, invoice_number: None });
    assert_eq!(bench.commit(change(tenant, job, 1)).await, Outcome::Applied { seq: 3, version: 2, number: 1, invoice_number: None });
    bench.check(tenant).await;
    assert_eq!(bench.published_seqs(tenant), [1, 2, 3]);
    let row = sqlx::query("select date_ms, search, worker is null as free from job where id = $1")
        .bind(job.0)
        .fetch_one(&mut bench.owner().await)
        .await
        .unwrap();
    assert_eq!((row.get::<i64, _>(0), row.get::<String, _>(1), row.get::<bool, _>(2)), (5, "J-1".into(), true));
}

#[tokio::test]
async fn a_command_changes_the_world_once() {
    let bench = Bench::new().await;
    let (tenant, job) = (bench.tenant().await, new_job());
    let create = change(tenant, job, 0);
    let edit = change(tenant, job, 1);
    bench.commit(create.clone()).await;
    bench.commit(edit.clone()).await;
    // Again, decided on whatever version, even for another new job: the first answer.
    assert_eq!(bench.commit(create.clone()).await, Outcome::Replayed { seq: 1, version: 1 });
    assert_eq!(bench.commit(Change { job: new_job(), ..create.clone() }).await, Outcome::Replayed { seq: 1, version: 1 });
    assert_eq!(bench.commit(Change { version: 2, ..edit.clone() }).await, Outcome::Replayed { seq: 2, version: 2 });
    assert_eq!(bench.commit(Change { body_hash: 8, ..edit }).await, Outcome::OtherBody);
    // The same id of another tenant is another command.
    let other = bench.tenant().await;
    assert_eq!(bench.commit(Change { tenant: other, ..create }).await, Outcome::Applied { seq: 1, version: 1, number: 1, invoice_number: None });
    bench.check(tenant).await;
    let caught_up =
        bench.published.lock().unwrap().iter().filter(|news| matches!(news, Published::CatchUp { tenant: of, .. } if *of == tenant)).count();
    assert_eq!(caught_up, 3);
}

#[tokio::test]
async fn a_decision_on_an_old_version_is_refused() {
    let bench = Bench::new().await;
    let (tenant, job) = (bench.tenant().await, new_job());
    bench.commit(change(tenant, job, 0)).await;
    bench.commit(change(tenant, job, 1)).await;
    assert_eq!(bench.commit(change(tenant, job, 1)).await, Outcome::Conflict { version: 2 });
    assert_eq!(bench.commit(change(tenant, job, 0)).await, Outcome::Conflict { version: 2 });
    assert_eq!(bench.commit(change(tenant, new_job(), 1)).await, Outcome::Conflict { version: 0 });
    // Neither a foreign tenant's job nor a tenant that is not there.
    assert_eq!(bench.commit(change(bench.tenant().await, job, 2)).await, Outcome::Conflict { version: 0 });
    assert_eq!(bench.commit(change(TenantId(Uuid::now_v7()), job, 0)).await, Outcome::Conflict { version: 0 });
    bench.check(tenant).await;
}

#[tokio::test]
async fn one_group_may_hold_a_job_or_an_id_twice() {
    let bench = Bench::new().await;
    let (tenant, job) = (bench.tenant().await, new_job());
    let create = change(tenant, job, 0);
    let outcomes = bench.lanes.commit(vec![create.clone(), change(tenant, job, 1), create, change(tenant, job, 1)]).await.unwrap();
    assert_eq!(
        outcomes,
        [
            Outcome::Applied { seq: 1, version: 1, number: 1, invoice_number: None },
            Outcome::Applied { seq: 2, version: 2, number: 1, invoice_number: None },
            Outcome::Replayed { seq: 1, version: 1 },
            Outcome::Conflict { version: 2 },
        ]
    );
    bench.check(tenant).await;
}

#[tokio::test]
async fn copies_share_a_commit() {
    let bench = Bench::new().await;
    let tenant = bench.tenant().await;
    let copies = || (0..700).map(|_| change(tenant, new_job(), 0)).collect::<Vec<_>>();
    let (first, second) = tokio::join!(bench.lanes.commit(copies()), bench.lanes.commit(copies()));
    for outcomes in [first.unwrap(), second.unwrap()] {
        let numbers: Vec<i64> = outcomes.iter().map(|outcome| if let Outcome::Applied { number, .. } = outcome { *number } else { 0 }).collect();
        assert!(numbers.is_sorted_by(|a, b| a + 1 == *b), "{numbers:?}");
    }
    let commits: i64 = bench.number_of("select count(distinct xmin::text) from job where tenant = $1", tenant).await;
    assert!(commits <= 2, "{commits} commits for two groups");
    bench.check(tenant).await;
}

#[tokio::test]
async fn a_deleted_job_leaves_its_seqs_and_forgets_its_data() {
    let bench = Bench::new().await;
    let (tenant, job) = (bench.tenant().await, new_job());
    bench.commit(change(tenant, job, 0)).await;
    bench.commit(change(tenant, job, 1)).await;
    let delete = Change { delete: true, kind: 23, ..change(tenant, job, 2) };
    assert_eq!(bench.commit(delete.clone()).await, Outcome::Applied { seq: 3, version: 3, number: 1, invoice_number: None });
    let mut owner = bench.owner().await;
    let data: Vec<String> =
        sqlx::query_scalar("select data::text from event where tenant = $1 order by seq").bind(tenant.0).fetch_all(&mut owner).await.unwrap();
    assert_eq!(data, ["{}", "{}", r#"{"who": "me"}"#]);
    assert_eq!(bench.number_of("select count(*) from job where tenant = $1", tenant).await, 0);
    assert_eq!(bench.commit(delete).await, Outcome::Replayed { seq: 3, version: 3 });
    assert_eq!(bench.commit(change(tenant, job, 3)).await, Outcome::Conflict { version: 0 });
}

#[tokio::test]
async fn alerts_and_webhook_calls_come_with_the_commit() {
    let bench = Bench::new().await;
    let (tenant, job, worker) = (bench.tenant().await, new_job(), Uuid::now_v7());
    let mut owner = bench.owner().await;
    let customer = Uuid::from_u128(1);
    let alerts: Alerts = [Alert::EnRoute, Alert::Published].into_iter().collect();
    let none: Option<Uuid> = None;
    let mut told = Vec::new();
    // What is watched, and whether this event is part of it: everything of that is told to the two addresses once.
    let watched = [
        ("one", Some(customer), none, none, true),
        ("one", none, Some(job.0), none, true),
        ("two", none, none, Some(worker), true),
        ("other customer", Some(Uuid::from_u128(2)), none, none, false),
        ("not verified", Some(customer), none, none, false),
        ("stopped", Some(customer), none, none, false),
    ];
    for (address, customer, job, of_worker, is_told) in watched {
        let contact: Uuid = sqlx::query_scalar(
            "insert into contact_point (tenant, id, portal_user, kind, address, verified_at, stopped_at)
             values ($1, gen_random_uuid(), '00000000-0000-0000-0000-000000000007', 1, $2, case when $2 <> 'not verified' then now() end, case when $2 = 'stopped' then now() end)
             on conflict (tenant, coalesce(portal_user, worker, dispatcher), kind, address) where kind <> 3 do update set kind = 1 returning id",
        )
        .bind(tenant.0)
        .bind(address)
        .fetch_one(&mut owner)
        .await
        .unwrap();
        sqlx::query("insert into alert_subscription (tenant, id, contact_point, customer, job, worker, kinds) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6)")
            .bind(tenant.0)
            .bind(contact)
            .bind(customer)
            .bind(job)
            .bind(of_worker)
            .bind(Alerts::from_iter([Alert::EnRoute]).0)
            .execute(&mut owner)
            .await
            .unwrap();
        if is_told && !told.contains(&address.to_owned()) {
            told.push(address.to_owned());
        }
    }
    sqlx::query("insert into webhook (tenant, id, url, secret, kinds) values ($1, gen_random_uuid(), 'https://hooks.example', 's', $2)")
        .bind(tenant.0)
        .bind(1_i64 << 10)
        .execute(&mut owner)
        .await
        .unwrap();
    bench.commit(change(tenant, job, 0)).await;
    let doc = format!(r#"{{"job": {{}}, "list": {{"worker": "{worker}"}}}}"#);
    bench.commit(Change { kind: 10, alerts, alert_delay_s: 15, doc, ..change(tenant, job, 1) }).await;
    let planned: Vec<(i64, String, i64, f64)> = sqlx::query_as(
        "select m.seq, m.address, m.kinds, extract(epoch from m.due_at - e.at)::float8 from message m join event e using (tenant, seq) where tenant = $1 order by address",
    )
    .bind(tenant.0)
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let expected: Vec<_> = told.into_iter().map(|address| (2, address, 1_i64 << 5, 15.0)).collect();
    assert_eq!(planned, expected);
    assert_eq!(bench.number_of("select count(*) from delivery where tenant = $1", tenant).await, 1);
}

#[tokio::test]
async fn one_bad_command_does_not_hold_the_others() {
    let bench = Bench::new().await;
    let (tenant, other) = (bench.tenant().await, bench.tenant().await);
    let bad = Change { doc: "not JSON".into(), ..change(tenant, new_job(), 0) };
    let (group, good) = tokio::join!(
        bench.lanes.commit(vec![change(tenant, new_job(), 0), bad.clone(), change(tenant, new_job(), 0)]),
        bench.lanes.commit(vec![change(other, new_job(), 0)]),
    );
    let group = group.unwrap();
    assert!(matches!(group[..], [Outcome::Applied { .. }, Outcome::Failed, Outcome::Applied { .. }]), "{group:?}");
    assert!(matches!(good.unwrap()[0], Outcome::Applied { .. }));
    // The same event twice, though the command is new: the log's own key refuses it.
    let job = new_job();
    bench.commit(change(tenant, job, 0)).await;
    bench.commit(Change { delete: true, ..change(tenant, job, 1) }).await;
    assert_eq!(bench.commit(change(tenant, job, 0)).await, Outcome::Failed);
    bench.check(other).await;
}

#[tokio::test]
async fn draining_lets_nobody_in_and_loses_nobody() {
    let bench = Bench::new().await;
    let tenant = bench.tenant().await;
    let commits = (0..50).map(|_| bench.lanes.commit(vec![change(tenant, new_job(), 0)]));
    let (outcomes, ()) = tokio::join!(futures_util::future::join_all(commits), bench.lanes.drain());
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(bench.lanes.commit(vec![change(tenant, new_job(), 0)]).await.is_err());
    bench.check(tenant).await;
}

/// One client: creates jobs and changes those of all clients, repeats its commands now and then.
async fn client(bench: &Bench, tenants: &[TenantId], jobs: &[JobId], mut random: StdRng) -> usize {
    let mut applied = 0;
    for _ in 0..60 {
        // Half of the load on one tenant.
        let tenant = if random.random_bool(0.5) { tenants[0] } else { tenants[random.random_range(0..tenants.len())] };
        let job = jobs[random.random_range(0..jobs.len())];
        let mut next = change(tenant, job, 0);
        let first = loop {
            match bench.lanes.commit(vec![next.clone()]).await.map(|outcomes| outcomes[0]) {
                Err(_busy) => tokio::task::yield_now().await,
                Ok(Outcome::Conflict { version }) => next.version = version,
                Ok(Outcome::Applied { seq, version, .. } | Outcome::Replayed { seq, version }) => break (seq, version),
                Ok(outcome) => panic!("{outcome:?}"),
            }
        };
        applied += 1;
        if random.random_bool(0.1)
            && let Ok(outcomes) = bench.lanes.commit(vec![next]).await
        {
            assert_eq!(outcomes[0], Outcome::Replayed { seq: first.0, version: first.1 });
        }
    }
    applied
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_backends_lose_and_double_nothing() {
    let seed: u64 = std::env::var("HUB_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| rand::rng().random());
    let bench = Bench::new().await;
    let mut tenants = Vec::new();
    for _ in 0..6 {
        tenants.push(bench.tenant().await);
    }
    let jobs: Vec<JobId> = (0..20).map(|_| new_job()).collect();
    let done = AtomicBool::new(false);
    let killer = async {
        let mut random = StdRng::seed_from_u64(seed);
        let mut owner = bench.owner().await;
        let mut killed = 0;
        while !done.load(Ordering::Relaxed) {
            killed += sqlx::query_scalar::<_, i64>(
                "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and usename = 'hub_writer' and random() < 0.4",
            )
            .fetch_one(&mut owner)
            .await
            .unwrap();
            sqlx::query("select pg_sleep($1)").bind(random.random_range(0.005..0.06)).execute(&mut owner).await.unwrap();
        }
        killed
    };
    let clients = async {
        let clients = (0..24).map(|number| client(&bench, &tenants, &jobs, StdRng::seed_from_u64(seed ^ (number + 1))));
        let applied = futures_util::future::join_all(clients).await.into_iter().sum::<usize>();
        done.store(true, Ordering::Relaxed);
        applied
    };
    let (ended, applied) = tokio::join!(killer, clients);
    let mut events = 0;
    for tenant in &tenants {
        bench.check(*tenant).await;
        let seqs = bench.published_seqs(*tenant);
        assert!(seqs.is_sorted_by(|a, b| a < b), "seed {seed}: published out of order {seqs:?}");
        events += bench.number_of("select count(*) from event where tenant = $1", *tenant).await;
    }
    assert_eq!(events, i64::try_from(applied).unwrap(), "seed {seed}: every acknowledged command is there once");
    assert!(ended > 0, "seed {seed}: nothing was killed");
}
