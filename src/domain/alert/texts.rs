//! The words of alerts: a company's own where it has some, else the built-in ones. `{names}` in braces are filled in.

use super::Alert;
use crate::domain::field::parse_text;
use crate::domain::refusal::{Fault, Why};
use serde::{Deserialize, Serialize};

/// The longest subject, e-mail and text message, characters.
const SUBJECT_MAX: usize = 150;
const TEXT_MAX: usize = 4_000;
const SMS_MAX: usize = 480;

/// What may stand in braces.
pub const NAMES: [&str; 10] = ["company", "job", "type", "customer", "address", "date", "time", "worker", "reason", "link"];

/// An alert in words, before anything is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
pub struct AlertText {
    /// The e-mail's subject.
    #[schemars(length(min = 1, max = SUBJECT_MAX))]
    pub subject: String,
    /// The e-mail, as paragraphs; greeting, button and signature are added.
    #[schemars(length(min = 1, max = TEXT_MAX))]
    pub text: String,
    /// The text message.
    #[schemars(length(min = 1, max = SMS_MAX))]
    pub sms: String,
}

/// What is filled in. What has nothing to say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "members are the names in braces")]
pub struct Filling {
    pub company: String,
    pub job: String,
    pub kind: String,
    pub customer: String,
    pub address: String,
    pub date: String,
    pub time: String,
    pub worker: String,
    pub reason: String,
    pub link: String,
}

impl Filling {
    fn of(&self, name: &str) -> Option<&str> {
        Some(match name {
            "company" => &self.company,
            "job" => &self.job,
            "type" => &self.kind,
            "customer" => &self.customer,
            "address" => &self.address,
            "date" => &self.date,
            "time" => &self.time,
            "worker" => &self.worker,
            "reason" => &self.reason,
            "link" => &self.link,
            _ => return None,
        })
    }
}

/// A piece of a text.
enum Piece<'a> {
    Said(&'a str),
    Name(&'a str),
}

/// The pieces of a text, in order; a brace that encloses no name is a brace.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (said, from_brace) = rest.split_at(open);
        let name = from_brace[1..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
        let end = if let Some(name) = name {
            pieces.push(Piece::Said(said));
            pieces.push(Piece::Name(name));
            open + name.len() + 2
        } else {
            pieces.push(Piece::Said(&rest[..=open]));
            open + 1
        };
        rest = &rest[end..];
    }
    pieces.push(Piece::Said(rest));
    pieces
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 30 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A text with everything filled in. A line in which a name has nothing to say is left out, so that no "Worker: " stands alone.
pub fn fill(text: &str, filling: &Filling) -> String {
    let line = |line: &str| -> Option<String> {
        let mut filled = String::with_capacity(line.len() + 40);
        for piece in pieces(line) {
            match piece {
                Piece::Said(said) => filled.push_str(said),
                Piece::Name(name) => match filling.of(name) {
                    Some("") => return None,
                    Some(value) => filled.push_str(value),
                    None => filled.extend(["{", name, "}"]),
                },
            }
        }
        Some(filled)
    };
    text.lines().filter_map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl AlertText {
    /// The text as a company may set it; everything that is wrong with it, below `pointer`.
    pub fn parse(&self, pointer: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut part = |text: &str, member: &str, max, lines| {
            let pointer = format!("{pointer}/{member}");
            let unknown = pieces(text).into_iter().any(|piece| matches!(piece, Piece::Name(name) if !NAMES.contains(&name)));
            if unknown {
                let known = "only {company}, {job}, {type}, {customer}, {address}, {date}, {time}, {worker}, {reason} and {link} in braces";
                faults.push(Fault::at(&pointer, Why::Expected(known)));
            }
            if text.trim().is_empty() {
                faults.push(Fault::at(&pointer, Why::Required));
            }
            parse_text(text, max, lines).unwrap_or_else(|why| {
                faults.push(Fault::at(&pointer, why));
                String::new()
            })
        };
        let parsed = Self {
            subject: part(&self.subject, "subject", SUBJECT_MAX, false),
            text: part(&self.text, "text", TEXT_MAX, true),
            sms: part(&self.sms, "sms", SMS_MAX, true),
        };
        if faults.is_empty() { Ok(parsed) } else { Err(faults) }
    }
}

/// The built-in words of an alert.
pub fn built_in(alert: Alert) -> AlertText {
    let (subject, text, sms) = match alert {
        Alert::Scheduled => (
            "{type} is planned for {date}",
            "Your job {job} ({type}) is planned for {date} at {time}.\n\nAddress: {address}\nWorker: {worker}",
            "{company}: {type} {job} is planned for {date}, {time}.\n{link}",
        ),
        Alert::Changed => (
            "{type} has moved to {date}",
            "The plan for your job {job} ({type}) has changed: it is now on {date} at {time}.\n\nAddress: {address}\nWorker: {worker}",
            "{company}: {type} {job} is now planned for {date}, {time}.\n{link}",
        ),
        Alert::EnRoute => (
            "On the way: {type}",
            "We are on the way to you for your job {job} ({type}).\n\nAddress: {address}\nWorker: {worker}",
            "{company}: we are on the way for {type} {job}.\n{link}",
        ),
        Alert::Nearby => (
            "Nearly there: {type}",
            "We are nearly there for your job {job} ({type}).\n\nAddress: {address}\nWorker: {worker}",
            "{company}: we are nearly there for {type} {job}.\n{link}",
        ),
        Alert::Started => (
            "{type} has started",
            "Work on your job {job} ({type}) started at {time}.\n\nWorker: {worker}",
            "{company}: work on {type} {job} has started.\n{link}",
        ),
        Alert::Completed => {
            ("{type} is done", "Your job {job} ({type}) was completed on {date} at {time}.", "{company}: {type} {job} is done.\n{link}")
        }
        Alert::Cancelled => {
            ("{type} was cancelled", "Your job {job} ({type}) was cancelled.\n\nReason: {reason}", "{company}: {type} {job} was cancelled.\n{link}")
        }
        Alert::Declined => (
            "{job} was declined by {worker}",
            "{worker} declined {job} ({type}) for {customer}. It waits on the workbench.\n\nReason: {reason}",
            "{job} ({type}) was declined by {worker}: {reason}\n{link}",
        ),
        Alert::Published => (
            "New job {job}: {type}",
            "You have a new job: {job} ({type}) for {customer}.\n\nPlanned: {date}, {time}\nAddress: {address}",
            "New job {job}: {type}, {date} {time}\n{address}\n{link}",
        ),
        Alert::Moved => (
            "{job} has changed",
            "Your job {job} ({type}) for {customer} has changed.\n\nPlanned: {date}, {time}\nAddress: {address}",
            "{job} ({type}) has changed: {date} {time}\n{link}",
        ),
        Alert::Withdrawn => (
            "{job} is not yours any more",
            "The job {job} is no longer on your phone: it was cancelled, taken back or given to somebody else.",
            "{job} is not yours any more.\n{link}",
        ),
    };
    AlertText { subject: subject.into(), text: text.into(), sms: sms.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling() -> Filling {
        Filling { company: "North {job}".into(), job: "J-7".into(), kind: "Boiler <service>".into(), ..Filling::default() }
    }

    #[test]
    fn names_are_filled_in_once_and_lines_that_say_nothing_are_left_out() {
        assert_eq!(fill("{company}: {job}\nWorker: {worker}\n\n{type}", &filling()), "North {job}: J-7\n\nBoiler <service>");
        assert_eq!(fill("Braces {} { stay } {Job} {", &filling()), "Braces {} { stay } {Job} {");
        assert_eq!(fill("{worker}", &filling()), "");
    }

    #[test]
    fn every_built_in_text_is_one_that_a_company_may_set() {
        for alert in Alert::ALL {
            let text = built_in(alert);
            assert_eq!(text.parse(""), Ok(text.clone()), "{alert:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let text = AlertText { subject: "a\nb".into(), text: "{jobb}".into(), sms: " ".into() };
        let faults = text.parse("/texts/started").unwrap_err();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/texts/started/subject", "/texts/started/text", "/texts/started/sms"]);
        assert_eq!(faults[0].why, Why::ControlCharacter);
    }
}
