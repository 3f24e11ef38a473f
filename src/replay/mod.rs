//! `dispatch-hub replay`: recorded tracks as live workers, over the same log-in and socket as anybody's phone.
//!
//! Tracks are dealt to the workers in turn; a worker with several plays them one after another. A fix is sent when it
//! arrived, as late as it was then, with all its faults: what is to be shown of it is the hub's business.

mod player;
mod timeline;
mod tracks;

pub use timeline::Timeline;
pub use tracks::{Recorded, Recording, Track};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use player::{Player, Tally};
use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// What to replay, and where to.
#[derive(Debug, Clone, Args)]
pub struct Replay {
    /// CSV with the columns of the recorded tracks (may be gzipped), or GPX.
    pub file: PathBuf,
    /// Address of the hub.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub hub: String,
    /// Divides the waiting between fixes.
    #[arg(long, default_value = "1", value_parser = speed)]
    pub speed: f64,
    /// The tenant's slug.
    #[arg(long, default_value = "demo")]
    pub tenant: String,
    /// The workers' password.
    #[arg(long, default_value = "demo", env = "HUB_REPLAY_PASSWORD", hide_env_values = true)]
    pub password: String,
    /// Which workers play, by their number.
    #[arg(long, default_value = "4..12")]
    pub workers: Numbers,
    /// The workers' e-mail addresses, `{}` is the number; by default `worker{}@demo.example` with the tenant's name for `demo`.
    #[arg(long)]
    pub email: Option<String>,
    /// Only tracks whose name contains this.
    #[arg(long)]
    pub only: Option<String>,
}

/// `4..12`: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    first: u32,
    last: u32,
}

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not like 4..12");
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (first.parse().ok(), last.parse().ok());
        first.zip(last).filter(|(first, last)| first <= last).map(|(first, last)| Self { first, last }).ok_or_else(wrong)
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_nan| format!("'{text}' is not a number"))?;
    if (0.01..=1_000_000.0).contains(&speed) { Ok(speed) } else { Err("must lie between 0.01 and 1000000".to_owned()) }
}

/// What became of the fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Usable fixes in the file.
    pub fixes: u64,
    /// Sent at least once.
    pub sent: u64,
    /// Acknowledged as stored.
    pub stored: u64,
    /// Too old for the maps when they arrived.
    pub late: u64,
    /// Of a time that cannot be right.
    pub aside: u64,
    /// Rows that are no fix at all.
    pub bad_rows: u64,
}

impl Summary {
    /// Whether every usable fix is stored.
    pub fn complete(&self) -> bool {
        self.stored == self.fixes
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fixes, sent, stored, late, aside, bad_rows } = self;
        write!(f, "{stored} of {fixes} fixes stored ({sent} sent, {late} late, {aside} aside), {bad_rows} bad rows")
    }
}

/// Replays to the end, or until somebody stops it. Progress goes to the terminal.
pub async fn run(replay: Replay) -> anyhow::Result<Summary> {
    let recording = tokio::task::spawn_blocking({
        let file = replay.file.clone();
        move || Recording::read(&file)
    })
    .await
    .context("reading the recording")??;
    let progress = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {elapsed_precise}").context("the bar's template")?);
    progress.enable_steady_tick(Duration::from_millis(200));
    for bad in recording.bad.iter().take(10) {
        progress.println(format!("left out: {bad}"));
    }
    if recording.bad.len() > 10 {
        progress.println(format!("left out: {} more rows", recording.bad.len() - 10));
    }
    let outcome = play(&replay, recording, &progress).await;
    progress.finish_and_clear();
    outcome
}

async fn play(replay: &Replay, recording: Recording, progress: &ProgressBar) -> anyhow::Result<Summary> {
    let bad_rows = recording.bad.len() as u64;
    let wanted = |track: &Track| replay.only.as_ref().is_none_or(|only| track.name.contains(only));
    let tracks: Vec<Track> = recording.tracks.into_iter().filter(wanted).collect();
    let fixes = tracks.iter().map(|track| track.fixes.len() as u64).sum();
    if fixes == 0 {
        bail!("no track's name contains '{}'", replay.only.as_deref().unwrap_or_default());
    }
    progress.set_length(fixes);
    let tally = Arc::new(Tally::new(progress.clone()));
    let mut players = Player::deal(replay, tracks, &tally);
    let mut playing = tokio::task::JoinSet::new();
    for player in players.drain(..) {
        playing.spawn(player.play());
    }
    let mut fault = None;
    let finished = async {
        while let Some(ended) = playing.join_next().await {
            if let Err(error) = ended.context("a worker's task").and_then(|ended| ended) {
                progress.println(format!("{error:#}"));
                fault.get_or_insert(error);
            }
        }
    };
    tokio::select! {
        () = finished => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    let summary = tally.summary(fixes, bad_rows);
    match fault {
        Some(error) if summary.stored == 0 => Err(error),
        _ => Ok(summary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{At, fix::Plausible, ids::*};
    use crate::location::Locations;
    use uuid::Uuid;

    #[test]
    fn workers_are_named_by_their_numbers() {
        assert_eq!("4..12".parse(), Ok(Numbers { first: 4, last: 12 }));
        assert_eq!("7".parse(), Ok(Numbers { first: 7, last: 7 }));
        for wrong in ["", "a..b", "12..4", "-1..2"] {
            assert!(wrong.parse::<Numbers>().is_err(), "{wrong}");
        }
        assert!(speed("0").is_err() && speed("nan").is_err() && speed("60").is_ok());
    }

    /// All recorded fixes, in their order of arrival, through the hub's own rule: no shown position goes back in time or comes
    /// from the future, and what is shown is the newest that has arrived. Skipped, loudly, where the recording is not.
    #[test]
    fn the_real_fixes_make_no_wrong_position() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/tracks.csv.gz");
        if !file.exists() {
            eprintln!("SKIPPED: no {}", file.display());
            return;
        }
        let (locations, tenant, start) = (Locations::new(), TenantId(Uuid::nil()), 1_790_000_000_000);
        let mut verdicts = [0_u32; 3];
        for (number, track) in Recording::read(&file).unwrap().tracks.iter().enumerate() {
            let worker = WorkerId(Uuid::from_u128(number as u128));
            let mut timeline = Timeline::new(start, 1.0);
            let (mut newest, mut shown_at) = (None::<crate::domain::fix::Fix>, None);
            for recorded in &track.fixes {
                let now = At(timeline.due_ms(recorded));
                let fix = tracks::parse(&timeline.stamp(recorded)).unwrap();
                let outcome = locations.record(tenant, worker, &fix, now);
                verdicts[match outcome.verdict {
                    Plausible::Shown(_) => 0,
                    Plausible::HistoryOnly => 1,
                    Plausible::Aside => 2,
                }] += 1;
                if matches!(fix.plausible(now, None), Plausible::Shown(_)) && newest.is_none_or(|newest| fix.at > newest.at) {
                    newest = Some(fix);
                }
                let shown = locations.latest(tenant, worker);
                assert!(shown.is_none_or(|shown| shown.at <= now), "from the future");
                assert!(shown.map(|shown| shown.at) >= shown_at, "back in time");
                shown_at = shown.map(|shown| shown.at);
                assert_eq!(shown.map(|shown| shown.point), newest.map(|newest| newest.point), "{} shows another than the newest", track.name);
            }
        }
        assert_eq!(verdicts[2], 184, "only the broken clock is put aside");
        assert!(verdicts[0] > 130_000, "{verdicts:?}");
    }
}
