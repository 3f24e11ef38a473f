//! Addresses from a CSV file, in memory, found by the beginnings of their words in any order, without regard to case
//! and accents.

use super::folded::{WORDS_MAX, fold, words_of};
use serde::Deserialize;
use std::collections::HashSet;
use std::io::Read;

/// Central Helsinki; © OpenStreetMap contributors, `ODbL`.
const BUILT_IN: &[u8] = include_bytes!("../demo/helsinki/gazetteer.csv");

/// An address with its point.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// As people write it: `Aleksanterinkatu 7, 00100 Helsinki`.
    pub text: String,
    /// WGS 84 degrees.
    pub latitude: f64,
    /// WGS 84 degrees.
    pub longitude: f64,
}

/// Why a file of addresses cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row is not CSV, or a member of it does not fit.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A point that is not on the earth.
    #[error("line {line}: {latitude}, {longitude} is not a latitude and a longitude")]
    NotOnEarth {
        /// Counted from 1.
        line: u64,
        /// As in the file.
        latitude: f64,
        /// As in the file.
        longitude: f64,
    },
}

/// All addresses, and where each of their words occurs.
#[derive(Debug, Default)]
pub struct Gazetteer {
    entries: Vec<Entry>,
    /// (word, index of the entry), sorted.
    words: Vec<(Box<str>, u32)>,
}

#[derive(Debug)]
struct Entry {
    place: Place,
    words: Box<[Box<str>]>,
    /// Sorts as people count: street, then house number as a number.
    order: (Box<str>, u32, Box<str>),
}

#[derive(Deserialize)]
struct Row {
    street: String,
    house_number: String,
    #[serde(default)]
    postcode: String,
    city: String,
    lon: f64,
    lat: f64,
    #[serde(default)]
    postcode_inferred: Option<u8>,
}

impl Gazetteer {
    /// The addresses that come with the hub.
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).expect("a test reads the built-in file")
    }

    /// The addresses of a CSV file with a header.
    pub fn read(csv: impl Read) -> Result<Self, Error> {
        let mut rows = csv::Reader::from_reader(csv);
        let mut entries = Vec::new();
        let mut known = HashSet::new();
        for (row, line) in rows.deserialize::<Row>().zip(2..) {
            let row = row?;
            if !(-90.0..=90.0).contains(&row.lat) || !(-180.0..=180.0).contains(&row.lon) {
                return Err(Error::NotOnEarth { line, latitude: row.lat, longitude: row.lon });
            }
            let entry = Entry::new(&row);
            // The same address spelled in two ways is one.
            if known.insert(fold(&entry.place.text)) {
                entries.push(entry);
            }
        }
        entries.sort_by(|one, other| one.order.cmp(&other.order));
        let occurrences = (0u32..).zip(&entries).flat_map(|(index, entry)| entry.words.iter().map(move |word| (word.clone(), index)));
        let mut words: Vec<_> = occurrences.collect();
        words.sort_unstable();
        Ok(Self { entries, words })
    }

    /// All of them, in order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.entries.iter().map(|entry| &entry.place)
    }

    /// How many addresses there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The addresses of which each word of `query` begins a word, best first; none for an empty query.
    pub fn search(&self, query: &str, limit: usize) -> Vec<&Place> {
        let folded = fold(query);
        let wanted: Vec<&str> = words_of(&folded).take(WORDS_MAX).collect();
        let ranges = wanted.iter().map(|word| self.beginning_with(word));
        let Some(rarest) = ranges.min_by_key(|range| range.len()) else { return Vec::new() };
        let candidates: HashSet<u32> = rarest.iter().map(|(_, index)| *index).collect();
        let mut found: Vec<(u32, u32)> =
            candidates.into_iter().filter_map(|index| Some((self.entries[index as usize].misses(&wanted)?, index))).collect();
        found.sort_unstable();
        found.iter().take(limit).map(|(_, index)| &self.entries[*index as usize].place).collect()
    }

    fn beginning_with(&self, word: &str) -> &[(Box<str>, u32)] {
        let start = self.words.partition_point(|(known, _)| **known < *word);
        let length = self.words[start..].partition_point(|(known, _)| known.starts_with(word));
        &self.words[start..start + length]
    }
}

impl Entry {
    fn new(row: &Row) -> Self {
        let (street, number, city) = (row.street.trim(), row.house_number.trim(), row.city.trim());
        let is_fact = row.postcode_inferred != Some(1) && !row.postcode.trim().is_empty();
        let town = if is_fact { format!("{} {city}", row.postcode.trim()) } else { city.to_owned() };
        let text = format!("{street} {number}, {town}");
        let folded = fold(&text);
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        Self {
            words: words_of(&folded).map(Box::from).collect(),
            order: (fold(street).into(), number[..digits].parse().unwrap_or(u32::MAX), number.into()),
            place: Place { text, latitude: row.lat, longitude: row.lon },
        }
    }

    /// How far from the query: words that are not whole ones, and streets that begin otherwise. None: not found.
    fn misses(&self, wanted: &[&str]) -> Option<u32> {
        let mut misses = 0;
        for word in wanted {
            if !self.words.iter().any(|known| known.starts_with(word)) {
                return None;
            }
            misses += u32::from(!self.words.iter().any(|known| **known == **word));
        }
        let begins = wanted.iter().any(|word| self.words[0].starts_with(word));
        Some(misses * 2 + u32::from(!begins))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(gazetteer: &'a Gazetteer, query: &str) -> Vec<&'a str> {
        gazetteer.search(query, 5).into_iter().map(|place| place.text.as_str()).collect()
    }

    #[test]
    fn the_built_in_addresses_are_found() {
        let gazetteer = Gazetteer::built_in();
        assert!(gazetteer.len() > 500);
        assert_eq!(texts(&gazetteer, "Aleksanterinkatu 5, Helsinki")[0], "Aleksanterinkatu 5, Helsinki");
        assert_eq!(texts(&gazetteer, "aleksanterinkatu 7 hels")[0], "Aleksanterinkatu 7, 00100 Helsinki");
        for place in gazetteer.search("helsinki", usize::MAX) {
            assert!((60.16..60.19).contains(&place.latitude) && (24.93..24.96).contains(&place.longitude), "{}", place.text);
        }
    }

    #[test]
    fn case_accents_and_the_order_of_words_do_not_matter() {
        let gazetteer = Gazetteer::built_in();
        let found = texts(&gazetteer, "KAIVOKÄYT");
        assert!(found[0].starts_with("Kaivokäytävä"));
        assert_eq!(found, texts(&gazetteer, "kaivokayt"));
        assert_eq!(texts(&gazetteer, "helsinki 5 aleksanterinkatu"), texts(&gazetteer, "aleksanterinkatu 5 helsinki"));
    }

    #[test]
    fn a_whole_number_comes_before_the_beginning_of_one() {
        let csv = "street,house_number,city,lat,lon\nHill,51,Town,1,1\nHill,5,Town,1,1\nHill,10,Town,1,1\nHill,9,Town,1,1\nUnder Hill,5,Town,1,1\n";
        let gazetteer = Gazetteer::read(csv.as_bytes()).unwrap();
        assert_eq!(texts(&gazetteer, "hill 5"), ["Hill 5, Town", "Under Hill 5, Town", "Hill 51, Town"]);
        assert_eq!(texts(&gazetteer, "hil"), ["Hill 5, Town", "Hill 9, Town", "Hill 10, Town", "Hill 51, Town", "Under Hill 5, Town"]);
    }

    #[test]
    fn nothing_is_found_by_nothing_or_by_what_is_not_there() {
        let gazetteer = Gazetteer::built_in();
        for query in ["", " ,;. ", "zzz", "aleksanterinkatu zzz", "\u{301}"] {
            assert!(gazetteer.search(query, 5).is_empty(), "{query:?}");
        }
    }

    #[test]
    fn a_wrong_file_says_where() {
        let error = Gazetteer::read("street,house_number,city,lat,lon\nA,1,B,100,1\n".as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "line 2: 100, 1 is not a latitude and a longitude");
        assert!(Gazetteer::read("street,city\nA,B\n".as_bytes()).is_err());
    }
}
