//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};

/// A table in the making.
pub(super) struct Csv(csv::Writer<Vec<u8>>);

impl Csv {
    /// With these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        write(&mut writer, columns.iter().copied());
        Self(writer)
    }

    /// One more row.
    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        write(&mut self.0, cells);
    }

    /// What was written so far.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        std::mem::replace(&mut self.0, writer).into_inner().expect("memory takes everything")
    }
}

fn write<'a>(writer: &mut csv::Writer<Vec<u8>>, cells: impl IntoIterator<Item = &'a str>) {
    writer.write_record(cells.into_iter().map(|cell| defused(cell).into_owned())).expect("memory takes everything, and rows are equally long");
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe before it, which says that it is text (OWASP, "CSV
/// Injection"). A number stays one, and so does a phone number.
fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    let is_formula = match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !cell[1..].chars().all(|c| c.is_ascii_digit() || " .,-/()".contains(c)),
        _ => false,
    };
    if is_formula { format!("'{cell}").into() } else { cell.into() }
}

/// A cell as it was before it was defused.
pub(super) fn fused(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if defused(rest).len() > rest.len() => rest,
        _ => cell,
    }
}

/// A whole table as a file to be kept.
pub(super) fn answer(name: &str, mut table: Csv) -> HttpResponse {
    HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header((CONTENT_DISPOSITION, kept_as(name))).body(table.take())
}

/// Says under which name a browser keeps it.
pub(super) fn kept_as(name: &str) -> ContentDisposition {
    ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![DispositionParam::Filename(name.to_owned())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_come_back_as_they_were() {
        for formula in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\tx", "\rx"] {
            assert_eq!(defused(formula), format!("'{formula}"), "{formula:?}");
            assert_eq!(fused(&defused(formula)), formula);
        }
        for text in ["Bakery", "", "-12.50", "+358 9 123-456", "'quoted", "a=b", "'", "''"] {
            assert_eq!(defused(text), text, "{text:?}");
            assert_eq!(fused(text), text);
        }
    }

    #[test]
    fn a_table_is_written_as_spreadsheets_read_it() {
        let mut table = Csv::new(&["name", "note"]);
        table.row(["A \"B\", C", "two\nlines"]);
        table.row(["=x", ""]);
        assert_eq!(String::from_utf8(table.take()).unwrap(), "name,note\r\n\"A \"\"B\"\", C\",\"two\nlines\"\r\n'=x,\r\n");
    }
}
