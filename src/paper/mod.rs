//! What goes onto paper: invoices as PDF. Drawn by krilla with the fonts beside this file, so that no browser is needed on the server.
//!
//! Drawing takes milliseconds of a processor: it is done away from the threads that answer requests, a few at a time.

mod face;
mod invoice;
mod sheet;

pub use face::Unusable;
pub use sheet::Size;

use crate::protocol::invoice::InvoicePaper;
use face::Fonts;
use krilla::image::Image;
use std::path::PathBuf;
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

/// The company's own picture: a JPEG, or a PNG.
#[derive(Debug)]
pub struct Logo(pub Vec<u8>);

impl Logo {
    fn image(&self) -> Option<Image> {
        let read = if self.0.starts_with(&[0xFF, 0xD8]) { Image::from_jpeg } else { Image::from_png };
        read(self.0.clone().into(), true).ok()
    }
}

/// Draws papers, a bounded number at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Printer {
    fonts: Arc<Fonts>,
    room: Arc<Semaphore>,
    hands: Arc<Semaphore>,
}

impl Printer {
    /// With these files for letters that the built-in fonts lack.
    pub fn new(fonts: &[PathBuf]) -> Result<Self, Unusable> {
        let (room, hands) = (Arc::new(Semaphore::new(AT_ONCE + WAITING)), Arc::new(Semaphore::new(AT_ONCE)));
        Ok(Self { fonts: Arc::new(Fonts::with(fonts)?), room, hands })
    }

    /// An invoice as a PDF file.
    pub async fn invoice(&self, paper: InvoicePaper, logo: Option<Logo>, size: Size) -> Result<Vec<u8>, Error> {
        let _room = self.room.try_acquire().map_err(|_full| Error::Busy)?;
        let hand = Arc::clone(&self.hands).acquire_owned().await.map_err(|_closed| Error::Busy)?;
        let fonts = Arc::clone(&self.fonts);
        let drawing = tokio::task::spawn_blocking(move || {
            let drawn = invoice::draw(&fonts, &paper, logo.as_ref(), size);
            drop(hand);
            drawn
        });
        drawing.await.map_err(|panicked| Error::Undrawable(panicked.to_string()))?
    }
}
