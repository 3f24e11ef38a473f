//! The mail server's settings: all or nothing.

use super::{Error, Secret, Settings, existing_file, within};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Encrypted from the first byte.
    Tls,
    /// Encrypted after a greeting in the clear, or not at all used.
    StartTls,
    /// In the clear.
    Plain,
}

/// A mail server to hand e-mails to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// User and password, if it asks for them.
    pub log_in: Option<(String, Secret)>,
    /// The address that e-mails come from.
    pub from: String,
    /// A PEM file with one more certificate authority.
    pub certificate: Option<PathBuf>,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Security {
    fn word(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::Plain => "plain",
        }
    }
}

/// The mail server, if one is named. Everything is checked also when none is.
pub(super) fn parse(settings: &Settings) -> Result<Option<Smtp>, Error> {
    let text = |text: &str| Some(text.to_owned());
    let host = settings.maybe("smtp.host", "a host name like mail.example.com", |host| (!host.contains(['/', ' ', '@'])).then(|| host.to_owned()))?;
    let port = settings.one("smtp.port", "587", "a number from 1 to 65535", |text| text.parse().ok().filter(|port| *port > 0))?;
    let security = settings.one("smtp.security", "starttls", "tls, starttls or plain", |text| {
        [Security::Tls, Security::StartTls, Security::Plain].into_iter().find(|security| security.word() == text)
    })?;
    let user = settings.maybe("smtp.user", "a user name", text)?;
    let password = settings.maybe("smtp.password", "a password", text)?;
    let from = settings
        .maybe("smtp.from", "an e-mail address like hub@example.com", |text| email_address::EmailAddress::is_valid(text).then(|| text.to_owned()))?;
    let certificate = settings.maybe("smtp.certificate", "a file that is there", existing_file)?;
    let timeout_s = settings.one("smtp.timeout_s", "30", "a number from 1 to 300", |text| within(text, 300))?;
    let Some(host) = host else { return Ok(None) };
    let needed = |key, expected| Error::Value { key, value: "\"\"".into(), source_name: "no source".into(), expected };
    let from = from.ok_or_else(|| needed("smtp.from", "an e-mail address like hub@example.com, because smtp.host names a mail server"))?;
    settings.maybe("public_url", "", text)?.ok_or_else(|| {
        needed("public_url", "an address like https://hub.example.com, because e-mails hold links and smtp.host names a mail server")
    })?;
    let log_in = user.map(|user| (user, Secret(password.unwrap_or_default())));
    Ok(Some(Smtp { host, port, security, log_in, from, certificate, timeout: Duration::from_secs(timeout_s.into()) }))
}

/// As a file would say it; without a mail server, nothing.
pub(super) fn write(smtp: Option<&Smtp>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(smtp) = smtp else { return writeln!(f, "smtp.host = \"\"") };
    writeln!(f, "smtp.host = \"{}\"", smtp.host)?;
    writeln!(f, "smtp.port = {}", smtp.port)?;
    writeln!(f, "smtp.security = \"{}\"", smtp.security.word())?;
    if let Some((user, _)) = &smtp.log_in {
        writeln!(f, "smtp.user = \"{user}\"")?;
        writeln!(f, "smtp.password = \"(secret)\"")?;
    }
    writeln!(f, "smtp.from = \"{}\"", smtp.from)?;
    if let Some(certificate) = &smtp.certificate {
        writeln!(f, "smtp.certificate = \"{}\"", certificate.display())?;
    }
    writeln!(f, "smtp.timeout_s = {}", smtp.timeout.as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Config, Error> {
        Config::parse(Path::new("config.toml"), text, [])
    }

    #[test]
    fn a_mail_server_needs_an_address_to_come_from_and_one_to_link_to() {
        let whole = "public_url = \"https://hub.example.com\"\n[smtp]\nhost = \"mail.example.com\"\nfrom = \"hub@example.com\"";
        let smtp = parse(whole).unwrap().smtp.unwrap();
        assert_eq!((smtp.port, smtp.security, smtp.timeout.as_secs(), smtp.log_in), (587, Security::StartTls, 30, None));
        for (without, key) in [("from = \"hub@example.com\"", "smtp.from"), ("public_url = \"https://hub.example.com\"", "public_url")] {
            let error = parse(&whole.replace(without, "")).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        assert_eq!(parse("").unwrap().smtp, None);
    }

    #[test]
    fn what_does_not_fit_is_named_and_the_password_is_not() {
        for (text, key) in [
            ("host = \"smtp://mail\"", "smtp.host"),
            ("port = 0", "smtp.port"),
            ("security = \"ssl\"", "smtp.security"),
            ("from = \"hub\"", "smtp.from"),
            ("certificate = \"/nowhere\"", "smtp.certificate"),
            ("timeout_s = 301", "smtp.timeout_s"),
        ] {
            let error = parse(&format!("[smtp]\n{text}")).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let config = parse(
            "public_url = \"https://hub.example.com\"\n[smtp]\nhost = \"m\"\nfrom = \"a@b.example\"\nuser = \"u\"\npassword = \"hunter2\"\nsecurity = \"tls\"",
        )
        .unwrap();
        assert!(!format!("{config} {config:?}").contains("hunter2"), "{config}");
        assert_eq!(config.smtp.as_ref().unwrap().security, Security::Tls);
        assert_eq!(config.smtp.unwrap().log_in.unwrap().1.reveal(), "hunter2");
    }
}
