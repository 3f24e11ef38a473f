//! Lists of jobs: filtered, searched, sorted, and paged by the last row seen, so that page 1,000 costs what page 1 does.
//!
//! No order and no filter may need all rows of a tenant unpacked: everything asked for is a narrow column, and each order has an
//! index. Words are looked up first in the index of trigrams; see `search`.

use super::search::Search;
use super::{Error, with_columns};
use crate::domain::At;
use crate::domain::ids::{CustomerId, TemplateId, TenantId, WorkerId};
use crate::domain::job::{Job, Status};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row};
use uuid::Uuid;

/// Whose columns are filtered, searched and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Everything.
    #[default]
    Staff,
    /// What a portal user may know: their words for the status, the date they see, nothing hidden.
    Portal,
    /// What a portal user without "live status" may know: no status either, and no actual start.
    Quiet,
}

/// What a list is sorted by; rows that are equal in it go by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The job's number.
    #[default]
    Number,
    /// The date column; what has no date comes after every date.
    Date,
    /// The order of a job's life; a status that is not shown comes before all.
    Status,
    /// The customer's name.
    Customer,
    /// The template's name.
    Template,
}

/// A list to read. Absent members do not filter.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// Whose columns.
    pub view: View,
    /// In any of these.
    pub statuses: &'a [Status],
    /// Of this type.
    pub template: Option<TemplateId>,
    /// Of any of these customers.
    pub customers: Option<&'a [CustomerId]>,
    /// Of any of these customers, whose jobs are seen through `View::Quiet` instead: in the same list, one order.
    pub quiet: Option<&'a [CustomerId]>,
    /// On this worker's row.
    pub worker: Option<WorkerId>,
    /// The date column is not before it.
    pub from: Option<At>,
    /// The date column is before it.
    pub to: Option<At>,
    /// Completed ones only if they ended at it or later.
    pub completed_since: Option<At>,
    /// The number begins with it, or each of its words is found.
    pub text: Option<&'a str>,
    /// In this order.
    pub sort: Sort,
    /// The other way round.
    pub descending: bool,
    /// Beginning after this row.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: u16,
}

/// Jobs, and where the next page begins, if there is one.
#[derive(Debug)]
pub struct Page {
    /// In the order asked for.
    pub jobs: Vec<Job>,
    /// After the last of them.
    pub next: Option<Cursor>,
}

/// The last row of a page: its place in the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor(Key, i64);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl Cursor {
    /// As it goes over the wire.
    pub fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("numbers and a string"))
    }

    /// What `encode` gave for a list of the same order; none for anything else.
    pub fn parse(text: &str, sort: Sort) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (matches!(cursor.0, Key::Text(_)) == sort.is_by_text()).then_some(cursor)
    }
}

impl Sort {
    fn is_by_text(self) -> bool {
        matches!(self, Self::Customer | Self::Template)
    }

    /// The sorted expression, as an index has it; never null, so that rows compare.
    fn expression(self, view: View) -> &'static str {
        match (self, view) {
            (Self::Number, _) => "number",
            (Self::Date, view) => date(view),
            (Self::Status, View::Staff) => "status",
            (Self::Status, View::Portal) => "portal_status",
            (Self::Status, View::Quiet) => "0::smallint",
            (Self::Customer, _) => "customer_name",
            (Self::Template, _) => "template_name",
        }
    }
}

/// As the indexes have it. Not `coalesce`, of which Postgres does not know that it leaks nothing: below row level security a range
/// of it would be no condition of the index, and all rows before the range be read.
fn date(view: View) -> &'static str {
    match view {
        View::Staff => "case when date_ms is null then 9223372036854775807 else date_ms end",
        View::Portal => "case when portal_date_ms is null then 9223372036854775807 else portal_date_ms end",
        View::Quiet => "case when quiet_date_ms is null then 9223372036854775807 else quiet_date_ms end",
    }
}

/// One page of a tenant's jobs.
pub async fn page(connection: &mut PgConnection, tenant: TenantId, filter: &Filter<'_>) -> Result<Page, Error> {
    let mut rows = part(connection, tenant, filter).await?;
    if let Some(quiet) = filter.quiet {
        // Each half by its own columns, then one list: a column that is hidden in one half must not place a row of it.
        let quiet = Filter { view: View::Quiet, customers: Some(quiet), quiet: None, ..filter.clone() };
        rows.extend(part(connection, tenant, &quiet).await?);
        rows.sort_by(|(one, _), (other, _)| if filter.descending { other.cmp(one) } else { one.cmp(other) });
    }
    let is_last = rows.len() <= usize::from(filter.limit);
    rows.truncate(usize::from(filter.limit));
    let next = if is_last { None } else { rows.last().map(|(cursor, _)| cursor.clone()) };
    Ok(Page { jobs: rows.into_iter().map(|(_, job)| job).collect(), next })
}

/// The rows of one view, one more than asked for: that says whether there is a next page.
async fn part(connection: &mut PgConnection, tenant: TenantId, filter: &Filter<'_>) -> Result<Vec<(Cursor, Job)>, Error> {
    // A status that is not shown is not searched for either.
    let hides_status = filter.view == View::Quiet && !filter.statuses.is_empty();
    let search = filter.text.and_then(|text| Search::parse(text, filter.view != View::Staff));
    if hides_status || filter.customers.is_some_and(<[CustomerId]>::is_empty) || search.as_ref().is_some_and(Search::finds_nothing) {
        return Ok(Vec::new());
    }
    let rare = match &search {
        Some(search) => search.rare_numbers(connection, filter.customers, filter.template).await?,
        None => None,
    };
    let key = filter.sort.expression(filter.view);
    // The rows of the page are found by narrow columns first, and only theirs are the documents that are unpacked: in one
    // select, all that match would be unpacked before they are sorted.
    let mut query = QueryBuilder::<Postgres>::new("select j.number, j.version, j.doc -> 'job' as job, p.key");
    query.push(if filter.sort.is_by_text() { "" } else { "::bigint as key" });
    query.push(format_args!(" from (select number, {key} as key from job where tenant = ")).push_bind(tenant.0);
    push_conditions(&mut query, filter);
    if let Some(search) = &search {
        search.push(&mut query, rare);
    }
    if let Some(Cursor(value, number)) = &filter.after {
        query.push(format_args!(" and ({key}, number) {} (", if filter.descending { "<" } else { ">" }));
        match (value, filter.sort) {
            // A number beyond the statuses stands for the last of them.
            (Key::Number(value), Sort::Status) => query.push_bind(i16::try_from(*value).unwrap_or(i16::MAX)),
            (Key::Number(value), _) => query.push_bind(*value),
            (Key::Text(value), _) => query.push_bind(value.as_str()),
        };
        query.push(", ").push_bind(*number).push(")");
    }
    let direction = if filter.descending { "desc" } else { "asc" };
    query.push(format_args!(" order by {} {direction}, number {direction} limit {}) p", order_key(key), filter.limit + 1));
    query.push(" join job j on j.number = p.number and j.tenant = ").push_bind(tenant.0);
    query.push(format_args!(" order by p.key {direction}, p.number {direction}"));
    // Not kept as a prepared statement: a plan for any filter would be a bad one for each.
    let rows = query.build().persistent(false).fetch_all(connection).await?;
    let mut part = Vec::with_capacity(rows.len());
    for row in &rows {
        let number: i64 = row.try_get("number")?;
        let key = if filter.sort.is_by_text() { Key::Text(row.try_get("key")?) } else { Key::Number(row.try_get("key")?) };
        part.push((Cursor(key, number), with_columns(tenant.0, number, row.try_get("version")?, row.try_get::<Json<Job>, _>("job")?)));
    }
    Ok(part)
}

/// Postgres reads a bare number in `order by` as a column's place.
fn order_key(key: &'static str) -> &'static str {
    if key == "0::smallint" { "(0::smallint + 0::smallint)" } else { key }
}

fn push_conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter<'_>) {
    if !filter.statuses.is_empty() {
        let status = if filter.view == View::Staff { "status" } else { "portal_status" };
        let statuses: Vec<i16> = filter.statuses.iter().map(|status| *status as i16).collect();
        query.push(format_args!(" and {status} = any (")).push_bind(statuses).push(")");
    }
    if let Some(template) = filter.template {
        query.push(" and template = ").push_bind(template.0);
    }
    if let Some(customers) = filter.customers {
        let customers: Vec<Uuid> = customers.iter().map(|customer| customer.0).collect();
        query.push(" and customer = any (").push_bind(customers).push(")");
    }
    if let Some(worker) = filter.worker {
        query.push(" and worker = ").push_bind(worker.0);
    }
    let date = date(filter.view);
    if let Some(from) = filter.from {
        query.push(format_args!(" and {date} < 9223372036854775807 and {date} >= ")).push_bind(from.0);
    }
    if let Some(to) = filter.to {
        query.push(format_args!(" and {date} < ")).push_bind(to.0);
    }
    if let Some(since) = filter.completed_since {
        query.push(" and (status <> 6 or (doc #>> '{job,actual_end}')::bigint >= ").push_bind(since.0).push(")");
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Key, Sort};

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let cursor = Cursor(Key::Text("Ä, \"b\"".into()), 7);
        assert_eq!(Cursor::parse(&cursor.encode(), Sort::Customer), Some(cursor.clone()));
        assert_eq!(Cursor::parse(&cursor.encode(), Sort::Date), None);
        assert_eq!(Cursor::parse("not a cursor", Sort::Date), None);
    }
}
