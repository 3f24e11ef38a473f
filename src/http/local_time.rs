//! A wished start: an instant, or a local time of the tenant's zone.

use crate::domain::At;
use crate::domain::refusal::Why;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The instant that `text` names. A local time that is there twice is the first; one that is skipped is refused.
pub(super) fn parse(text: &str, zone: &str) -> Result<At, Why> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(At(instant.as_millisecond()));
    }
    let expected = Why::Expected("an RFC 3339 instant, or a local time like 2026-05-04T09:30");
    // A date alone, or a time with a zone's name, is not what was asked for.
    let local: DateTime = text.parse().ok().filter(|_| text.contains(['T', 't', ' ']) && !text.contains('[')).ok_or(expected)?;
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { .. } => return Err(Why::SkippedLocalTime),
    };
    let out_of_range = Why::OutOfRange("the years that calendars have");
    let local_as_utc = TimeZone::UTC.to_timestamp(local).map_err(|_beyond| out_of_range.clone())?;
    let instant = local_as_utc.checked_sub(SignedDuration::from_secs(i64::from(offset.seconds()))).map_err(|_beyond| out_of_range)?;
    Ok(At(instant.as_millisecond()))
}

/// The local time of an instant, to the minute, as spreadsheets read it.
pub(super) fn written(at: At, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(at.millis()).map(|at| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELSINKI: &str = "Europe/Helsinki";

    #[test]
    fn instants_and_local_times() {
        let table = [
            ("2026-05-04T06:30:00Z", "2026-05-04T06:30:00Z"),
            ("2026-05-04T09:30:00+03:00", "2026-05-04T06:30:00Z"),
            ("2026-05-04T09:30", "2026-05-04T06:30:00Z"),
            ("2026-01-04T09:30:15", "2026-01-04T07:30:15Z"),
            // The clock goes back from 4 to 3: the first 3:30 is summer time's.
            ("2026-10-25T03:30", "2026-10-25T00:30:00Z"),
        ];
        for (text, instant) in table {
            assert_eq!(parse(text, HELSINKI), Ok(At(instant.parse::<Timestamp>().unwrap().as_millisecond())), "{text}");
        }
    }

    #[test]
    fn a_skipped_hour_and_nonsense_are_refused() {
        assert_eq!(parse("2026-03-29T03:30", HELSINKI), Err(Why::SkippedLocalTime));
        assert!(parse("2026-03-29T03:30", "Asia/Tokyo").is_ok());
        for text in ["", "tomorrow", "2026-05-04", "2026-13-01T00:00", "2026-05-04T25:00", "09:30", "2026-05-04T09:30[Europe/Helsinki]"] {
            assert!(matches!(parse(text, HELSINKI), Err(Why::Expected(_))), "{text}");
        }
        assert!(parse("9999-12-31T23:59:59", "America/New_York").is_err());
    }
}
