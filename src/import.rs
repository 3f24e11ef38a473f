//! Reads addresses from a file into the built-in geocoder, with progress, and says what could not be used.

use crate::app::{PLACES_AT_ONCE, place_row};
use crate::places::open_addresses::{self, BadRow};
use crate::store::places::PlaceRow;
use crate::store::{self, Store};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::BufReader;

/// So many bad rows are named.
const NAMED: usize = 10;

/// What came of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows that are addresses.
    pub rows: u64,
    /// Addresses that were new or changed.
    pub changed: u64,
    /// Rows that could not be used.
    pub bad: u64,
    /// The first of them.
    pub named: Vec<BadRow>,
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} addresses read, {} of them new or changed; {} rows could not be used", self.rows, self.changed, self.bad)?;
        for BadRow { line, why } in &self.named {
            write!(f, "\n  line {line}: {why}")?;
        }
        if self.bad > self.named.len() as u64 { write!(f, "\n  and more") } else { Ok(()) }
    }
}

/// Every usable row of a CSV file in the form of `OpenAddresses`.
pub async fn addresses(store: &Store, file: File) -> anyhow::Result<Imported> {
    let bar = ProgressBar::new(file.metadata().map_or(0, |about| about.len()));
    bar.set_style(ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta}").unwrap_or_else(|_plain| ProgressStyle::default_bar()));
    let rows = open_addresses::read(BufReader::new(bar.wrap_read(file))).context("not a list of addresses")?;
    let mut imported = Imported::default();
    // By what makes two spellings one address: the last one counts.
    let mut part: BTreeMap<String, PlaceRow> = BTreeMap::new();
    for row in rows {
        match row {
            Ok(place) => {
                imported.rows += 1;
                let row = place_row(&place);
                part.insert(row.folded.clone(), row);
            }
            Err(bad) => {
                imported.bad += 1;
                if imported.named.len() < NAMED {
                    imported.named.push(bad);
                }
            }
        }
        if part.len() >= PLACES_AT_ONCE {
            imported.changed += write(store, &mut part).await?;
        }
    }
    imported.changed += write(store, &mut part).await?;
    bar.finish_and_clear();
    Ok(imported)
}

async fn write(store: &Store, part: &mut BTreeMap<String, PlaceRow>) -> anyhow::Result<u64> {
    let rows: Vec<PlaceRow> = std::mem::take(part).into_values().collect();
    let mut connection = store.write().await?;
    let changed = store::places::put(&mut connection, &rows).await?;
    connection.commit().await?;
    Ok(changed)
}
