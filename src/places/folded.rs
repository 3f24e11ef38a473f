//! Texts as they are searched: without regard to case, accents, punctuation and the order of words.

use super::Place;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// More words than any address has; the rest of a query is not looked at.
pub(super) const WORDS_MAX: usize = 12;

/// Lower case without accents.
pub(super) fn fold(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The words of a folded text.
pub(super) fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A text as the table of places holds it: a space before each word.
pub fn spaced(text: &str) -> String {
    let folded = fold(text);
    words_of(&folded).take(WORDS_MAX * 2).flat_map(|word| [" ", word]).collect()
}

/// Sorts as people count: house number 9 before 10.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Word(String),
    Number(u64, String),
}

fn tokens(folded: &str) -> Vec<Token> {
    let token = |word: &str| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        match word[..digits].parse() {
            Ok(number) => Token::Number(number, word[digits..].to_owned()),
            Err(_) => Token::Word(word.to_owned()),
        }
    };
    words_of(folded).map(token).collect()
}

/// The best of the candidates for a query: whole words before beginnings of words, streets that begin like it first, then as people count.
pub fn best(query: &str, candidates: Vec<Place>, limit: usize) -> Vec<Place> {
    let query = fold(query);
    let wanted: Vec<&str> = words_of(&query).take(WORDS_MAX).collect();
    let mut ranked: Vec<_> = candidates
        .into_iter()
        .map(|place| {
            let folded = fold(&place.text);
            let words: Vec<&str> = words_of(&folded).collect();
            let absent = wanted.iter().filter(|word| !words.iter().any(|known| known.starts_with(**word))).count();
            let partial = wanted.iter().filter(|word| !words.contains(word)).count();
            let elsewhere = !wanted.iter().any(|word| words.first().is_some_and(|first| first.starts_with(word)));
            ((absent, partial * 2 + usize::from(elsewhere), tokens(&folded)), place)
        })
        .collect();
    ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
    ranked.into_iter().take(limit).map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        Place { text: text.into(), latitude: 0.0, longitude: 0.0 }
    }

    #[test]
    fn a_text_is_searched_without_its_marks() {
        assert_eq!(spaced("Kaivokäytävä 5 A, 00100 HELSINKI"), " kaivokaytava 5 a 00100 helsinki");
        assert_eq!(spaced(" %_'\\ "), "");
    }

    #[test]
    fn whole_numbers_first_then_as_people_count() {
        let list = ["Hill 51, Town", "Hill 10, Town", "Hill 9, Town", "Hill 5, Town", "Under Hill 5, Town"].map(place).to_vec();
        let texts = |query: &str| best(query, list.clone(), 9).into_iter().map(|place| place.text).collect::<Vec<_>>();
        assert_eq!(texts("hill 5")[..3], ["Hill 5, Town", "Under Hill 5, Town", "Hill 51, Town"]);
        assert_eq!(texts("hill")[..4], ["Hill 5, Town", "Hill 9, Town", "Hill 10, Town", "Hill 51, Town"]);
    }
}
