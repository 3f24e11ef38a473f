//! The hub as a program of its own, which can be killed.

use super::PATIENCE;
use dispatch_hub::store::{Database, Role};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The real binary on a database that outlives it. Ends with the test.
pub(crate) struct Program {
    child: Child,
    url: String,
    database_url: String,
    variables: Vec<(&'static str, String)>,
}

impl Program {
    /// Starts it on a free port.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// The same with settings from variables.
    pub(crate) async fn start_with(database: &Database, variables: &[(&'static str, String)]) -> Self {
        let options = database.options(Role::Owner);
        let socket = options.get_socket().expect("test databases listen on a socket");
        let name = options.get_database().expect("test databases have names");
        let database_url = format!("postgres://{}@localhost/{name}?host={}", options.get_username(), socket.display());
        let (child, url) = launch(&database_url, "127.0.0.1:0", variables).await;
        Self { child, url, database_url, variables: variables.to_vec() }
    }

    /// Where it listens, before and after a restart.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills it in the middle of whatever it does, and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.child.kill().await.expect("it runs");
        let (child, url) = launch(&self.database_url, self.url.trim_start_matches("http://"), &self.variables).await;
        assert_eq!(url, self.url);
        self.child = child;
    }
}

async fn launch(database_url: &str, listen: &str, variables: &[(&'static str, String)]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dispatch-hub"))
        .args(["serve", "--listen", listen])
        .env("HUB_DATABASE_URL", database_url)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = timeout(3 * PATIENCE, lines.next_line()).await.expect("it listens in time").expect("a line").expect("it does not end");
    let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("instead of listening: {line}")).to_owned();
    (child, url)
}
