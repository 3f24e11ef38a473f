//! What contact points want to hear of.

use super::Error;
use crate::domain::alert::Alerts;
use crate::domain::contact_point::Owner;
use crate::domain::ids::{CustomerId, DispatcherId, JobId, PortalUserId, TenantId, WorkerId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose jobs are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// All that a portal user may see.
    PortalUser(PortalUserId),
    /// One customer's.
    Customer(CustomerId),
    /// One job.
    Job(JobId),
    /// A worker's own.
    Worker(WorkerId),
    /// The whole company's, for a dispatcher.
    Dispatcher(DispatcherId),
}

/// A wish to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// Where it is told.
    pub contact_point: Uuid,
    /// Of whose jobs.
    pub subject: Subject,
    /// What.
    pub alerts: Alerts,
}

struct Row {
    id: Uuid,
    contact_point: Uuid,
    customer: Option<Uuid>,
    job: Option<Uuid>,
    worker: Option<Uuid>,
    portal_user: Option<Uuid>,
    dispatcher: Option<Uuid>,
    kinds: i64,
}

impl TryFrom<Row> for Subscription {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let subject = match (row.customer, row.job, row.worker, row.portal_user, row.dispatcher) {
            (Some(id), ..) => Subject::Customer(id.into()),
            (_, Some(id), ..) => Subject::Job(id.into()),
            (_, _, Some(id), ..) => Subject::Worker(id.into()),
            (_, _, _, Some(id), _) => Subject::PortalUser(id.into()),
            (.., Some(id)) => Subject::Dispatcher(id.into()),
            _ => return Err(Error::Internal(anyhow::anyhow!("a subscription is about nothing"))),
        };
        Ok(Self { id: row.id, contact_point: row.contact_point, subject, alerts: Alerts(row.kinds) })
    }
}

/// Those of somebody.
pub async fn list(connection: &mut PgConnection, tenant: TenantId, owner: Owner) -> Result<Vec<Subscription>, Error> {
    let rows = sqlx::query_as!(
        Row,
        "select s.id, s.contact_point, s.customer, s.job, s.worker, s.portal_user, s.dispatcher, s.kinds
         from alert_subscription s join contact_point p on p.tenant = s.tenant and p.id = s.contact_point
         where s.tenant = $1 and coalesce(p.portal_user, p.worker, p.dispatcher) = $2 order by s.id",
        tenant.0,
        owner.id()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Subscription::try_from).collect()
}

/// A new one. `alert_subscription_once` is its conflict: that is asked for already.
pub async fn create(connection: &mut PgConnection, tenant: TenantId, subscription: &Subscription) -> Result<(), Error> {
    let (mut customer, mut job, mut worker, mut portal_user, mut dispatcher) = (None, None, None, None, None);
    match subscription.subject {
        Subject::Customer(id) => customer = Some(id.0),
        Subject::Job(id) => job = Some(id.0),
        Subject::Worker(id) => worker = Some(id.0),
        Subject::PortalUser(id) => portal_user = Some(id.0),
        Subject::Dispatcher(id) => dispatcher = Some(id.0),
    }
    sqlx::query!(
        "insert into alert_subscription (tenant, id, contact_point, customer, job, worker, portal_user, dispatcher, kinds)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        subscription.id,
        subscription.contact_point,
        customer,
        job,
        worker,
        portal_user,
        dispatcher,
        subscription.alerts.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Other alerts of the same.
pub async fn set_alerts(connection: &mut PgConnection, tenant: TenantId, id: Uuid, alerts: Alerts) -> Result<(), Error> {
    let done =
        sqlx::query!("update alert_subscription set kinds = $3 where tenant = $1 and id = $2", tenant.0, id, alerts.0).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Removes one.
pub async fn remove(connection: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<(), Error> {
    let done = sqlx::query!("delete from alert_subscription where tenant = $1 and id = $2", tenant.0, id).execute(connection).await?;
    if done.rows_affected() == 0 { Err(Error::Missing) } else { Ok(()) }
}
