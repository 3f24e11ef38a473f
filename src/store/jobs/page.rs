//! Lists of jobs: filtered, searched, sorted, and paged by the last row seen, so that page 1,000 costs what page 1 does.

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
}

/// What a list is sorted by; rows that are equal in it go by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The job's number.
    #[default]
    Number,
    /// The date column; what has no date comes after every date.
    Date,
    /// The order of a job's life.
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
    /// On this worker's row.
    pub worker: Option<WorkerId>,
    /// The date column is not before it.
    pub from: Option<At>,
    /// The date column is before it.
    pub to: Option<At>,
    /// Completed ones only if they ended at it or later.
    pub completed_since: Option<At>,
    /// The number begins with it, or the searched text contains it.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(Key, i64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The sorted expression; never null, so that rows compare.
    fn expression(self, view: View) -> &'static str {
        match (self, view) {
            (Self::Number, _) => "number",
            (Self::Date, view) => date(view),
            (Self::Status, View::Staff) => "status::bigint",
            (Self::Status, View::Portal) => "portal_status::bigint",
            (Self::Customer, _) => "doc #>> '{job,customer,name}'",
            (Self::Template, _) => "doc #>> '{job,template,name}'",
        }
    }
}

/// As the indexes have it.
fn date(view: View) -> &'static str {
    match view {
        View::Staff => "coalesce(date_ms, 9223372036854775807)",
        View::Portal => "coalesce(portal_date_ms, 9223372036854775807)",
    }
}

/// One page of a tenant's jobs.
pub async fn page(connection: &mut PgConnection, tenant: TenantId, filter: &Filter<'_>) -> Result<Page, Error> {
    let key = filter.sort.expression(filter.view);
    let mut query = QueryBuilder::<Postgres>::new("select number, version, doc -> 'job' as job, ");
    query.push(key).push(" as key from job where tenant = ").push_bind(tenant.0);
    push_conditions(&mut query, filter);
    if let Some(Cursor(value, number)) = &filter.after {
        query.push(format_args!(" and ({key}, number) {} (", if filter.descending { "<" } else { ">" }));
        match value {
            Key::Number(value) => query.push_bind(*value),
            Key::Text(value) => query.push_bind(value.as_str()),
        };
        query.push(", ").push_bind(*number).push(")");
    }
    let direction = if filter.descending { "desc" } else { "asc" };
    query.push(format_args!(" order by {key} {direction}, number {direction} limit "));
    // One more than asked for says whether there is a next page.
    query.push_bind(i64::from(filter.limit) + 1);
    let rows = query.build().fetch_all(connection).await?;

    let is_last = rows.len() <= usize::from(filter.limit);
    let mut jobs = Vec::with_capacity(rows.len());
    let mut next = None;
    for row in rows.iter().take(usize::from(filter.limit)) {
        let number: i64 = row.try_get("number")?;
        if !is_last {
            let key = if filter.sort.is_by_text() { Key::Text(row.try_get("key")?) } else { Key::Number(row.try_get("key")?) };
            next = Some(Cursor(key, number));
        }
        jobs.push(with_columns(tenant.0, number, row.try_get("version")?, row.try_get::<Json<Job>, _>("job")?));
    }
    Ok(Page { jobs, next })
}

fn push_conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter<'_>) {
    let (status, search) = match filter.view {
        View::Staff => ("status", "search"),
        View::Portal => ("portal_status", "portal_search"),
    };
    if !filter.statuses.is_empty() {
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
    if let Some(text) = filter.text.map(str::trim).filter(|text| !text.is_empty()) {
        query.push(format_args!(" and ({search} ilike ")).push_bind(format!("%{}%", escaped(text)));
        if let Some(number) = number_in(text) {
            query.push(" or number::text like ").push_bind(format!("{number}%"));
        }
        query.push(")");
    }
}

/// The digits of `1042`, `J-1042` or `j1042`.
fn number_in(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['J', 'j']).map_or(text, |rest| rest.strip_prefix('-').unwrap_or(rest));
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A text that `ilike` takes literally.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Key, Sort, escaped, number_in};

    #[test]
    fn a_number_is_known_in_every_spelling() {
        for (text, number) in [("1042", Some("1042")), ("J-1042", Some("1042")), ("j10", Some("10")), ("J-", None), ("10b", None), ("", None)] {
            assert_eq!(number_in(text), number, "{text}");
        }
    }

    #[test]
    fn a_search_is_literal() {
        assert_eq!(escaped(r"100 %_\"), r"100 \%\_\\");
    }

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let cursor = Cursor(Key::Text("Ä, \"b\"".into()), 7);
        assert_eq!(Cursor::parse(&cursor.encode(), Sort::Customer), Some(cursor.clone()));
        assert_eq!(Cursor::parse(&cursor.encode(), Sort::Date), None);
        assert_eq!(Cursor::parse("not a cursor", Sort::Date), None);
    }
}
