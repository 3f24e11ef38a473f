//! Pictures that jobs show: who may name one, and which of them a view of a job holds.

use super::field::{Field, FieldKind, FieldValue};
use super::ids::FileId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes of a picture as it is sent.
pub const FILE_MAX: u32 = 15_000_000;
/// The most pictures in one field.
pub const PICTURES_MAX: usize = 20;

/// A file as a job remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Which.
    pub id: FileId,
    /// As its uploader named it.
    pub name: String,
    /// Its media type, as it is shown.
    pub kind: String,
}

impl Field {
    /// The files that it holds.
    pub fn files(&self) -> Vec<FileId> {
        let parsed = |text: &String| text.parse::<Uuid>().ok().map(FileId);
        match (self.def.kind, &self.value) {
            (FieldKind::Photo, Some(FieldValue::List(ids))) => ids.iter().filter_map(parsed).collect(),
            (FieldKind::Signature, Some(FieldValue::Text(id))) => parsed(id).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// The files among `known` that these fields hold, in the order of the fields.
pub fn held<'a>(known: &[FileRef], fields: impl Iterator<Item = &'a Field>) -> Vec<FileRef> {
    let mut held: Vec<FileRef> = Vec::new();
    for id in fields.flat_map(Field::files) {
        if let Some(file) = known.iter().find(|file| file.id == id && !held.contains(file)) {
            held.push(file.clone());
        }
    }
    held
}
