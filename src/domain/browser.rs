//! A browser that takes Web Push: where its push service is, and with what messages to it are closed.

use super::refusal::{Fault, Why};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use web_push_native::p256::PublicKey;

/// The longest address of a push service, bytes.
pub const ENDPOINT_MAX: usize = 1_000;
/// The bytes of an authentication secret (RFC 8291, 3.2).
const SECRET_BYTES: usize = 16;

/// A browser, as its `PushSubscription` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// Where its push service takes messages for it.
    pub endpoint: String,
    /// Its public key: an uncompressed point of P-256.
    pub key: Vec<u8>,
    /// Its authentication secret.
    pub secret: Vec<u8>,
}

impl Browser {
    /// From `endpoint`, `keys.p256dh` and `keys.auth`; everything that is wrong with them. Whether the endpoint may be called at all
    /// is for the courier to say.
    pub fn parse(endpoint: &str, p256dh: &str, auth: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if endpoint.len() > ENDPOINT_MAX {
            faults.push(Fault::at("/endpoint", Why::TooLong { max: ENDPOINT_MAX }));
        }
        let key = bytes(p256dh).filter(|key| key.len() == 65 && PublicKey::from_sec1_bytes(key).is_ok());
        if key.is_none() {
            faults.push(Fault::at("/keys/p256dh", Why::Expected("a public key of P-256, base64url")));
        }
        let secret = bytes(auth).filter(|secret| secret.len() == SECRET_BYTES);
        if secret.is_none() {
            faults.push(Fault::at("/keys/auth", Why::Expected("16 bytes, base64url")));
        }
        match (key, secret) {
            (Some(key), Some(secret)) if faults.is_empty() => Ok(Self { endpoint: endpoint.to_owned(), key, secret }),
            _ => Err(faults),
        }
    }
}

/// Browsers leave the padding out, some libraries do not.
fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The receiver of RFC 8291, section 5.
    const KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn pointers(endpoint: &str, key: &str, secret: &str) -> Vec<String> {
        Browser::parse(endpoint, key, secret).unwrap_err().into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_browsers_keys_are_a_point_of_the_curve_and_sixteen_bytes() {
        let browser = Browser::parse("https://push.example.com/1", KEY, SECRET).unwrap();
        assert_eq!((browser.key.len(), browser.secret.len()), (65, 16));
        assert_eq!(Browser::parse("https://push.example.com/1", &format!("{KEY}="), &format!("{SECRET}==")), Ok(browser));
        // No point of the curve: its last byte is another.
        let beside = format!("{}5", &KEY[..KEY.len() - 1]);
        for key in ["", "?", SECRET, &beside] {
            assert_eq!(pointers("", key, SECRET), ["/keys/p256dh"], "{key}");
        }
        assert_eq!(pointers(&"x".repeat(1_001), "", "AAAA"), ["/endpoint", "/keys/p256dh", "/keys/auth"]);
    }
}
