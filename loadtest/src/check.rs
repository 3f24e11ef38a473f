//! Compares what the crowd was told with what the hub's tables hold, and with what the audiences saw.

use crate::{
    company::Company,
    measure::{AckedCommand, Ledger},
};
use anyhow::Context;
use dispatch_hub::{
    domain::ids::TenantId,
    store::{Role, private_postgres::PrivatePostgres},
};
use serde::Serialize;
use sqlx::{Connection, PgConnection};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};
use uuid::Uuid;

/// What is missing or twice. All zeros, or the hub broke a promise.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Acknowledged fixes that are in no table.
    pub(crate) fixes_lost: usize,
    /// Acknowledged commands that are not in the log as acknowledged.
    pub(crate) commands_lost: usize,
    /// Acknowledged portal jobs that do not exist.
    pub(crate) jobs_lost: usize,
    /// Holes in the numbers of a company's log.
    pub(crate) holes_in_log: usize,
    /// Jobs whose events are not numbered 1, 2, 3...
    pub(crate) jobs_out_of_order: usize,
    /// Commands that changed the world more than once.
    pub(crate) applied_twice: usize,
    /// Events that a dispatcher's socket never carried.
    pub(crate) unseen_by_dispatchers: usize,
    /// Commands that their customer's socket never carried.
    pub(crate) unseen_by_customers: usize,
}

impl Verdict {
    /// Whether every promise was kept.
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Looks into the data folder of a hub that has ended.
pub(crate) async fn check(data: &Path, company: &Company, ledger: &Ledger) -> anyhow::Result<Verdict> {
    let postgres = PrivatePostgres::start(data).await.context("the private Postgres")?;
    let mut connection = PgConnection::connect_with(&postgres.database().options(Role::Owner)).await?;
    let mut verdict = against_tables(&mut connection, ledger).await?;
    for (tenant, _) in &company.tenants {
        let (last, count, gone): (i64, i64, i64) = sqlx::query_as(
            "select s.seq, count(e.seq), coalesce(max(e.seq), 0) from tenant_seq s left join event e on e.tenant = s.tenant where s.tenant = $1 group by s.seq",
        )
        .bind(tenant.0)
        .fetch_one(&mut connection)
        .await?;
        verdict.holes_in_log += usize::from(last != count || last != gone);
    }
    connection.close().await?;
    postgres.stop().await;
    verdict.unseen_by_dispatchers = ledger.gaps.len() + ledger.dispatchers_behind();
    verdict.unseen_by_customers = ledger.unseen_by_customers();
    Ok(verdict)
}

async fn against_tables(connection: &mut PgConnection, ledger: &Ledger) -> anyhow::Result<Verdict> {
    let fixes: HashSet<(Uuid, i64)> = sqlx::query_as(
        "select worker, (extract(epoch from at) * 1000)::bigint from fix union all select worker, (extract(epoch from at) * 1000)::bigint from fix_aside",
    )
    .fetch_all(&mut *connection)
    .await?
    .into_iter()
    .collect();
    let events: HashSet<(Uuid, i64, Uuid)> =
        sqlx::query_as("select tenant, seq, job from event").fetch_all(&mut *connection).await?.into_iter().collect();
    let jobs: HashSet<Uuid> = sqlx::query_scalar("select id from job").fetch_all(&mut *connection).await?.into_iter().collect();
    let out_of_order: i64 =
        sqlx::query_scalar("select count(*) from (select from event group by tenant, job having count(*) <> max(version) or min(version) <> 1) as j")
            .fetch_one(&mut *connection)
            .await?;
    // A command's key is in its event; copies in one request share it, but are other jobs.
    let twice: i64 = sqlx::query_scalar("select count(*) from (select from event group by tenant, cmd, job having count(*) > 1) as c")
        .fetch_one(&mut *connection)
        .await?;
    Ok(Verdict {
        fixes_lost: ledger.fixes.iter().filter(|(worker, time_ms)| !fixes.contains(&(worker.0, *time_ms))).count(),
        commands_lost: ledger.commands.iter().filter(|command| !events.contains(&(command.tenant.0, command.seq, command.job.0))).count(),
        jobs_lost: ledger.created.iter().filter(|job| !jobs.contains(&job.0)).count(),
        jobs_out_of_order: usize::try_from(out_of_order)?,
        applied_twice: usize::try_from(twice)?,
        ..Verdict::default()
    })
}

impl Ledger {
    /// How many dispatchers have not seen everything that was acknowledged in their company.
    pub(crate) fn dispatchers_behind(&self) -> usize {
        let mut last: HashMap<TenantId, i64> = HashMap::new();
        for command in &self.commands {
            let last = last.entry(command.tenant).or_default();
            *last = command.seq.max(*last);
        }
        self.dispatchers.values().filter(|(tenant, seen)| last.get(tenant).is_some_and(|last| seen < last)).count()
    }

    /// How many acknowledged commands the socket of the job's customer never carried.
    pub(crate) fn unseen_by_customers(&self) -> usize {
        let unseen = |command: &&AckedCommand| {
            let Some(number) = self.watched.get(&command.job) else { return false };
            !self.portals.get(number).is_some_and(|(seen, snapshot)| seen.contains(&command.seq) || *snapshot >= command.seq)
        };
        self.commands.iter().filter(unseen).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::Size;
    use dispatch_hub::domain::ids::WorkerId;
    use std::os::unix::fs::PermissionsExt;

    /// What was never stored is noticed, and what was never said is not missed.
    #[tokio::test]
    async fn a_false_acknowledgement_is_found() {
        let readable = std::fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(readable).tempdir().unwrap();
        let data = folder.path().join("data");
        let company = Company::found(&data, Size { tenants: 2, workers: 5, dispatchers: 3, portal_users: 3 }).await.unwrap();
        assert_eq!((company.workers.len(), company.dispatchers.len(), company.portal_users.len()), (5, 3, 3));
        let clean = check(&data, &company, &Ledger::default()).await.unwrap();
        assert!(clean.is_clean(), "{clean:?}");
        let mut ledger = Ledger::default();
        ledger.fixes.push((WorkerId(company.workers[0].id), 1_790_000_000_000));
        let lost = check(&data, &company, &ledger).await.unwrap();
        assert_eq!(lost.fixes_lost, 1);
    }
}
