//! How long to wait before trying again.

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// After the first failure; doubles with each.
const FIRST_MS: i64 = 20_000;
const LONGEST_MS: i64 = 3_600_000;
/// The longest pause that another side may ask for.
const ASKED_MAX_S: i64 = 86_400;

/// The pause after the `tries`th failure, spread by up to a quarter to either side: `dice` is any number.
pub(super) fn pause_ms(tries: i32, dice: u32) -> i64 {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
    let pause_ms = (FIRST_MS << doublings).min(LONGEST_MS);
    pause_ms - pause_ms / 4 + i64::from(dice) * (pause_ms / 2) / i64::from(u32::MAX)
}

/// For how long the other side asks to be left alone, if it says so in seconds; at most a day.
pub(super) fn asked_ms(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(seconds.clamp(0, ASKED_MAX_S) * 1000)
}

#[cfg(test)]
mod tests {
    use super::pause_ms;

    #[test]
    fn pauses_double_up_to_an_hour_and_are_spread() {
        assert_eq!((pause_ms(1, 0), pause_ms(1, u32::MAX / 2), pause_ms(1, u32::MAX)), (15_000, 19_999, 25_000));
        assert_eq!(pause_ms(3, 0), 60_000);
        for tries in [9, 30, i32::MAX] {
            assert!((2_700_000..=4_500_000).contains(&pause_ms(tries, 12_345)), "{tries}");
        }
    }
}
