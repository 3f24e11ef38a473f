//! Forgotten passwords: a link to the mailbox sets a new one, once.

use super::{Auth, Error, Token};
use crate::domain::At;
use crate::domain::contact_point::Channel;
use crate::domain::email::Email;
use crate::domain::letter::Letter;
use crate::store::{self, messages, resets};
use std::net::IpAddr;

/// The link works this long.
const VALID_MS: i64 = 60 * 60 * 1000;
/// Requests an hour from one address.
const PER_ADDRESS: usize = 30;
/// Mails an hour to one mailbox.
const PER_MAILBOX: usize = 5;
/// Codes an hour for one person.
const PER_PERSON: usize = 10;

/// A password that was set anew.
#[derive(Debug)]
pub struct NewPassword {
    /// The log-in's address.
    pub email: String,
    /// Hashes of the tokens of all sessions that ended with it.
    pub ended: Vec<Vec<u8>>,
}

impl Auth {
    /// Mails a link, if there is such a log-in. `tenant` is the company on whose page it was asked: the mail is in its name if the
    /// log-in is a member there, else in the hub's, so that no company learns whose log-ins there are.
    pub async fn forgot(&self, email: &Email, tenant: Option<&str>, from: Option<IpAddr>, now: At) -> Result<(), Error> {
        self.limit("forgot", from, PER_ADDRESS, now)?;
        if !self.limits.take(format!("mail {email}"), PER_MAILBOX, now) {
            return Ok(());
        }
        let mut connection = self.store.write().await?;
        let Some(login) = store::logins::by_email(&mut connection, email.as_str()).await? else { return Ok(()) };
        let members = store::logins::memberships(&mut connection, login.id).await?;
        let named = members.iter().find(|member| tenant == Some(member.slug.as_str()));
        // Who belongs to one company only need not say which.
        let member = named.or_else(|| members.first().filter(|first| members.iter().all(|other| other.tenant == first.tenant)));
        let token = Token::random();
        let expires_at = now.plus_ms(VALID_MS);
        resets::create(&mut connection, &token.hash(), login.id, expires_at).await?;
        let new = messages::NewLetter {
            tenant: member.map(|member| member.tenant),
            channel: Channel::Email,
            to: email.as_str(),
            name: member.map_or("", |member| member.name.as_str()),
            letter: &Letter::NewPassword,
            secret: Some(token.to_string()),
            subject: None,
            expires_at,
        };
        messages::write(&mut connection, &new).await?;
        Ok(connection.commit().await.map_err(store::Error::from)?)
    }

    /// Sets the password of whoever holds the link; all their sessions end. Missing: no such link, or it ended.
    pub async fn reset(&self, token: Token, password: String, now: At) -> Result<NewPassword, Error> {
        let hash = self.passwords.hash(password).await.map_err(|_overrun| Error::Busy)?;
        let mut connection = self.store.write().await?;
        let login = resets::redeem(&mut connection, &token.hash(), now).await?.ok_or(store::Error::Missing)?;
        store::logins::set_password(&mut connection, login, &hash).await?;
        let email = store::logins::find(&mut connection, login).await?.email;
        let ended = store::sessions::end_all(&mut connection, login, None).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(NewPassword { email, ended })
    }

    /// Counts a code that goes to an address for somebody who is logged in.
    pub fn count_code(&self, address: &str, person: uuid::Uuid, now: At) -> Result<(), Error> {
        let may = self.limits.take(format!("mail {address}"), PER_MAILBOX, now) && self.limits.take(format!("code {person}"), PER_PERSON, now);
        if may { Ok(()) } else { Err(Error::TooManyMails) }
    }

    /// Counts a request of a stranger.
    pub(super) fn limit(&self, what: &str, from: Option<IpAddr>, most: usize, now: At) -> Result<(), Error> {
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        if self.limits.take(format!("{what} {from}"), most, now) { Ok(()) } else { Err(Error::TooManyMails) }
    }
}
