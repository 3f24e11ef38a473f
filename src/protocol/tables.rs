//! What an import of a table answers.

use serde::{Deserialize, Serialize};

/// `POST /api/{list}/import`. With errors, or in a dry run, nothing was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Imported {
    /// Nothing was to be changed.
    pub dry_run: bool,
    /// Rows that make something new.
    pub created: u32,
    /// Rows about what is there already, known by its name, e-mail address or code.
    pub changed: u32,
    /// What does not fit.
    pub errors: Vec<RowError>,
}

/// What does not fit in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct RowError {
    /// The first row below the heads of the columns is 1.
    pub row: u32,
    /// Empty: the row as a whole.
    pub column: String,
    /// For people.
    pub detail: String,
}
