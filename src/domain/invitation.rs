//! Where an invitation stands.

use super::at::At;
use serde::{Deserialize, Serialize};

/// The state of an invitation, or of a person's newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Its link works.
    Open,
    /// It was accepted.
    Used,
    /// It was taken back.
    Withdrawn,
    /// Its time is over.
    Expired,
    /// There was none.
    None,
}

/// The times of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Its link works until then.
    pub expires_at: At,
    /// When it was accepted.
    pub used_at: Option<At>,
    /// When it was taken back.
    pub withdrawn_at: Option<At>,
}

impl Times {
    /// Where it stands now. What was accepted stays so, whatever happened afterwards.
    pub fn state(&self, now: At) -> InvitationState {
        match self {
            Self { used_at: Some(_), .. } => InvitationState::Used,
            Self { withdrawn_at: Some(_), .. } => InvitationState::Withdrawn,
            Self { expires_at, .. } if *expires_at <= now => InvitationState::Expired,
            Self { .. } => InvitationState::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_beats_withdrawn_beats_expired() {
        let (now, past) = (At(1_000), Some(At(500)));
        let table = [
            (2_000, None, None, InvitationState::Open),
            (1_000, None, None, InvitationState::Expired),
            (2_000, None, past, InvitationState::Withdrawn),
            (900, None, past, InvitationState::Withdrawn),
            (900, past, past, InvitationState::Used),
        ];
        for (expires_at, used_at, withdrawn_at, state) in table {
            assert_eq!(Times { expires_at: At(expires_at), used_at, withdrawn_at }.state(now), state);
        }
    }
}
