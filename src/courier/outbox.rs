//! Where the demo's e-mails end: kept in memory, to be looked at.

use super::render::{LOGO, Rendered};
use crate::domain::At;
use crate::store::mail::Claimed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// As many are kept.
const MOST: usize = 200;

/// The latest e-mails that went nowhere. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Arc<Kept>>>>);

/// An e-mail that went nowhere.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// When it would have gone out.
    pub at: At,
    /// To where.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// Where its link leads.
    pub link: String,
}

impl Outbox {
    pub(super) fn keep(&self, claimed: &Claimed, rendered: Rendered, at: At) {
        let Rendered { subject, text, mut html, link, logo, .. } = rendered;
        if let Some(logo) = logo {
            let content = STANDARD.encode(&logo.content);
            html = html.replace(&format!("cid:{LOGO}"), &format!("data:{};base64,{content}", logo.kind));
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(Arc::new(Kept { id: claimed.id, at, to: claimed.to.clone(), subject, text, html, link }));
        kept.truncate(MOST);
    }

    /// The latest first.
    pub fn latest(&self) -> Vec<Arc<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
