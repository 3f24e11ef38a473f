//! What a company lets its alerts do, and how its admins change that.

use super::Alert;
use super::texts::{self, AlertText};
use crate::domain::refusal::{Fault, Why};
use crate::domain::tenant::Tenant;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// What alerts of a company may do. Stored as JSON; absent members take their defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertRules {
    /// Quick alerts by e-mail.
    pub email: bool,
    /// Quick alerts by SMS, which cost.
    pub sms: bool,
    /// The most that text messages may cost in a month; none: no limit.
    pub sms_cap: Option<Decimal>,
    /// The most of it for one customer; none: no limit.
    pub sms_customer_cap: Option<Decimal>,
    /// A worker with no longer way than this is nearly there, minutes.
    pub nearby_min: u32,
    /// The same by distance, metres.
    pub nearby_m: u32,
    /// Links in alerts to customers open without a log-in and show that job alone.
    pub one_job_links: bool,
    /// The company's own words, by alert.
    pub texts: BTreeMap<Alert, AlertText>,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            email: true,
            sms: false,
            sms_cap: None,
            sms_customer_cap: None,
            nearby_min: 5,
            nearby_m: 1_000,
            one_job_links: false,
            texts: BTreeMap::new(),
        }
    }
}

impl AlertRules {
    /// The words of an alert.
    pub fn text(&self, alert: Alert) -> AlertText {
        self.texts.get(&alert).cloned().unwrap_or_else(|| texts::built_in(alert))
    }
}

/// A change of them; absent members stay, null takes a limit away or a text back to the built-in one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of the rules; absent and emptied differ")]
pub struct AlertsChange {
    pub version: Option<String>,
    pub email: Option<bool>,
    pub sms: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub sms_cap: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    pub sms_customer_cap: Option<Option<String>>,
    pub nearby_min: Option<u32>,
    pub nearby_m: Option<u32>,
    pub one_job_links: Option<bool>,
    pub texts: BTreeMap<Alert, Option<AlertText>>,
}

#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl AlertsChange {
    /// The company with this changed.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Vec::new();
        let rules = &mut tenant.settings.alerts;
        rules.email = self.email.unwrap_or(rules.email);
        rules.sms = self.sms.unwrap_or(rules.sms);
        rules.one_job_links = self.one_job_links.unwrap_or(rules.one_job_links);
        for (place, sent, pointer) in
            [(&mut rules.sms_cap, &self.sms_cap, "/sms_cap"), (&mut rules.sms_customer_cap, &self.sms_customer_cap, "/sms_customer_cap")]
        {
            match sent {
                None => {}
                Some(None) => *place = None,
                Some(Some(text)) => match amount(text) {
                    Some(amount) => *place = Some(amount),
                    None => faults.push(Fault::at(pointer, Why::Expected("an amount like \"25.00\", up to 1000000"))),
                },
            }
        }
        for (place, sent, range, pointer, why) in [
            (&mut rules.nearby_min, self.nearby_min, 1..=60, "/nearby_min", "1 to 60 minutes"),
            (&mut rules.nearby_m, self.nearby_m, 100..=20_000, "/nearby_m", "100 to 20,000 metres"),
        ] {
            match sent {
                Some(sent) if !range.contains(&sent) => faults.push(Fault::at(pointer, Why::OutOfRange(why))),
                sent => *place = sent.unwrap_or(*place),
            }
        }
        for (alert, text) in &self.texts {
            match text {
                None => drop(rules.texts.remove(alert)),
                Some(text) => match text.parse(&format!("/texts/{}", alert.word())) {
                    // What is built in is not kept, so that better words reach whoever never chose others.
                    Ok(text) if text == texts::built_in(*alert) => drop(rules.texts.remove(alert)),
                    Ok(text) => drop(rules.texts.insert(*alert, text)),
                    Err(wrong) => faults.extend(wrong),
                },
            }
        }
        if faults.is_empty() { Ok(tenant) } else { Err(faults) }
    }
}

/// An amount of money, not negative, with at most four decimals.
fn amount(text: &str) -> Option<Decimal> {
    let amount: Decimal = text.trim().parse().ok()?;
    (!amount.is_sign_negative() && amount.scale() <= 4 && amount <= Decimal::from(1_000_000)).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;
    use crate::domain::tenant::Settings;
    use serde_json::json;
    use uuid::Uuid;

    fn tenant() -> Tenant {
        Tenant { id: TenantId(Uuid::nil()), slug: "n".into(), name: "North".into(), time_zone: "UTC".into(), settings: Settings::default() }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let sent = json!({ "sms_cap": "-1", "sms_customer_cap": "many", "nearby_min": 0, "nearby_m": 1, "texts": { "started": { "subject": "", "text": "x", "sms": "{x}" } } });
        let change: AlertsChange = serde_json::from_value(sent).unwrap();
        let pointers: Vec<String> = change.onto(tenant()).unwrap_err().into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/sms_cap", "/sms_customer_cap", "/nearby_min", "/nearby_m", "/texts/started/subject", "/texts/started/sms"]);
    }

    #[test]
    fn own_words_stay_until_they_are_taken_back() {
        let text = AlertText { subject: "S".into(), text: "T".into(), sms: "M {job}".into() };
        let set =
            |tenant, text: serde_json::Value| serde_json::from_value::<AlertsChange>(json!({ "texts": { "started": text } })).unwrap().onto(tenant);
        let changed = set(tenant(), json!(text)).unwrap();
        assert_eq!(changed.settings.alerts.text(Alert::Started), text);
        let untouched = AlertsChange { sms: Some(true), ..AlertsChange::default() }.onto(changed).unwrap();
        assert_eq!(untouched.settings.alerts.text(Alert::Started), text);
        let stored: Settings = serde_json::from_value(serde_json::to_value(&untouched.settings).unwrap()).unwrap();
        assert_eq!(stored, untouched.settings);
        assert_eq!(set(untouched, json!(null)).unwrap().settings.alerts.text(Alert::Started), texts::built_in(Alert::Started));
    }
}
