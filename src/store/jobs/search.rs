//! What somebody types to find jobs, as conditions that Postgres answers quickly however common or rare the words are.
//!
//! Two phases. First the index of trigrams is asked for the numbers of jobs with these words, but for no more than [`RARE`]: a
//! rare search has so few, and the page is taken from among them. If there are more, the words are common, and reading jobs in
//! the order of the list soon fills a page; the index would have unpacked all of them first.

use super::Error;
use crate::domain::ids::{CustomerId, TemplateId};
use crate::domain::job::words;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// Up to so many matches a search is a rare one.
const RARE: i32 = 3_000;
/// Words after these are not looked for.
const MOST_WORDS: usize = 8;
/// The longest number that a `bigint` surely holds.
const MOST_DIGITS: u32 = 18;

/// What is searched for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// `like` patterns, the one that tells most first. All must fit.
    patterns: Vec<String>,
    /// Ranges of numbers that begin with what was typed. Any of them fits instead.
    numbers: Vec<(i64, i64)>,
    of_portal: bool,
}

impl Search {
    /// Reads what was typed; nothing if that asks for nothing yet: blanks, or the letter that every Job ID begins with.
    pub(super) fn parse(text: &str, of_portal: bool) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("j-") {
            return None;
        }
        let mut words: Vec<String> = words(text).take(MOST_WORDS).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        let patterns = words.iter().map(|word| pattern(word)).collect();
        Some(Self { patterns, numbers: number_in(text).map(beginning_with).unwrap_or_default(), of_portal })
    }

    /// Signs only: no job has them.
    pub(super) fn finds_nothing(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The numbers of all jobs with these words, of these customers and of this type; nothing if they are many.
    pub(super) async fn rare_numbers(
        &self,
        connection: &mut PgConnection,
        customers: Option<&[CustomerId]>,
        template: Option<TemplateId>,
    ) -> Result<Option<Vec<i64>>, Error> {
        let Some((first, others)) = self.patterns.split_first() else { return Ok(None) };
        let customers: Option<Vec<Uuid>> = customers.map(|customers| customers.iter().map(|customer| customer.0).collect());
        let numbers: Vec<i64> = sqlx::query_scalar("select job_numbers_like($1, $2, $3, $4, $5, $6)")
            .bind(first)
            .bind(others)
            .bind(self.of_portal)
            .bind(customers)
            .bind(template.map(|template| template.0))
            .bind(RARE + 1)
            .fetch_all(connection)
            .await?;
        Ok((numbers.len() <= usize::try_from(RARE).unwrap_or(usize::MAX)).then_some(numbers))
    }

    /// Adds the condition, with the numbers of the first phase if the search is a rare one.
    pub(super) fn push(&self, query: &mut QueryBuilder<Postgres>, rare: Option<Vec<i64>>) {
        if let Some(numbers) = rare {
            query.push(" and (number = any (").push_bind(numbers).push(")");
        } else {
            let column = if self.of_portal { "portal_search" } else { "search" };
            // Below a policy the planner may not look at statistics for `like`, takes it for a rare match, and reads and sorts all.
            // Of a `case` it supposes that every other row fits, and walks along the order's index.
            query.push(format_args!(" and (case when {column} like all (")).push_bind(self.patterns.clone()).push(") then true else false end");
        }
        for (first, last) in &self.numbers {
            query.push(format_args!(" or number between {first} and {last}"));
        }
        query.push(")");
    }
}

/// A word of three letters or more is found anywhere; a shorter one, which would be in nearly every text, where a word begins.
fn pattern(word: &str) -> String {
    if word.chars().nth(2).is_some() { format!("%{word}%") } else { format!("% {word}%") }
}

/// The digits of `1042`, `J-1042` or `j1042`.
fn number_in(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['J', 'j']).map_or(text, |rest| rest.strip_prefix(['-', ' ']).unwrap_or(rest));
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// The ranges of numbers whose decimal digits begin with these: `10` is 10, 100 to 109, 1000 to 1099 and so on.
fn beginning_with(digits: &str) -> Vec<(i64, i64)> {
    // No number begins with a zero.
    let Some(first) = digits.parse::<i64>().ok().filter(|_| !digits.starts_with('0')) else { return Vec::new() };
    let length = u32::try_from(digits.len()).unwrap_or(u32::MAX);
    (length..=MOST_DIGITS)
        .map(|longer| {
            let scale = 10_i64.pow(longer - length);
            (first * scale, first * scale + (scale - 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_known_in_every_spelling() {
        let table =
            [("1042", Some("1042")), ("J-1042", Some("1042")), ("j10", Some("10")), ("j 10", Some("10")), ("J-", None), ("10b", None), ("", None)];
        for (text, number) in table {
            assert_eq!(number_in(text), number, "{text}");
        }
    }

    #[test]
    fn the_longest_word_is_looked_up_first_and_short_ones_only_begin_words() {
        let search = Search::parse("  Ka. KESKUSkatu 3%_ ", true).unwrap();
        assert_eq!(search.patterns, ["%keskuskatu%", "% ka%", "% 3%"]);
        assert!(search.numbers.is_empty());
        assert!(Search::parse(" %_\\ ", false).unwrap().finds_nothing(), "none is a wildcard");
        assert_eq!((Search::parse(" ", false), Search::parse("J-", true)), (None, None));
    }

    #[test]
    fn too_many_digits_are_no_number() {
        assert!(beginning_with(&"9".repeat(40)).is_empty());
        assert!(beginning_with("007").is_empty());
        assert_eq!(beginning_with("10")[..3], [(10, 10), (100, 109), (1000, 1099)]);
    }

    proptest! {
        #[test]
        fn a_number_is_in_a_range_exactly_if_its_digits_begin_so(prefix in 1..100_000_i64, number in 1..10_000_000_i64) {
            let found = beginning_with(&prefix.to_string()).iter().any(|(first, last)| (*first..=*last).contains(&number));
            prop_assert_eq!(found, number.to_string().starts_with(&prefix.to_string()));
        }
    }
}
