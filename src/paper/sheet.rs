//! Sheets with texts and rules on them, and the PDF file that they become.

use super::Error;
use super::face::Fonts;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Size as Extent, Transform};
use krilla::image::Image;
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
    Picture { x: f32, y: f32, image: Image, extent: Extent },
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
    pub(super) fn text_to(&mut self, fonts: &Fonts, x: f32, y: f32, text: &str, style: Style) {
        self.text(x - fonts.width(text, style), y, text, style);
    }

    /// A picture whose upper left corner is at x, y. One that cannot be drawn is left out.
    pub(super) fn picture(&mut self, x: f32, y: f32, image: Image, extent: (f32, f32)) {
        self.marks.extend(Extent::from_wh(extent.0, extent.1).map(|extent| Mark::Picture { x, y, image, extent }));
    }

    /// A thin line.
    pub(super) fn rule(&mut self, left: f32, right: f32, y: f32) {
        self.marks.push(Mark::Rule { left, right, y });
    }
}

/// The file. `behind` stands across every sheet, large and pale.
pub(super) fn file(fonts: &Fonts, title: &str, size: Size, sheets: &[Sheet], behind: Option<&str>) -> Result<Vec<u8>, Error> {
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).language("en".to_owned()));
    for sheet in sheets {
        let settings = PageSettings::from_wh(size.width(), size.height()).ok_or_else(|| Error::Undrawable("no such paper".into()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        if let Some(word) = behind {
            across(&mut surface, fonts, size, word);
        }
        for mark in &sheet.marks {
            draw(&mut surface, fonts, mark);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| Error::Undrawable(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, mark: &Mark) {
    match mark {
        Mark::Text { x, y, text, style } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: grey(style.shade).into(), ..Fill::default() }));
            let mut x = *x;
            for (face, run) in fonts.runs(text, style.bold) {
                surface.draw_text(Point::from_xy(x, *y), face.font.clone(), style.size, run, false, TextDirection::Auto);
                x += face.width(run, style.size);
            }
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
        Mark::Picture { x, y, image, extent } => {
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(image.clone(), *extent);
            surface.pop();
        }
    }
}

fn across(surface: &mut Surface<'_>, fonts: &Fonts, size: Size, word: &str) {
    let style = Style { size: 130.0, bold: true, shade: 236 };
    let (x, y) = (size.width() / 2.0, size.height() / 2.0);
    surface.push_transform(&Transform::from_rotate_at(-55.0, x, y));
    let width = fonts.width(word, style);
    draw(surface, fonts, &Mark::Text { x: x - width / 2.0, y: y + style.size / 3.0, text: word.to_owned(), style });
    surface.pop();
}

fn grey(shade: u8) -> rgb::Color {
    rgb::Color::new(shade, shade, shade)
}
