//! E-mail over SMTP: TLS, STARTTLS or plain, a few connections kept open, and what a mail server's answers mean.

use super::Outcome;
use super::render::{LOGO, Rendered};
use crate::config::{Security, Smtp};
use crate::store::messages::Claimed;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Connections kept to the mail server.
const CONNECTIONS: u32 = 4;
/// The longest account of a failure that is kept.
const WORDS_MAX: usize = 300;
/// Refusals that are about the hub and not about the mail: commands or log-in that the server does not take.
const ABOUT_US: [u16; 9] = [500, 501, 502, 503, 504, 530, 534, 535, 538];

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Bad {
    /// The address that e-mails come from.
    #[error("smtp.from is no address that e-mails can come from")]
    From,
    /// The certificate authority.
    #[error("smtp.certificate cannot be used: {0}")]
    Certificate(String),
    /// The mail server's name.
    #[error("smtp.host cannot be used: {0}")]
    Host(#[from] smtp::Error),
}

/// A mail server, with the connections to it.
#[derive(Debug)]
pub struct Sender {
    builder: AsyncSmtpTransportBuilder,
    transport: Mutex<AsyncSmtpTransport<Tokio1Executor>>,
    from: Address,
    timeout: Duration,
}

impl Sender {
    /// For these settings; nothing is connected yet. `name` is how the hub introduces itself.
    pub fn new(settings: &Smtp, name: Option<&str>) -> Result<Self, Bad> {
        let tls = || -> Result<TlsParameters, Bad> {
            let mut builder = TlsParameters::builder(settings.host.clone());
            if let Some(path) = &settings.certificate {
                let pem = std::fs::read(path).map_err(|error| Bad::Certificate(error.to_string()))?;
                builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| Bad::Certificate(error.to_string()))?);
            }
            Ok(builder.build_rustls()?)
        };
        let tls = match settings.security {
            Security::Tls => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Plain => Tls::None,
        };
        // "Dangerous" is the builder that chooses no protection by itself; here `tls` does.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.as_str())
            .port(settings.port)
            .tls(tls)
            .timeout(Some(settings.timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(Duration::from_mins(1)));
        if let Some(name) = name {
            builder = builder.hello_name(ClientId::Domain(name.to_owned()));
        }
        if let Some((user, password)) = &settings.log_in {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        let from = settings.from.parse().map_err(|_unfit| Bad::From)?;
        let transport = Mutex::new(builder.clone().build());
        Ok(Self { builder, transport, from, timeout: settings.timeout })
    }

    /// The longest that one attempt takes.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) async fn send(&self, claimed: &Claimed, rendered: Rendered) -> Outcome {
        let message = match self.message(claimed, rendered) {
            Ok(message) => message,
            Err(error) => return Outcome::Refused(format!("no e-mail can be made of it: {error}"), None),
        };
        let transport = self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match transport.send(message).await {
            Ok(_) => Outcome::Sent(None),
            Err(error) => outcome_of(&error),
        }
    }

    /// An attempt was given up in the middle: its connection may yet bring the answer to it, which the next mail would take for its
    /// own. So none of the connections is used again.
    pub(super) fn forget_connections(&self) {
        *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = self.builder.clone().build();
    }

    fn message(&self, claimed: &Claimed, rendered: Rendered) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let to = Mailbox::new(Some(claimed.name.clone()).filter(|name| !name.is_empty()), claimed.to.parse()?);
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(rendered.company), self.from.clone()))
            .to(to)
            .subject(rendered.subject)
            .message_id(Some(format!("<{}@{}>", claimed.id, self.from.domain())));
        if let Ok(reply_to) = rendered.reply_to.parse::<Mailbox>() {
            builder = builder.reply_to(reply_to);
        }
        let parts = match rendered.logo {
            None => MultiPart::alternative_plain_html(rendered.text, rendered.html),
            Some(logo) => {
                let logo = Attachment::new_inline(LOGO.into()).body(logo.content, logo.kind.parse()?);
                let shown = MultiPart::related().singlepart(SinglePart::html(rendered.html)).singlepart(logo);
                MultiPart::alternative().singlepart(SinglePart::plain(rendered.text)).multipart(shown)
            }
        };
        let mut message = builder.multipart(parts)?;
        // No "out of office" comes back (RFC 3834).
        let mut say = |name: &'static str, value: String| {
            message.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        };
        say("Auto-Submitted", "auto-generated".into());
        if let Some(stop) = rendered.unsubscribe {
            // One click in the mail program (RFC 2369, RFC 8058).
            say("List-Unsubscribe", format!("<{stop}>"));
            say("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into());
        }
        Ok(message)
    }
}

/// A lasting refusal of this mail ends it; everything else may be over later.
fn outcome_of(error: &smtp::Error) -> Outcome {
    let code = error.status().map(u16::from);
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = cause.source();
    }
    let words = words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    let is_lasting = error.is_permanent() && code.is_none_or(|code| !ABOUT_US.contains(&code));
    if is_lasting { Outcome::Refused(words, code) } else { Outcome::Later(words, code, None) }
}
