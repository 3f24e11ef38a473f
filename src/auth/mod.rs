//! Who is asking.

pub mod guesses;
pub mod origin;
pub mod password;
pub mod token;
