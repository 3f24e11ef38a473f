//! Free start times: what a customer who is bound to business hours may ask for.

use super::at::At;
use super::hours::BusinessHours;
use super::job::Slot;
use super::tenant::BookingRules;
use jiff::civil::Date;

const DAY_MIN: i64 = 24 * 60;

/// Everything that decides on a start time but the jobs that are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Bookings {
    /// When the company is open.
    pub hours: BusinessHours,
    /// Grid, notice and horizon.
    pub rules: BookingRules,
    /// Jobs at one time.
    pub workers: u32,
}

impl Bookings {
    /// Whether a job of this length could start then if nobody else had asked for anything.
    pub fn offers(&self, start: At, duration_min: u32, now: At) -> bool {
        self.on(self.hours.date(start), duration_min, now).any(|slot| slot.start == start)
    }

    /// The free times from `from` on, for `days` days, in order. `busy` are the jobs that are there, in any order.
    pub fn free(&self, duration_min: u32, now: At, from: Date, days: u16, busy: &[Slot]) -> Vec<Slot> {
        let dates = std::iter::successors(Some(from), |date| date.tomorrow().ok()).take(usize::from(days));
        let slots = dates.flat_map(|date| self.on(date, duration_min, now).collect::<Vec<_>>());
        slots.filter(|slot| self.has_room(*slot, busy)).collect()
    }

    /// Whether one more job fits in beside those that are there.
    pub fn has_room(&self, slot: Slot, busy: &[Slot]) -> bool {
        let overlapping = busy.iter().filter(|other| other.start < slot.end && slot.start < other.end).count();
        overlapping < self.workers as usize
    }

    /// The times of one date: the whole length within its hours, not too soon, not too far ahead.
    fn on(&self, date: Date, duration_min: u32, now: At) -> impl Iterator<Item = Slot> {
        let earliest = now.plus_min(i64::from(self.rules.notice_min));
        let last_date = self.hours.date(now.plus_min(i64::from(self.rules.horizon_days) * DAY_MIN));
        let open = self.hours.open_on(date).filter(|_| date <= last_date);
        let starts = if open.is_some() { self.hours.starts_on(date, self.rules.step_min) } else { Vec::new() };
        let slots = starts.into_iter().map(move |start| Slot { start, end: start.plus_min(i64::from(duration_min)) });
        slots.filter(move |slot| slot.start >= earliest && open.is_some_and(|open| slot.end <= open.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn at(text: &str) -> At {
        At(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn bookings(workers: u32) -> Bookings {
        let day = Some((8 * 60, 16 * 60));
        let hours = BusinessHours {
            hours: [day, day, day, day, day, None, None],
            holidays: vec!["2026-05-01".parse().unwrap()],
            zone: TimeZone::get("Europe/Helsinki").unwrap(),
        };
        Bookings { hours, rules: BookingRules::default(), workers }
    }

    /// Local times in Helsinki of the free starts on a date.
    fn starts(bookings: &Bookings, duration_min: u32, now: &str, date: &str, busy: &[Slot]) -> Vec<String> {
        let free = bookings.free(duration_min, at(now), date.parse().unwrap(), 1, busy);
        let local = |slot: Slot| bookings.hours.zone.to_datetime(Timestamp::from_millisecond(slot.start.0).unwrap());
        free.into_iter().map(|slot| local(slot).strftime("%H:%M").to_string()).collect()
    }

    #[test]
    fn the_whole_length_lies_within_the_hours() {
        let all = starts(&bookings(1), 60, "2026-05-01T00:00:00Z", "2026-05-04", &[]);
        assert_eq!((all.len(), all[0].as_str(), all[14].as_str()), (15, "08:00", "15:00"));
        assert_eq!(starts(&bookings(1), 8 * 60, "2026-05-01T00:00:00Z", "2026-05-04", &[]), ["08:00"]);
        assert!(starts(&bookings(1), 8 * 60 + 5, "2026-05-01T00:00:00Z", "2026-05-04", &[]).is_empty());
    }

    #[test]
    fn holidays_weekends_notice_and_horizon() {
        let now = "2026-04-30T06:10:00Z";
        let table = [
            ("2026-04-29", 0),
            // It is 9:10; from 11:10 on, so 11:30 to 15:00.
            ("2026-04-30", 8),
            ("2026-05-01", 0),
            ("2026-05-02", 0),
            ("2026-05-04", 15),
            ("2026-06-29", 15),
            ("2026-06-30", 0),
        ];
        for (date, count) in table {
            assert_eq!(starts(&bookings(1), 60, now, date, &[]).len(), count, "{date}");
        }
    }

    #[test]
    fn as_many_at_a_time_as_there_are_workers() {
        let job = |start: &str, end: &str| Slot { start: at(&format!("2026-05-04T{start}:00Z")), end: at(&format!("2026-05-04T{end}:00Z")) };
        // 9:00 to 10:00 in Helsinki.
        let busy = [job("06:00", "07:00")];
        let free = starts(&bookings(1), 60, "2026-05-01T00:00:00Z", "2026-05-04", &busy);
        assert_eq!(free[..3], ["08:00", "10:00", "10:30"]);
        assert_eq!(starts(&bookings(2), 60, "2026-05-01T00:00:00Z", "2026-05-04", &busy).len(), 15);
        assert!(starts(&bookings(0), 60, "2026-05-01T00:00:00Z", "2026-05-04", &[]).is_empty());
    }

    #[test]
    fn a_night_shift_over_the_change_of_clocks_stays_within_its_hours() {
        let mut night = bookings(1);
        night.hours.hours = [Some((0, 6 * 60)); 7];
        // Five hours instead of six: what lasts five starts at midnight only; the second 3:30 of autumn is not offered.
        assert_eq!(starts(&night, 5 * 60, "2026-03-27T00:00:00Z", "2026-03-29", &[]), ["00:00"]);
        assert_eq!(starts(&night, 60, "2026-03-27T00:00:00Z", "2026-03-29", &[]).len(), 9);
        assert_eq!(starts(&night, 7 * 60, "2026-10-23T00:00:00Z", "2026-10-25", &[]), ["00:00"]);
    }

    prop_compose! {
        fn any_slot()(start in 1_770_000_000i64..1_800_000_000, minutes in 5i64..600) -> Slot {
            let start = At(start * 1000);
            Slot { start, end: start.plus_min(minutes) }
        }
    }

    proptest! {
        #[test]
        fn every_free_time_keeps_every_rule(
            zone in prop::sample::select(vec!["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"]),
            now in 1_770_000_000i64..1_800_000_000,
            opens in 0u16..20 * 60, length in 30u16..600, step in prop::sample::select(vec![5u16, 15, 30, 45, 60, 90]),
            duration in 5u32..400, workers in 0u32..3, busy in prop::collection::vec(any_slot(), 0..40), notice in 0u32..3000,
        ) {
            let closes = (opens + length).min(24 * 60);
            let hours = BusinessHours { hours: [Some((opens, closes)); 7], holidays: Vec::new(), zone: TimeZone::get(zone).unwrap() };
            let rules = BookingRules { step_min: step, notice_min: notice, horizon_days: 10, bookable_workers: None };
            let bookings = Bookings { hours, rules, workers };
            let now = At(now * 1000);
            let free = bookings.free(duration, now, bookings.hours.date(now), 14, &busy);
            for pair in free.windows(2) {
                prop_assert!(pair[0].start < pair[1].start);
            }
            for slot in free {
                let date = bookings.hours.date(slot.start);
                let open = bookings.hours.open_on(date).unwrap();
                prop_assert!(slot.start >= open.start && slot.end <= open.end);
                prop_assert_eq!(slot.end.since(slot.start), i64::from(duration) * 60_000);
                prop_assert!(slot.start >= now.plus_min(i64::from(notice)));
                prop_assert!(bookings.offers(slot.start, duration, now));
                prop_assert!(!bookings.offers(slot.start.plus_ms(1), duration, now));
                let local = bookings.hours.zone.to_datetime(Timestamp::from_millisecond(slot.start.0).unwrap());
                let minute = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
                prop_assert_eq!((minute % step, local.second()), (0, 0));
                // Room for this one at every moment: fewer than all are busy.
                let overlapping = busy.iter().filter(|other| other.start < slot.end && slot.start < other.end).count();
                prop_assert!(overlapping < workers as usize);
            }
        }
    }
}
