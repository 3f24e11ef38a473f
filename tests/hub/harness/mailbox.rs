//! A real mail server that a test owns: what it was given, and how it behaves.

use super::PATIENCE;
use serde_json::{Value, json};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The npm package `smtp-server` behind `web/tests/smtp-sink.mjs`. Ends with the test.
pub(crate) struct Mailbox {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
    security: &'static str,
    /// Its certificate, which only whoever is told to believes in.
    folder: TempDir,
}

/// A mail as the server got it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) to: String,
    pub(crate) message_id: String,
    pub(crate) text: String,
    /// Whether it came encrypted.
    pub(crate) is_secure: bool,
}

impl Received {
    /// The path of the link in it.
    pub(crate) fn link(&self) -> String {
        // Quoted-printable: soft line breaks away, `=3D` is an equals sign.
        let text = self.text.replace("=\r\n", "").replace("=3D", "=");
        let found = ["/i/", "/v/", "/r/", "/p/", "/t/", "/worker/", "/dispatch"]
            .iter()
            .find_map(|part| text.find(part))
            .unwrap_or_else(|| panic!("no link in {text}"));
        text[found..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_".contains(*c)).collect()
    }

    /// Its headers and its plain text, put together again.
    pub(crate) fn plain(&self) -> String {
        self.text.replace("=\r\n", "").replace("=3D", "=").replace("=E2=80=A6", "…").replace("\r\n", "\n")
    }

    /// The token in its link.
    pub(crate) fn token(&self) -> String {
        self.link()[3..].to_owned()
    }
}

impl Mailbox {
    pub(crate) async fn open() -> Self {
        Self::open_with("plain").await
    }

    /// Speaks `plain`, `tls` or `starttls`, with a certificate of its own.
    pub(crate) async fn open_with(security: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        std::fs::write(&certificate, made.cert.pem()).expect("it is written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/web/tests/smtp-sink.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .arg(security)
            .arg(key)
            .arg(certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed");
        let input = child.stdin.take().expect("a pipe");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut mailbox = Self { _child: child, input, lines, port: 0, security, folder };
        let listening = mailbox.line().await;
        mailbox.port = listening["listening"].as_u64().and_then(|port| port.try_into().ok()).expect("the web packages are installed");
        mailbox
    }

    /// The settings of a hub that sends here.
    pub(crate) fn settings(&self) -> String {
        let certificate = if self.security == "plain" { String::new() } else { self.certificate() };
        self.settings_with(self.security, &certificate)
    }

    /// The same, with another idea of how the way here is protected.
    pub(crate) fn settings_with(&self, security: &str, certificate: &str) -> String {
        format!(
            "public_url = \"http://hub.example.com\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"{security}\"\ncertificate = \"{certificate}\"\nfrom = \"hub@hub.example.com\"\ntimeout_s = 2",
            self.port
        )
    }

    /// The file with its certificate.
    pub(crate) fn certificate(&self) -> String {
        self.folder.path().join("certificate.pem").display().to_string()
    }

    /// Behaves otherwise from now on.
    pub(crate) async fn is(&mut self, mood: Value) {
        self.input.write_all(format!("{mood}\n").as_bytes()).await.expect("it runs");
        loop {
            if self.line().await["mood"] == mood {
                return;
            }
        }
    }

    /// Behaves well again.
    pub(crate) async fn is_well(&mut self) {
        self.is(json!({})).await;
    }

    /// The next mail.
    pub(crate) async fn gets(&mut self) -> Received {
        loop {
            let line = self.line().await;
            if let Some(to) = line["to"][0].as_str() {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                return Received { to: to.to_owned(), message_id: text("message"), text: text("text"), is_secure: line["secure"] == true };
            }
        }
    }

    /// Nothing was given to it since: what it says next is the answer to a question.
    pub(crate) async fn got_nothing(&mut self) {
        self.input.write_all(b"{}\n").await.expect("it runs");
        let line = self.line().await;
        assert_eq!(line, json!({ "mood": {} }), "a mail came");
    }

    /// The next address that it refuses.
    pub(crate) async fn refuses(&mut self) -> String {
        loop {
            if let Some(address) = self.line().await["refused"].as_str() {
                return address.to_owned();
            }
        }
    }

    async fn line(&mut self) -> Value {
        let line = timeout(3 * PATIENCE, self.lines.next_line()).await.expect("a line in time").expect("a pipe").expect("it runs");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))
    }
}
