//! Where alerts go: a verified e-mail address or phone number of somebody, or a browser.

use super::caller::{Caller, Role};
use super::email::Email;
use super::ids::{DispatcherId, PortalUserId, WorkerId};
use super::refusal::Why;
use super::sms::Phone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a message leaves the building. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Channel {
    /// E-mail.
    Email = 1,
    /// Text message.
    Sms = 2,
    /// Web Push, to a browser.
    Push = 3,
}

impl Channel {
    /// The channel of a stored number.
    pub fn from_number(number: i16) -> Self {
        [Self::Sms, Self::Push].into_iter().find(|channel| *channel as i16 == number).unwrap_or(Self::Email)
    }

    /// The one spelling of an address of this kind.
    pub fn parse(self, address: &str) -> Result<String, Why> {
        match self {
            Self::Email => Email::parse(address).map(|email| email.as_str().to_owned()),
            Self::Sms => Phone::parse(address).map(|phone| phone.as_str().to_owned()),
            // Nobody types one: a browser says it of itself.
            Self::Push => Err(Why::NotAnOption),
        }
    }
}

/// Whose a contact point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Of a portal user.
    PortalUser(PortalUserId),
    /// Of a worker.
    Worker(WorkerId),
    /// Of a dispatcher.
    Dispatcher(DispatcherId),
}

impl Owner {
    /// The caller as an owner; whoever holds a one-job link is nobody.
    pub fn of(caller: &Caller) -> Option<Self> {
        match &caller.role {
            Role::PortalUser { id, .. } => Some(Self::PortalUser(*id)),
            Role::Worker { id } => Some(Self::Worker(*id)),
            Role::Dispatcher { id, .. } => Some(Self::Dispatcher(*id)),
            Role::Link { .. } => None,
        }
    }

    /// The person's id.
    pub fn id(self) -> Uuid {
        match self {
            Self::PortalUser(id) => id.0,
            Self::Worker(id) => id.0,
            Self::Dispatcher(id) => id.0,
        }
    }
}
