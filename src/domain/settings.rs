//! What admins may set of their company: each change is checked as a whole, and everything that is wrong with it is said.
//!
//! An absent member stays as it is, so that a page and a program may each send what they know of.

use super::arrival::RADIUS_MIN_M;
use super::colour::Colour;
use super::field::{LONG_TEXT_MAX, TEXT_MAX, parse_text};
use super::hours::check_hours;
use super::ids::{FileId, TemplateId};
use super::portal::Overrides;
use super::refusal::{Fault, Why};
use super::tenant::{BookingRules, Hours, Tenant};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;

/// The longest name of a company.
const NAME_MAX: usize = 120;
/// The most holidays that are kept.
const HOLIDAYS_MAX: usize = 500;
/// The most reasons to choose from.
const REASONS_MAX: usize = 30;
/// The longest reason.
const REASON_MAX: usize = 80;
/// The longest text before an invoice's number.
const PREFIX_MAX: usize = 20;
/// The widest circle around an address that still says anything, metres.
const ARRIVAL_RADIUS_MAX_M: u32 = 2_000;
/// The minutes after which a job that nobody answers may be declined.
const AUTO_DECLINE_MIN: std::ops::RangeInclusive<u16> = 1..=10_080;

/// The company itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of `Tenant` and its settings")]
pub struct CompanyChange {
    pub version: Option<String>,
    pub name: Option<String>,
    pub address: Option<String>,
    pub tax_number: Option<String>,
    pub email: Option<String>,
    /// Known to exist: whoever parses the request has the zones.
    pub time_zone: Option<String>,
    #[schemars(with = "Option<[Option<[u16; 2]>; 7]>")]
    pub hours: Option<Hours>,
    pub holidays: Option<Vec<Date>>,
}

/// The portal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of `Tenant` and its settings")]
pub struct PortalChange {
    pub version: Option<String>,
    pub enabled: Option<bool>,
    pub slug: Option<String>,
    pub host: Option<String>,
    pub public_signup: Option<bool>,
    pub introduction: Option<String>,
    pub phone: Option<String>,
    pub permissions: Option<DefaultsChange>,
    pub booking: Option<BookingRules>,
}

/// What portal users may do where neither their customer nor their link says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
pub struct DefaultsChange {
    /// Only the ones named change; templates are taken from the member below.
    #[serde(flatten)]
    pub set: Overrides,
    /// The only templates that may be ordered; null: all.
    #[serde(default, rename = "templates", deserialize_with = "present")]
    pub only: Option<Option<BTreeSet<TemplateId>>>,
}

/// The look.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of the portal's settings; a null logo is taken off, an absent one stays")]
pub struct BrandingChange {
    pub version: Option<String>,
    pub colour: Option<String>,
    #[serde(deserialize_with = "present")]
    pub logo: Option<Option<FileId>>,
    pub introduction: Option<String>,
    pub phone: Option<String>,
}

/// How invoices are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of the settings")]
pub struct InvoicesChange {
    pub version: Option<String>,
    pub currency: Option<String>,
    pub prices_include_tax: Option<bool>,
    pub prefix: Option<String>,
}

/// What decides on a job's life between the dispatcher and the worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "members are those of the settings")]
pub struct DispatchChange {
    pub version: Option<String>,
    pub accept_decline: Option<bool>,
    pub auto_accept: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub auto_decline_min: Option<Option<u16>>,
    pub arrival_radius_m: Option<u32>,
}

/// Reasons that a worker may pick when declining.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[expect(missing_docs, reason = "members are those of the settings")]
pub struct ReasonsChange {
    #[serde(default)]
    pub version: Option<String>,
    #[schemars(length(max = REASONS_MAX))]
    pub reasons: Vec<String>,
}

#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Collects what is wrong while members are taken over.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn text(&mut self, place: &mut String, sent: Option<&String>, pointer: &str, max: usize, lines: bool) {
        let Some(sent) = sent else { return };
        match parse_text(sent, max, lines) {
            Ok(text) => *place = text,
            Err(why) => self.at(pointer, why),
        }
    }

    fn at(&mut self, pointer: impl Into<String>, why: Why) {
        self.0.push(Fault::at(pointer, why));
    }

    fn settle(self, tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        if self.0.is_empty() { Ok(tenant) } else { Err(self.0) }
    }
}

impl CompanyChange {
    /// The company with this changed.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            faults.at("/name", Why::Required);
        }
        faults.text(&mut tenant.name, self.name.as_ref(), "/name", NAME_MAX, false);
        let company = &mut tenant.settings.company;
        faults.text(&mut company.address, self.address.as_ref(), "/address", TEXT_MAX, true);
        faults.text(&mut company.tax_number, self.tax_number.as_ref(), "/tax_number", 50, false);
        faults.text(&mut company.email, self.email.as_ref(), "/email", 254, false);
        if !company.email.is_empty() && !looks_like_email(&company.email) {
            faults.at("/email", Why::Expected("an e-mail address"));
        }
        if let Some(zone) = &self.time_zone {
            tenant.time_zone.clone_from(zone);
        }
        if let Some(hours) = self.hours {
            check_hours(&hours, &mut faults.0);
            tenant.settings.hours = hours;
        }
        if let Some(holidays) = &self.holidays {
            let days: BTreeSet<Date> = holidays.iter().copied().collect();
            if days.len() > HOLIDAYS_MAX {
                faults.at("/holidays", Why::OutOfRange("500 days"));
            }
            tenant.settings.holidays = days.into_iter().collect();
        }
        faults.settle(tenant)
    }
}

/// Enough to catch a slip of the hand; whether it exists only a message can tell.
fn looks_like_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !text.contains(char::is_whitespace)
}

/// A web name: lower-case letters, digits, hyphens inside; 1 to 63 characters.
pub fn is_slug(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// A host name: labels of letters, digits and inner hyphens, at least two of them, 253 characters at most (RFC 1123). What is not
/// ASCII is written as its punycode.
pub fn is_host(text: &str) -> bool {
    let is_label = |label: &str| is_slug(label);
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && !text.split('.').all(|label| label.bytes().all(|b| b.is_ascii_digit()))
}

impl PortalChange {
    /// The company with this changed. `templates` are those that there are.
    pub fn onto(&self, mut tenant: Tenant, templates: &[TemplateId]) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        if let Some(slug) = &self.slug {
            if !is_slug(slug) {
                faults.at("/slug", Why::Expected("lower-case letters, digits and hyphens, for example north-plumbing"));
            }
            tenant.slug.clone_from(slug);
        }
        if let Some(host) = &self.host {
            let host = host.trim().to_ascii_lowercase();
            if !host.is_empty() && !is_host(&host) {
                faults.at("/host", Why::Expected("a host name without https:// and path, for example jobs.example.com"));
            }
            tenant.settings.portal.host = host;
        }
        let portal = &mut tenant.settings.portal;
        portal.enabled = self.enabled.unwrap_or(portal.enabled);
        portal.public_signup = self.public_signup.unwrap_or(portal.public_signup);
        faults.text(&mut portal.introduction, self.introduction.as_ref(), "/introduction", LONG_TEXT_MAX / 5, true);
        faults.text(&mut portal.phone, self.phone.as_ref(), "/phone", 40, false);
        if let Some(change) = &self.permissions {
            let stays = std::mem::take(&mut portal.permissions);
            let only = match &change.only {
                Some(only) => only.clone(),
                None => stays.templates.clone(),
            };
            faults.0.extend(unknown_templates(only.as_ref(), templates, "/permissions/templates"));
            portal.permissions = Overrides { templates: only, ..change.set.clone().over(stays) };
        }
        if let Some(booking) = self.booking {
            for (fits, pointer, range) in [
                ((5..=24 * 60).contains(&booking.step_min), "/booking/step_min", "5 minutes to a day"),
                (booking.notice_min <= 60 * 24 * 60, "/booking/notice_min", "60 days"),
                ((1..=730).contains(&booking.horizon_days), "/booking/horizon_days", "1 to 730 days"),
                (booking.bookable_workers.is_none_or(|workers| (1..=10_000).contains(&workers)), "/booking/bookable_workers", "1 to 10,000"),
            ] {
                if !fits {
                    faults.at(pointer, Why::OutOfRange(range));
                }
            }
            portal.booking = booking;
        }
        faults.settle(tenant)
    }
}

/// Templates of a set that there are not.
pub fn unknown_templates(only: Option<&BTreeSet<TemplateId>>, templates: &[TemplateId], pointer: &str) -> Vec<Fault> {
    let unknown = only.into_iter().flatten().enumerate().filter(|(_, template)| !templates.contains(template));
    unknown.map(|(index, _)| Fault::at(format!("{pointer}/{index}"), Why::NotFound)).collect()
}

impl BrandingChange {
    /// The company with this changed. Whether the logo is a picture of theirs is the caller's to know.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        let portal = &mut tenant.settings.portal;
        match self.colour.as_deref().map(Colour::parse_brand) {
            Some(Ok(colour)) => portal.colour = colour.to_string(),
            Some(Err(why)) => faults.at("/colour", why),
            None => {}
        }
        portal.logo = self.logo.unwrap_or(portal.logo);
        faults.text(&mut portal.introduction, self.introduction.as_ref(), "/introduction", LONG_TEXT_MAX / 5, true);
        faults.text(&mut portal.phone, self.phone.as_ref(), "/phone", 40, false);
        faults.settle(tenant)
    }
}

impl InvoicesChange {
    /// The company with this changed.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        let invoices = &mut tenant.settings.invoices;
        if let Some(currency) = &self.currency {
            let currency = currency.trim().to_ascii_uppercase();
            if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
                faults.at("/currency", Why::Expected("three letters of ISO 4217, for example EUR"));
            }
            invoices.currency = currency;
        }
        invoices.prices_include_tax = self.prices_include_tax.unwrap_or(invoices.prices_include_tax);
        faults.text(&mut invoices.prefix, self.prefix.as_ref(), "/prefix", PREFIX_MAX, false);
        faults.settle(tenant)
    }
}

impl DispatchChange {
    /// The company with this changed.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        let dispatch = &mut tenant.settings.dispatch;
        dispatch.accept_decline = self.accept_decline.unwrap_or(dispatch.accept_decline);
        dispatch.auto_accept = self.auto_accept.unwrap_or(dispatch.auto_accept);
        if let Some(minutes) = self.auto_decline_min {
            if minutes.is_some_and(|minutes| !AUTO_DECLINE_MIN.contains(&minutes)) {
                faults.at("/auto_decline_min", Why::OutOfRange("1 minute to 7 days (10,080)"));
            }
            dispatch.auto_decline_min = minutes;
        }
        if let Some(radius) = self.arrival_radius_m {
            if f64::from(radius) < RADIUS_MIN_M || radius > ARRIVAL_RADIUS_MAX_M {
                faults.at("/arrival_radius_m", Why::OutOfRange("75 to 2,000 m"));
            }
            tenant.settings.arrivals.radius_m = radius;
        }
        faults.settle(tenant)
    }
}

impl ReasonsChange {
    /// The company with these reasons.
    pub fn onto(&self, mut tenant: Tenant) -> Result<Tenant, Vec<Fault>> {
        let mut faults = Faults::default();
        if !(1..=REASONS_MAX).contains(&self.reasons.len()) {
            faults.at("/reasons", Why::OutOfRange("1 to 30 reasons"));
        }
        let mut reasons: Vec<String> = Vec::new();
        for (index, sent) in self.reasons.iter().enumerate() {
            let pointer = format!("/reasons/{index}");
            match parse_text(sent, REASON_MAX, false) {
                Ok(text) if text.is_empty() => faults.at(pointer, Why::Required),
                Ok(text) if reasons.contains(&text) => faults.at(pointer, Why::Repeated),
                Ok(text) => reasons.push(text),
                Err(why) => faults.at(pointer, why),
            }
        }
        tenant.settings.decline_reasons = reasons;
        faults.settle(tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;
    use crate::domain::tenant::Settings;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn tenant() -> Tenant {
        let settings = Settings::default();
        Tenant { id: TenantId(Uuid::nil()), slug: "north".into(), name: "North".into(), time_zone: "Europe/Helsinki".into(), settings }
    }

    fn pointers(result: Result<Tenant, Vec<Fault>>) -> Vec<String> {
        result.err().unwrap_or_default().into_iter().map(|fault| fault.pointer).collect()
    }

    fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn everything_wrong_with_a_company_is_said_at_once() {
        let change: CompanyChange = parsed(json!({
            "name": " ", "email": "nobody", "tax_number": "1\n2", "address": "a".repeat(501),
            "hours": [[600, 480], [0, 1441], null, [0, 1440], null, null, null]
        }));
        assert_eq!(pointers(change.onto(tenant())), ["/name", "/address", "/tax_number", "/email", "/hours/0/1", "/hours/1/1"]);
        let change: CompanyChange = parsed(json!({ "name": " North & Sons ", "email": "", "holidays": ["2026-12-25", "2026-12-06", "2026-12-25"] }));
        let changed = change.onto(tenant()).unwrap();
        assert_eq!((changed.name.as_str(), changed.settings.holidays.len()), ("North & Sons", 2));
        assert_eq!(changed.settings.hours, Settings::default().hours);
        for email in ["a@b.example", "ä.b+c@d-e.fi"] {
            assert!(looks_like_email(email), "{email}");
        }
        for email in ["a", "@b.example", "a@b", "a b@c.example", "a@.example", "a@b.example."] {
            assert!(!looks_like_email(email), "{email}");
        }
    }

    #[test]
    fn a_slug_is_what_fits_into_an_address() {
        for slug in ["a", "north", "north-plumbing-2", &"a".repeat(63)] {
            assert!(is_slug(slug), "{slug}");
        }
        for slug in ["", "-a", "a-", "North", "a b", "a/b", "ä", "a.b", &"a".repeat(64)] {
            assert!(!is_slug(slug), "{slug}");
        }
    }

    #[test]
    fn a_host_is_a_name_and_nothing_else() {
        for host in ["jobs.example.com", "a.b", "xn--bcher-kva.example"] {
            assert!(is_host(host), "{host}");
        }
        for host in ["localhost", "https://a.b", "a.b/c", "a.b:8080", "-a.b", "a..b", "127.0.0.1", "", "a b.c", &format!("{}.b", "a".repeat(64))] {
            assert!(!is_host(host), "{host}");
        }
        let change: PortalChange = parsed(json!({ "host": " Jobs.Example.com " }));
        assert_eq!(change.onto(tenant(), &[]).unwrap().settings.portal.host, "jobs.example.com");
        let change: PortalChange = parsed(json!({ "host": "nowhere" }));
        assert_eq!(pointers(change.onto(tenant(), &[])), ["/host"]);
    }

    #[test]
    fn rules_of_dispatch_and_invoices_have_bounds() {
        let change: DispatchChange = parsed(json!({ "arrival_radius_m": 20 }));
        assert_eq!(pointers(change.onto(tenant())), ["/arrival_radius_m"]);
        let changed = parsed::<DispatchChange>(json!({ "auto_accept": true })).onto(tenant()).unwrap();
        let kept = parsed::<DispatchChange>(json!({ "accept_decline": false })).onto(changed).unwrap();
        assert!(kept.settings.dispatch.auto_accept && !kept.settings.dispatch.accept_decline);

        let change: DispatchChange = parsed(json!({ "auto_decline_min": 0 }));
        assert_eq!(pointers(change.onto(tenant())), ["/auto_decline_min"]);
        let timed = parsed::<DispatchChange>(json!({ "auto_decline_min": 30 })).onto(tenant()).unwrap();
        let kept = parsed::<DispatchChange>(json!({})).onto(timed.clone()).unwrap();
        let off = parsed::<DispatchChange>(json!({ "auto_decline_min": null })).onto(timed).unwrap();
        assert_eq!((kept.settings.dispatch.auto_decline_min, off.settings.dispatch.auto_decline_min), (Some(30), None));

        let change: InvoicesChange = parsed(json!({ "currency": "euro", "prefix": "x".repeat(21) }));
        assert_eq!(pointers(change.onto(tenant())), ["/currency", "/prefix"]);
        let change: InvoicesChange = parsed(json!({ "currency": "sek", "prices_include_tax": true, "prefix": "2026-" }));
        let invoices = change.onto(tenant()).unwrap().settings.invoices;
        assert_eq!((invoices.currency.as_str(), invoices.prices_include_tax, invoices.prefix.as_str()), ("SEK", true, "2026-"));
    }

    #[test]
    fn defaults_change_one_by_one_and_templates_can_be_freed_again() {
        let (known, unknown) = (TemplateId(Uuid::from_u128(1)), TemplateId(Uuid::from_u128(2)));
        let change = |value: Value, tenant: Tenant| parsed::<PortalChange>(json!({ "permissions": value })).onto(tenant, &[known]);
        let first = change(json!({ "view_jobs": false, "templates": [known] }), tenant()).unwrap();
        let second = change(json!({ "edit": false }), first).unwrap();
        let now = &second.settings.portal.permissions;
        assert_eq!((now.view_jobs, now.edit, now.cancel), (Some(false), Some(false), None));
        assert_eq!(now.templates, Some(BTreeSet::from([known])));
        let third = change(json!({ "view_jobs": true, "templates": null }), second).unwrap();
        assert_eq!((third.settings.portal.permissions.view_jobs, &third.settings.portal.permissions.templates), (Some(true), &None));
        assert_eq!(pointers(change(json!({ "templates": [unknown] }), tenant())), ["/permissions/templates/0"]);
    }

    #[test]
    fn booking_rules_have_bounds() {
        let change: PortalChange = parsed(json!({
            "slug": "Not a slug", "phone": "1".repeat(41),
            "booking": { "step_min": 0, "notice_min": 1_000_000, "horizon_days": 0, "bookable_workers": 0 }
        }));
        assert_eq!(
            pointers(change.onto(tenant(), &[])),
            ["/slug", "/phone", "/booking/step_min", "/booking/notice_min", "/booking/horizon_days", "/booking/bookable_workers"]
        );
    }

    #[test]
    fn an_unreadable_colour_stays_out_and_a_logo_can_be_taken_off() {
        let change: BrandingChange = parsed(json!({ "colour": "#ffd400", "introduction": "Hello" }));
        assert_eq!(change.onto(tenant()), Err(vec![Fault::at("/colour", Why::Contrast(143))]));
        let logo = FileId(Uuid::from_u128(3));
        let with_logo = parsed::<BrandingChange>(json!({ "logo": logo, "colour": "#1D4ED8" })).onto(tenant()).unwrap();
        assert_eq!((with_logo.settings.portal.logo, with_logo.settings.portal.colour.as_str()), (Some(logo), "#1d4ed8"));
        let kept = parsed::<BrandingChange>(json!({})).onto(with_logo).unwrap();
        assert_eq!(kept.settings.portal.logo, Some(logo));
        let without = parsed::<BrandingChange>(json!({ "logo": null })).onto(kept).unwrap();
        assert_eq!(without.settings.portal.logo, None);
    }

    #[test]
    fn reasons_are_words_each_once() {
        let change = |reasons: Value| parsed::<ReasonsChange>(json!({ "reasons": reasons })).onto(tenant());
        assert_eq!(pointers(change(json!([]))), ["/reasons"]);
        assert_eq!(pointers(change(json!(["No time", " ", "No time ", "\u{0}"]))), ["/reasons/1", "/reasons/2", "/reasons/3"]);
        assert_eq!(change(json!([" Ill "])).unwrap().settings.decline_reasons, ["Ill"]);
    }
}
