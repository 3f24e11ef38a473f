//! Cookie or bearer to `Caller`: log-ins, log-in sessions, passwords. HTTP and sockets ask here who is asking.

pub mod invitations;
pub mod origin;
pub mod token;

mod guesses;
mod limits;
mod link;
mod password;
mod program;
mod reset;
mod signup;

pub use password::{MAX_BYTES as PASSWORD_MAX_BYTES, MIN_CHARS as PASSWORD_MIN_CHARS, hash_now as hash_password};
pub use reset::NewPassword;
pub use signup::{NewSignup, Verified};
pub use token::{COOKIE, Token};

use crate::domain::At;
use crate::domain::caller::{ByKind, Caller, Link, Role};
use crate::domain::ids::{DispatcherId, LoginId, PortalUserId, WorkerId};
use crate::domain::invitation::InvitationState;
use crate::domain::tenant::Tenant;
use crate::store::logins::PersonKind;
use crate::store::{self, Store};
use guesses::Guesses;
use limits::Limits;
use password::Passwords;
use sqlx::PgConnection;
use std::net::IpAddr;
use std::sync::Arc;

/// A log-in session that is used is prolonged at most this often.
const TOUCH_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No token, or one that stands for nothing any more.
    #[error("not authenticated")]
    NotAuthenticated,
    /// E-mail address and password do not belong together.
    #[error("wrong e-mail address or password")]
    WrongPassword,
    /// The tenant's portal is off.
    #[error("the portal is off")]
    PortalOff,
    /// The log-in is not a member there.
    #[error("no such membership")]
    NoSuchMembership,
    /// Too many wrong passwords for this account.
    #[error("too many wrong passwords")]
    TooManyGuesses {
        /// Seconds until one is evaluated again.
        retry_after_s: u32,
    },
    /// Too many requests for mail from one address.
    #[error("too many requests")]
    TooManyMails,
    /// The company's portal takes no sign-ups.
    #[error("no public sign-up")]
    NoSignup,
    /// An invitation that cannot be accepted any more.
    #[error("the invitation is {0:?}")]
    InvitationEnded(InvitationState),
    /// An invitation is accepted with a password.
    #[error("a password is needed")]
    PasswordNeeded,
    /// Too many log-ins at this moment.
    #[error("busy")]
    Busy,
    /// The store's.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who they are in the tenant, permissions resolved.
    pub caller: Caller,
    /// Their tenant.
    pub tenant: Arc<Tenant>,
    /// Their log-in; nobody's for a one-job link.
    pub login: LoginId,
    /// The hash of the token that stands for this session.
    pub token_hash: Vec<u8>,
}

/// One of the memberships that a log-in has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The tenant's slug.
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    /// In which role.
    pub kind: ByKind,
}

/// A log-in session in the list that its owner sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Whether it is the one that asks.
    pub current: bool,
    /// The tenant's name.
    pub tenant: String,
    /// When it began.
    pub created_at: At,
    /// When it was last used, give or take an hour.
    pub seen_at: At,
}

/// What comes of a right password.
#[derive(Debug)]
pub enum LoggedIn {
    /// A session, and the token that stands for it.
    Session(Token, Box<Session>),
    /// There are several memberships, and none was named.
    Choose(Vec<Membership>),
}

/// Who wants in, and as what.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: String,
    /// The tenant's slug, if named.
    pub tenant: Option<String>,
    /// The role, if named.
    pub kind: Option<ByKind>,
    /// The address that it comes from.
    pub from: Option<IpAddr>,
}

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    store: Store,
    passwords: Passwords,
    guesses: Guesses,
    limits: Limits,
    session_days: u16,
}

impl Auth {
    /// A door whose sessions end when nobody used them for `session_days`.
    pub fn new(store: Store, session_days: u16) -> Self {
        Self { store, passwords: Passwords::default(), guesses: Guesses::default(), limits: Limits::default(), session_days }
    }

    /// Who a token stands for.
    pub async fn session(&self, token: Token, now: At) -> Result<Session, Error> {
        let token_hash = token.hash();
        let find = async |connection: &mut PgConnection| store::sessions::find(connection, &token_hash, now).await;
        let (found, mut connection) = self.store.ask(find).await?;
        if let Some(found) = found {
            if now.since(found.seen_at) > TOUCH_MS {
                store::sessions::touch(&mut connection, &token_hash, now, self.expiry(now)).await?;
            }
            return session_of(&mut connection, found).await;
        }
        if let Some(program) = program::session(&mut connection, &token_hash, now).await? {
            return Ok(program);
        }
        link::session(&mut connection, token_hash, now).await
    }

    /// Lets somebody in who knows their password.
    pub async fn log_in(&self, attempt: Attempt, now: At) -> Result<LoggedIn, Error> {
        let login = self.check(&attempt.email, attempt.password, attempt.from, now).await?;
        let mut connection = self.store.write().await?;
        let mut members = store::logins::memberships(&mut connection, login).await?;
        members.retain(|member| attempt.tenant.as_ref().is_none_or(|slug| *slug == member.slug));
        members.retain(|member| attempt.kind.is_none_or(|kind| kind == by_kind(member.kind)));
        if members.len() > 1 {
            return Ok(LoggedIn::Choose(members.into_iter().map(Membership::from).collect()));
        }
        let member = members.pop().ok_or(Error::NoSuchMembership)?;
        let (token, session) = self.open(&mut connection, &member, login, now).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(LoggedIn::Session(token, Box::new(session)))
    }

    /// Another membership of the same log-in; the session before ends.
    pub async fn switch(&self, session: &Session, slug: &str, kind: ByKind, now: At) -> Result<(Token, Session), Error> {
        let mut connection = self.store.write().await?;
        let members = store::logins::memberships(&mut connection, session.login).await?;
        let member = members.into_iter().find(|member| member.slug == slug && by_kind(member.kind) == kind).ok_or(Error::NoSuchMembership)?;
        let opened = self.open(&mut connection, &member, session.login, now).await?;
        store::sessions::end(&mut connection, &session.token_hash).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(opened)
    }

    /// Where and as what a log-in may act.
    pub async fn memberships(&self, login: LoginId) -> Result<Vec<Membership>, Error> {
        let mut connection = self.store.write().await?;
        let members = store::logins::memberships(&mut connection, login).await?;
        Ok(members.into_iter().map(Membership::from).collect())
    }

    /// Ends one session.
    pub async fn log_out(&self, token_hash: &[u8]) -> Result<(), Error> {
        let mut connection = self.store.write().await?;
        store::sessions::end(&mut connection, token_hash).await?;
        Ok(connection.commit().await.map_err(store::Error::from)?)
    }

    /// All sessions of the same log-in that still stand, the latest used first.
    pub async fn sessions(&self, session: &Session, now: At) -> Result<Vec<OpenSession>, Error> {
        let mut connection = self.store.write().await?;
        let open = store::sessions::of_login(&mut connection, session.login, now).await?;
        let listed =
            |(token_hash, tenant, created_at, seen_at)| OpenSession { current: token_hash == session.token_hash, tenant, created_at, seen_at };
        Ok(open.into_iter().map(listed).collect())
    }

    /// Ends all sessions of the log-in but `except`; returns the hashes of their tokens, whose sockets are to be closed.
    pub async fn end_all(&self, login: LoginId, except: Option<&[u8]>) -> Result<Vec<Vec<u8>>, Error> {
        let mut connection = self.store.write().await?;
        let ended = store::sessions::end_all(&mut connection, login, except).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(ended)
    }

    /// A new password for who knows the old one; every other session ends.
    pub async fn change_password(
        &self,
        session: &Session,
        current: String,
        new: String,
        from: Option<IpAddr>,
        now: At,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let mut connection = self.store.write().await?;
        let known = store::logins::find(&mut connection, session.login).await?;
        drop(connection);
        let login = self.check(&known.email, current, from, now).await?;
        let hash = self.passwords.hash(new).await.map_err(|_overrun| Error::Busy)?;
        let mut connection = self.store.write().await?;
        store::logins::set_password(&mut connection, login, &hash).await?;
        let ended = store::sessions::end_all(&mut connection, login, Some(&session.token_hash)).await?;
        connection.commit().await.map_err(store::Error::from)?;
        Ok(ended)
    }

    /// The log-in of an e-mail address and its password. Unknown addresses take as long and count as much as known ones.
    async fn check(&self, email: &str, password: String, from: Option<IpAddr>, now: At) -> Result<LoginId, Error> {
        let email = email.trim().to_lowercase();
        if email.len() > 254 || password.len() > password::MAX_BYTES {
            return Err(Error::WrongPassword);
        }
        self.guesses.begin(&email, from, now).map_err(|too_many| {
            metrics::counter!("hub_passwords_total", "outcome" => "limited").increment(1);
            Error::TooManyGuesses { retry_after_s: too_many.retry_after_s }
        })?;
        let mut connection = self.store.write().await?;
        let login = store::logins::by_email(&mut connection, &email).await?;
        // The connection is given back: the password takes long to check.
        drop(connection);
        let (id, hash) = login.map(|login| (login.id, login.password_hash)).unzip();
        let right = self.passwords.check(password, hash.flatten()).await.map_err(|_overrun| Error::Busy)?;
        let outcome = if right { "right" } else { "wrong" };
        metrics::counter!("hub_passwords_total", "outcome" => outcome).increment(1);
        let login = id.filter(|_| right).ok_or(Error::WrongPassword)?;
        self.guesses.right(&email, from);
        Ok(login)
    }

    async fn open(
        &self,
        connection: &mut PgConnection,
        member: &store::logins::Membership,
        login: LoginId,
        now: At,
    ) -> Result<(Token, Session), Error> {
        let token = Token::random();
        let new = store::sessions::NewSession {
            token_hash: token.hash(),
            login,
            tenant: member.tenant,
            kind: member.kind,
            person: member.person,
            expires_at: self.expiry(now),
        };
        store::sessions::create(connection, &new).await?;
        let made = store::sessions::find(connection, &new.token_hash, now).await?.ok_or(Error::NotAuthenticated)?;
        Ok((token, session_of(connection, made).await?))
    }

    fn expiry(&self, now: At) -> At {
        now.plus_ms(i64::from(self.session_days) * DAY_MS)
    }
}

impl From<store::logins::Membership> for Membership {
    fn from(member: store::logins::Membership) -> Self {
        Self { slug: member.slug, name: member.tenant_name, kind: by_kind(member.kind) }
    }
}

/// Whether a new password is none that the hub takes.
pub fn is_weak(password: &str) -> bool {
    password.chars().count() < PASSWORD_MIN_CHARS || password.len() > PASSWORD_MAX_BYTES
}

/// A stored kind of person in the wire's words.
pub fn by_kind(kind: PersonKind) -> ByKind {
    match kind {
        PersonKind::Dispatcher => ByKind::Dispatcher,
        PersonKind::Worker => ByKind::Worker,
        PersonKind::PortalUser => ByKind::PortalUser,
    }
}

/// The caller that a stored session makes, with what a portal user may do for each customer.
async fn session_of(connection: &mut PgConnection, stored: store::sessions::Session) -> Result<Session, Error> {
    let tenant = stored.tenant;
    let role = match stored.kind {
        PersonKind::Dispatcher => Role::Dispatcher { id: DispatcherId(stored.person), admin: stored.admin },
        PersonKind::Worker => Role::Worker { id: WorkerId(stored.person) },
        PersonKind::PortalUser => {
            if !tenant.settings.portal.enabled {
                return Err(Error::PortalOff);
            }
            let id = PortalUserId(stored.person);
            Role::PortalUser { id, links: links(connection, &tenant, id).await? }
        }
    };
    let caller = Caller { tenant: tenant.id, name: stored.name, role, token: None };
    Ok(Session { caller, tenant: Arc::new(tenant), login: stored.login, token_hash: stored.token_hash })
}

/// The customers that a portal user acts for.
pub async fn links(connection: &mut PgConnection, tenant: &Tenant, user: PortalUserId) -> Result<Vec<Link>, store::Error> {
    let stored = store::portal_users::links(connection, tenant.id, user).await?;
    Ok(stored.into_iter().map(|link| link.resolve(&tenant.settings.portal.permissions)).collect())
}
