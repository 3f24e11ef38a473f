//! Tokens that stand for a log-in: 32 random bytes with whoever logged in, their hash here.

use actix_web::http::header::{self, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// The cookie that holds a token.
pub const COOKIE: &str = "hub_session";

/// API tokens say what they are, so that whoever finds one in a text knows.
pub const PROGRAMS: &str = "hub_";

/// A secret that stands for a log-in. Shown once, to whoever logged in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A fresh one that nobody can guess.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// The token of this spelling, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The token that a request carries: the bearer's, else the cookie's.
    pub fn of_request(headers: &HeaderMap) -> Option<Self> {
        match headers.get(header::AUTHORIZATION) {
            Some(authorization) => bearer(authorization.to_str().ok()?).and_then(Self::parse),
            None => Self::parse(cookie(headers)?),
        }
    }

    /// Whether a request comes with what calls itself an API token.
    pub fn is_programs(headers: &HeaderMap) -> bool {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        authorization.and_then(|text| text.split_once(' ')).is_some_and(|(_, token)| token.trim().starts_with(PROGRAMS))
    }

    /// What the database keeps. The token is random, so that a plain hash is as good as a slow one.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).map(|token| token.strip_prefix(PROGRAMS).unwrap_or(token))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The spelling that cookies and headers carry.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_token_survives_its_spelling_and_is_not_printed() {
        let token = Token::random();
        assert_eq!(Token::parse(&token.to_string()), Some(token));
        assert_eq!(token.to_string().len(), 43);
        assert!(!format!("{token:?}").contains(&token.to_string()));
        for text in ["", "short", &format!("{token}A"), &token.to_string()[..42], "ä"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_request_carries_it_as_bearer_or_cookie() {
        let (one, other) = (Token::random(), Token::random());
        let as_cookie = format!("theme=dark; {COOKIE}={one}; x=y");
        assert_eq!(Token::of_request(&headers(&[(header::COOKIE, &as_cookie)])), Some(one));
        assert_eq!(Token::of_request(&headers(&[(header::AUTHORIZATION, &format!("bearer {one}"))])), Some(one));
        let both = headers(&[(header::COOKIE, &as_cookie), (header::AUTHORIZATION, &format!("Bearer {other}"))]);
        assert_eq!(Token::of_request(&both), Some(other));
        for wrong in [&[][..], &[(header::COOKIE, "hub_session=x")], &[(header::AUTHORIZATION, "Basic eDp5")]] {
            assert_eq!(Token::of_request(&headers(wrong)), None);
        }
        // A bearer that is none does not fall back to the cookie: who sends one means it.
        assert_eq!(Token::of_request(&headers(&[(header::COOKIE, &as_cookie), (header::AUTHORIZATION, "Bearer x")])), None);
    }
}
