//! The file is read back by a reader that shares nothing with what wrote it.

use super::draw;
use crate::domain::ids::JobId;
use crate::paper::face::{Fonts, tests::two_letters};
use crate::paper::{Logo, Size};
use crate::protocol::invoice::{Invoice, InvoiceLine, InvoicePaper, InvoiceTax, Party};

fn paper(lines: usize, number: Option<&str>) -> InvoicePaper {
    let line = |index: usize| InvoiceLine {
        code: format!("C-{index}"),
        description: format!(
            "Line {index}: the boiler was serviced, its filter changed, its pressure measured, and everything was noted down in the log"
        ),
        quantity: "1.5".into(),
        unit_price: "79.90".into(),
        tax_rate: "25.5".into(),
        total: "119.85".into(),
    };
    InvoicePaper {
        job: JobId(uuid::Uuid::nil()),
        job_number: "J-1042".into(),
        job_type: "Heating service".into(),
        seller: Party { name: "Hepokatti Facility Care".into(), address: "Keskuskatu 1\n00100 Helsinki".into(), tax_number: "FI12345678".into() },
        buyer: Party { name: "Łukasz Öström & Żółć, Ελλάδα, Дом".into(), address: "Mikonkatu 8".into(), tax_number: String::new() },
        seller_phone: "+358 9 0000".into(),
        invoice: Invoice {
            number: number.map(str::to_owned),
            date: number.map(|_| "2026-11-22".to_owned()),
            currency: "EUR".into(),
            prices_include_tax: false,
            lines: (1..=lines).map(line).collect(),
            taxes: vec![InvoiceTax { rate: "25.5".into(), net: "119.85".into(), amount: "30.56".into() }],
            net: "119.85".into(),
            total: "150.41".into(),
        },
    }
}

fn pages(paper: &InvoicePaper, size: Size) -> Vec<String> {
    let file = draw(&Fonts::default(), paper, None, size).unwrap();
    pdf_extract::extract_text_from_mem_by_pages(&file).unwrap()
}

#[test]
fn everything_that_an_invoice_says_is_on_it() {
    for size in [Size::A4, Size::Letter] {
        let text = pages(&paper(1, Some("2026-17")), size).concat();
        let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for expected in [
            "2026-17",
            "2026-11-22",
            "J-1042",
            "Hepokatti Facility Care",
            "Keskuskatu 1",
            "00100 Helsinki",
            "FI12345678",
            "Łukasz Öström & Żółć, Ελλάδα, Дом",
            "Mikonkatu 8",
            "C-1",
            "1.5",
            "79.90",
            "25.5",
            "119.85",
            "Tax 25.5 % of 119.85",
            "30.56",
            "150.41",
            "Total, EUR",
            "Page 1 of 1",
        ] {
            assert!(squeezed.contains(expected), "{expected} is not on it: {squeezed}");
        }
        assert!(!squeezed.contains("DRAFT"));
    }
}

#[test]
fn a_draft_says_so_across_every_sheet() {
    let pages = pages(&paper(40, None), Size::A4);
    assert!(pages.len() > 1 && pages.iter().all(|page| page.contains("DRAFT")), "{pages:?}");
}

#[test]
fn many_lines_go_on_over_sheets_with_the_head_on_each() {
    let pages = pages(&paper(200, Some("9")), Size::Letter);
    let of = pages.len();
    assert!(of > 5, "{of}");
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {of}", index + 1)), "{page}");
        assert!(page.contains("Description") && page.contains("Invoice"), "{page}");
    }
    let all = pages.concat();
    for index in 1..=200 {
        assert!(all.contains(&format!("C-{index}")), "line {index} is lost");
    }
    assert!(pages[of - 1].contains("150.41") && !pages[0].contains("150.41"), "the sums stand at the end");
}

#[test]
fn letters_that_the_built_in_fonts_lack_come_from_the_operators() {
    let folder = tempfile::tempdir().unwrap();
    let fonts = Fonts::with(&[two_letters(folder.path())]).unwrap();
    let mut paper = paper(1, Some("1"));
    paper.invoice.lines[0].description = "Repair 工事 done".into();
    let file = draw(&fonts, &paper, None, Size::A4).unwrap();
    let text: String = pdf_extract::extract_text_from_mem(&file).unwrap().split_whitespace().collect();
    assert!(text.contains("Repair工事done"), "{text}");
}

#[test]
fn the_logo_stands_on_the_first_sheet_and_a_broken_one_stops_nothing() {
    let mut png = Vec::new();
    image::RgbaImage::from_pixel(40, 20, image::Rgba([200, 30, 30, 128]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let file = |logo: Option<Vec<u8>>| draw(&Fonts::default(), &paper(1, Some("1")), logo.map(Logo).as_ref(), Size::A4).unwrap();
    let pictures = |file: &[u8]| {
        file.windows(15).filter(|bytes| bytes == b"/Subtype /Image").count() + file.windows(14).filter(|bytes| bytes == b"/Subtype/Image").count()
    };
    assert_eq!(pictures(&file(None)), 0);
    assert_ne!(pictures(&file(Some(png))), 0);
    assert_eq!(pictures(&file(Some(b"no picture".to_vec()))), 0);
}
