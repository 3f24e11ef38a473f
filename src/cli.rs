//! The command line: serve | demo | replay | found | migrate | import-addresses | check-config.

use crate::app::{self, App};
use crate::config::Config;
use crate::founding::Founding;
use crate::store::{Store, private_postgres};
use crate::{demo, import, replay, telemetry};
use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// A live dispatch hub for field-service companies.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the hub.
    Serve(Place),
    /// Runs the hub with two made-up companies, and workers who drive through Helsinki.
    Demo(Demo),
    /// Streams recorded tracks as live workers.
    Replay(replay::Replay),
    /// Founds a company, invites its first admin, and ends.
    Found(Found),
    /// Brings the database up to date, and ends.
    Migrate(Place),
    /// Reads addresses to suggest from a file in the CSV form of openaddresses.io, and ends. The same file twice changes nothing.
    ImportAddresses(ImportAddresses),
    /// Says whether the settings fit, and ends.
    CheckConfig(Place),
}

/// Where the settings are, and the two that change most.
#[derive(Debug, Args)]
struct Place {
    /// The settings; by default config.toml, if it is there.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The folder for everything the hub keeps.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Demo {
    #[command(flatten)]
    place: Place,
    /// Forget what was there and begin anew.
    #[arg(long)]
    fresh: bool,
    /// Without the drivers.
    #[arg(long)]
    still: bool,
}

#[derive(Debug, Args)]
struct Found {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    founding: Founding,
}

#[derive(Debug, Args)]
struct ImportAddresses {
    #[command(flatten)]
    place: Place,
    /// CSV with the columns LON, LAT, NUMBER, STREET and, if known, UNIT, CITY, POSTCODE.
    file: PathBuf,
}

impl Place {
    fn settings(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Runs what the command line asks for.
pub async fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve(place) => serve(&place.settings()?).await,
        Command::Demo(options) => run_demo(&options).await,
        Command::Replay(options) => play(options).await,
        Command::Found(options) => found(&options).await,
        Command::Migrate(place) => migrate(&place.settings()?).await,
        Command::ImportAddresses(options) => import_addresses(&options).await,
        Command::CheckConfig(place) => {
            say(&place.settings()?.to_string());
            Ok(())
        }
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    begin(config);
    let app = App::start(config).await?;
    say(&format!("listening on http://{}", app.address()));
    asked_to_stop().await?;
    app.stop().await
}

async fn run_demo(options: &Demo) -> anyhow::Result<()> {
    let mut config = options.place.settings()?;
    if options.place.data.is_none() {
        config.data = PathBuf::from("data/demo");
    }
    if !config.listen.ip().is_loopback() {
        bail!("the demo has well-known passwords: it listens on 127.0.0.1 only, not on {}", config.listen.ip());
    }
    begin(&config);
    if options.fresh {
        private_postgres::forget(&config.data)?;
    }
    let (database, postgres) = app::database(&config).await?;
    Store::migrate(&database).await?;
    let store = Store::connect(&database).await?;
    // Before the hub starts: it then loads the demo's open jobs like any others.
    demo::seed(&store).await.context("the demo companies could not be made")?;
    let app = App::serve_demo(&config, store, postgres).await?;
    let address = format!("http://{}", app.address());
    say(&demo::greeting(&address));
    say(&format!("listening on {address}"));
    let drivers = (!options.still).then(|| demo::drive(address));
    asked_to_stop().await?;
    if let Some(drivers) = drivers {
        drivers.stop().await;
    }
    app.stop().await
}

async fn play(options: replay::Replay) -> anyhow::Result<()> {
    let summary = replay::run(options).await?;
    say(&summary.to_string());
    if summary.complete() { Ok(()) } else { bail!("not every fix was stored") }
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    begin(config);
    let (database, postgres) = app::database(config).await?;
    Store::migrate(&database).await?;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    say("The database is up to date.");
    Ok(())
}

async fn found(options: &Found) -> anyhow::Result<()> {
    let config = options.place.settings()?;
    begin(&config);
    let (database, postgres) = app::database(&config).await?;
    Store::migrate(&database).await?;
    let store = Store::connect(&database).await?;
    let founded = options.founding.found(&store).await;
    store.close().await;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    let origin = config.public_url.as_ref().map_or_else(|| format!("http://{}", config.listen), |url| url.as_str().to_owned());
    say(&format!("{} is founded. The link with which its admin chooses a password, good for 14 days:\n{origin}{}", options.founding.name, founded?));
    Ok(())
}

async fn import_addresses(options: &ImportAddresses) -> anyhow::Result<()> {
    let config = options.place.settings()?;
    begin(&config);
    let file = std::fs::File::open(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?;
    let (database, postgres) = app::database(&config).await?;
    Store::migrate(&database).await?;
    let store = Store::connect(&database).await?;
    let imported = import::addresses(&store, file).await;
    store.close().await;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    say(&imported?.to_string());
    Ok(())
}

fn begin(config: &Config) {
    telemetry::log(config.log_format, &config.log_filter);
    for variable in &config.ignored_variables {
        tracing::warn!(variable, "this variable means nothing to the hub");
    }
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let (mut terminated, mut interrupted) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    tracing::info!("stopping");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command line speaks to whoever started it; logs go to stderr")]
fn say(text: &str) {
    println!("{text}");
}
