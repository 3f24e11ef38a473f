//! Signing up for a public portal: nothing is opened before the mailbox is shown to be theirs.

use super::{Auth, Error, Session, Token};
use crate::domain::At;
use crate::domain::contact_point::Channel;
use crate::domain::email::Email;
use crate::domain::ids::{CustomerId, LoginId, PortalUserId, TenantId};
use crate::domain::letter::Letter;
use crate::domain::portal::Overrides;
use crate::store::customers::Customer;
use crate::store::logins::PersonKind;
use crate::store::portal_users::PortalUser;
use crate::store::{self, messages, signups};
use sqlx::PgConnection;
use std::net::IpAddr;
use uuid::Uuid;

/// The link of a sign-up works this long.
const VALID_MS: i64 = 24 * 60 * 60 * 1000;
/// Sign-ups an hour from one address.
const PER_ADDRESS: usize = 30;
/// Mails an hour to one mailbox.
const PER_MAILBOX: usize = 5;

/// Somebody who would like a log-in; everything is parsed.
#[derive(Debug)]
pub struct NewSignup {
    /// The tenant's slug.
    pub tenant: String,
    /// The person's name.
    pub name: String,
    /// Their company, if they have one.
    pub company: Option<String>,
    /// Their mailbox.
    pub email: Email,
    /// Their phone number.
    pub phone: Option<String>,
    /// The password they would like.
    pub password: String,
    /// The address they come from.
    pub from: Option<IpAddr>,
}

/// What comes of a confirmed address.
#[derive(Debug)]
pub enum Verified {
    /// The password that was typed is the log-in's: they are in.
    LoggedIn(Token, Box<Session>),
    /// The log-in has a password of its own, or the link was used before.
    LogIn {
        /// The address to fill in.
        email: String,
        /// The tenant's slug.
        tenant: String,
    },
}

impl Auth {
    /// Takes a sign-up down and mails a link. Looks the same whether or not the address is known.
    pub async fn sign_up(&self, new: NewSignup, now: At) -> Result<(), Error> {
        let mut connection = self.store.write().await?;
        let tenant = store::tenants::by_slug(&mut connection, &new.tenant).await?;
        drop(connection);
        if !tenant.settings.portal.enabled {
            return Err(Error::PortalOff);
        }
        if !tenant.settings.portal.public_signup {
            return Err(Error::NoSignup);
        }
        self.limit("signup", new.from, PER_ADDRESS, now)?;
        // Hashed in any case, so that known and unknown addresses take as long.
        let password_hash = self.passwords.hash(new.password).await.map_err(|_overrun| Error::Busy)?;
        if !self.limits.take(format!("mail {}", new.email), PER_MAILBOX, now) {
            return Ok(());
        }
        let mut connection = self.store.write().await?;
        let expires_at = now.plus_ms(VALID_MS);
        let is_member = match store::logins::by_email(&mut connection, new.email.as_str()).await? {
            Some(login) => is_portal_user(&mut connection, login.id, tenant.id).await?,
            None => false,
        };
        let token = Token::random();
        let (letter, subject) = if is_member {
            (Letter::AlreadyThere, None)
        } else {
            let signup = signups::NewSignup {
                tenant: tenant.id,
                token_hash: token.hash(),
                email: &new.email,
                name: &new.name,
                company: new.company.as_deref().unwrap_or(&new.name),
                phone: new.phone.as_deref(),
                password_hash: &password_hash,
                expires_at,
            };
            (Letter::Verification, Some(signups::create(&mut connection, &signup).await?))
        };
        let secret = (!is_member).then(|| token.to_string());
        let new = messages::NewLetter {
            tenant: Some(tenant.id),
            channel: Channel::Email,
            to: new.email.as_str(),
            name: &new.name,
            letter: &letter,
            secret,
            subject,
            expires_at,
        };
        messages::write(&mut connection, &new).await?;
        Ok(connection.commit().await.map_err(store::Error::from)?)
    }

    /// The mailbox is theirs: makes log-in, customer and portal user, once. Missing: no such link, or it ended.
    pub async fn verify(&self, token: Token, now: At) -> Result<Verified, Error> {
        let mut connection = self.store.write().await?;
        let signup = signups::by_token(&mut connection, &token.hash(), now).await?.ok_or(store::Error::Missing)?;
        let tenant = store::tenants::find(&mut connection, signup.tenant).await?;
        let ask_for_password = Verified::LogIn { email: signup.email.clone(), tenant: tenant.slug };
        if signup.used {
            return Ok(ask_for_password);
        }
        let email = Email::parse(&signup.email).map_err(|_unfit| store::Error::Missing)?;
        let login = store::logins::find_or_create(&mut connection, &email).await?;
        let is_first = store::logins::set_first_password(&mut connection, login, &signup.password_hash).await?;
        join(&mut connection, &signup, login, now).await?;
        signups::confirm(&mut connection, signup.tenant, signup.id, now).await?;
        let verified = if is_first {
            let (token, session) = self.open_for(&mut connection, login, (signup.tenant, PersonKind::PortalUser), now).await?;
            Verified::LoggedIn(token, Box::new(session))
        } else {
            ask_for_password
        };
        connection.commit().await.map_err(store::Error::from)?;
        Ok(verified)
    }
}

async fn is_portal_user(connection: &mut PgConnection, login: LoginId, tenant: TenantId) -> Result<bool, store::Error> {
    let members = store::logins::memberships(connection, login).await?;
    Ok(members.iter().any(|member| member.tenant == tenant && member.kind == PersonKind::PortalUser))
}

/// A new customer with its portal user. Who was invited already keeps their customers; who was put away begins anew.
async fn join(connection: &mut PgConnection, signup: &signups::Signup, login: LoginId, now: At) -> Result<(), store::Error> {
    let (tenant, kind) = (signup.tenant, PersonKind::PortalUser);
    let id = if let Some((id, was_archived)) = store::people::of_login(connection, tenant, kind, login).await? {
        if was_archived {
            store::portal_users::unlink_all(connection, tenant, id.into()).await?;
            store::people::set_archived(connection, tenant, kind, id, None).await?;
        }
        PortalUserId(id)
    } else {
        let id = PortalUserId(Uuid::now_v7());
        let user = PortalUser { id, login, name: signup.name.clone(), phone: signup.phone.clone(), archived_at: None };
        store::portal_users::create(connection, tenant, &user).await?;
        id
    };
    store::people::set_joined(connection, tenant, kind, id.0, Some(now)).await?;
    let customer = Customer {
        id: CustomerId(Uuid::now_v7()),
        name: signup.company.clone(),
        email: Some(signup.email.clone()),
        phone: signup.phone.clone(),
        address: None,
        tax_number: None,
        permissions: Overrides::default(),
        archived_at: None,
    };
    store::customers::create(connection, tenant, &customer).await?;
    store::portal_users::link(connection, tenant, id, customer.id, &Overrides::default()).await
}
