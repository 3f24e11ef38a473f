//! A brand's colour, and how well text can be read in it.

use super::refusal::Why;

/// WCAG 2.1 AA for text of ordinary size.
pub const READABLE: f64 = 4.5;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red, green, blue.
    pub channels: [u8; 3],
}

impl Colour {
    /// White.
    pub const WHITE: Self = Self { channels: [255; 3] };

    /// `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self { channels: [channel(0)?, channel(2)?, channel(4)?] })
    }

    /// A brand's colour, which must be readable on white and carry white text: one ratio for both.
    pub fn parse_brand(text: &str) -> Result<Self, Why> {
        let colour = Self::parse(text.trim()).ok_or(Why::Expected("a colour like #1d4ed8"))?;
        let ratio = colour.contrast(Self::WHITE);
        if ratio >= READABLE {
            return Ok(colour);
        }
        // Cut, not rounded: 4.496 is not told as 4.50. A ratio lies between 1 and 21.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "100 to 2100")]
        Err(Why::Contrast((ratio * 100.0).floor() as u16))
    }

    /// Relative luminance, 0 (black) to 1 (white). Source: WCAG 2.1, definition of relative luminance.
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.channels.map(|channel| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// 1 (the same) to 21 (black on white). Source: WCAG 2.1, definition of contrast ratio.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.channels;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contrasts_are_those_of_the_standard() {
        let table = [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.478), ("#767676", "#ffffff", 4.542), ("#ff0000", "#ffffff", 3.998)];
        for (one, other, ratio) in table {
            let measured = Colour::parse(one).unwrap().contrast(Colour::parse(other).unwrap());
            assert!((measured - ratio).abs() < 0.001, "{one} on {other}: {measured}");
        }
    }

    #[test]
    fn a_brand_is_readable_or_refused_with_its_ratio() {
        assert_eq!(Colour::parse_brand(" #1D4ED8 ").unwrap().to_string(), "#1d4ed8");
        assert_eq!(Colour::parse_brand("#777777"), Err(Why::Contrast(447)));
        assert_eq!(Colour::parse_brand("#ffffff"), Err(Why::Contrast(100)));
        assert_eq!(Colour::parse_brand("#ffd400"), Err(Why::Contrast(143)));
        for text in ["", "#12", "blue", "1d4ed8", "#1d4ed8ff", "#gggggg", "#ää1234", "＃123456"] {
            assert_eq!(Colour::parse_brand(text), Err(Why::Expected("a colour like #1d4ed8")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn contrast_knows_no_direction(one: [u8; 3], other: [u8; 3]) {
            let (one, other) = (Colour { channels: one }, Colour { channels: other });
            let ratio = one.contrast(other);
            prop_assert!((1.0..=21.0001).contains(&ratio));
            prop_assert!((ratio - other.contrast(one)).abs() < 1e-12);
            prop_assert_eq!(Colour::parse(&one.to_string()), Some(one));
        }
    }
}
