//! E-mail addresses: parsed once, lower-case ever after.

use super::refusal::Why;
use email_address::EmailAddress;
use std::fmt;
use std::str::FromStr;

/// An e-mail address that mail can be sent to, lower-case: addresses have no case on this hub.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// The longest address, bytes (RFC 5321).
pub const EMAIL_MAX: usize = 254;

impl Email {
    /// As sent.
    pub fn parse(text: &str) -> Result<Self, Why> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(Why::Required);
        }
        if text.len() > EMAIL_MAX {
            return Err(Why::TooLong { max: EMAIL_MAX });
        }
        let address = EmailAddress::from_str(&text).map_err(|_unfit| Why::Expected("an e-mail address"))?;
        // Quoted local parts, display names and literal hosts are legal, and nobody's.
        let plain = address.domain().contains('.') && !address.domain().starts_with('[') && !text.contains(['"', '<', '>', ' ', ',', ';']);
        if plain { Ok(Self(text)) } else { Err(Why::Expected("an e-mail address")) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_reaches() {
        for (text, address) in [(" Elsa@Example.COM ", "elsa@example.com"), ("a+b@x.example", "a+b@x.example"), ("é@x.example", "é@x.example")] {
            assert_eq!(Email::parse(text).unwrap().as_str(), address);
        }
        for text in [
            "elsa",
            "elsa@",
            "@x.example",
            "a@b",
            "a b@x.example",
            "\"a\"@x.example",
            "Elsa <a@x.example>",
            "a@[127.0.0.1]",
            "a@x.example\r\nBcc: b@x.example",
            "a@x.example,b@x.example",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        assert_eq!(Email::parse("  "), Err(Why::Required));
        assert_eq!(Email::parse(&format!("{}@x.example", "a".repeat(300))), Err(Why::TooLong { max: 254 }));
    }
}
