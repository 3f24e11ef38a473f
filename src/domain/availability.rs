//! When a worker works: hours of their own, and the days on which they are away.

use super::field::parse_text;
use super::hours::check_hours;
use super::refusal::{Fault, Why};
use super::tenant::Hours;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most absences that are kept of one worker.
const ABSENCES_MAX: usize = 200;
/// The longest note.
const NOTE_MAX: usize = 80;

/// Days on which somebody does not work, the first and the last included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Absence {
    /// The first day, in the company's zone.
    #[ts(type = "string")]
    pub from: Date,
    /// The last day.
    #[ts(type = "string")]
    pub to: Date,
    /// Why, for dispatchers.
    #[serde(default)]
    #[schemars(length(max = NOTE_MAX))]
    pub note: String,
}

/// A worker's working time, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Availability {
    /// By weekday, Monday first: minutes from midnight, or none. Null: the company's hours.
    #[ts(type = "([number, number] | null)[] | null")]
    #[schemars(with = "Option<[Option<[u16; 2]>; 7]>")]
    pub hours: Option<Hours>,
    /// In order.
    pub absences: Vec<Absence>,
}

impl Absence {
    /// Whether a day is one of them.
    pub fn covers(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }
}

impl Availability {
    /// In order and with clean notes, or every fault at its place.
    pub fn parse(self) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if let Some(hours) = &self.hours {
            check_hours(hours, &mut faults);
        }
        if self.absences.len() > ABSENCES_MAX {
            faults.push(Fault::at("/absences", Why::OutOfRange("200 absences")));
        }
        let mut absences = Vec::with_capacity(self.absences.len().min(ABSENCES_MAX));
        for (place, absence) in self.absences.into_iter().enumerate().take(ABSENCES_MAX) {
            if absence.to < absence.from {
                faults.push(Fault::at(format!("/absences/{place}/to"), Why::EndBeforeStart));
            }
            match parse_text(&absence.note, NOTE_MAX, false) {
                Ok(note) => absences.push(Absence { note, ..absence }),
                Err(why) => faults.push(Fault::at(format!("/absences/{place}/note"), why)),
            }
        }
        absences.sort();
        if faults.is_empty() { Ok(Self { hours: self.hours, absences }) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn absence(from: i8, to: i8) -> Absence {
        Absence { from: date(2026, 12, from), to: date(2026, 12, to), note: " Away ".into() }
    }

    #[test]
    fn absences_are_kept_in_order_and_cover_their_last_day() {
        let parsed = Availability { hours: None, absences: vec![absence(20, 24), absence(1, 1)] }.parse().unwrap();
        assert_eq!(parsed.absences.iter().map(|one| (one.from.day(), one.note.as_str())).collect::<Vec<_>>(), [(1, "Away"), (20, "Away")]);
        let covered: Vec<_> = (18..=26).filter(|day| parsed.absences[1].covers(date(2026, 12, *day))).collect();
        assert_eq!(covered, [20, 21, 22, 23, 24]);
    }

    #[test]
    fn what_does_not_fit_is_said_at_its_place() {
        let long = Absence { note: "x".repeat(81), ..absence(1, 2) };
        let hours = Some([Some((600, 500)), Some((0, 1441)), None, None, None, None, None]);
        let faults = Availability { hours, absences: vec![absence(2, 1), long] }.parse().unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/hours/0/1", "/hours/1/1", "/absences/0/to", "/absences/1/note"]);
    }
}
