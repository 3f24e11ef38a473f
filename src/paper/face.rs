//! The two faces that papers are set in: how wide a text is, and where its lines break.

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::sync::LazyLock;

static PLAIN: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("fonts/DejaVuSansCondensed.ttf")));
static BOLD: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("fonts/DejaVuSansCondensed-Bold.ttf")));

/// A font that is part of the program.
pub(super) struct Face {
    outlines: FontRef<'static>,
    /// What krilla embeds, as far as it is used.
    pub(super) font: Font,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        let font = Font::new(bytes.into(), 0).expect("the font beside this file is one");
        Self { outlines: FontRef::new(bytes).expect("the font beside this file is one"), font }
    }

    pub(super) fn of(bold: bool) -> &'static Self {
        if bold { &BOLD } else { &PLAIN }
    }

    /// Points from left to right.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let glyphs = self.outlines.charmap();
        let metrics = self.outlines.glyph_metrics(Size::new(size), LocationRef::default());
        text.chars().map(|letter| metrics.advance_width(glyphs.map(letter).unwrap_or_default()).unwrap_or_default()).sum()
    }

    /// The lines of a text that is at most this wide; a word that is wider is broken.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&longer, size) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line = self.break_word(word, size, width, &mut lines);
            }
            lines.push(line);
        }
        lines
    }

    /// All but the last piece of a word go to `lines`.
    fn break_word(&self, word: &str, size: f32, width: f32, lines: &mut Vec<String>) -> String {
        let mut piece = String::new();
        for letter in word.chars() {
            piece.push(letter);
            if self.width(&piece, size) > width && piece.chars().count() > 1 {
                piece.pop();
                lines.push(std::mem::replace(&mut piece, letter.to_string()));
            }
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_wider_than_their_column_and_lose_nothing() {
        let face = Face::of(false);
        let text = "Łukasz Öström serviced the boiler, Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\nand left";
        for width in [20.0, 60.0, 200.0] {
            let lines = face.lines(text, 9.0, width);
            assert!(lines.iter().all(|line| face.width(line, 9.0) <= width), "{width}: {lines:?}");
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(face.lines("one\ntwo", 9.0, 500.0), ["one", "two"]);
    }
}
