//! What a caller of the store can be told.

use super::fault::Fault;

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such row, or it is another tenant's.
    #[error("no such row")]
    Missing,
    /// A constraint of this name says no, for example `login_email_unique`.
    #[error("violates {0}")]
    Conflict(String),
    /// The database is away or too busy; try again.
    #[error("the database is not available")]
    Unavailable,
    /// A fault of ours.
    #[error("the database refused a statement")]
    Internal(#[source] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::RowNotFound) {
            return Self::Missing;
        }
        let constraint = error
            .as_database_error()
            .filter(|error| error.is_unique_violation() || error.is_foreign_key_violation() || error.is_check_violation())
            .and_then(|error| error.constraint());
        if let Some(name) = constraint {
            return Self::Conflict(name.to_owned());
        }
        match Fault::of(&error) {
            Fault::Away | Fault::Again => Self::Unavailable,
            Fault::Lasting if matches!(error, sqlx::Error::PoolClosed) => Self::Unavailable,
            Fault::Lasting => Self::Internal(error.into()),
        }
    }
}
