//! Quiet hours: a time of day, in the recipient's own time zone, in which nothing rings.

use crate::domain::at::At;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// From this minute of the day to that one; past midnight if it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// Minute of the day at which it begins.
    pub from: u16,
    /// Minute of the day at which it ends.
    pub to: u16,
}

impl Quiet {
    /// When the quiet in which `now` lies ends; nothing if it is not quiet then. A day with another time shift ends at its own `to`.
    pub fn until(self, zone: &TimeZone, now: At) -> Option<At> {
        let local = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
        let is_quiet = if self.from < self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to };
        if !is_quiet {
            return None;
        }
        let date = if minute >= self.to { local.date().checked_add(1.day()).ok()? } else { local.date() };
        let (hour, minute) = (i8::try_from(self.to / 60).ok()?, i8::try_from(self.to % 60).ok()?);
        let end = date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
        Some(At(end.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        At(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn nights_end_in_the_morning_of_the_recipients_own_zone() {
        let (night, zone) = (Quiet { from: 22 * 60, to: 7 * 60 }, TimeZone::get("Europe/Helsinki").unwrap());
        // 23:30 in Helsinki is 21:30 UTC in winter.
        assert_eq!(night.until(&zone, at("2026-01-10T21:30:00Z")), Some(at("2026-01-11T05:00:00Z")));
        assert_eq!(night.until(&zone, at("2026-01-11T04:59:00Z")), Some(at("2026-01-11T05:00:00Z")));
        assert_eq!(night.until(&zone, at("2026-01-11T05:00:00Z")), None);
        assert_eq!(night.until(&zone, at("2026-01-11T12:00:00Z")), None);
    }

    #[test]
    fn the_night_in_which_clocks_change_is_an_hour_shorter() {
        let (night, zone) = (Quiet { from: 22 * 60, to: 7 * 60 }, TimeZone::get("Europe/Helsinki").unwrap());
        assert_eq!(night.until(&zone, at("2026-03-28T22:00:00Z")), Some(at("2026-03-29T04:00:00Z")));
    }

    #[test]
    fn an_hour_at_noon_is_quiet_too() {
        let noon = Quiet { from: 12 * 60, to: 13 * 60 };
        assert_eq!(noon.until(&TimeZone::UTC, at("2026-01-10T12:30:00Z")), Some(at("2026-01-10T13:00:00Z")));
        assert_eq!(noon.until(&TimeZone::UTC, at("2026-01-10T13:00:00Z")), None);
    }
}
