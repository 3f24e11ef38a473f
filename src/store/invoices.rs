//! What invoices need besides their job: the other party, and the numbers that a commit gave.

use super::Error;
use crate::domain::ids::{CustomerId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whom an invoice is for.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// Its name.
    pub name: String,
    /// Postal address.
    pub address: Option<String>,
    /// VAT or other tax number.
    pub tax_number: Option<String>,
}

/// A customer as an invoice names it.
pub async fn buyer(connection: &mut PgConnection, tenant: TenantId, customer: CustomerId) -> Result<Buyer, Error> {
    let buyer = sqlx::query_as!(Buyer, "select name, address, tax_number from customer where tenant = $1 and id = $2", tenant.0, customer.0)
        .fetch_one(connection)
        .await?;
    Ok(buyer)
}

/// The numbers of these jobs' invoices, in their order. On a writer's connection.
pub(super) async fn numbers(connection: &mut PgConnection, tenants: &[Uuid], jobs: &[Uuid]) -> Result<Vec<Option<i64>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select (j.doc #>> '{job,invoice,number}')::bigint as "number"
           from unnest($1::uuid[], $2::uuid[]) with ordinality x(tenant, job, place)
           left join job j on j.tenant = x.tenant and j.id = x.job order by x.place"#,
        tenants,
        jobs
    )
    .fetch_all(connection)
    .await
}
