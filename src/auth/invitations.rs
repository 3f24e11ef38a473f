//! Invitations: the link that makes a membership of a row in a list.

use super::{Auth, Error, Session, Token, by_kind};
use crate::domain::At;
use crate::domain::contact_point::Channel;
use crate::domain::email::Email;
use crate::domain::ids::TenantId;
use crate::domain::invitation::InvitationState;
use crate::domain::letter::Letter;
use crate::domain::tenant::Tenant;
use crate::store::logins::PersonKind;
use crate::store::{self, invitations, messages};
use sqlx::PgConnection;
use std::net::IpAddr;
use uuid::Uuid;

/// An invitation's link works this long.
const VALID_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// Who is to be invited.
#[derive(Debug)]
pub struct Invitee<'a> {
    /// As what.
    pub kind: PersonKind,
    /// The dispatcher's, worker's or portal user's id.
    pub person: Uuid,
    /// The person's name.
    pub name: &'a str,
    /// To where.
    pub email: &'a Email,
}

/// What whoever follows a link is told.
#[derive(Debug)]
pub struct Invited {
    /// Where it stands.
    pub state: InvitationState,
    /// The invitation.
    pub invitation: invitations::Invitation,
    /// Who invites.
    pub tenant: Tenant,
}

/// Invites in the caller's transaction: the mail is written with it. `by` is who invites. What the link ends with.
pub async fn invite(connection: &mut PgConnection, tenant: TenantId, invitee: &Invitee<'_>, by: &str, now: At) -> Result<Token, store::Error> {
    let token = Token::random();
    let expires_at = now.plus_ms(VALID_MS);
    let person = (invitee.kind, invitee.person);
    let invitation = invitations::create(connection, tenant, person, &token.hash(), expires_at).await?;
    let new = messages::NewLetter {
        tenant: Some(tenant),
        channel: Channel::Email,
        to: invitee.email.as_str(),
        name: invitee.name,
        letter: &Letter::Invitation { role: by_kind(invitee.kind), by: by.to_owned() },
        secret: Some(token.to_string()),
        subject: Some(invitation),
        expires_at,
    };
    messages::write(connection, &new).await?;
    Ok(token)
}

/// Takes back every open invitation of a person, and the mails of it that are not out yet.
pub async fn withdraw(connection: &mut PgConnection, tenant: TenantId, kind: PersonKind, person: Uuid, now: At) -> Result<(), store::Error> {
    for invitation in invitations::withdraw(connection, tenant, kind, person, now).await? {
        messages::withdraw(connection, invitation, now).await?;
    }
    Ok(())
}

impl Auth {
    /// What a link is about. Missing: it is none.
    pub async fn invitation(&self, token: Token, now: At) -> Result<Invited, Error> {
        let mut connection = self.store.write().await?;
        let invitation = invitations::by_token(&mut connection, &token.hash()).await?.ok_or(store::Error::Missing)?;
        let tenant = store::tenants::find(&mut connection, invitation.tenant).await?;
        Ok(Invited { state: invitation.times.state(now), invitation, tenant })
    }

    /// Accepts, and lets in. A log-in without a password gets this one; one that has a password must show that it is theirs: by this
    /// password, or by being logged in.
    pub async fn accept(
        &self,
        token: Token,
        password: Option<String>,
        session: Option<&Session>,
        from: Option<IpAddr>,
        now: At,
    ) -> Result<(Token, Session), Error> {
        let invited = self.invitation(token, now).await?;
        if invited.state != InvitationState::Open {
            return Err(Error::InvitationEnded(invited.state));
        }
        let invitation = invited.invitation;
        let is_theirs = session.is_some_and(|session| session.login == invitation.login);
        let first = match (invitation.has_password, password) {
            (true, _) if is_theirs => None,
            (true, Some(password)) => {
                self.check(&invitation.email, password, from, now).await?;
                None
            }
            (false, Some(password)) => Some(self.passwords.hash(password).await.map_err(|_overrun| Error::Busy)?),
            (_, None) => return Err(Error::PasswordNeeded),
        };
        let mut connection = self.store.write().await?;
        let (tenant, kind, person) = (invitation.tenant, invitation.kind, invitation.person);
        if !invitations::accept(&mut connection, tenant, kind, person, now).await? {
            return Err(Error::InvitationEnded(InvitationState::Used));
        }
        if let Some(hash) = first
            && !store::logins::set_first_password(&mut connection, invitation.login, &hash).await?
        {
            // Somebody set one at the same moment: whoever this is has to know it.
            return Err(Error::WrongPassword);
        }
        store::people::set_joined(&mut connection, tenant, kind, person, Some(now)).await?;
        let opened = self.open_for(&mut connection, invitation.login, (tenant, kind), now).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(opened)
    }

    /// A session in the one membership that is meant.
    pub(super) async fn open_for(
        &self,
        connection: &mut PgConnection,
        login: crate::domain::ids::LoginId,
        (tenant, kind): (TenantId, PersonKind),
        now: At,
    ) -> Result<(Token, Session), Error> {
        let members = store::logins::memberships(connection, login).await?;
        let member = members.into_iter().find(|member| member.tenant == tenant && member.kind == kind).ok_or(Error::NoSuchMembership)?;
        self.open(connection, &member, login, now).await
    }
}
