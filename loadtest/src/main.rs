//! `loadtest`: a crowd of workers, dispatchers and portal users over real sockets against a hub of its own, measured.
//!
//! `company` founds the companies, `hub` runs the process under test, `crowd` with `worker`, `dispatcher` and `portal` drive
//! it, `measure` takes down what they see, `check` compares that with the tables, `report` writes it out, `torture` kills.
//! `lists` asks for lists of the many jobs that `archive` has written.

mod archive;
mod check;
mod company;
mod crowd;
mod dispatcher;
mod glance;
mod hub;
mod lists;
mod measure;
mod paths;
mod portal;
mod report;
mod run;
mod torture;
mod worker;

use clap::{Parser, Subcommand};
use lists::Lists;
use run::Run;
use std::{process::ExitCode, time::Duration};
use torture::Torture;

/// Measures a hub under a steady load.
#[derive(Debug, Parser)]
#[command(version)]
#[command(args_conflicts_with_subcommands = true)]
struct Loadtest {
    #[command(subcommand)]
    scenario: Option<Scenario>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// The steady load with kill -9 at random moments: nothing acknowledged may be lost, nothing applied twice.
    Torture {
        /// How often.
        #[arg(long, default_value_t = 5)]
        kills: u32,
        #[command(flatten)]
        run: Run,
    },
    /// Lists of 100,000 jobs of one tenant: every filter, search and order, one request after the other.
    Lists {
        #[command(flatten)]
        lists: Lists,
    },
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the report is for the terminal")]
async fn main() -> anyhow::Result<ExitCode> {
    let Loadtest { scenario, run: steady } = Loadtest::parse();
    let report = match scenario {
        Some(Scenario::Lists { lists }) => {
            let outcome = lists.go().await?;
            print!("{}", outcome.table());
            return Ok(if outcome.is_within_bar() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        None => steady.go(None).await?,
        Some(Scenario::Torture { kills, run }) => {
            println!("seed {}", run.seed);
            let torture = Torture::new(kills, run.seed, Duration::from_secs(run.seconds), Duration::from_secs(4));
            run.go(Some(torture)).await?
        }
    };
    print!("{}", report.table());
    let kept = report.all_acknowledged && report.lost.is_clean();
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
