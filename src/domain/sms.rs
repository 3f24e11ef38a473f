//! Text messages: numbers they go to, and how many segments a text takes.

use super::refusal::Why;
use std::fmt;

/// A phone number in E.164: a plus, then 8 to 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// As typed: spaces, hyphens, dots and brackets between the digits say nothing, `00` is a plus.
    pub fn parse(text: &str) -> Result<Self, Why> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Why::Required);
        }
        let dense: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/')).collect();
        let digits = dense.strip_prefix('+').or_else(|| dense.strip_prefix("00"));
        let is_number =
            |digits: &&str| (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        digits
            .filter(is_number)
            .map(|digits| Self(format!("+{digits}")))
            .ok_or(Why::Expected("a phone number with its country code, for example +358 40 123 4567"))
    }

    /// `+358401234567`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The letters of the GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1), without the escape.
const GSM: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Letters of its extension table: two septets each.
const GSM_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many segments a text takes: 160 septets or 70 UTF-16 units alone, 153 or 67 each if there are several.
pub fn segments(text: &str) -> u16 {
    let septets: Option<usize> = text
        .chars()
        .map(|c| match c {
            c if GSM.contains(c) => Some(1),
            c if GSM_EXTENDED.contains(c) => Some(2),
            _ => None,
        })
        .sum();
    let (length, alone, each) = match septets {
        Some(septets) => (septets, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    let segments = if length <= alone { 1 } else { length.div_ceil(each) };
    u16::try_from(segments).unwrap_or(u16::MAX)
}

/// What somebody who got messages texts back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// No more of it.
    Stop,
    /// Again, please.
    Start,
}

impl Word {
    /// The words that carriers know for it, whatever their case; nothing else counts.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().trim_end_matches(['.', '!']).to_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => Some(Self::Stop),
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for text in ["+358 40 123 4567", "00358401234567", "+358 (40) 123-4567"] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+358401234567", "{text}");
        }
        for text in ["040 123 4567", "+358", "+0123456789", "+3584012345678901", "+358401234567\r\nBcc: x", "+35840a123456", "call me", "+"] {
            assert!(Phone::parse(text).is_err(), "{text}");
        }
        assert_eq!(Phone::parse("  "), Err(Why::Required));
    }

    #[test]
    fn texts_are_charged_by_segment() {
        let of = |unit: &str, count: usize| segments(&unit.repeat(count));
        assert_eq!((of("a", 0), of("a", 160), of("a", 161), of("a", 306), of("a", 307)), (1, 1, 2, 2, 3));
        assert_eq!((of("€", 80), of("€", 81)), (1, 2), "an extended letter is two");
        assert_eq!((of("ж", 70), of("ж", 71), of("ж", 134), of("ж", 135)), (1, 2, 2, 3));
        assert_eq!((of("😀", 35), of("😀", 36)), (1, 2), "an emoji is two units");
        assert_eq!(segments("Ääni ja öljy"), 1);
    }

    #[test]
    fn only_the_known_words_stop() {
        assert_eq!((Word::parse(" stop "), Word::parse("Stop."), Word::parse("UNSTOP")), (Some(Word::Stop), Some(Word::Stop), Some(Word::Start)));
        assert_eq!(Word::parse("please do not stop"), None);
    }
}
