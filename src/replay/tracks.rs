//! Recorded tracks, read from CSV (plain or gzip) and GPX. What cannot be used is named, not hidden.

use crate::domain::fix::{self, EARLIEST, Fix};
use crate::protocol::client::RawFix;
use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

/// How long after the row before it a row arrives that carries no usable time of its own.
const UNTIMED_STEP_MS: i64 = 1000;

/// One device's fixes, in the order in which they arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// The device's name.
    pub name: String,
    /// By arrival.
    pub fixes: Vec<Recorded>,
}

/// One fix as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recorded {
    /// Milliseconds after the track's first arrival.
    pub arrival_ms: i64,
    /// Milliseconds from measuring to arrival, negative if the clock was ahead; `None` if the clock was broken: such a time is sent as it is.
    pub lateness_ms: Option<i64>,
    /// With the time by its own clock.
    pub fix: RawFix,
}

/// All that a file holds.
#[derive(Debug, Default)]
pub struct Recording {
    /// In the order of their first rows.
    pub tracks: Vec<Track>,
    /// What could not be used: where, and why.
    pub bad: Vec<String>,
}

impl Recording {
    /// Reads a file; its format is seen from its first bytes.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let file = File::open(path).with_context(named)?;
        let mut file = BufReader::new(file);
        let zipped = file.fill_buf().with_context(named)?.starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Self::parse(BufReader::with_capacity(64 << 10, plain)).with_context(named)
    }

    fn parse(mut input: impl BufRead) -> anyhow::Result<Self> {
        let start = input.fill_buf()?;
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        let recording = if text.starts_with(b"<") { Self::parse_gpx(input)? } else { Self::parse_csv(input)? };
        if recording.tracks.is_empty() {
            bail!("no track with a usable row in it{}", recording.bad.first().map(|bad| format!(" ({bad})")).unwrap_or_default());
        }
        Ok(recording)
    }

    fn parse_csv(input: impl Read) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let headers = reader.headers().context("not a CSV file")?.clone();
        for needed in ["time_utc_ms", "lat", "lon"] {
            if !headers.iter().any(|header| header == needed) {
                bail!("neither GPX nor a CSV with the columns time_utc_ms, lat and lon: there is no {needed}");
            }
        }
        let mut gathered = Gathered::default();
        let mut values = csv::StringRecord::new();
        loop {
            let line = reader.position().line();
            match reader.read_record(&mut values) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) if error.is_io_error() => return Err(error.into()),
                Err(error) => {
                    gathered.bad.push(format!("line {line}: {error}"));
                    continue;
                }
            }
            let line = values.position().map_or(line, csv::Position::line);
            match values.deserialize::<Row>(Some(&headers)) {
                Ok(row) => gathered.add(&row.track_name(), row.fix(), row.logged_time_utc_ms, &format!("line {line}")),
                Err(error) => gathered.bad.push(format!("line {line}: {}", plainly(&error))),
            }
        }
        Ok(gathered.finish())
    }

    fn parse_gpx(input: impl Read) -> anyhow::Result<Self> {
        let gpx = gpx::read(input).context("not a readable GPX file")?;
        let mut gathered = Gathered::default();
        for (number, track) in gpx.tracks.iter().enumerate() {
            let name = track.name.clone().unwrap_or_else(|| format!("track {}", number + 1));
            for (point, waypoint) in track.segments.iter().flat_map(|segment| &segment.points).enumerate() {
                let place = format!("{name}, point {}", point + 1);
                let Some(time) = waypoint.time else {
                    gathered.bad.push(format!("{place}: no time"));
                    continue;
                };
                let nanos = time::OffsetDateTime::from(time).unix_timestamp_nanos();
                let Ok(time_ms) = i64::try_from(nanos.div_euclid(1_000_000)) else { continue };
                let (longitude, latitude) = waypoint.point().x_y();
                #[expect(clippy::cast_possible_truncation, reason = "seven digits of a speed are plenty")]
                let speed_mps = waypoint.speed.map(|speed| speed as f32);
                gathered.add(&name, RawFix(time_ms, latitude, longitude, None, speed_mps, None, None), None, &place);
            }
        }
        Ok(gathered.finish())
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    source: String,
    #[serde(default)]
    track_id: String,
    time_utc_ms: i64,
    lat: f64,
    lon: f64,
    #[serde(default)]
    speed_mps: Option<f32>,
    #[serde(default)]
    heading_deg: Option<f32>,
    #[serde(default)]
    accuracy_m: Option<f32>,
    #[serde(default)]
    battery: Option<f32>,
    #[serde(default)]
    logged_time_utc_ms: Option<i64>,
}

impl Row {
    fn track_name(&self) -> String {
        let names = [self.source.as_str(), self.track_id.as_str()];
        let given: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if given.is_empty() { "track".to_owned() } else { given.join("/") }
    }

    fn fix(&self) -> RawFix {
        RawFix(self.time_utc_ms, self.lat, self.lon, self.accuracy_m, self.speed_mps, self.heading_deg, self.battery)
    }
}

/// The field and the fault; where it is, the caller says.
fn plainly(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        _ => error.to_string(),
    }
}

/// A fix, and when it arrived if the source says so.
type Arrival = (RawFix, Option<i64>);

/// Rows by track, while reading.
#[derive(Default)]
struct Gathered {
    tracks: Vec<(String, Vec<Arrival>)>,
    known: HashMap<String, usize>,
    bad: Vec<String>,
}

impl Gathered {
    fn add(&mut self, track: &str, fix: RawFix, arrived_ms: Option<i64>, place: &str) {
        if let Err(fault) = parse(&fix) {
            self.bad.push(format!("{place}: {fault}"));
            return;
        }
        let index = *self.known.entry(track.to_owned()).or_insert_with(|| {
            self.tracks.push((track.to_owned(), Vec::new()));
            self.tracks.len() - 1
        });
        self.tracks[index].1.push((fix, arrived_ms));
    }

    fn finish(self) -> Recording {
        Recording { tracks: self.tracks.into_iter().map(|(name, rows)| Track::of(name, &rows)).collect(), bad: self.bad }
    }
}

/// The hub's own rule for what is a fix at all.
pub(super) fn parse(raw: &RawFix) -> Result<Fix, fix::BadFix> {
    let RawFix(time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery) = *raw;
    Fix::parse(fix::RawFix { time_ms, latitude, longitude, accuracy_m, speed_mps, heading_deg, battery })
}

impl Track {
    /// Orders rows by arrival. A row without an arrival time arrived when it was measured; one whose clock was broken, after the row before it.
    fn of(name: String, rows: &[Arrival]) -> Self {
        let sane = |fix: &RawFix| fix.0 >= EARLIEST.millis();
        let first_known = rows.iter().find_map(|(fix, arrived)| arrived.or_else(|| sane(fix).then_some(fix.0))).unwrap_or_default();
        let mut last = first_known;
        let mut fixes: Vec<Recorded> = rows
            .iter()
            .map(|(fix, arrived)| {
                let arrival_ms = arrived.unwrap_or(if sane(fix) { fix.0 } else { last.saturating_add(UNTIMED_STEP_MS) });
                last = arrival_ms;
                Recorded { arrival_ms, lateness_ms: sane(fix).then(|| arrival_ms.saturating_sub(fix.0)), fix: *fix }
            })
            .collect();
        fixes.sort_by_key(|recorded| recorded.arrival_ms);
        let first = fixes.first().map_or(0, |recorded| recorded.arrival_ms);
        for recorded in &mut fixes {
            recorded.arrival_ms -= first;
        }
        Self { name, fixes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "source,track_id,time_utc_ms,lat,lon,speed_mps,heading_deg,accuracy_m,logged_time_utc_ms\n\
        phone,a,1600000001000,60.1,24.9,-1,,9,1600000005000\n\
        phone,a,1600000000000,60.2,24.9,2.5,90,9,1600000003000\n\
        phone,b,x,60.2,24.9,,,,\n\
        phone,b,1600000000000,95.0,24.9,,,,\n\
        garmin,c,-2147483647000,45.0,14.0,,,,\n\
        garmin,c,1600000000000,45.1,14.0,,,,\n";

    #[test]
    fn rows_are_ordered_by_arrival_and_keep_their_lateness() {
        let recording = Recording::parse(CSV.as_bytes()).unwrap();
        let track = &recording.tracks[0];
        assert_eq!(track.name, "phone/a");
        let order: Vec<_> = track.fixes.iter().map(|recorded| (recorded.fix.1, recorded.arrival_ms, recorded.lateness_ms)).collect();
        assert_eq!(order, [(60.2, 0, Some(3000)), (60.1, 2000, Some(4000))]);
        assert_eq!(track.fixes[1].fix.4, Some(-1.0), "sentinels are sent as recorded");
    }

    #[test]
    fn bad_rows_are_named_by_line() {
        let bad = Recording::parse(CSV.as_bytes()).unwrap().bad;
        assert_eq!(bad.len(), 2);
        assert!(bad[0].starts_with("line 4: column 3: ") && bad[1].starts_with("line 5: latitude "), "{bad:?}");
    }

    #[test]
    fn a_broken_clock_stays_broken_and_does_not_stop_the_track() {
        let recording = Recording::parse(CSV.as_bytes()).unwrap();
        let fixes = &recording.tracks[1].fixes;
        assert_eq!(fixes.iter().map(|recorded| recorded.lateness_ms).collect::<Vec<_>>(), [Some(0), None]);
        assert!(fixes[1].arrival_ms < 10_000, "not a century later");
    }

    #[test]
    fn gpx_is_read_and_points_without_a_time_are_named() {
        let gpx = r#"<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Walk</name><trkseg>
            <trkpt lat="60.1" lon="24.9"><time>2020-01-01T00:00:00Z</time></trkpt><trkpt lat="60.2" lon="24.9"></trkpt>
            <trkpt lat="60.3" lon="24.9"><time>2020-01-01T00:00:05.5Z</time></trkpt></trkseg></trk></gpx>"#;
        let recording = Recording::parse(gpx.as_bytes()).unwrap();
        assert_eq!(recording.tracks[0].fixes.iter().map(|recorded| recorded.arrival_ms).collect::<Vec<_>>(), [0, 5500]);
        assert_eq!(recording.bad, ["Walk, point 2: no time"]);
    }

    #[test]
    fn what_is_no_recording_is_said() {
        for (text, said) in [
            ("a,b\n1,2\n", "there is no time_utc_ms"),
            ("", "there is no time_utc_ms"),
            ("<html></html>", "GPX"),
            ("time_utc_ms,lat,lon\n", "no track"),
        ] {
            let error = format!("{:#}", Recording::parse(text.as_bytes()).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
        assert!(format!("{:#}", Recording::read(Path::new("/no/such/file")).unwrap_err()).contains("/no/such/file"));
    }

    /// The recorded tracks of the project; skipped, loudly, where they are not.
    #[test]
    fn the_real_tracks_are_read_whole() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/tracks.csv.gz");
        if !file.exists() {
            eprintln!("SKIPPED: no {}", file.display());
            return;
        }
        let recording = Recording::read(&file).unwrap();
        let fixes: usize = recording.tracks.iter().map(|track| track.fixes.len()).sum();
        assert_eq!((recording.tracks.len(), fixes, recording.bad.len()), (175, 142_951, 0));
        let broken = recording.tracks.iter().flat_map(|track| &track.fixes).filter(|recorded| recorded.lateness_ms.is_none()).count();
        assert_eq!(broken, 184);
        assert!(recording.tracks.iter().all(|track| track.fixes.last().is_some_and(|last| last.arrival_ms < 86_400_000)), "no track lasts a day");
    }
}
