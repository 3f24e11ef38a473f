//! The two spellings of an instant: RFC 3339 over HTTP, integer milliseconds on the socket.
//!
//! Every view is generic over its spelling, so a body cannot mix them.

use crate::domain::At;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Integer milliseconds since 1970, as on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl From<At> for Millis {
    fn from(at: At) -> Self {
        Self(at.0)
    }
}

impl From<Millis> for At {
    fn from(at: Millis) -> Self {
        Self(at.0)
    }
}

/// RFC 3339 in UTC with milliseconds, as over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ts_rs::TS, schemars::JsonSchema)]
#[ts(type = "string")]
pub struct Rfc3339(#[schemars(with = "jiff::Timestamp")] pub At);

impl From<At> for Rfc3339 {
    fn from(at: At) -> Self {
        Self(at)
    }
}

impl From<Rfc3339> for At {
    fn from(at: Rfc3339) -> Self {
        at.0
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            // Outside of years -9999..9999 there is no such spelling; the nearest end says enough.
            Err(_) => write!(f, "{:.3}", if self.0.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX }),
        }
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rfc3339 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: jiff::Timestamp = text.parse().map_err(|_unreadable| D::Error::custom("expected an RFC 3339 instant"))?;
        Ok(Self(At(timestamp.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_two_spellings() {
        let at = At(1_763_762_400_123);
        assert_eq!(serde_json::to_string(&Millis::from(at)).unwrap(), "1763762400123");
        assert_eq!(serde_json::to_string(&Rfc3339::from(at)).unwrap(), "\"2025-11-21T22:00:00.123Z\"");
        assert_eq!(serde_json::from_str::<Rfc3339>("\"2025-11-22T00:00:00.123+02:00\"").unwrap(), Rfc3339(at));
        assert!(serde_json::from_str::<Rfc3339>("\"tomorrow\"").is_err());
        assert!(serde_json::from_str::<Rfc3339>("\"2025-11-22T00:00:00\"").is_err());
    }
}
