//! An invoice on the wire: decimals as text, sums as the hub adds them.

use crate::domain::field::TEXT_MAX;
use crate::domain::ids::{JobId, PriceId};
use crate::domain::invoice::{CODE_MAX, Invoice as DomainInvoice, Line, Terms};
use crate::domain::price::Price as DomainPrice;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// An invoice with its sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Invoice {
    /// As on paper; a draft has none.
    pub number: Option<String>,
    /// `YYYY-MM-DD` in the company's zone; a draft has none.
    pub date: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Unit prices and the lines' totals are gross.
    pub prices_include_tax: bool,
    /// What is charged.
    pub lines: Vec<InvoiceLine>,
    /// By rate, the lowest first.
    pub taxes: Vec<InvoiceTax>,
    /// Without tax.
    pub net: String,
    /// To pay.
    pub total: String,
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct InvoiceLine {
    /// The company's own code.
    pub code: String,
    /// What it is.
    pub description: String,
    /// How much of it.
    pub quantity: String,
    /// Of one.
    pub unit_price: String,
    /// Percent.
    pub tax_rate: String,
    /// Quantity times price, rounded; with tax if prices have it.
    pub total: String,
}

/// A line that a template gives to each new job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct TemplateLine {
    /// The company's own code.
    pub code: String,
    /// What it is.
    pub description: String,
    /// How much of it.
    pub quantity: String,
    /// Of one.
    pub unit_price: String,
    /// Percent.
    pub tax_rate: String,
}

/// A thing of the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Price {
    /// Its id.
    pub id: PriceId,
    /// The company's own code; empty if it has none.
    pub code: String,
    /// What it is.
    pub description: String,
    /// Of one, net or gross by the company's settings.
    pub unit_price: String,
    /// Percent.
    pub tax_rate: String,
}

/// What makes and changes a thing of the price list. Absent members stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[ts(export, optional_fields)]
pub struct PriceBody {
    /// Empty: none.
    #[schemars(length(max = CODE_MAX))]
    pub code: Option<String>,
    /// What it is.
    #[schemars(length(max = TEXT_MAX))]
    pub description: Option<String>,
    /// Of one, as a decimal.
    pub unit_price: Option<String>,
    /// Percent, as a decimal; empty: 0.
    pub tax_rate: Option<String>,
}

/// The tax of one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct InvoiceTax {
    /// Percent.
    pub rate: String,
    /// What it is taken of.
    pub net: String,
    /// The tax.
    pub amount: String,
}

/// One side of an invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// Postal address, several lines.
    pub address: String,
    /// VAT or other tax number.
    pub tax_number: String,
}

/// What `GET /api/jobs/{id}/invoice` answers: the invoice with both sides and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct InvoicePaper {
    /// The job.
    pub job: JobId,
    /// The job's number.
    pub job_number: String,
    /// What was done.
    pub job_type: String,
    /// Who asks for the money.
    pub seller: Party,
    /// Who pays.
    pub buyer: Party,
    /// How the seller is called.
    pub seller_phone: String,
    /// The rest.
    #[serde(flatten)]
    pub invoice: Invoice,
}

impl From<DomainPrice> for Price {
    fn from(price: DomainPrice) -> Self {
        let DomainPrice { id, code, description, unit_price, tax_rate } = price;
        Self { id, code, description, unit_price: unit_price.to_string(), tax_rate: tax_rate.to_string() }
    }
}

impl From<&Line> for TemplateLine {
    fn from(line: &Line) -> Self {
        Self {
            code: line.code.clone(),
            description: line.description.clone(),
            quantity: line.quantity.to_string(),
            unit_price: line.unit_price.to_string(),
            tax_rate: line.tax_rate.to_string(),
        }
    }
}

impl From<&DomainInvoice> for Invoice {
    fn from(invoice: &DomainInvoice) -> Self {
        let terms = &invoice.terms;
        let sums = invoice.sums();
        let line = |(line, amount): (&Line, &_)| InvoiceLine {
            code: line.code.clone(),
            description: line.description.clone(),
            quantity: line.quantity.to_string(),
            unit_price: unit_price(terms, line),
            tax_rate: line.tax_rate.to_string(),
            total: terms.text(terms.shown(*amount)),
        };
        let taxes = sums.taxes.iter().map(|(rate, amount)| InvoiceTax {
            rate: rate.to_string(),
            net: terms.text(amount.net),
            amount: terms.text(amount.tax),
        });
        Self {
            number: invoice.number_text(),
            date: date(invoice),
            currency: terms.currency.clone(),
            prices_include_tax: terms.prices_include_tax,
            lines: invoice.lines.iter().zip(&sums.lines).map(line).collect(),
            taxes: taxes.collect(),
            net: terms.text(sums.whole.net),
            total: terms.text(sums.whole.gross()),
        }
    }
}

/// With the currency's decimals, and more only if the price has them.
fn unit_price(terms: &Terms, line: &Line) -> String {
    let mut price = line.unit_price;
    price.rescale(price.scale().max(terms.decimals()));
    price.to_string()
}

/// The day on which it was issued, where the company is.
fn date(invoice: &DomainInvoice) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(invoice.issued_at?.millis()).ok()?;
    let zone = TimeZone::get(&invoice.terms.time_zone).unwrap_or(TimeZone::UTC);
    Some(at.to_zoned(zone).date().to_string())
}
