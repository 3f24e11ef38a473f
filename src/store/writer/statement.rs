//! The call of `commit_batch`: changes in columns, a row of numbers back for each.

use super::commands::Change;
use crate::store::invoices;
use sqlx::PgConnection;
use uuid::Uuid;

/// What the function says about one command; see its comment for `outcome`.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) outcome: i16,
    pub(super) seq: i64,
    pub(super) version: i64,
    pub(super) number: i64,
    /// Of the job's invoice, if this very command issued it.
    pub(super) invoice_number: Option<i64>,
}

/// One round trip, one autocommit transaction: a frozen hub cannot hold its locks. Numbers of invoices are read after it, if any were given.
pub(super) async fn commit_batch<'a, P: 'a>(
    connection: &mut PgConnection,
    changes: impl Iterator<Item = &'a Change<P>> + Clone,
) -> Result<Vec<Row>, sqlx::Error> {
    let mut columns = Columns::default();
    for change in changes.clone() {
        columns.push(change);
    }
    let mut rows = call(&mut *connection, &columns).await?;
    let issuing: Vec<usize> = changes.enumerate().filter(|(_, change)| change.issues_invoice).map(|(place, _)| place).collect();
    if !issuing.is_empty() {
        let of = |column: &[Uuid]| issuing.iter().map(|&place| column[place]).collect::<Vec<_>>();
        let numbers = invoices::numbers(connection, &of(&columns.tenant), &of(&columns.job)).await?;
        for (place, number) in issuing.into_iter().zip(numbers) {
            if let Some(row) = rows.get_mut(place) {
                row.invoice_number = number;
            }
        }
    }
    Ok(rows)
}

async fn call(connection: &mut PgConnection, columns: &Columns<'_>) -> Result<Vec<Row>, sqlx::Error> {
    let Columns {
        tenant,
        command,
        body_hash,
        job,
        version,
        ones,
        status,
        customer,
        doc,
        delete,
        index,
        kind,
        data,
        alert_delay_s,
        alerts,
        phone_before,
    } = columns;
    sqlx::query_as!(
        Row,
        r#"select outcome as "outcome!", seq as "seq!", version as "version!", number as "number!", null::bigint as invoice_number
           from commit_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) order by idx"#,
        tenant,
        command,
        body_hash,
        job,
        version,
        ones,
        status,
        customer,
        doc as &[&str],
        delete,
        index,
        ones,
        kind,
        data as &[&str],
        alert_delay_s,
        alerts,
        phone_before as &[Option<Uuid>],
    )
    .fetch_all(connection)
    .await
}

/// One event per command.
#[derive(Default)]
struct Columns<'a> {
    tenant: Vec<Uuid>,
    command: Vec<Uuid>,
    body_hash: Vec<i64>,
    job: Vec<Uuid>,
    version: Vec<i64>,
    ones: Vec<i16>,
    status: Vec<i16>,
    customer: Vec<Uuid>,
    doc: Vec<&'a str>,
    delete: Vec<bool>,
    index: Vec<i32>,
    kind: Vec<i16>,
    data: Vec<&'a str>,
    alert_delay_s: Vec<i16>,
    alerts: Vec<i64>,
    phone_before: Vec<Option<Uuid>>,
}

impl<'a> Columns<'a> {
    fn push<P>(&mut self, change: &'a Change<P>) {
        self.tenant.push(change.tenant.0);
        self.command.push(change.command);
        self.body_hash.push(change.body_hash);
        self.job.push(change.job.0);
        self.version.push(change.version);
        self.ones.push(1);
        self.status.push(change.status);
        self.customer.push(change.customer.0);
        self.doc.push(&change.doc);
        self.delete.push(change.delete);
        self.index.push(i32::try_from(self.tenant.len()).expect("a batch is small"));
        self.kind.push(change.kind);
        self.data.push(&change.data);
        self.alert_delay_s.push(change.alert_delay_s);
        self.alerts.push(change.alerts.0);
        self.phone_before.push(change.phone_before.map(|worker| worker.0));
    }
}
