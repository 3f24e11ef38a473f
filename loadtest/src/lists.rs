//! Lists of a company with 100,000 jobs: every filter, search and order, as a dispatcher and as portal users, one request after the
//! other as people send them.

use crate::{
    archive::{self, Archive},
    company::Person,
    hub::Launch,
    measure::{empty, now_ms},
    run::open_to_postgres,
};
use anyhow::{Context, bail};
use clap::Args;
use dispatch_hub::{
    client::{Client, Method},
    domain::At,
    protocol::Rfc3339,
};
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// The bar for the slowest hundredth of any kind of request (performance P10).
const BAR_MS: f64 = 50.0;
const DAY_MS: i64 = 24 * 3_600_000;

/// What to run.
#[derive(Debug, Clone, Args)]
pub(crate) struct Lists {
    /// Jobs of the one tenant.
    #[arg(long, default_value_t = 100_000)]
    jobs: usize,
    /// Rounds through all kinds of requests.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// The hub's program [default: beside this one].
    #[arg(long)]
    hub: Option<PathBuf>,
    /// Where the result goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Decides everything random about the archive.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One kind of request with its times.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    who: &'static str,
    what: &'static str,
    items: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

/// All kinds.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    jobs: usize,
    rounds: usize,
    bar_p99_ms: f64,
    within_bar: bool,
    all_p50_ms: f64,
    all_p99_ms: f64,
    lines: Vec<Line>,
}

struct Kind {
    who: &'static str,
    what: &'static str,
    client: Client,
    /// More than one: pages, the first one's `next` put into the second one.
    path: String,
    taken: Histogram<u64>,
    items: usize,
}

impl Lists {
    /// Fills an archive, starts a hub on it, and asks.
    pub(crate) async fn go(self) -> anyhow::Result<Outcome> {
        let folder = tempfile::Builder::new().prefix("dispatch-hub-loadtest-").permissions(open_to_postgres()).tempdir()?;
        let data = folder.path().join("data");
        let say = ProgressBar::new(self.jobs as u64).with_style(ProgressStyle::with_template("{msg} {pos}/{len} {elapsed}")?);
        say.set_message("writing jobs");
        let now = At(now_ms());
        let archive = archive::fill(&data, self.jobs, self.seed, now, |count| say.inc(count)).await?;
        let beside = || Some(std::env::current_exe().ok()?.parent()?.join("dispatch-hub"));
        let launch = Launch::new(self.hub.clone().or_else(beside).context("no hub named")?, &data)?;
        let hub = launch.start().await?;
        let mut kinds = kinds(&launch.url(), &archive, now).await?;
        say.set_message("asking");
        say.set_length(self.rounds as u64);
        say.set_position(0);
        // The first round fills the caches.
        for round in 0..=self.rounds {
            for kind in &mut kinds {
                kind.ask(round > 0).await?;
            }
            say.inc(1);
        }
        hub.stop().await?;
        let outcome = Outcome::of(self.jobs, self.rounds, kinds);
        fs::create_dir_all(&self.out)?;
        fs::write(self.out.join("lists.json"), serde_json::to_vec_pretty(&outcome)?)?;
        Ok(outcome)
    }
}

impl Kind {
    async fn ask(&mut self, counts: bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        let answer = self.client.request(Method::GET, &self.path, None, None).await?;
        let took = begun.elapsed();
        if answer.status != 200 {
            bail!("{}: {} {}", self.path, answer.status, answer.body);
        }
        self.items = answer.body["items"].as_array().map_or(0, Vec::len);
        if counts {
            self.taken.saturating_record(micros(took));
        }
        Ok(())
    }
}

/// Everything that is asked for.
async fn kinds(url: &str, archive: &Archive, now: At) -> anyhow::Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    let instant = |at: At| Rfc3339(at).to_string();
    let (rare, large, worker) = (archive.customers[archive.customers.len() - 1], archive.customers[0], archive.workers[7]);
    let (from, to) = (instant(now.plus_ms(-60 * DAY_MS)), instant(now.plus_ms(-53 * DAY_MS)));
    let begins = instant(archive.begins.plus_ms(DAY_MS));
    let template = archive.templates[2];
    let common: Vec<(&'static str, String)> = vec![
        ("newest", String::new()),
        ("oldest", "sort=number".into()),
        ("by date", "sort=-date".into()),
        ("by date, oldest", "sort=date".into()),
        ("by status", "sort=status".into()),
        ("by customer", "sort=customer".into()),
        ("by type", "sort=-template".into()),
        ("status", "status=completed".into()),
        ("rare status", "status=started&sort=-date".into()),
        ("statuses by customer", "status=pending&status=assigned&sort=customer".into()),
        ("type", format!("template={template}")),
        ("type and status by date", format!("template={template}&status=cancelled&sort=date")),
        ("week", format!("from={from}&to={to}&sort=date")),
        ("week by customer", format!("from={from}&to={to}&sort=customer")),
        ("all but a day", format!("from={begins}&sort=number")),
        ("Job ID", "q=J-10421".into()),
        ("digits", "q=104".into()),
        ("one digit", "q=7".into()),
        ("one letter", "q=k".into()),
        ("two letters", "q=ke".into()),
        ("two rare letters", "q=zq".into()),
        ("street", "q=keskuskatu".into()),
        ("street and number", "q=keskuskatu%203".into()),
        ("common word", "q=visit".into()),
        ("common word, oldest by date", "q=helsinki&sort=date".into()),
        ("hidden step", "q=fault".into()),
        ("nothing", "q=no%20such%20thing".into()),
        ("word, status and type", format!("q=visit&status=cancelled&template={}&sort=customer", archive.templates[0])),
        ("common word, impossible filter", format!("q=visit&template={template}")),
    ];
    let staff: Vec<(&'static str, String)> = vec![
        ("small customer", format!("customer={}&sort=-date", rare.0)),
        ("large customer by status", format!("customer={}&sort=status", large.0)),
        ("worker", format!("worker={worker}")),
        ("worker and search", format!("worker={worker}&q=boiler&sort=date")),
    ];
    for (who, person) in [("dispatcher", &archive.dispatcher), ("large customers", &archive.large), ("small customer", &archive.small)] {
        let client = client(url, person)?;
        for (what, query) in common.iter().chain(staff.iter().filter(|_| who == "dispatcher")) {
            kinds.push(Kind { who, what, client: client.clone(), path: format!("/api/jobs?limit=50&{query}"), taken: empty(), items: 0 });
        }
        for (what, order) in [("page 40", "-number"), ("page 40 by customer", "customer"), ("page 40 by date", "date")] {
            let path = deep(&client, order).await?;
            kinds.push(Kind { who, what, client: client.clone(), path, taken: empty(), items: 0 });
        }
    }
    Ok(kinds)
}

/// The path of a page that many others come before.
async fn deep(client: &Client, order: &str) -> anyhow::Result<String> {
    let mut path = format!("/api/jobs?limit=50&sort={order}");
    for _ in 0..40 {
        let page = client.get(&path).await?;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/jobs?limit=50&sort={order}&after={next}");
    }
    Ok(path)
}

fn client(url: &str, person: &Person) -> anyhow::Result<Client> {
    Ok(Client::anonymous(url)?.with_cookie(person.session.to_string()))
}

impl Outcome {
    fn of(jobs: usize, rounds: usize, kinds: Vec<Kind>) -> Self {
        let mut all = empty();
        let lines: Vec<Line> = kinds
            .into_iter()
            .map(|kind| {
                all.add(&kind.taken).expect("both have the same bounds");
                Line {
                    who: kind.who,
                    what: kind.what,
                    items: kind.items,
                    p50_ms: millis(kind.taken.value_at_quantile(0.5)),
                    p99_ms: millis(kind.taken.value_at_quantile(0.99)),
                    max_ms: millis(kind.taken.max()),
                }
            })
            .collect();
        Self {
            jobs,
            rounds,
            bar_p99_ms: BAR_MS,
            within_bar: lines.iter().all(|line| line.p99_ms <= BAR_MS),
            all_p50_ms: millis(all.value_at_quantile(0.5)),
            all_p99_ms: millis(all.value_at_quantile(0.99)),
            lines,
        }
    }

    /// For the terminal.
    pub(crate) fn table(&self) -> String {
        use std::fmt::Write as _;
        let mut table = format!(
            "{} jobs, {} rounds\n{:<18}{:<34}{:>6}{:>9}{:>9}{:>9}\n",
            self.jobs, self.rounds, "who", "what", "items", "p50 ms", "p99 ms", "max ms"
        );
        for line in &self.lines {
            let mark = if line.p99_ms > self.bar_p99_ms { "  over the bar" } else { "" };
            writeln!(table, "{:<18}{:<34}{:>6}{:>9.1}{:>9.1}{:>9.1}{mark}", line.who, line.what, line.items, line.p50_ms, line.p99_ms, line.max_ms)
                .expect("a string takes everything");
        }
        let verdict = if self.within_bar { "every kind is within the bar" } else { "not every kind is within the bar" };
        writeln!(table, "all together: p50 {:.1} ms, p99 {:.1} ms; bar: p99 {} ms; {verdict}", self.all_p50_ms, self.all_p99_ms, self.bar_p99_ms)
            .expect("a string takes everything");
        table
    }

    /// Whether the bar is kept.
    pub(crate) fn is_within_bar(&self) -> bool {
        self.within_bar
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a request are few")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}
