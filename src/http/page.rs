//! Parts of lists that are read whole: people, customers, templates, assets.

use super::error::Error;
use super::request::Query;
use crate::domain::refusal::Why;
use crate::protocol::lists::List;
use uuid::Uuid;

/// An item of a list that is paged by id.
pub(super) struct Item<T> {
    pub(super) id: Uuid,
    /// What `q` looks in.
    pub(super) name: String,
    pub(super) view: T,
}

/// A list in one part.
pub(super) fn whole<T>(items: Vec<T>) -> List<T> {
    List { items, next: None }
}

/// The part of a list that a request asks for: `q` in the name, `limit` items, `after` the one of this id.
pub(super) fn part<T>(query: &Query, items: impl Iterator<Item = Item<T>>) -> Result<List<T>, Error> {
    let limit = query.limit()?;
    let wanted = query.text("q")?.map(str::to_lowercase);
    let mut items = items.filter(|item| wanted.as_ref().is_none_or(|wanted| item.name.to_lowercase().contains(wanted))).peekable();
    if let Some(after) = query.id::<Uuid>("after")? {
        let unknown = || Error::invalid("/after", &Why::Expected("the `next` of this list"));
        items.by_ref().find(|item| item.id == after).ok_or_else(unknown)?;
    }
    let mut part = Vec::new();
    let mut last = None;
    while part.len() < limit
        && let Some(item) = items.next()
    {
        last = Some(item.id);
        part.push(item.view);
    }
    Ok(List { items: part, next: items.peek().and(last).map(|id| id.to_string()) })
}
