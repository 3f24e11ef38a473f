//! Parts of lists that are read whole: people, customers, templates, assets.

use super::error::Error;
use super::request::Query;
use crate::domain::refusal::Why;
use crate::protocol::lists::List;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
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

/// Members of a list's items by which it is put in order (`sort=name`, `sort=-name`) and narrowed down (`invitation=open`).
#[derive(Default)]
pub(super) struct Members {
    pub(super) sort: &'static [&'static str],
    pub(super) narrow: &'static [&'static str],
}

/// Cuts what was read one item too far, which tells whether there is more: the `next` then, the name of the last item that stays.
pub(super) fn cut<T>(items: &mut Vec<T>, limit: usize, name: impl Fn(&T) -> String) -> Option<String> {
    let next = (items.len() > limit).then(|| items.get(limit - 1).map(name)).flatten();
    items.truncate(limit);
    next
}

/// How many to read, so that one more than asked for tells whether there is more.
pub(super) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

/// The part of a list that a request asks for: `q` in the name, `limit` items, `after` the one of this id; in the order that they come
/// in, unless another one is asked for.
pub(super) fn part<T: Serialize>(query: &Query, members: &Members, items: impl Iterator<Item = Item<T>>) -> Result<List<T>, Error> {
    let limit = query.limit()?;
    let wanted = query.text("q")?.map(str::to_lowercase);
    let mut items: Vec<Item<T>> = items.filter(|item| wanted.as_ref().is_none_or(|wanted| item.name.to_lowercase().contains(wanted))).collect();
    for member in members.narrow {
        if let Some(only) = query.text(member)? {
            items.retain(|item| said(item, member) == only);
        }
    }
    if let Some(sort) = query.text("sort")? {
        let (member, descending) = sort.strip_prefix('-').map_or((sort, false), |member| (member, true));
        let member = members.sort.iter().find(|known| **known == member).ok_or_else(|| Error::invalid("/sort", &Why::NotAnOption))?;
        items.sort_by_cached_key(|item| Naturally::from(said(item, member)));
        if descending {
            items.reverse();
        }
    }
    let mut items = items.into_iter().peekable();
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

/// What an item says in a member; nothing, if it says nothing.
fn said<T: Serialize>(item: &Item<T>, member: &str) -> String {
    match serde_json::to_value(&item.view).ok().and_then(|mut view| view.get_mut(member).map(Value::take)) {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The order in which people expect what lists say: numbers by size, then texts whatever their case, then what says nothing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Naturally {
    Number(Decimal),
    Text(String),
    Nothing,
}

impl From<String> for Naturally {
    fn from(said: String) -> Self {
        match said.parse() {
            Ok(number) => Self::Number(number),
            Err(_) if said.is_empty() => Self::Nothing,
            Err(_) => Self::Text(said.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_by_size_and_texts_by_letters() {
        let mut all = ["b", "10", "", "A", "9.5", "a1"].map(|said| (Naturally::from(said.to_owned()), said));
        all.sort();
        assert_eq!(all.map(|(_, said)| said), ["9.5", "10", "A", "a1", "b", ""]);
    }
}
