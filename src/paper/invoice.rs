//! An invoice on sheets: both sides, the lines over as many sheets as they need, the sums.

use super::face::Fonts;
use super::sheet::{MARGIN, Sheet, Size, Style, file};
use super::{Error, Logo};
use crate::protocol::invoice::{InvoiceLine, InvoicePaper, Party};

const HEADING: Style = Style { size: 20.0, bold: true, shade: 20 };
const STRONG: Style = Style { size: 9.5, bold: true, shade: 20 };
const PLAIN: Style = Style { size: 9.5, bold: false, shade: 20 };
const SMALL: Style = Style { size: 8.0, bold: false, shade: 90 };
/// From one line of text to the next.
const LEADING: f32 = 13.0;
/// Between two lines of the invoice.
const GAP: f32 = 5.0;
/// What the last lines of a sheet leave for its foot.
const FOOT: f32 = 40.0;

/// The most room that a logo takes, points.
const LOGO: (f32, f32) = (170.0, 48.0);

/// The file.
pub(super) fn draw(fonts: &Fonts, paper: &InvoicePaper, logo: Option<&Logo>, size: Size) -> Result<Vec<u8>, Error> {
    let mut composing = Composing::new(fonts, paper, size);
    if let Some(logo) = logo {
        composing.logo(logo);
    }
    composing.head();
    for line in &paper.invoice.lines {
        composing.line(line);
    }
    composing.sums();
    composing.feet();
    file(fonts, &composing.title, size, &composing.sheets, paper.invoice.number.is_none().then_some("DRAFT"))
}

/// The right ends of the columns of numbers, and where the words begin.
struct Columns {
    code: f32,
    description: f32,
    description_width: f32,
    quantity: f32,
    price: f32,
    tax: f32,
    total: f32,
}

struct Composing<'a> {
    fonts: &'a Fonts,
    paper: &'a InvoicePaper,
    title: String,
    size: Size,
    columns: Columns,
    /// The last is the one that is being filled.
    sheets: Vec<Sheet>,
    /// Where the next text stands.
    y: f32,
}

impl<'a> Composing<'a> {
    fn new(fonts: &'a Fonts, paper: &'a InvoicePaper, size: Size) -> Self {
        let right = size.width() - MARGIN;
        let quantity = right - 235.0;
        let description = MARGIN + 62.0;
        let columns = Columns {
            code: MARGIN,
            description,
            description_width: quantity - 60.0 - description,
            quantity,
            price: right - 145.0,
            tax: right - 85.0,
            total: right,
        };
        let title = match &paper.invoice.number {
            Some(number) => format!("Invoice {number}"),
            None => format!("Draft invoice, {}", paper.job_number),
        };
        Self { fonts, paper, title, size, columns, sheets: vec![Sheet::default()], y: MARGIN + 18.0 }
    }

    fn sheet(&mut self) -> &mut Sheet {
        self.sheets.last_mut().expect("there is always one")
    }

    fn right(&self) -> f32 {
        self.size.width() - MARGIN
    }

    /// The company's logo, above everything else on the first sheet. An invoice without it is still one.
    fn logo(&mut self, logo: &Logo) {
        let Some(image) = logo.image() else { return };
        let (width, height) = image.size();
        #[expect(clippy::cast_precision_loss, reason = "pixels of a thumbnail")]
        let (width, height) = (width as f32, height as f32);
        // Not larger than at 96 pixels an inch: a small picture stays sharp.
        let scale = (LOGO.0 / width).min(LOGO.1 / height).min(0.75);
        self.sheet().picture(MARGIN, MARGIN, image, (width * scale, height * scale));
        self.y += height * scale + 16.0;
    }

    /// Who, to whom, what and when; then the head of the table.
    fn head(&mut self) {
        let (fonts, paper, right, top) = (self.fonts, self.paper, self.right(), self.y);
        let middle = self.size.width() / 2.0;
        self.sheet().text(MARGIN, top, "Invoice", HEADING);
        let facts = [
            ("Number", paper.invoice.number.clone().unwrap_or_else(|| "Draft".into())),
            ("Date", paper.invoice.date.clone().unwrap_or_else(|| "–".into())),
            ("Job", format!("{}, {}", paper.job_number, paper.job_type)),
        ];
        let mut y = top - 6.0;
        for (label, value) in facts {
            self.sheet().text(middle, y, label, SMALL);
            for line in self.fonts.lines(&value, STRONG, right - middle - 60.0) {
                self.sheet().text_to(fonts, right, y, &line, STRONG);
                y += LEADING;
            }
        }
        let below = y.max(top + LEADING * 2.0) + 14.0;
        let from = self.party("From", &paper.seller, &paper.seller_phone, MARGIN, below);
        let to = self.party("To", &paper.buyer, "", middle, below);
        self.y = from.max(to) + 18.0;
        self.table_head();
    }

    /// One side, its lines wrapped within half of the sheet. Returns where it ends.
    fn party(&mut self, label: &str, party: &Party, phone: &str, x: f32, top: f32) -> f32 {
        let width = self.size.width() / 2.0 - MARGIN - 12.0;
        let mut y = top;
        self.sheet().text(x, y, label, SMALL);
        y += LEADING;
        let tax_number = if party.tax_number.is_empty() { String::new() } else { format!("Tax number {}", party.tax_number) };
        for (text, style) in [(party.name.as_str(), STRONG), (&party.address, PLAIN), (phone, PLAIN), (&tax_number, PLAIN)] {
            for line in self.fonts.lines(text, style, width) {
                self.sheet().text(x, y, &line, style);
                y += LEADING;
            }
        }
        y
    }

    fn table_head(&mut self) {
        let Columns { code, description, quantity, price, tax, total, .. } = self.columns;
        let (fonts, y, right) = (self.fonts, self.y, self.right());
        let amount = if self.paper.invoice.prices_include_tax { "Total incl. tax" } else { "Total excl. tax" };
        let sheet = self.sheet();
        sheet.text(code, y, "Code", SMALL);
        sheet.text(description, y, "Description", SMALL);
        for (x, word) in [(quantity, "Quantity"), (price, "Unit price"), (tax, "Tax %"), (total, amount)] {
            sheet.text_to(fonts, x, y, word, SMALL);
        }
        sheet.rule(MARGIN, right, y + 5.0);
        self.y += LEADING + 7.0;
    }

    /// Room for `height` points, on the next sheet if this one has not as much; there the head is repeated.
    fn make_room(&mut self, height: f32) {
        if self.y + height <= self.size.height() - MARGIN - FOOT {
            return;
        }
        self.sheets.push(Sheet::default());
        self.y = MARGIN + 12.0;
        let (fonts, title, name, right, y) = (self.fonts, self.title.clone(), self.paper.seller.name.clone(), self.right(), self.y);
        self.sheet().text(MARGIN, y, &title, STRONG);
        self.sheet().text_to(fonts, right, y, &name, SMALL);
        self.y += LEADING * 2.0;
        self.table_head();
    }

    /// A line of the invoice; it is not torn apart between two sheets.
    fn line(&mut self, line: &InvoiceLine) {
        let Columns { code, description, description_width, quantity, price, tax, total } = self.columns;
        let words = self.fonts.lines(&line.description, PLAIN, description_width);
        let codes = self.fonts.lines(&line.code, PLAIN, description - code - 6.0);
        let rows = f32::from(u16::try_from(words.len().max(codes.len()).max(1)).unwrap_or(u16::MAX));
        self.make_room(rows * LEADING);
        let (fonts, top) = (self.fonts, self.y);
        let sheet = self.sheet();
        for (texts, x) in [(&words, description), (&codes, code)] {
            let mut y = top;
            for text in texts {
                sheet.text(x, y, text, PLAIN);
                y += LEADING;
            }
        }
        for (x, number) in [(quantity, &line.quantity), (price, &line.unit_price), (tax, &line.tax_rate), (total, &line.total)] {
            sheet.text_to(fonts, x, top, number, PLAIN);
        }
        self.y += rows * LEADING + GAP;
    }

    /// The sums stand together.
    fn sums(&mut self) {
        let invoice = &self.paper.invoice;
        let rates = f32::from(u16::try_from(invoice.taxes.len()).unwrap_or(u16::MAX));
        self.make_room((rates + 3.0) * LEADING + 20.0);
        let (fonts, right, label, mut y) = (self.fonts, self.right(), self.right() - 235.0, self.y + 6.0);
        let mut rows = vec![("Total excl. tax".to_owned(), invoice.net.clone(), PLAIN)];
        rows.extend(invoice.taxes.iter().map(|tax| (format!("Tax {} % of {}", tax.rate, tax.net), tax.amount.clone(), PLAIN)));
        rows.push((format!("Total, {}", invoice.currency), invoice.total.clone(), Style { size: 12.0, ..STRONG }));
        let sheet = self.sheet();
        sheet.rule(MARGIN, right, y - LEADING);
        for (words, amount, style) in rows {
            y += if style.size > PLAIN.size { 6.0 } else { 0.0 };
            sheet.text(label, y, &words, style);
            sheet.text_to(fonts, right, y, &amount, style);
            y += LEADING + 1.0;
        }
        self.y = y;
    }

    /// Who it is from and which sheet it is, at the foot of each.
    fn feet(&mut self) {
        let (fonts, y, right, of) = (self.fonts, self.size.height() - MARGIN, self.right(), self.sheets.len());
        let seller = &self.paper.seller;
        let from = if seller.tax_number.is_empty() { seller.name.clone() } else { format!("{} · {}", seller.name, seller.tax_number) };
        let from = self.fonts.lines(&from, SMALL, right - MARGIN - 90.0).into_iter().next().unwrap_or_default();
        for (index, sheet) in self.sheets.iter_mut().enumerate() {
            sheet.rule(MARGIN, right, y - 14.0);
            sheet.text(MARGIN, y, &from, SMALL);
            sheet.text_to(fonts, right, y, &format!("Page {} of {of}", index + 1), SMALL);
        }
    }
}

#[cfg(test)]
mod tests;
