//! Sums by table, and what holds for any invoice.

use super::{Invoice, Line, LineInput, Terms, parse_lines};
use crate::domain::at::At;
use crate::domain::refusal::Why;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn sent(quantity: &str, unit_price: &str, tax_rate: &str) -> LineInput {
    LineInput { code: "W".into(), description: "Work".into(), quantity: quantity.into(), unit_price: unit_price.into(), tax_rate: tax_rate.into() }
}

fn invoice(currency: &str, prices_include_tax: bool, lines: &[LineInput]) -> Invoice {
    let mut faults = Vec::new();
    let lines = parse_lines(lines, &mut faults);
    assert_eq!(faults, []);
    let terms = Terms { currency: currency.into(), prices_include_tax, ..Terms::default() };
    Invoice { terms, lines, ..Invoice::default() }
}

#[test]
fn a_line_is_rounded_half_up_once_and_the_rest_follows() {
    // currency, gross prices?, quantity, price, rate -> net, tax
    let table = [
        ("EUR", false, "1", "100", "25.5", "100.00", "25.50"),
        ("EUR", false, "3", "0.335", "24", "1.01", "0.24"),
        ("EUR", false, "1.5", "79.90", "25.5", "119.85", "30.56"),
        ("EUR", true, "1", "125.50", "25.5", "100.00", "25.50"),
        ("EUR", true, "1", "0.01", "100", "0.00", "0.01"),
        ("EUR", true, "3", "9.99", "14", "26.29", "3.68"),
        ("EUR", false, "-1.5", "79.90", "25.5", "-119.85", "-30.56"),
        ("JPY", false, "1", "99.5", "10", "100", "10"),
        ("KWD", false, "1", "0.0005", "0", "0.001", "0.000"),
        ("EUR", false, "1", "10", "0", "10.00", "0.00"),
    ];
    for (currency, gross, quantity, price, rate, net, tax) in table {
        let invoice = invoice(currency, gross, &[sent(quantity, price, rate)]);
        let amount = invoice.sums().lines[0];
        let text = |amount| invoice.terms.text(amount);
        assert_eq!((text(amount.net).as_str(), text(amount.tax).as_str()), (net, tax), "{quantity} × {price} {currency} at {rate} %");
    }
}

#[test]
fn totals_are_by_rate_the_lowest_first() {
    let invoice = invoice("EUR", false, &[sent("2", "50", "25.5"), sent("1", "10", "0"), sent("1", "33.33", "25.50"), sent("1", "9.99", "14")]);
    let sums = invoice.sums();
    let taxes: Vec<(String, String)> = sums.taxes.iter().map(|(rate, amount)| (rate.to_string(), invoice.terms.text(amount.tax))).collect();
    let expected = [("0", "0.00"), ("14", "1.40"), ("25.5", "34.00")].map(|(rate, tax)| (rate.to_owned(), tax.to_owned()));
    assert_eq!(taxes, expected);
    assert_eq!(invoice.terms.text(sums.whole.gross()), "188.72");
}

#[test]
fn what_is_wrong_is_named_at_its_member() {
    let long = "x".repeat(501);
    let table = [
        (sent("", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("1,5", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("1e3", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("NaN", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("--1", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("1.2.3", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("1.0001", "1", "0"), "/invoice_lines/0/quantity"),
        (sent("1", "10000001", "0"), "/invoice_lines/0/unit_price"),
        (sent("1", "٣", "0"), "/invoice_lines/0/unit_price"),
        (sent("1", "1", "-1"), "/invoice_lines/0/tax_rate"),
        (sent("1", "1", "100.01"), "/invoice_lines/0/tax_rate"),
        (LineInput { description: "  ".into(), ..sent("1", "1", "0") }, "/invoice_lines/0/description"),
        (LineInput { description: long, ..sent("1", "1", "0") }, "/invoice_lines/0/description"),
        (LineInput { code: "a\nb".into(), ..sent("1", "1", "0") }, "/invoice_lines/0/code"),
    ];
    for (line, pointer) in table {
        let mut faults = Vec::new();
        parse_lines(std::slice::from_ref(&line), &mut faults);
        assert_eq!(faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), [pointer], "{line:?}");
    }
    let mut faults = Vec::new();
    parse_lines(&vec![sent("1", "1", "0"); 201], &mut faults);
    assert_eq!(faults[0].pointer, "/invoice_lines");
    let mut faults = Vec::new();
    let spelled = parse_lines(&[sent("1.50", "2.0", "024"), sent("1.5", "2", "24")], &mut faults);
    assert_eq!((spelled[0].clone(), faults.len()), (spelled[1].clone(), 0), "one value, one spelling");
}

#[test]
fn an_issued_invoice_takes_credits_only() {
    let mut issued = invoice("EUR", false, &[sent("2", "50", "24"), sent("1", "10", "0")]);
    issued.issue(At(1));
    let standing = [sent("2", "50", "24"), sent("1", "10", "0")];
    let faults = |lines: Vec<LineInput>| {
        let mut faults = Vec::new();
        issued.replace(&lines, &mut faults);
        faults.into_iter().map(|fault| (fault.pointer, fault.why)).collect::<Vec<_>>()
    };
    let with = |more: &[LineInput]| standing.iter().chain(more).cloned().collect::<Vec<_>>();
    assert_eq!(faults(with(&[sent("-1", "50", "24")])), []);
    assert_eq!(faults(with(&[sent("-2", "50", "24"), sent("-1", "10", "0")])), [], "all of it");
    assert_eq!(faults(vec![sent("1", "50", "24"), sent("1", "10", "0")]), [("/invoice_lines/0".to_owned(), Why::ReadOnly)]);
    assert_eq!(faults(standing[..1].to_vec()), [("/invoice_lines".to_owned(), Why::ReadOnly)]);
    assert_eq!(faults(with(&[sent("1", "5", "24")]))[0].0, "/invoice_lines/2/quantity");
    assert_eq!(faults(with(&[sent("-3", "50", "24")]))[0].0, "/invoice_lines/2/quantity", "no more than was charged");
}

#[test]
fn a_number_waits_while_its_invoice_is_a_draft_again() {
    let mut invoice = invoice("EUR", false, &[sent("1", "1", "0")]);
    invoice.issue(At(5));
    invoice.number = Some(17);
    invoice.issue(At(9));
    assert_eq!((invoice.number_text().as_deref(), invoice.issued_at), (Some("17"), Some(At(5))), "issued once");
    invoice.take_back();
    assert_eq!((invoice.number_text(), invoice.number, invoice.is_draft()), (None, Some(17), true));
    let mut empty = Invoice::default();
    empty.issue(At(5));
    assert!(empty.is_draft(), "nothing to charge, nothing to issue");
}

fn any_line() -> impl Strategy<Value = LineInput> {
    let decimal = |range: std::ops::Range<i64>, scale: u32| range.prop_map(move |value| Decimal::new(value, scale).to_string());
    (decimal(-9_999_999..9_999_999, 3), decimal(-99_999_999..99_999_999, 4), decimal(0..100_000, 3))
        .prop_map(|(quantity, unit_price, tax_rate)| sent(&quantity, &unit_price, &tax_rate))
}

proptest! {
    #[test]
    fn sums_add_up_to_the_last_coin(lines in prop::collection::vec(any_line(), 0..40), gross in any::<bool>(), currency in prop::sample::select(vec!["EUR", "JPY", "KWD"])) {
        let invoice = invoice(currency, gross, &lines);
        let sums = invoice.sums();
        let by_rate = sums.taxes.iter().fold((Decimal::ZERO, Decimal::ZERO), |(net, tax), (_, sum)| (net + sum.net, tax + sum.tax));
        prop_assert_eq!(by_rate, (sums.whole.net, sums.whole.tax));
        let shown: Decimal = sums.lines.iter().map(|amount| invoice.terms.shown(*amount)).sum();
        let total = if gross { shown } else { shown + sums.whole.tax };
        prop_assert_eq!(total, sums.whole.gross());
        for amount in &sums.lines {
            prop_assert!(amount.net.scale() <= invoice.terms.decimals() && amount.tax.scale() <= invoice.terms.decimals(), "no half coins");
        }
    }

    #[test]
    fn rounding_is_off_by_half_a_coin_at_most(line in any_line()) {
        let net = invoice("EUR", false, std::slice::from_ref(&line));
        let Line { quantity, unit_price, .. } = net.lines[0].clone();
        let off = (net.sums().lines[0].net - quantity * unit_price).abs();
        prop_assert!(off <= Decimal::new(5, 3), "{off}");
    }

    #[test]
    fn a_credit_takes_back_exactly_what_was_charged(line in any_line(), gross in any::<bool>()) {
        let mut back = line.clone();
        back.quantity = match line.quantity.strip_prefix('-') { Some(digits) => digits.to_owned(), None => format!("-{}", line.quantity) };
        let sums = invoice("EUR", gross, &[line, back]).sums();
        prop_assert_eq!((sums.whole.net, sums.whole.tax), (Decimal::ZERO, Decimal::ZERO));
    }

    #[test]
    fn what_is_stored_is_what_is_held(lines in prop::collection::vec(any_line(), 0..10)) {
        let invoice = invoice("EUR", false, &lines);
        let stored: Invoice = serde_json::from_value(serde_json::to_value(&invoice).unwrap()).unwrap();
        prop_assert_eq!(stored, invoice);
    }
}
