//! What stock phone trackers post, each in its own format and units. Pure: bytes in, fixes and reasons out.
//!
//! One address serves all of them; the app is known by the shape of what it sends. A request may hold positions, or something that is
//! authentic and of no use: that is counted by reason, and never an error to the phone, which would send it again for ever.

mod osmand;
mod overland;
mod owntracks;
mod text;
mod transistor;

#[cfg(test)]
mod tests;

pub use owntracks::{Waypoint, waypoints};

use crate::domain::At;
use crate::domain::arrival::Side;
use crate::domain::fix::{BadFix, Fix, RawFix};
use crate::domain::geo::BadPlace;
use serde_json::Value;

/// The longest name of a device.
pub const DEVICE_MAX: usize = 64;
/// The most positions of one request.
pub const POSITIONS_MAX: usize = 5_000;

/// An app by the shape of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum App {
    /// Traccar Client 10 and up to 7, and scripts: keys and values.
    Osmand,
    /// Traccar Client 9 and other apps with the same library: JSON with `location`.
    Transistor,
    /// `OwnTracks` over HTTP.
    Owntracks,
    /// Overland.
    Overland,
    /// `GPSLogger` with an address of its own.
    Gpslogger,
    /// None of them.
    Unknown,
}

impl App {
    /// As the wire and the counters spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Osmand => "osmand",
            Self::Transistor => "transistor",
            Self::Owntracks => "owntracks",
            Self::Overland => "overland",
            Self::Gpslogger => "gpslogger",
            Self::Unknown => "unknown",
        }
    }
}

/// Why something authentic is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// A message without a position: a heartbeat, a status, a card.
    NoPosition,
    /// None of the formats.
    Unreadable,
    /// Latitude or longitude is out of range, or only one of them is there.
    BadPlace,
    /// The time is none.
    BadTime,
    /// The app itself says that the position is not valid.
    Invalid,
    /// Only the phone can read it.
    Encrypted,
    /// Longer than a request may be, or with more positions.
    TooLarge,
    /// The worker was off duty.
    OffDuty,
    /// A time that cannot be right: kept apart.
    Aside,
}

impl Unusable {
    /// As the wire and the counters spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPosition => "no_position",
            Self::Unreadable => "unreadable",
            Self::BadPlace => "bad_place",
            Self::BadTime => "bad_time",
            Self::Invalid => "invalid",
            Self::Encrypted => "encrypted",
            Self::TooLarge => "too_large",
            Self::OffDuty => "off_duty",
            Self::Aside => "aside",
        }
    }
}

/// What one request of a phone says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// From which app.
    pub app: App,
    /// The phone's own name, if it gives one.
    pub device: Option<String>,
    /// The positions, in the order of the request.
    pub fixes: Vec<Fix>,
    /// A region that the phone watches was entered or left at the last of the fixes.
    pub side: Option<Side>,
    /// What was of no use.
    pub unusable: Vec<Unusable>,
}

impl Report {
    const fn new(app: App) -> Self {
        Self { app, device: None, fixes: Vec::new(), side: None, unusable: Vec::new() }
    }

    fn only(app: App, reason: Unusable) -> Self {
        Self { unusable: vec![reason], ..Self::new(app) }
    }

    fn take(&mut self, measured: Result<RawFix, Unusable>) {
        let fix = measured.and_then(|raw| {
            Fix::parse(raw).map_err(|bad| match bad {
                BadFix::Place(BadPlace::Latitude | BadPlace::Longitude) => Unusable::BadPlace,
                BadFix::Place(_) | BadFix::Time => Unusable::BadTime,
            })
        });
        match fix {
            Ok(_) if self.fixes.len() >= POSITIONS_MAX => self.unusable.push(Unusable::TooLarge),
            Ok(fix) => self.fixes.push(fix),
            Err(reason) => self.unusable.push(reason),
        }
    }

    fn named(mut self, device: Option<String>) -> Self {
        self.device =
            device.map(|name| name.chars().filter(|char| !char.is_control()).take(DEVICE_MAX).collect()).filter(|name: &String| !name.is_empty());
        self
    }
}

/// A request of a phone: what stands behind the secret, and the body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Posted<'a> {
    /// Behind the question mark.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// `OwnTracks`' `X-Limit-D`.
    pub device_header: Option<&'a str>,
}

/// Reads a request that arrived at `now`: what has no time of its own is of now.
pub fn read(posted: Posted<'_>, now: At) -> Report {
    let body = posted.body.trim_ascii();
    if matches!(body.first(), Some(b'{' | b'[')) {
        return match serde_json::from_slice::<Value>(body) {
            Ok(value) => of_json(&value, &posted, now),
            Err(_) => Report::only(App::Unknown, Unusable::Unreadable),
        };
    }
    let body = String::from_utf8_lossy(body);
    if posted.query.is_empty() && body.is_empty() {
        return Report::only(App::Unknown, Unusable::NoPosition);
    }
    osmand::of_pairs(&text::pairs(posted.query, &body), now)
}

fn of_json(value: &Value, posted: &Posted<'_>, now: At) -> Report {
    if value.get("_type").is_some() || value.as_array().and_then(|list| list.first()).is_some_and(|first| first.get("_type").is_some()) {
        return owntracks::read(value, posted);
    }
    if value.get("locations").is_some() {
        return overland::read(value);
    }
    let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    if first.get("location").is_some_and(|location| !location.is_string()) {
        return transistor::read(value);
    }
    if first.get("lat").is_some() || first.get("id").is_some() || first.get("location").is_some() {
        return osmand::of_objects(value, posted.query, now);
    }
    Report::only(App::Unknown, Unusable::Unreadable)
}
