//! The way of text messages: Twilio, or any gateway that takes a request.

use super::{Error, Secret, Settings, within};
use rust_decimal::Decimal;
use std::fmt;
use std::time::Duration;

/// Where Twilio's REST API is.
const TWILIO: &str = "https://api.twilio.com";

/// A gateway to hand text messages to, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// Who takes them.
    pub gateway: Gateway,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// What a segment costs the company.
    pub price: Decimal,
    /// The currency of that, ISO 4217.
    pub currency: String,
    /// The last part of the address at which other gateways than Twilio say what people text back; none: they do not.
    pub incoming_secret: Option<Secret>,
}

/// Who takes text messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gateway {
    /// Twilio's REST API.
    Twilio {
        /// Its address, without a slash at its end.
        url: String,
        /// `AC…`.
        account: String,
        /// The account's token, which also signs what Twilio calls back.
        token: Secret,
        /// A number, or `MG…` of a Messaging Service.
        from: String,
    },
    /// Any other: a POST with `{to}`, `{text}` and `{id}` filled in.
    Http {
        /// Where to.
        url: String,
        /// Names and values.
        headers: Vec<(String, Secret)>,
        /// What is sent; JSON if it begins with a brace, else a form.
        body: String,
    },
}

/// The gateway, if one is named. Everything is checked also when none is.
pub(super) fn parse(settings: &Settings) -> Result<Option<Sms>, Error> {
    let text = |text: &str| Some(text.to_owned());
    let kind = settings.maybe("sms.kind", "twilio or http", |kind| ["twilio", "http"].into_iter().find(|known| *known == kind))?;
    let is_address = |text: &str| (text.starts_with("https://") || text.starts_with("http://")).then(|| text.trim_end_matches('/').to_owned());
    let url = settings.maybe("sms.url", "an address like https://sms.example.com/send", is_address)?;
    let account = settings.maybe("sms.account", "a Twilio account like AC0123…", |text| {
        (text.starts_with("AC") && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| text.to_owned())
    })?;
    let token = settings.maybe("sms.token", "a Twilio token", text)?;
    let from = settings.maybe("sms.from", "a number like +358401234567, or MG… of a Messaging Service", text)?;
    let headers = settings.maybe("sms.headers", "headers like \"Authorization: Basic abc\"", headers)?.unwrap_or_default();
    let body = settings
        .maybe("sms.body", "a text with {to} and {text} in it", |body| (body.contains("{to}") && body.contains("{text}")).then(|| body.to_owned()))?;
    let timeout_s = settings.one("sms.timeout_s", "15", "a number from 1 to 60", |text| within(text, 60))?;
    let price = settings.one("sms.price", "0.10", "a price like 0.10", |text| {
        text.parse::<Decimal>().ok().filter(|price| !price.is_sign_negative() && price.scale() <= 4 && *price <= Decimal::ONE_HUNDRED)
    })?;
    let currency = settings.one("sms.currency", "USD", "three letters of ISO 4217", |text| {
        (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| text.to_owned())
    })?;
    let incoming_secret = settings.maybe("sms.incoming_secret", "at least 16 letters and digits", |text| {
        (text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| Secret(text.to_owned()))
    })?;
    let Some(kind) = kind else { return Ok(None) };
    let needed = |key, expected| Error::Value { key, value: "\"\"".into(), source_name: "no source".into(), expected };
    settings.maybe("public_url", "", text)?.ok_or_else(|| {
        needed("public_url", "an address like https://hub.example.com, because text messages hold links and sms.kind names a gateway")
    })?;
    let gateway = if kind == "twilio" {
        Gateway::Twilio {
            url: url.unwrap_or_else(|| TWILIO.to_owned()),
            account: account.ok_or_else(|| needed("sms.account", "the Twilio account, because sms.kind is twilio"))?,
            token: Secret(token.ok_or_else(|| needed("sms.token", "the account's token, because sms.kind is twilio"))?),
            from: from.ok_or_else(|| needed("sms.from", "a number or a Messaging Service, because sms.kind is twilio"))?,
        }
    } else {
        Gateway::Http {
            url: url.ok_or_else(|| needed("sms.url", "the gateway's address, because sms.kind is http"))?,
            headers,
            body: body.ok_or_else(|| needed("sms.body", "what is sent, with {to} and {text} in it, because sms.kind is http"))?,
        }
    };
    Ok(Some(Sms { gateway, timeout: Duration::from_secs(timeout_s.into()), price, currency, incoming_secret }))
}

/// `Name: value`, several with commas between them; a comma inside a value begins no new one.
fn headers(text: &str) -> Option<Vec<(String, Secret)>> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut headers: Vec<(String, Secret)> = Vec::new();
    for part in text.split(',') {
        if let Some((name, value)) = part.split_once(':').map(|(name, value)| (name.trim(), value.trim())).filter(|(name, _)| is_name(name)) {
            headers.push((name.to_owned(), Secret(value.to_owned())));
        } else {
            let (_, value) = headers.last_mut()?;
            value.0 = format!("{},{part}", value.0);
        }
    }
    Some(headers)
}

/// As a file would say it; without a gateway, what it would cost.
pub(super) fn write(sms: Option<&Sms>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(sms) = sms else { return writeln!(f, "sms.kind = \"\"") };
    match &sms.gateway {
        Gateway::Twilio { url, account, from, .. } => {
            writeln!(f, "sms.kind = \"twilio\"\nsms.url = \"{url}\"\nsms.account = \"{account}\"\nsms.token = \"(secret)\"\nsms.from = \"{from}\"")?;
        }
        Gateway::Http { url, headers, body } => {
            writeln!(f, "sms.kind = \"http\"\nsms.url = \"{url}\"")?;
            let names: Vec<String> = headers.iter().map(|(name, _)| format!("{name}: (secret)")).collect();
            writeln!(f, "sms.headers = {names:?}\nsms.body = {body:?}")?;
        }
    }
    if sms.incoming_secret.is_some() {
        writeln!(f, "sms.incoming_secret = \"(secret)\"")?;
    }
    writeln!(f, "sms.timeout_s = {}\nsms.price = \"{}\"\nsms.currency = \"{}\"", sms.timeout.as_secs(), sms.price, sms.currency)
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
    fn a_gateway_needs_everything_that_it_is_asked_with() {
        let twilio = "public_url = \"https://hub.example.com\"\n[sms]\nkind = \"twilio\"\naccount = \"AC12\"\ntoken = \"hush\"\nfrom = \"MG12\"";
        let sms = parse(twilio).unwrap().sms.unwrap();
        assert_eq!((sms.price.to_string().as_str(), sms.currency.as_str()), ("0.10", "USD"));
        assert!(matches!(&sms.gateway, Gateway::Twilio { url, .. } if url == TWILIO));
        for (without, key) in [("account = \"AC12\"", "sms.account"), ("token = \"hush\"", "sms.token"), ("from = \"MG12\"", "sms.from")] {
            let error = parse(&twilio.replace(without, "")).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        let shown = parse(twilio).unwrap();
        assert!(!format!("{shown} {shown:?}").contains("hush"));
        for (text, key) in [
            ("price = \"-1\"", "sms.price"),
            ("price = \"0.12345\"", "sms.price"),
            ("currency = \"dollar\"", "sms.currency"),
            ("body = \"x\"", "sms.body"),
        ] {
            let error = parse(&format!("[sms]\n{text}")).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        }
        assert_eq!(parse("").unwrap().sms, None);
    }

    #[test]
    fn headers_keep_the_commas_of_their_values() {
        let sent = headers("Authorization: Basic YWI6Yw==, X-Tags: a, b").unwrap();
        let read: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        assert_eq!(read, [("Authorization", "Basic YWI6Yw=="), ("X-Tags", "a, b")]);
        assert_eq!(headers("nothing"), None);
    }
}
