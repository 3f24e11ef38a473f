//! Getting in: invitations, sign-ups, forgotten passwords, the people of a tenant and the mails that were sent to them.

use super::caller::{Caller, TenantRef};
use super::instant::Rfc3339;
use crate::domain::caller::ByKind;
use crate::domain::contact_point::Channel;
use crate::domain::email::EMAIL_MAX;
use crate::domain::field::TEXT_MAX;
use crate::domain::ids::{CustomerId, FileId};
use crate::domain::invitation::InvitationState;
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// What `GET /api/invitations/{token}` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Invitation {
    /// Where it stands.
    pub state: InvitationState,
    /// Of the log-in that it is for.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// As what.
    pub kind: ByKind,
    /// Who invites.
    pub tenant: TenantRef,
    /// The log-in has a password: it is asked for, not set.
    pub has_password: bool,
}

/// What `POST /api/invitations/{token}` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct AcceptBody {
    /// The new password, or the one that the log-in has; not needed by who is logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// What `POST /api/signup` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct SignupBody {
    /// The tenant's slug.
    pub tenant: String,
    /// The person's name.
    #[schemars(length(max = TEXT_MAX))]
    pub name: String,
    /// The new customer's name; without one it is the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_MAX))]
    pub company: Option<String>,
    /// Where the link goes.
    #[schemars(extend("format" = "email"), length(max = EMAIL_MAX))]
    pub email: String,
    /// The person's phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_MAX))]
    pub phone: Option<String>,
    /// The password to be, unless the log-in has one.
    #[schemars(length(min = 8, max = 500))]
    pub password: String,
}

/// What `POST /api/signup/verify` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct VerifyBody {
    /// Of the link.
    pub token: String,
}

/// What `POST /api/signup/verify` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Verified {
    /// Logged in, with a cookie.
    Caller(Caller),
    /// All is well, but the password has to be typed.
    LogIn {
        /// The address to fill in.
        email: String,
        /// The tenant's slug.
        tenant: String,
    },
}

/// What `POST /api/password/forgot` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct ForgotBody {
    /// Of the log-in, perhaps.
    #[schemars(extend("format" = "email"), length(max = EMAIL_MAX))]
    pub email: String,
    /// The slug of the company on whose page this was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// What `POST /api/password/reset` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct ResetBody {
    /// Of the link.
    pub token: String,
    /// The new one.
    #[schemars(length(min = 8, max = 500))]
    pub password: String,
}

/// What `POST /api/password/reset` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PasswordSet {
    /// Of the log-in.
    pub email: String,
}

/// What making and changing a dispatcher, worker or portal user takes. Absent members stay, null empties.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct PersonBody {
    /// Needed for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_MAX))]
    pub name: Option<String>,
    /// Needed for a new one; may be changed until the invitation is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "email"), length(max = EMAIL_MAX))]
    pub email: Option<String>,
    /// Of workers and portal users.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>", optional = nullable)]
    #[schemars(length(max = 50))]
    pub phone: Option<Option<String>>,
    /// Of workers: a picture that the caller has uploaded.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<FileId>", optional = nullable)]
    pub photo: Option<Option<FileId>>,
    /// Of portal users: all customers that they act for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub customers: Option<Vec<CustomerId>>,
    /// Of dispatchers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<bool>,
    /// Of new ones: whether to send the invitation now; true if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<bool>,
}

/// What making and changing a customer takes. Absent members stay, null empties.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct CustomerBody {
    /// Needed for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_MAX))]
    pub name: Option<String>,
    /// Where the company writes to.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>", optional = nullable)]
    #[schemars(length(max = EMAIL_MAX))]
    pub email: Option<Option<String>>,
    /// Its phone number.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>", optional = nullable)]
    #[schemars(length(max = TEXT_MAX))]
    pub phone: Option<Option<String>>,
    /// Where it is.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>", optional = nullable)]
    #[schemars(length(max = TEXT_MAX))]
    pub address: Option<Option<String>>,
    /// VAT or other tax number, for invoices.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[ts(as = "Option<String>", optional = nullable)]
    #[schemars(length(max = TEXT_MAX))]
    pub tax_number: Option<Option<String>>,
}

/// Tells an absent member from one that is there and null.
#[expect(clippy::option_option, reason = "absent and emptied differ")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// How far an e-mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It will be sent, or sent again.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was given up; it can be sent again by hand.
    Dead,
    /// What it was about was taken back.
    Withdrawn,
}

/// An e-mail in the list of those that were sent to people of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Mail {
    pub id: Uuid,
    pub kind: Channel,
    pub to: String,
    pub subject: String,
    pub state: MailState,
    pub tries: i32,
    /// What the last attempt failed with.
    pub error: Option<String>,
    pub created_at: Rfc3339,
    pub sent_at: Option<Rfc3339>,
    /// When it is tried next.
    pub due_at: Option<Rfc3339>,
}
