//! Instants between the hub (milliseconds) and Postgres (timestamptz).

use crate::domain::At;
use time::OffsetDateTime;

/// The years 1 to 9999, which both sides can write.
const FIRST_MS: i64 = -62_135_596_800_000;
const LAST_MS: i64 = 253_402_300_799_999;

/// For Postgres; beyond the years 1 to 9999 it is the nearest of them.
pub(super) fn time(at: At) -> OffsetDateTime {
    let nanos = i128::from(at.0.clamp(FIRST_MS, LAST_MS)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).expect("it lies in the years 1 to 9999")
}

/// From Postgres, in whole milliseconds.
pub(super) fn at(time: OffsetDateTime) -> At {
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    At(i64::try_from(millis).expect("its years have four digits"))
}

#[cfg(test)]
mod tests {
    use super::{at, time};
    use crate::domain::At;

    #[test]
    fn milliseconds_survive() {
        for ms in [0, -1, 1_790_000_000_123, -2_147_483_648_000] {
            assert_eq!(at(time(At(ms))), At(ms));
        }
        assert_eq!(time(At(i64::MAX)).year(), 9999);
        assert_eq!(time(At(i64::MIN)).year(), 1);
    }
}
