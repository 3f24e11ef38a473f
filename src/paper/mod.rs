//! What goes onto paper: invoices as PDF. Drawn by krilla with the fonts beside this file, so that no browser is needed on the server.
//!
//! Drawing takes milliseconds of a processor: it is done away from the threads that answer requests, a few at a time.

mod face;
mod invoice;
mod sheet;

pub use sheet::Size;

use crate::protocol::invoice::InvoicePaper;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Papers that are drawn at the same time.
const AT_ONCE: usize = 2;
/// Papers that may wait for that.
const WAITING: usize = 32;

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many are waiting.
    #[error("too many papers are waiting to be drawn")]
    Busy,
    /// A fault of ours.
    #[error("a paper cannot be drawn: {0}")]
    Undrawable(String),
}

/// Draws papers, a bounded number at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Printer {
    room: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

impl Default for Printer {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE + WAITING)), hands: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Printer {
    /// An invoice as a PDF file.
    pub async fn invoice(&self, paper: InvoicePaper, size: Size) -> Result<Vec<u8>, Error> {
        let _room = self.room.try_acquire().map_err(|_full| Error::Busy)?;
        let hand = Arc::clone(&self.hands).acquire_owned().await.map_err(|_closed| Error::Busy)?;
        let drawing = tokio::task::spawn_blocking(move || {
            let drawn = invoice::draw(&paper, size);
            drop(hand);
            drawn
        });
        drawing.await.map_err(|panicked| Error::Undrawable(panicked.to_string()))?
    }
}
