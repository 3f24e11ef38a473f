//! When the company is open: its hours on each day as instants, holidays and daylight saving included.

use super::at::At;
use super::job::Slot;
use super::refusal::{Fault, Why};
use super::tenant::Hours;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;

/// A company's hours in its time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessHours {
    /// By weekday, Monday first.
    pub hours: Hours,
    /// Closed all day.
    pub holidays: Vec<Date>,
    /// Where its clocks hang.
    pub zone: TimeZone,
}

impl BusinessHours {
    /// The date on the company's calendar at this instant.
    pub fn date(&self, at: At) -> Date {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX });
        self.zone.to_datetime(timestamp).date()
    }

    /// From opening to closing on a date: nothing on a holiday or a day off.
    pub fn open_on(&self, date: Date) -> Option<Slot> {
        if self.holidays.contains(&date) {
            return None;
        }
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok()?;
        let (opens, closes) = self.hours[weekday]?;
        let slot = Slot { start: self.moment(date, opens)?, end: self.moment(date, closes)? };
        (slot.start < slot.end).then_some(slot)
    }

    /// From midnight to midnight: 23 or 25 hours when the clocks change.
    pub fn day(&self, date: Date) -> Option<Slot> {
        Some(Slot { start: self.moment(date, 0)?, end: self.moment(date, 24 * 60)? })
    }

    /// The starts on a grid of `step_min` minutes from midnight that this date's clocks show while the company is open. A time that the
    /// clocks skip is none; of one that they show twice it is the first.
    pub fn starts_on(&self, date: Date, step_min: u16) -> Vec<At> {
        let Some(open) = self.open_on(date) else { return Vec::new() };
        let minutes = (0..24 * 60).step_by(usize::from(step_min.max(1)));
        let shown = minutes.filter_map(|minute| self.shown(date, u16::try_from(minute).ok()?));
        shown.filter(|start| (open.start..open.end).contains(start)).collect()
    }

    /// When the clocks show this minute of the date; skipped ones are never shown.
    fn shown(&self, date: Date, minute: u16) -> Option<At> {
        let time = Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()?;
        let ambiguous = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        Some(At(ambiguous.earlier().ok()?.as_millisecond()))
    }

    /// The instant of a minute from midnight; 1440 is the next midnight. A skipped one is when the clocks have jumped.
    fn moment(&self, date: Date, minute: u16) -> Option<At> {
        let (date, minute) = if minute >= 24 * 60 { (date.tomorrow().ok()?, 0) } else { (date, minute) };
        let time = Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()?;
        let instant = self.zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()?;
        Some(At(instant.as_millisecond()))
    }
}

/// Whether each day's hours lie within it and end after they begin; every fault at its place in `/hours`.
pub(super) fn check_hours(hours: &Hours, faults: &mut Vec<Fault>) {
    for (day, span) in hours.iter().enumerate() {
        let pointer = || format!("/hours/{day}/1");
        match span {
            Some((_, end)) if *end > DAY_MIN => faults.push(Fault::at(pointer(), Why::OutOfRange("one day"))),
            Some((start, end)) if end <= start => faults.push(Fault::at(pointer(), Why::EndBeforeStart)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        At(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn helsinki(opens: u16, closes: u16) -> BusinessHours {
        BusinessHours {
            hours: [Some((opens, closes)); 7],
            holidays: vec!["2026-12-25".parse().unwrap()],
            zone: TimeZone::get("Europe/Helsinki").unwrap(),
        }
    }

    #[test]
    fn hours_are_instants_of_the_companys_zone() {
        let hours = helsinki(8 * 60, 16 * 60);
        let table = [
            ("2026-01-07", Some(("2026-01-07T06:00:00Z", "2026-01-07T14:00:00Z"))),
            ("2026-07-07", Some(("2026-07-07T05:00:00Z", "2026-07-07T13:00:00Z"))),
            ("2026-12-25", None),
        ];
        for (date, expected) in table {
            let open = hours.open_on(date.parse().unwrap());
            assert_eq!(open, expected.map(|(start, end)| Slot { start: at(start), end: at(end) }), "{date}");
        }
        let off = BusinessHours { hours: [None; 7], ..hours };
        assert_eq!(off.open_on("2026-01-07".parse().unwrap()), None);
    }

    #[test]
    fn a_day_of_23_or_25_hours_has_as_many_starts_as_its_clocks_show() {
        let hours = helsinki(0, 24 * 60);
        let starts = |date: &str| hours.starts_on(date.parse().unwrap(), 30);
        assert_eq!(starts("2026-03-28").len(), 48);
        // From 3 to 4 the clocks show nothing.
        let spring = starts("2026-03-29");
        assert_eq!(spring.len(), 46);
        assert!(spring.contains(&at("2026-03-29T01:00:00Z")) && spring.contains(&at("2026-03-29T00:30:00Z")));
        // From 3 to 4 they show everything twice; the second time is not offered.
        let autumn = starts("2026-10-25");
        assert_eq!(autumn.len(), 48);
        assert!(autumn.contains(&at("2026-10-25T00:30:00Z")) && !autumn.contains(&at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn the_grid_hangs_on_midnight_whenever_the_company_opens() {
        let hours = helsinki(8 * 60 + 10, 10 * 60);
        let starts = hours.starts_on("2026-01-07".parse().unwrap(), 30);
        assert_eq!(starts, ["06:30", "07:00", "07:30"].map(|time| at(&format!("2026-01-07T{time}:00Z"))));
    }
}
