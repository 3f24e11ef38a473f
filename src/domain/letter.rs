//! The e-mails that no job causes: what each is about, and every word of them.

use super::caller::ByKind;
use serde::{Deserialize, Serialize};

/// What an e-mail is about. Stored as JSON: do not rename.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody of the company invites.
    Invitation {
        /// As what.
        role: ByKind,
        /// Who invites.
        by: String,
    },
    /// Whoever signed up shows that the address is theirs.
    Verification,
    /// Somebody signed up with the address of who is there already.
    AlreadyThere,
    /// Somebody forgot their password.
    NewPassword,
    /// Whoever wants alerts at an address shows that it is theirs: the secret is a code to type.
    Code,
    /// Text messages have used up most of what the company allows in a month.
    SmsCap {
        /// What was spent.
        spent: String,
        /// Of what, with the currency.
        cap: String,
    },
}

/// A letter in words, without greeting, link and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The subject line.
    pub subject: String,
    /// What it says, before the link.
    pub lead: String,
    /// What stands on the link; nothing: there is no link.
    pub button: Option<&'static str>,
    /// What it says after the link.
    pub note: &'static str,
}

impl Letter {
    /// The words, in the name of `company`.
    pub fn words(&self, company: &str) -> Words {
        match self {
            Self::Invitation { role, by } => Words {
                subject: format!("{company} invites you"),
                lead: match role {
                    ByKind::PortalUser => format!(
                        "{by} of {company} invites you to the customer portal: order jobs, follow them live, and see when your worker arrives."
                    ),
                    ByKind::Worker => format!("{by} of {company} invites you to the worker app: your jobs on your phone, also without a network."),
                    _ => format!("{by} of {company} invites you to dispatch: the schedule, the map and every job."),
                },
                button: Some("Accept the invitation"),
                note: "The link works for 14 days. Afterwards it still leads you to the log-in page.",
            },
            Self::Verification => Words {
                subject: format!("Confirm your e-mail address for {company}"),
                lead: format!("Somebody, probably you, signed up for the customer portal of {company} with this address. Confirm it to begin."),
                button: Some("Confirm my address"),
                note: "The link works for 24 hours. If it was not you, do nothing: without your confirmation nothing is opened.",
            },
            Self::AlreadyThere => Words {
                subject: format!("You already have access to {company}"),
                lead: format!(
                    "Somebody, probably you, signed up for the customer portal of {company}, but this address has access already. Just log in; there you can also set a new password."
                ),
                button: Some("Go to the log-in page"),
                note: "If it was not you, do nothing.",
            },
            Self::NewPassword => Words {
                subject: format!("Your new password for {company}"),
                lead: "Somebody, probably you, asked for a new password for the log-in with this address.".into(),
                button: Some("Set a new password"),
                note: "The link works once, for one hour. If it was not you, do nothing: your password stays as it is.",
            },
            Self::Code => Words {
                subject: format!("Your code for alerts from {company}"),
                lead: "Somebody, probably you, wants to be told about jobs at this address. Type this code to confirm that it is yours:".into(),
                button: None,
                note: "The code works for 15 minutes. If it was not you, do nothing: without the code nothing is sent here.",
            },
            Self::SmsCap { spent, cap } => Words {
                subject: format!("{company}: text messages have cost {spent} of {cap} this month"),
                lead: format!(
                    "Text messages have cost {spent} this month, and the limit that you set is {cap}. Once it is reached, no more are sent until the next month; e-mails go on."
                ),
                button: Some("Look at the account"),
                note: "You get this once a month at most, because you manage the settings.",
            },
        }
    }
}

/// The greeting of a letter.
pub fn greeting(name: &str) -> String {
    if name.is_empty() { "Hello,".into() } else { format!("Hello {name},") }
}
