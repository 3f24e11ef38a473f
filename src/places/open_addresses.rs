//! Lists of addresses in the form of `OpenAddresses`: CSV with the columns LON, LAT, NUMBER, STREET, UNIT, CITY, POSTCODE and others
//! that are not looked at. What is wrong in one row is said of that row.

use super::Place;
use std::collections::HashMap;
use std::io::Read;

/// A row that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRow {
    /// Counted from 1, with the header.
    pub line: u64,
    /// In words.
    pub why: &'static str,
}

/// Why the whole file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not CSV at all.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A column that must be there.
    #[error("there is no column {0}")]
    NoColumn(&'static str),
}

struct Columns {
    longitude: usize,
    latitude: usize,
    number: usize,
    street: usize,
    unit: Option<usize>,
    city: Option<usize>,
    postcode: Option<usize>,
}

/// The addresses of a file, row by row.
pub fn read(csv: impl Read) -> Result<impl Iterator<Item = Result<Place, BadRow>>, Error> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let header: HashMap<String, usize> =
        rows.headers()?.iter().enumerate().map(|(place, name)| (name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase(), place)).collect();
    let maybe = |name: &str| header.get(name).copied();
    let one = |name: &'static str| maybe(&name.to_ascii_lowercase()).ok_or(Error::NoColumn(name));
    let columns = Columns {
        longitude: one("LON")?,
        latitude: one("LAT")?,
        number: one("NUMBER")?,
        street: one("STREET")?,
        unit: maybe("unit"),
        city: maybe("city"),
        postcode: maybe("postcode"),
    };
    Ok(rows.into_records().map(move |record| {
        let record = record.map_err(|error| BadRow { line: error.position().map_or(0, csv::Position::line), why: "not a row of text" })?;
        let line = record.position().map_or(0, csv::Position::line);
        columns.place(&record).map_err(|why| BadRow { line, why })
    }))
}

impl Columns {
    fn place(&self, record: &csv::StringRecord) -> Result<Place, &'static str> {
        let text = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default().trim();
        let degrees = |column: usize, most: f64| text(Some(column)).parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
        let longitude = degrees(self.longitude, 180.0).ok_or("LON is not a longitude")?;
        let latitude = degrees(self.latitude, 90.0).ok_or("LAT is not a latitude")?;
        if longitude == 0.0 && latitude == 0.0 {
            return Err("the point 0, 0 stands for none");
        }
        let (street, number) = (text(Some(self.street)), text(Some(self.number)));
        if street.is_empty() || number.is_empty() {
            return Err("no street or no number");
        }
        let unit = text(self.unit);
        let town = [text(self.postcode), text(self.city)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let door = [street, number, unit].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let text = if town.is_empty() { door } else { format!("{door}, {town}") };
        if text.chars().count() > 300 || text.chars().any(char::is_control) {
            return Err("too long, or not text");
        }
        Ok(Place { text, latitude, longitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_or_named() {
        let csv = "\u{feff}LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n\
            24.95,60.17,7,Aleksanterinkatu,,Helsinki,,,00100,,x\n\
            24.95,60.17,7,Aleksanterinkatu,B 2,Helsinki,,,,,\n\
            east,60.17,7,Aleksanterinkatu,,Helsinki,,,,,\n\
            24.95,160.17,7,Aleksanterinkatu,,Helsinki,,,,,\n\
            24.95,60.17,,Aleksanterinkatu,,Helsinki,,,,,\n\
            0,0,7,Aleksanterinkatu,,Helsinki,,,,,\n\
            24.95,60.17,8,\"Korkea\"\"vuorenkatu\",,\n";
        let rows: Vec<_> = read(csv.as_bytes()).unwrap().collect();
        let texts: Vec<&str> = rows.iter().filter_map(|row| row.as_ref().ok()).map(|place| place.text.as_str()).collect();
        assert_eq!(texts, ["Aleksanterinkatu 7, 00100 Helsinki", "Aleksanterinkatu 7 B 2, Helsinki", "Korkea\"vuorenkatu 8"]);
        let bad: Vec<(u64, &str)> = rows.iter().filter_map(|row| row.as_ref().err()).map(|bad| (bad.line, bad.why)).collect();
        let expected =
            [(4, "LON is not a longitude"), (5, "LAT is not a latitude"), (6, "no street or no number"), (7, "the point 0, 0 stands for none")];
        assert_eq!(bad, expected);
    }

    #[test]
    fn another_file_says_what_it_lacks() {
        assert_eq!(read("a,b\n1,2\n".as_bytes()).err().unwrap().to_string(), "there is no column LON");
    }
}
