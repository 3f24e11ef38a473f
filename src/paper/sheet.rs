//! Sheets with texts and rules on them, and the PDF file that they become.

use super::Error;
use super::face::Face;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;

/// Points that stay empty at each side.
pub(super) const MARGIN: f32 = 48.0;

/// The paper in the printer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// ISO 216.
    #[default]
    A4,
    /// North America.
    Letter,
}

impl Size {
    /// Points.
    pub(super) fn width(self) -> f32 {
        match self {
            Self::A4 => 595.28,
            Self::Letter => 612.0,
        }
    }

    /// Points.
    pub(super) fn height(self) -> f32 {
        match self {
            Self::A4 => 841.89,
            Self::Letter => 792.0,
        }
    }
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) bold: bool,
    /// 0 black, 255 white.
    pub(super) shade: u8,
}

enum Mark {
    Text { x: f32, y: f32, text: String, style: Style },
    Rule { left: f32, right: f32, y: f32 },
}

/// One sheet; y grows downwards, a text stands on its y.
#[derive(Default)]
pub(super) struct Sheet {
    marks: Vec<Mark>,
}

impl Sheet {
    /// A text that begins at x.
    pub(super) fn text(&mut self, x: f32, y: f32, text: &str, style: Style) {
        if !text.is_empty() {
            self.marks.push(Mark::Text { x, y, text: text.to_owned(), style });
        }
    }

    /// A text that ends at x.
    pub(super) fn text_to(&mut self, x: f32, y: f32, text: &str, style: Style) {
        self.text(x - Face::of(style.bold).width(text, style.size), y, text, style);
    }

    /// A thin line.
    pub(super) fn rule(&mut self, left: f32, right: f32, y: f32) {
        self.marks.push(Mark::Rule { left, right, y });
    }
}

/// The file. `behind` stands across every sheet, large and pale.
pub(super) fn file(title: &str, size: Size, sheets: &[Sheet], behind: Option<&str>) -> Result<Vec<u8>, Error> {
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).language("en".to_owned()));
    for sheet in sheets {
        let settings = PageSettings::from_wh(size.width(), size.height()).ok_or_else(|| Error::Undrawable("no such paper".into()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        if let Some(word) = behind {
            across(&mut surface, size, word);
        }
        for mark in &sheet.marks {
            draw(&mut surface, mark);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| Error::Undrawable(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    match mark {
        Mark::Text { x, y, text, style } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: grey(style.shade).into(), ..Fill::default() }));
            let font = Face::of(style.bold).font.clone();
            surface.draw_text(Point::from_xy(*x, *y), font, style.size, text, false, TextDirection::Auto);
        }
        Mark::Rule { left, right, y } => {
            let mut path = PathBuilder::new();
            path.move_to(*left, *y);
            path.line_to(*right, *y);
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: grey(150).into(), width: 0.6, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn across(surface: &mut Surface<'_>, size: Size, word: &str) {
    let style = Style { size: 130.0, bold: true, shade: 236 };
    let (x, y) = (size.width() / 2.0, size.height() / 2.0);
    surface.push_transform(&Transform::from_rotate_at(-55.0, x, y));
    let width = Face::of(style.bold).width(word, style.size);
    draw(surface, &Mark::Text { x: x - width / 2.0, y: y + style.size / 3.0, text: word.to_owned(), style });
    surface.pop();
}

fn grey(shade: u8) -> rgb::Color {
    rgb::Color::new(shade, shade, shade)
}
