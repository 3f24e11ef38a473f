//! The faces that papers are set in: how wide a text is, and where its lines break.
//!
//! Two are part of the program and know Latin, Greek, Cyrillic, Hebrew and Arabic letters. What they lack, Chinese for example, is
//! taken from the operator's fonts, letter by letter.

use super::sheet::Style;
use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::path::{Path, PathBuf};

/// A font that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("paper.fonts: {} cannot be used: {reason}", .path.display())]
pub struct Unusable {
    path: PathBuf,
    reason: String,
}

/// One font.
pub(super) struct Face {
    outlines: FontRef<'static>,
    /// What krilla embeds, as far as it is used.
    pub(super) font: Font,
}

impl Face {
    /// The first font of a file. Its bytes stay for as long as the program runs.
    fn new(bytes: &'static [u8]) -> Result<Self, String> {
        let outlines = FontRef::from_index(bytes, 0).map_err(|error| error.to_string())?;
        let font = Font::new(bytes.into(), 0).ok_or("it is no font that can be embedded")?;
        Ok(Self { outlines, font })
    }

    fn built_in(bytes: &'static [u8]) -> Self {
        Self::new(bytes).expect("the font beside this file is one")
    }

    fn has(&self, letter: char) -> bool {
        self.outlines.charmap().map(letter).is_some()
    }

    /// Points from left to right.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let glyphs = self.outlines.charmap();
        let metrics = self.outlines.glyph_metrics(Size::new(size), LocationRef::default());
        text.chars().map(|letter| metrics.advance_width(glyphs.map(letter).unwrap_or_default()).unwrap_or_default()).sum()
    }
}

/// All faces of a printer.
pub(super) struct Fonts {
    plain: Face,
    bold: Face,
    /// The operator's, in the order in which they are asked.
    others: Vec<Face>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fonts({} besides the built-in ones)", self.others.len())
    }
}

impl Default for Fonts {
    fn default() -> Self {
        Self {
            plain: Face::built_in(include_bytes!("fonts/DejaVuSansCondensed.ttf")),
            bold: Face::built_in(include_bytes!("fonts/DejaVuSansCondensed-Bold.ttf")),
            others: Vec::new(),
        }
    }
}

impl Fonts {
    /// The built-in ones, then those of these files.
    pub(super) fn with(files: &[PathBuf]) -> Result<Self, Unusable> {
        let load = |path: &Path| -> Result<Face, String> {
            let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
            Face::new(Vec::leak(bytes))
        };
        let load = |path: &PathBuf| load(path).map_err(|reason| Unusable { path: path.clone(), reason });
        Ok(Self { others: files.iter().map(load).collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// The text in pieces, each in the first face that has its letters. What no face has stays in the first one, which draws a box.
    pub(super) fn runs<'t>(&self, text: &'t str, bold: bool) -> Vec<(&Face, &'t str)> {
        let first = if bold { &self.bold } else { &self.plain };
        let mut runs: Vec<(&Face, &str)> = Vec::new();
        let mut begins = 0;
        let mut before: Option<&Face> = None;
        for (at, letter) in text.char_indices() {
            // A space goes on in whatever stands before it.
            let face = match before {
                Some(face) if letter.is_whitespace() => face,
                _ if first.has(letter) => first,
                _ => self.others.iter().find(|face| face.has(letter)).unwrap_or(first),
            };
            if let Some(face) = before.filter(|before| !std::ptr::eq(*before, face)) {
                runs.push((face, &text[begins..at]));
                begins = at;
            }
            before = Some(face);
        }
        runs.extend(before.map(|face| (face, &text[begins..])));
        runs
    }

    /// Points from left to right.
    pub(super) fn width(&self, text: &str, style: Style) -> f32 {
        self.runs(text, style.bold).into_iter().map(|(face, run)| face.width(run, style.size)).sum()
    }

    /// The lines of a text that is at most this wide; a word that is wider is broken.
    pub(super) fn lines(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(&longer, style) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line = self.break_word(word, style, width, &mut lines);
            }
            lines.push(line);
        }
        lines
    }

    /// All but the last piece of a word go to `lines`.
    fn break_word(&self, word: &str, style: Style, width: f32, lines: &mut Vec<String>) -> String {
        let mut piece = String::new();
        for letter in word.chars() {
            piece.push(letter);
            if self.width(&piece, style) > width && piece.chars().count() > 1 {
                piece.pop();
                lines.push(std::mem::replace(&mut piece, letter.to_string()));
            }
        }
        piece
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use skrifa::GlyphId;
    use skrifa::raw::TableProvider;
    use skrifa::raw::types::Tag;
    use write_fonts::FontBuilder;
    use write_fonts::tables::cmap::Cmap;

    const STYLE: Style = Style { size: 9.0, bold: false, shade: 0 };

    /// A font that knows these two letters only, and draws a and b for them.
    pub(in crate::paper) fn two_letters(folder: &Path) -> PathBuf {
        let font = FontRef::new(include_bytes!("fonts/DejaVuSansCondensed.ttf")).unwrap();
        let glyph = |letter: char| GlyphId::new(font.charmap().map(letter).unwrap().to_u32());
        let cmap = Cmap::from_mappings([('工', glyph('a')), ('事', glyph('b'))]).unwrap();
        let mut builder = FontBuilder::new();
        builder.add_table(&cmap).unwrap();
        for tag in [b"head", b"hhea", b"maxp", b"hmtx", b"loca", b"glyf", b"post", b"name", b"OS/2"] {
            builder.add_raw(Tag::new(tag), font.data_for_tag(Tag::new(tag)).unwrap());
        }
        let path = folder.join("two.ttf");
        std::fs::write(&path, builder.build()).unwrap();
        path
    }

    #[test]
    fn lines_are_never_wider_than_their_column_and_lose_nothing() {
        let fonts = Fonts::default();
        let text = "Łukasz Öström serviced the boiler, Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft\nand left";
        for width in [20.0, 60.0, 200.0] {
            let lines = fonts.lines(text, STYLE, width);
            assert!(lines.iter().all(|line| fonts.width(line, STYLE) <= width), "{width}: {lines:?}");
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert_eq!(fonts.lines("one\ntwo", STYLE, 500.0), ["one", "two"]);
    }

    #[test]
    fn a_letter_comes_from_the_first_face_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let fonts = Fonts::with(&[two_letters(folder.path())]).unwrap();
        let pieces = |text| fonts.runs(text, true).into_iter().map(|(_, run)| run).collect::<Vec<_>>();
        assert_eq!(pieces("Job 工事 done"), ["Job ", "工事 ", "done"]);
        assert_eq!(pieces("永"), ["永"], "what nobody has is not lost");
        assert_eq!(pieces(""), [""; 0]);
        assert!(fonts.width("工事", STYLE) > 0.0);
    }

    #[test]
    fn what_is_no_font_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.ttf");
        std::fs::write(&path, "no font").unwrap();
        let error = Fonts::with(&[path]).unwrap_err().to_string();
        assert!(error.starts_with("paper.fonts: ") && error.contains("letter.ttf cannot be used"), "{error}");
    }
}
