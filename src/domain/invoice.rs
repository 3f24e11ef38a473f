//! A job's invoice: its lines, its sums, and when it stops being a draft.
//!
//! Everything is exact: decimals, never floats. An amount of money is rounded to the currency's smallest coin, half away from zero, once
//! per line; sums only add rounded amounts. So a credit of a line takes back exactly what the line asked.

use super::at::At;
use super::field::{TEXT_MAX, parse_text};
use super::refusal::{Fault, Why};
use super::tenant::{InvoiceRules, Tenant};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most lines of one invoice.
pub const MAX_LINES: usize = 200;
/// The most characters of a code.
pub const CODE_MAX: usize = 40;
const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

/// The invoice of one job. Its number, once given, is never given again and never goes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invoice {
    /// What stood in the tenant's settings when the job was made.
    pub terms: Terms,
    /// What is charged.
    pub lines: Vec<Line>,
    /// Its place in the tenant's gapless row of invoices. Given by the store, in the transaction that issues it.
    pub number: Option<i64>,
    /// When it was issued; none while it is a draft.
    pub issued_at: Option<At>,
}

/// What holds for all lines of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// ISO 4217.
    pub currency: String,
    /// Unit prices are gross.
    pub prices_include_tax: bool,
    /// Written before the number.
    pub prefix: String,
    /// IANA time zone of the invoice's date.
    pub time_zone: String,
}

/// One line: so much of something at a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The company's own code, if it has one.
    pub code: String,
    /// What it is.
    pub description: String,
    /// How much of it; below zero takes back.
    pub quantity: Decimal,
    /// Price of one, net or gross by the invoice's terms.
    pub unit_price: Decimal,
    /// Percent.
    pub tax_rate: Decimal,
}

/// A line as sent: decimals as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of `Line`")]
pub struct LineInput {
    #[schemars(length(max = CODE_MAX))]
    pub code: String,
    #[schemars(length(max = TEXT_MAX))]
    pub description: String,
    pub quantity: String,
    pub unit_price: String,
    pub tax_rate: String,
}

/// What a line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Without tax.
    pub net: Decimal,
    /// The tax.
    pub tax: Decimal,
}

/// The sums of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Each line's, in order.
    pub lines: Vec<Amount>,
    /// By tax rate, the lowest first.
    pub taxes: Vec<(Decimal, Amount)>,
    /// Of all lines.
    pub whole: Amount,
}

impl Amount {
    const ZERO: Self = Self { net: Decimal::ZERO, tax: Decimal::ZERO };

    /// With tax.
    pub fn gross(self) -> Decimal {
        self.net + self.tax
    }

    fn plus(self, other: Self) -> Self {
        Self { net: self.net + other.net, tax: self.tax + other.tax }
    }
}

impl Default for Terms {
    fn default() -> Self {
        let InvoiceRules { currency, prices_include_tax, prefix } = InvoiceRules::default();
        Self { currency, prices_include_tax, prefix, time_zone: "UTC".into() }
    }
}

impl Terms {
    /// The terms that a job made now gets.
    pub fn of(tenant: &Tenant) -> Self {
        let InvoiceRules { currency, prices_include_tax, prefix } = tenant.settings.invoices.clone();
        Self { currency, prices_include_tax, prefix, time_zone: tenant.time_zone.clone() }
    }

    /// Decimals of an amount: those of the currency's smallest coin (ISO 4217, list one).
    pub fn decimals(&self) -> u32 {
        match self.currency.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => {
                0
            }
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    fn round(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals(), RoundingStrategy::MidpointAwayFromZero)
    }

    /// What a line comes to: the amount that the price asks for is rounded, then the tax, and the third follows.
    pub fn amount(&self, line: &Line) -> Amount {
        let asked = self.round(line.quantity * line.unit_price);
        if self.prices_include_tax {
            let tax = self.round(asked * line.tax_rate / (HUNDRED + line.tax_rate));
            Amount { net: asked - tax, tax }
        } else {
            Amount { net: asked, tax: self.round(asked * line.tax_rate / HUNDRED) }
        }
    }

    /// What a line shows in its last column: with tax if prices have it, else without.
    pub fn shown(&self, amount: Amount) -> Decimal {
        if self.prices_include_tax { amount.gross() } else { amount.net }
    }

    /// An amount with all of its decimals.
    pub fn text(&self, amount: Decimal) -> String {
        let mut amount = amount;
        amount.rescale(self.decimals());
        amount.to_string()
    }
}

impl Invoice {
    /// Still to be changed freely: its job is not completed, or nothing is charged yet.
    pub fn is_draft(&self) -> bool {
        self.issued_at.is_none()
    }

    /// The number as it stands on paper; a draft has none, even if one waits for it.
    pub fn number_text(&self) -> Option<String> {
        let number = self.number.filter(|_| !self.is_draft())?;
        Some(format!("{}{number}", self.terms.prefix))
    }

    /// Issued at this instant if there is anything to charge. The number comes with the commit.
    pub fn issue(&mut self, at: At) {
        if self.issued_at.is_none() && !self.lines.is_empty() {
            self.issued_at = Some(at);
        }
    }

    /// A draft again; the number stays for the next time.
    pub fn take_back(&mut self) {
        self.issued_at = None;
    }

    /// All sums.
    pub fn sums(&self) -> Sums {
        let lines: Vec<Amount> = self.lines.iter().map(|line| self.terms.amount(line)).collect();
        let mut taxes: BTreeMap<Decimal, Amount> = BTreeMap::new();
        for (line, amount) in self.lines.iter().zip(&lines) {
            let sum = taxes.entry(line.tax_rate).or_insert(Amount::ZERO);
            *sum = sum.plus(*amount);
        }
        let whole = lines.iter().fold(Amount::ZERO, |sum, amount| sum.plus(*amount));
        Sums { lines, taxes: taxes.into_iter().collect(), whole }
    }

    /// The lines that were sent, if they may take the place of those that stand; every fault is collected into `faults`.
    /// While a draft, anything goes. Once issued, what was charged stays and only credits follow it, of no more than was charged.
    pub fn replace(&self, sent: &[LineInput], faults: &mut Vec<Fault>) -> Vec<Line> {
        let before = faults.len();
        let lines = parse_lines(sent, faults);
        if faults.len() > before || self.is_draft() {
            return lines;
        }
        let pointer = |index: usize, member: &str| format!("/invoice_lines/{index}{member}");
        for (index, stands) in self.lines.iter().enumerate() {
            match lines.get(index) {
                Some(line) if line == stands => {}
                Some(_) => faults.push(Fault::at(pointer(index, ""), Why::ReadOnly)),
                None => faults.push(Fault::at("/invoice_lines", Why::ReadOnly)),
            }
        }
        for (index, line) in lines.iter().enumerate().skip(self.lines.len()) {
            if self.terms.shown(self.terms.amount(line)) >= Decimal::ZERO {
                faults.push(Fault::at(pointer(index, "/quantity"), Why::OutOfRange("less than nothing: the invoice is issued, only credits follow")));
            }
        }
        let after = Self { lines, ..self.clone() };
        if faults.len() == before && after.sums().whole.gross() < Decimal::ZERO {
            faults.push(Fault::at(pointer(self.lines.len(), "/quantity"), Why::OutOfRange("what was charged: no more can be credited")));
        }
        after.lines
    }
}

/// Lines as sent, each parsed; every fault at its member.
pub fn parse_lines(sent: &[LineInput], faults: &mut Vec<Fault>) -> Vec<Line> {
    if sent.len() > MAX_LINES {
        faults.push(Fault::at("/invoice_lines", Why::OutOfRange("200 lines")));
        return Vec::new();
    }
    sent.iter().enumerate().map(|(index, line)| parse_line(line, &format!("/invoice_lines/{index}"), faults)).collect()
}

/// A line as sent; every fault at its member below the pointer.
pub(super) fn parse_line(sent: &LineInput, pointer: &str, faults: &mut Vec<Fault>) -> Line {
    let mut text = |text: &str, max, member: &str| {
        parse_text(text, max, false).unwrap_or_else(|why| {
            faults.push(Fault::at(format!("{pointer}/{member}"), why));
            String::new()
        })
    };
    let code = text(&sent.code, CODE_MAX, "code");
    let description = text(&sent.description, TEXT_MAX, "description");
    if description.is_empty() && sent.description.trim().is_empty() {
        faults.push(Fault::at(format!("{pointer}/description"), Why::Required));
    }
    let mut decimal = |text: &str, member: &str, limits: &Limits| {
        limits.parse(text).unwrap_or_else(|why| {
            faults.push(Fault::at(format!("{pointer}/{member}"), why));
            Decimal::ONE
        })
    };
    Line {
        code,
        description,
        quantity: decimal(&sent.quantity, "quantity", &QUANTITY),
        unit_price: decimal(&sent.unit_price, "unit_price", &UNIT_PRICE),
        tax_rate: decimal(if sent.tax_rate.trim().is_empty() { "0" } else { &sent.tax_rate }, "tax_rate", &TAX_RATE),
    }
}

/// What a decimal of a line may be.
struct Limits {
    least: i64,
    most: i64,
    decimals: u32,
    words: &'static str,
}

const QUANTITY: Limits = Limits { least: -1_000_000, most: 1_000_000, decimals: 3, words: "a million, with at most 3 decimals" };
const UNIT_PRICE: Limits = Limits { least: -10_000_000, most: 10_000_000, decimals: 4, words: "ten million, with at most 4 decimals" };
const TAX_RATE: Limits = Limits { least: 0, most: 100, decimals: 3, words: "0 to 100 percent, with at most 3 decimals" };

impl Limits {
    /// Digits with one point, as money is written on the wire; in its shortest spelling, so that equal ones look equal.
    fn parse(&self, text: &str) -> Result<Decimal, Why> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.bytes().any(|byte| byte.is_ascii_digit());
        if text.is_empty() {
            return Err(Why::Required);
        }
        if !is_plain || digits.len() > 24 {
            return Err(Why::Expected("a decimal number such as 12.50"));
        }
        let value: Decimal = text.parse().map_err(|_not_one| Why::Expected("a decimal number such as 12.50"))?;
        let value = value.normalize();
        let fits = value.scale() <= self.decimals && value >= Decimal::from(self.least) && value <= Decimal::from(self.most);
        if fits { Ok(value) } else { Err(Why::OutOfRange(self.words)) }
    }
}

#[cfg(test)]
mod tests;
