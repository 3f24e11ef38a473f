//! Of the database itself: every table with a tenant column is guarded by forced row level security, so that a
//! forgotten filter shows nothing of anybody else. A new table that is not guarded fails here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dispatch_hub::store::{Database, Role, scratch};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Tables of the courier: what it settles, and what it must read to do so.
const COURIER: [&str; 16] = [
    "alert_subscription",
    "contact_point",
    "customer",
    "delivery",
    "event",
    "file_picture",
    "job",
    "message",
    "portal_link",
    "portal_user",
    "sms_charge",
    "sms_month",
    "template",
    "tenant",
    "webhook",
    "worker",
];
/// Tenant tables that readers have no business in.
const NOT_FOR_READERS: [&str; 5] = ["file_piece", "job_link", "login_session", "signup", "webhook"];

async fn connect(database: &Database, role: Role) -> PgConnection {
    PgConnection::connect_with(&database.options(role)).await.unwrap()
}

/// Tables with a tenant column, and the tenants themselves: name and the column. Partitions are apart.
async fn tenant_tables(owner: &mut PgConnection) -> BTreeMap<String, &'static str> {
    let named: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    named.into_iter().map(|name| (name, "tenant")).chain([("tenant".to_owned(), "id")]).collect()
}

/// Two rows in every tenant table, one for each of two tenants.
async fn fill(owner: &mut PgConnection, tables: &BTreeMap<String, &'static str>, tenants: [Uuid; 2]) {
    // Rows of any shape will do: constraints between tables are not what is tested.
    sqlx::query("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    for table in tables.keys() {
        let columns = sqlx::query(
            "select column_name::text, data_type::text from information_schema.columns
             where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' and column_name <> $2",
        )
        .bind(table)
        .bind(tables[table])
        .fetch_all(&mut *owner)
        .await
        .unwrap();
        let mut names = vec![tables[table].to_owned()];
        let mut values = vec!["$1".to_owned()];
        for column in columns {
            let (name, kind): (String, String) = (column.get(0), column.get(1));
            values.push(match (table.as_str(), name.as_str(), kind.as_str()) {
                ("tenant", "slug", _) => "'t-' || left(md5(random()::text), 8)".into(),
                ("contact_point", "kind", _) | ("message", "channel", _) => "1".into(),
                ("file", "received", _) => "0".into(),
                ("contact_point", "worker" | "dispatcher" | "quiet_from" | "quiet_to" | "endpoint" | "push_key" | "push_secret" | "session", _)
                | ("alert_subscription", "job" | "worker" | "portal_user" | "dispatcher", _)
                | ("message", "seq", _) => "null".into(),
                (_, _, "date") => "current_date".into(),
                (_, _, "uuid") => "gen_random_uuid()".into(),
                (_, _, "text") => "md5(random()::text)".into(),
                (_, _, "bytea") => "decode(md5(random()::text), 'hex')".into(),
                (_, _, "jsonb") => "'{}'::jsonb".into(),
                (_, _, "boolean") => "false".into(),
                (_, _, "timestamp with time zone") => "now()".into(),
                (_, _, _) => "(random() * 1000)::int".into(),
            });
            names.push(name);
        }
        let insert = format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "));
        for tenant in tenants {
            sqlx::query(AssertSqlSafe(insert.as_str())).bind(tenant).execute(&mut *owner).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
        }
    }
}

#[tokio::test]
async fn every_tenant_table_is_guarded() {
    let database = scratch::database().await.unwrap();
    let mut owner = connect(&database, Role::Owner).await;
    let tables = tenant_tables(&mut owner).await;
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables.keys() {
        let forced: bool = sqlx::query_scalar("select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::regclass")
            .bind(table)
            .fetch_one(&mut owner)
            .await
            .unwrap();
        assert!(forced, "{table} has no forced row level security");
        let policies: Vec<(String, String, String, Option<String>)> =
            sqlx::query_as("select policyname::text, cmd, roles::text, with_check from pg_policies where tablename = $1 order by policyname")
                .bind(table)
                .fetch_all(&mut owner)
                .await
                .unwrap();
        let seen: Vec<(&str, &str, &str)> =
            policies.iter().map(|(name, command, roles, _)| (name.as_str(), command.as_str(), roles.as_str())).collect();
        let mut wanted = vec![("app", "SELECT", "{hub_app}"), ("owner", "ALL", "{hub}"), ("writer", "ALL", "{hub_writer}")];
        if COURIER.contains(&table.as_str()) {
            wanted.insert(1, ("courier", "ALL", "{hub_courier}"));
        }
        assert_eq!(seen, wanted, "the policies of {table}");
    }
}

#[tokio::test]
async fn nobody_reaches_a_partition_directly() {
    let database = scratch::database().await.unwrap();
    let mut owner = connect(&database, Role::Owner).await;
    sqlx::query("select make_fix_days(current_date, current_date)").execute(&mut owner).await.unwrap();
    let partitions: Vec<String> =
        sqlx::query_scalar("select c.relname::text from pg_class c where c.relispartition and c.relkind = 'r'").fetch_all(&mut owner).await.unwrap();
    assert_eq!(partitions.len(), 2);
    for partition in partitions {
        let forced: bool = sqlx::query_scalar("select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::regclass")
            .bind(&partition)
            .fetch_one(&mut owner)
            .await
            .unwrap();
        assert!(forced, "{partition}");
        for role in [Role::App, Role::Writer, Role::Courier] {
            let read = sqlx::query(AssertSqlSafe(format!("select from {partition}"))).execute(&mut connect(&database, role).await).await;
            assert!(read.is_err(), "{role:?} reads {partition}");
        }
    }
}

#[tokio::test]
async fn a_reader_sees_its_tenant_and_writes_nothing() {
    let database = scratch::database().await.unwrap();
    let mut owner = connect(&database, Role::Owner).await;
    let tables = tenant_tables(&mut owner).await;
    let tenants = [Uuid::now_v7(), Uuid::now_v7()];
    fill(&mut owner, &tables, tenants).await;

    let mut reader = connect(&database, Role::App).await;
    for (table, column) in &tables {
        let all = format!("select {column} from {table}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&mut owner).await.unwrap();
        assert_eq!(count, 2, "{table} was not filled");
        if NOT_FOR_READERS.contains(&table.as_str()) {
            assert!(sqlx::query(AssertSqlSafe(all.as_str())).execute(&mut reader).await.is_err(), "a reader reads {table}");
            continue;
        }
        let seen: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(all.as_str())).fetch_all(&mut reader).await.unwrap();
        assert!(seen.is_empty(), "without a tenant {table} shows {seen:?}");
        for tenant in tenants {
            let mut transaction = reader.begin().await.unwrap();
            sqlx::query("select set_config('app.tenant', $1, true)").bind(tenant.to_string()).execute(&mut *transaction).await.unwrap();
            let seen: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(all.as_str())).fetch_all(&mut *transaction).await.unwrap();
            assert_eq!(seen, [tenant], "{table}");
            transaction.rollback().await.unwrap();
        }
        // The setting is empty, not absent, once a transaction with it has ended.
        let seen: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(all.as_str())).fetch_all(&mut reader).await.unwrap();
        assert!(seen.is_empty(), "{table} after a transaction");
        for write in
            [format!("delete from {table}"), format!("update {table} set {column} = {column}"), format!("insert into {table} default values")]
        {
            let error = sqlx::query(AssertSqlSafe(write.as_str())).execute(&mut reader).await.expect_err(&write);
            assert_eq!(error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(), Some("42501"), "{write}");
        }
    }
    for call in [
        "select make_fix_days(current_date, current_date)",
        "select commit_batch('{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}','{}')",
    ] {
        assert!(sqlx::query(call).execute(&mut reader).await.is_err(), "{call}");
    }
    assert!(sqlx::query("select from login").execute(&mut reader).await.is_err(), "a reader reads log-ins");
}

#[tokio::test]
async fn the_log_can_only_grow() {
    let database = scratch::database().await.unwrap();
    let mut writer = connect(&database, Role::Writer).await;
    for write in
        ["update event set seq = 1", "update event set kind = 1", "delete from event", "truncate event", "delete from tenant_seq", "drop table event"]
    {
        assert!(sqlx::query(write).execute(&mut writer).await.is_err(), "{write}");
    }
    let mut courier = connect(&database, Role::Courier).await;
    for write in [
        "update job set version = 1",
        "update event set data = '{}'",
        "select from login",
        "select from login_session",
        "insert into message default values",
    ] {
        assert!(sqlx::query(write).execute(&mut courier).await.is_err(), "{write}");
    }
}

#[tokio::test]
async fn every_table_says_why_it_exists() {
    let database = scratch::database().await.unwrap();
    let silent: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and c.relname <> '_sqlx_migrations' and obj_description(c.oid, 'pg_class') is null",
    )
    .fetch_all(&mut connect(&database, Role::Owner).await)
    .await
    .unwrap();
    assert!(silent.is_empty(), "{silent:?}");
}
