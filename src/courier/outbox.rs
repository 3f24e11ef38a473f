//! Where the demo's messages end: kept in memory, to be looked at.

use super::render::{LOGO, Rendered};
use crate::domain::At;
use crate::domain::contact_point::Channel;
use crate::store::messages::Claimed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// As many are kept.
const MOST: usize = 200;

/// The latest messages that went nowhere. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Arc<Kept>>>>);

/// A message that went nowhere.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// When it would have gone out.
    pub at: At,
    /// By which way.
    pub channel: Channel,
    /// To where.
    pub to: String,
    /// Its subject; empty for a text message.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML; empty for a text message.
    pub html: String,
    /// Where its link leads; empty: nowhere.
    pub link: String,
}

impl Outbox {
    pub(super) fn keep_email(&self, claimed: &Claimed, rendered: Rendered, at: At) {
        let Rendered { subject, text, mut html, link, logo, .. } = rendered;
        if let Some(logo) = logo {
            let content = STANDARD.encode(&logo.content);
            html = html.replace(&format!("cid:{LOGO}"), &format!("data:{};base64,{content}", logo.kind));
        }
        self.keep(Kept { id: claimed.id, at, channel: Channel::Email, to: claimed.to.clone(), subject, text, html, link });
    }

    pub(super) fn keep_sms(&self, claimed: &Claimed, text: String, link: String, at: At) {
        let (subject, html) = (String::new(), String::new());
        self.keep(Kept { id: claimed.id, at, channel: Channel::Sms, to: claimed.to.clone(), subject, text, html, link });
    }

    fn keep(&self, message: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(Arc::new(message));
        kept.truncate(MOST);
    }

    /// The latest first.
    pub fn latest(&self) -> Vec<Arc<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
