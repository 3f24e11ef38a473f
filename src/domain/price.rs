//! The price list: what a company charges again and again. Invoice lines copy from it and forget where they come from.

use super::ids::PriceId;
use super::invoice::{LineInput, parse_line};
use super::refusal::Fault;
use rust_decimal::Decimal;

/// One thing that is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Its id.
    pub id: PriceId,
    /// The company's own code; empty if it has none. No two prices in use have the same.
    pub code: String,
    /// What it is.
    pub description: String,
    /// Of one, net or gross by the company's settings.
    pub unit_price: Decimal,
    /// Percent.
    pub tax_rate: Decimal,
}

/// A price as sent: decimals as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "members are those of `Price`")]
pub struct PriceInput {
    pub code: String,
    pub description: String,
    pub unit_price: String,
    pub tax_rate: String,
}

impl PriceInput {
    /// The price, or every fault at its member. The rules are those of an invoice line, which it becomes.
    pub fn parse(self, id: PriceId) -> Result<Price, Vec<Fault>> {
        let Self { code, description, unit_price, tax_rate } = self;
        let mut faults = Vec::new();
        let line = parse_line(&LineInput { code, description, quantity: "1".into(), unit_price, tax_rate }, "", &mut faults);
        if faults.is_empty() {
            Ok(Price { id, code: line.code, description: line.description, unit_price: line.unit_price, tax_rate: line.tax_rate })
        } else {
            Err(faults)
        }
    }
}

impl From<Price> for PriceInput {
    fn from(price: Price) -> Self {
        let Price { code, description, unit_price, tax_rate, .. } = price;
        Self { code, description, unit_price: unit_price.to_string(), tax_rate: tax_rate.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(unit_price: &str, tax_rate: &str) -> PriceInput {
        PriceInput { code: " H1 ".into(), description: "Hour".into(), unit_price: unit_price.into(), tax_rate: tax_rate.into() }
    }

    #[test]
    fn a_price_is_what_a_line_may_be() {
        let id = PriceId(uuid::Uuid::nil());
        let price = input("65.50", "").parse(id).unwrap();
        assert_eq!((price.code.as_str(), price.unit_price.to_string().as_str(), price.tax_rate.to_string().as_str()), ("H1", "65.5", "0"));
        assert_eq!(PriceInput::from(price.clone()).parse(id), Ok(price));
        let pointers = |input: PriceInput| input.parse(id).unwrap_err().into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
        assert_eq!(pointers(input("", "120")), ["/unit_price", "/tax_rate"]);
        assert_eq!(pointers(PriceInput { description: "  ".into(), ..input("1,5", "24") }), ["/description", "/unit_price"]);
    }
}
