//! Web Push: off until the operator says who answers for it.

use super::{Error, Settings};
use std::fmt;

/// Notifications of browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Whom push services write to if something is wrong: `mailto:` or `https://`.
    pub contact: String,
    /// Push services may be inside the operator's own network, and without encryption.
    pub private: bool,
}

/// Where notifications are allowed, who answers for them.
pub(super) fn parse(settings: &Settings) -> Result<Option<Push>, Error> {
    let contact = settings.maybe("push.contact", "an address like mailto:ops@example.com or https://example.com/contact", |text| {
        let rest = text.strip_prefix("mailto:").filter(|rest| rest.contains('@')).or_else(|| text.strip_prefix("https://"));
        let is_plain = rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)));
        is_plain.then(|| text.to_owned())
    })?;
    let private = settings.one("push.private", "false", "true or false", |text| text.parse().ok())?;
    Ok(contact.map(|contact| Push { contact, private }))
}

/// As a file would say it.
pub(super) fn write(push: Option<&Push>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "push.contact = \"{}\"", push.map_or("", |push| push.contact.as_str()))?;
    writeln!(f, "push.private = {}", push.is_some_and(|push| push.private))
}
