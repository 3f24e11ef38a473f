//! Settings: `config.toml`, then `HUB_*` variables; parsed and checked once. Secrets are never printed.
//!
//! Every setting is text with a source until it is parsed here, so that a file and a variable fail with the same words.

mod places;
mod push;
mod sms;
mod smtp;

pub use places::{GeocoderKind, GeocoderSetting, RouterProgram, RouterUrl};
pub use push::Push;
pub use sms::{Gateway, Sms};
pub use smtp::{Security, Smtp};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The default file, used if it is there.
pub const FILE: &str = "config.toml";

/// Every key that means something. The variable of `a.b` is `HUB_A_B`.
const KEYS: [&str; 40] = [
    "listen",
    "data",
    "public_url",
    "trusted_proxies",
    "database.url",
    "log.format",
    "log.filter",
    "sessions.days",
    "smtp.host",
    "smtp.port",
    "smtp.security",
    "smtp.user",
    "smtp.password",
    "smtp.from",
    "smtp.certificate",
    "smtp.timeout_s",
    "sms.kind",
    "sms.url",
    "sms.account",
    "sms.token",
    "sms.from",
    "sms.headers",
    "sms.body",
    "sms.incoming_secret",
    "sms.timeout_s",
    "sms.price",
    "sms.currency",
    "push.contact",
    "push.private",
    "courier.per_minute",
    "webhooks.private",
    "api.per_minute",
    "fixes.keep_days",
    "map.basemap",
    "places.gazetteer",
    "router.kind",
    "router.url",
    "geocoder.kind",
    "geocoder.url",
    "paper.fonts",
];
const SECRET: [&str; 5] = ["database.url", "smtp.password", "sms.token", "sms.headers", "sms.incoming_secret"];
/// Variables that other parts read: where Postgres' programs are, the password that a replay logs in with.
const ELSEWHERE: [&str; 2] = ["HUB_PG_BIN", "HUB_REPLAY_PASSWORD"];

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}, line {line}: not valid TOML: {message}", .path.display())]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Why; without the line itself, which may hold a secret.
        message: String,
    },
    /// A key that means nothing.
    #[error("{}: there is no setting `{key}`", .path.display())]
    UnknownKey {
        /// Which file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A value that does not fit.
    #[error("{key} = {value} (from {source_name}): expected {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value, unless it is a secret.
        value: String,
        /// The file or the variable.
        source_name: String,
        /// What would fit.
        expected: &'static str,
    },
}

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// `scheme://host[:port]`, as browsers spell an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, if it is a name and no number.
    pub fn domain(&self) -> Option<&str> {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        let host = authority.split(':').next().filter(|host| host.contains('.') && !host.starts_with('['))?;
        host.parse::<IpAddr>().is_err().then_some(host)
    }

    /// Whether browsers reach the hub through TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let origin = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).ok_or(())?;
        let plain = !authority.is_empty() && authority.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
        if plain { Ok(Self(origin)) } else { Err(()) }
    }
}

/// All settings of a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Everything it keeps.
    pub data: PathBuf,
    /// How people reach it, if that is not what their request says.
    pub public_url: Option<PublicUrl>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The database; none: a private one.
    pub database_url: Option<Secret>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
    /// Days until an unused log-in ends.
    pub session_days: u16,
    /// The mail server; none: e-mails wait.
    pub smtp: Option<Smtp>,
    /// The gateway of text messages; none: they wait.
    pub sms: Option<Sms>,
    /// Notifications of browsers; none: not allowed.
    pub push: Option<Push>,
    /// Messages a minute that one company may send.
    pub messages_per_minute: u16,
    /// Webhooks may be called inside the operator's own network, and without encryption.
    pub private_webhooks: bool,
    /// Requests a minute that one API token may make.
    pub requests_per_minute: u16,
    /// Days that fixes are kept.
    pub fixes_keep_days: u16,
    /// A `PMTiles` file for the ground of maps; none: the built-in one.
    pub basemap: Option<PathBuf>,
    /// A CSV file of addresses; none: the built-in one.
    pub gazetteer: Option<PathBuf>,
    /// Who is asked for ways by road, and where; none: nobody, ways are estimated.
    pub router: Option<(RouterProgram, RouterUrl)>,
    /// A geocoder elsewhere; none: the built-in one.
    pub geocoder: Option<GeocoderSetting>,
    /// Font files for letters that the built-in fonts of invoices lack.
    pub paper_fonts: Vec<PathBuf>,
    /// `HUB_*` variables that mean nothing, to be warned of: a typing error, or another program's.
    pub ignored_variables: Vec<String>,
}

impl Config {
    /// The settings of `file` (by default `config.toml`, if it is there) and of this process' variables.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let path = file.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Unreadable { path: path.to_owned(), source }),
        };
        // A variable that is not Unicode cannot be one of ours with a value that fits.
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::parse(path, &text, variables)
    }

    /// The settings of a file's text and of some variables.
    pub fn parse(path: &Path, text: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            Error::NotToml { path: path.to_owned(), line, message: error.message().to_owned() }
        })?;
        let mut settings = Settings::default();
        settings.take_table(path, "", &table)?;
        let ignored_variables = settings.take_variables(variables);
        settings.parse(ignored_variables)
    }
}

/// What is in force, as a file would say it. Secrets stay secret.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |path: &Option<PathBuf>| path.as_deref().unwrap_or(Path::new("")).display().to_string();
        let proxies: Vec<String> = self.trusted_proxies.iter().map(IpAddr::to_string).collect();
        let log_format = match self.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        writeln!(f, "listen = \"{}\"", self.listen)?;
        writeln!(f, "data = \"{}\"", self.data.display())?;
        writeln!(f, "public_url = \"{}\"", self.public_url.as_ref().map_or("", PublicUrl::as_str))?;
        writeln!(f, "trusted_proxies = {proxies:?}")?;
        writeln!(f, "database.url = \"{}\"", if self.database_url.is_some() { "(secret)" } else { "" })?;
        writeln!(f, "log.format = \"{log_format}\"")?;
        writeln!(f, "log.filter = \"{}\"", self.log_filter)?;
        writeln!(f, "sessions.days = {}", self.session_days)?;
        smtp::write(self.smtp.as_ref(), f)?;
        sms::write(self.sms.as_ref(), f)?;
        push::write(self.push.as_ref(), f)?;
        writeln!(f, "courier.per_minute = {}", self.messages_per_minute)?;
        writeln!(f, "webhooks.private = {}", self.private_webhooks)?;
        writeln!(f, "api.per_minute = {}", self.requests_per_minute)?;
        writeln!(f, "fixes.keep_days = {}", self.fixes_keep_days)?;
        writeln!(f, "map.basemap = \"{}\"", file(&self.basemap))?;
        writeln!(f, "places.gazetteer = \"{}\"", file(&self.gazetteer))?;
        places::write(self.router.as_ref(), self.geocoder.as_ref(), f)?;
        write!(f, "paper.fonts = {:?}", self.paper_fonts)?;
        self.ignored_variables.iter().try_for_each(|variable| write!(f, "\n# {variable} means nothing to the hub"))
    }
}

/// The words of the file and the variables, by key.
#[derive(Default)]
struct Settings(BTreeMap<&'static str, Setting>);

struct Setting {
    text: String,
    source_name: String,
}

impl Settings {
    fn take_table(&mut self, path: &Path, prefix: &str, table: &toml::Table) -> Result<(), Error> {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            if let toml::Value::Table(inner) = value {
                self.take_table(path, &format!("{key}."), inner)?;
                continue;
            }
            let Some(&known) = KEYS.iter().find(|known| **known == key) else {
                return Err(Error::UnknownKey { path: path.to_owned(), key });
            };
            self.0.insert(known, Setting { text: text_of(value), source_name: path.display().to_string() });
        }
        Ok(())
    }

    fn take_variables(&mut self, variables: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
        let mut ignored = BTreeSet::new();
        for (name, text) in variables {
            if !name.starts_with("HUB_") || ELSEWHERE.contains(&name.as_str()) {
                continue;
            }
            match KEYS.iter().find(|key| variable_of(key) == name) {
                Some(key) => drop(self.0.insert(key, Setting { text, source_name: name })),
                None => drop(ignored.insert(name)),
            }
        }
        ignored.into_iter().collect()
    }

    fn parse(&self, ignored_variables: Vec<String>) -> Result<Config, Error> {
        let path = |text: &str| Some(PathBuf::from(text));
        Ok(Config {
            listen: self.one("listen", "127.0.0.1:8080", "an address and a port, like 127.0.0.1:8080", |text| text.parse().ok())?,
            data: self.one("data", "./data", "a folder", path)?,
            public_url: self.maybe("public_url", "an address like https://hub.example.com, without a path", |text| text.parse().ok())?,
            trusted_proxies: self
                .maybe("trusted_proxies", "addresses like 10.0.0.1", |text| text.split(',').map(|one| one.trim().parse().ok()).collect())?
                .unwrap_or_default(),
            database_url: self.maybe("database.url", "postgres://user:password@host/database", |text| {
                let scheme = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
                scheme.then(|| Secret(text.to_owned()))
            })?,
            log_format: self.one("log.format", "text", "text or json", |text| match text {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            log_filter: self.one("log.filter", "info", "error, warn, info, debug or trace, also per part", |text| {
                tracing_subscriber::EnvFilter::try_new(text).is_ok().then(|| text.to_owned())
            })?,
            session_days: self.one("sessions.days", "30", "a number from 1 to 365", |text| within(text, 365))?,
            smtp: smtp::parse(self)?,
            sms: sms::parse(self)?,
            push: push::parse(self)?,
            messages_per_minute: self.one("courier.per_minute", "300", "a number from 1 to 60000", |text| within(text, 60_000))?,
            private_webhooks: self.one("webhooks.private", "false", "true or false", |text| text.parse().ok())?,
            requests_per_minute: self.one("api.per_minute", "600", "a number from 1 to 60000", |text| within(text, 60_000))?,
            fixes_keep_days: self.one("fixes.keep_days", "90", "a number from 1 to 3650", |text| within(text, 3650))?,
            basemap: self.maybe("map.basemap", "a file that is there", existing_file)?,
            gazetteer: self.maybe("places.gazetteer", "a file that is there", existing_file)?,
            router: places::router(self)?,
            geocoder: places::geocoder(self)?,
            paper_fonts: self
                .maybe("paper.fonts", "font files that are there", |text| text.split(',').map(|one| existing_file(one.trim())).collect())?
                .unwrap_or_default(),
            ignored_variables,
        })
    }

    /// A setting that always has a value.
    fn one<T>(&self, key: &'static str, default: &str, expected: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        match self.maybe(key, expected, &parse)? {
            Some(value) => Ok(value),
            None => Ok(parse(default).expect("the defaults fit")),
        }
    }

    /// A setting that may be absent; empty is absent.
    fn maybe<T>(&self, key: &'static str, expected: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
        let Some(setting) = self.0.get(key).filter(|setting| !setting.text.trim().is_empty()) else { return Ok(None) };
        parse(setting.text.trim()).map(Some).ok_or_else(|| Error::Value {
            key,
            value: if SECRET.contains(&key) { "(secret)".into() } else { format!("{:?}", setting.text) },
            source_name: setting.source_name.clone(),
            expected,
        })
    }
}

fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn variable_of(key: &str) -> String {
    format!("HUB_{}", key.replace('.', "_").to_ascii_uppercase())
}

fn within(text: &str, most: u16) -> Option<u16> {
    text.parse().ok().filter(|number| (1..=most).contains(number))
}

fn existing_file(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text)).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(Path::new("config.toml"), text, variables)
    }

    #[test]
    fn the_file_in_the_repository_holds_every_key_with_its_default() {
        let text = include_str!("../config.toml");
        assert_eq!(parse(text, &[]).unwrap(), parse("", &[]).unwrap());
        let mut settings = Settings::default();
        settings.take_table(Path::new("config.toml"), "", &text.parse().unwrap()).unwrap();
        assert_eq!(settings.0.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::from(KEYS));
    }

    #[test]
    fn what_is_in_force_can_be_read_again() {
        let config = parse("trusted_proxies = [\"10.0.0.1\"]\nlog.format = \"json\"\nsessions.days = 3", &[]).unwrap();
        assert_eq!(parse(&config.to_string(), &[]).unwrap(), config);
    }

    #[test]
    fn a_variable_wins_over_the_file() {
        let config = parse("listen = \"127.0.0.1:1\"\n[sessions]\ndays = 7", &[("HUB_LISTEN", "127.0.0.1:2"), ("HOME", "/")]).unwrap();
        assert_eq!(config.listen, "127.0.0.1:2".parse().unwrap());
        assert_eq!(config.session_days, 7);
    }

    #[test]
    fn unknown_variables_are_named_and_unknown_keys_refused() {
        let config = parse("", &[("HUB_DATABSE_URL", "x"), ("HUB_PG_BIN", "/x")]).unwrap();
        assert_eq!(config.ignored_variables, ["HUB_DATABSE_URL"]);
        assert_eq!(parse("[log]\nfromat = 1", &[]).unwrap_err().to_string(), "config.toml: there is no setting `log.fromat`");
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_key_value_and_source() {
        let table = [
            ("listen = \"here\"", "listen = \"here\" (from config.toml): expected an address and a port, like 127.0.0.1:8080"),
            ("sessions.days = 0", "sessions.days = \"0\" (from config.toml): expected a number from 1 to 365"),
            ("log.format = true", "log.format = \"true\" (from config.toml): expected text or json"),
            ("trusted_proxies = [\"10.0.0.1\", \"x\"]", "trusted_proxies = \"10.0.0.1,x\" (from config.toml): expected addresses like 10.0.0.1"),
            ("router.kind = \"osrm\"", "router.url = \"\" (from nowhere): expected the address of the router"),
            ("map.basemap = \"/nowhere\"", "map.basemap = \"/nowhere\" (from config.toml): expected a file that is there"),
        ];
        for (text, words) in table {
            assert_eq!(parse(text, &[]).unwrap_err().to_string(), words);
        }
        let error = parse("", &[("HUB_PUBLIC_URL", "hub.example.com")]).unwrap_err().to_string();
        assert!(error.starts_with("public_url = \"hub.example.com\" (from HUB_PUBLIC_URL)"), "{error}");
    }

    #[test]
    fn a_secret_is_never_printed() {
        let error = parse("[database]\nurl = \"postgres://u:hunter2@h/d", &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert!(error.to_string().starts_with("config.toml, line 2: not valid TOML"), "{error}");
        let error = parse("database.url = \"mysql://u:hunter2@h/d\"", &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let config = parse("", &[("HUB_DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
        assert!(!format!("{config:?} {config}").contains("hunter2"));
        assert_eq!(config.database_url.unwrap().reveal(), "postgres://u:hunter2@h/d");
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for (text, origin) in [("https://Hub.example.com/", "https://hub.example.com"), ("http://10.0.0.1:8080", "http://10.0.0.1:8080")] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), origin);
        }
        for text in ["hub.example.com", "ftp://x", "https://", "https://x/y", "https://u@x"] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
