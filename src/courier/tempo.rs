//! How many messages a minute one company may send, so that its many never delay another's few. Memory only: each courier counts its own.

use crate::domain::At;
use crate::domain::ids::TenantId;
use std::collections::HashMap;
use uuid::Uuid;

const WINDOW_MS: i64 = 60_000;

/// Counts by company within the minute that began with its first message.
#[derive(Debug)]
pub(super) struct Tempo {
    most: u16,
    counted: HashMap<TenantId, (At, u16)>,
}

impl Tempo {
    pub(super) fn new(most: u16) -> Self {
        Self { most, counted: HashMap::new() }
    }

    /// One more of this company.
    pub(super) fn count(&mut self, tenant: TenantId, now: At) {
        let (since, count) = self.counted.entry(tenant).or_insert((now, 0));
        if now.since(*since) >= WINDOW_MS {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
    }

    /// The companies that have to wait, and when the first of them may go on.
    pub(super) fn waiting(&mut self, now: At) -> (Vec<Uuid>, Option<At>) {
        self.counted.retain(|_, (since, _)| now.since(*since) < WINDOW_MS);
        let full: Vec<(Uuid, At)> = self
            .counted
            .iter()
            .filter(|(_, (_, count))| *count >= self.most)
            .map(|(tenant, (since, _))| (tenant.0, since.plus_ms(WINDOW_MS)))
            .collect();
        (full.iter().map(|(tenant, _)| *tenant).collect(), full.iter().map(|(_, at)| *at).min())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_company_waits_for_itself_until_its_minute_is_over() {
        let (one, other) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let mut tempo = Tempo::new(2);
        tempo.count(one, At(0));
        tempo.count(other, At(10));
        assert_eq!(tempo.waiting(At(20)), (vec![], None));
        tempo.count(one, At(30));
        assert_eq!(tempo.waiting(At(59_999)), (vec![one.0], Some(At(60_000))));
        assert_eq!(tempo.waiting(At(60_000)), (vec![], None));
    }
}
