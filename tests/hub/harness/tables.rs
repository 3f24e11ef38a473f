//! Looking into the tables, and changing them, as their owner.

use dispatch_hub::store::{Database, Role};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// What a query finds: one object per row.
pub(crate) async fn find(database: &Database, query: &str) -> Vec<Value> {
    let mut owner = connect(database).await;
    let query = format!("select coalesce(jsonb_agg(found), '[]') from ({query}) found");
    let found: Json<Vec<Value>> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut owner).await.expect("a query that works");
    owner.close().await.expect("the database is there");
    found.0
}

/// Runs a statement.
pub(crate) async fn change(database: &Database, statement: &str) {
    let mut owner = connect(database).await;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut owner).await.expect("a statement that works");
    owner.close().await.expect("the database is there");
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect_with(&database.options(Role::Owner)).await.expect("the database is there")
}
