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
}

/// A letter in words, without greeting, link and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The subject line.
    pub subject: String,
    /// What it says, before the link.
    pub lead: String,
    /// What stands on the link.
    pub button: &'static str,
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
                button: "Accept the invitation",
                note: "The link works for 14 days. Afterwards it still leads you to the log-in page.",
            },
            Self::Verification => Words {
                subject: format!("Confirm your e-mail address for {company}"),
                lead: format!("Somebody, probably you, signed up for the customer portal of {company} with this address. Confirm it to begin."),
                button: "Confirm my address",
                note: "The link works for 24 hours. If it was not you, do nothing: without your confirmation nothing is opened.",
            },
            Self::AlreadyThere => Words {
                subject: format!("You already have access to {company}"),
                lead: format!(
                    "Somebody, probably you, signed up for the customer portal of {company}, but this address has access already. Just log in; there you can also set a new password."
                ),
                button: "Go to the log-in page",
                note: "If it was not you, do nothing.",
            },
            Self::NewPassword => Words {
                subject: format!("Your new password for {company}"),
                lead: "Somebody, probably you, asked for a new password for the log-in with this address.".into(),
                button: "Set a new password",
                note: "The link works once, for one hour. If it was not you, do nothing: your password stays as it is.",
            },
        }
    }
}

/// The greeting of a letter.
pub fn greeting(name: &str) -> String {
    if name.is_empty() { "Hello,".into() } else { format!("Hello {name},") }
}
