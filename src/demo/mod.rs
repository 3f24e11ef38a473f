//! The demo: two made-up companies, their jobs over three days, and workers who drive through Helsinki.
//!
//! The companies are written before the hub starts. The drivers log in and use the socket like anyone; nothing in `hub`
//! knows of them.

mod answers;
mod company;
mod driver;
mod drivers;
mod history;
mod jobs;
mod orders;
pub mod outbox;
mod roads;
mod templates;

pub use drivers::{Drivers, drive};

use crate::hub::clock;
use crate::store::Store;
use company::Company;
use uuid::Uuid;

/// Of everybody. The demo listens on this machine only.
const PASSWORD: &str = "demo";
/// The slug of the company that people look at.
const SLUG: &str = "demo";
/// All of the demo's ids come from here, so that what was made is found again.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d0a_8c11_6f3e_4b57_9c55_1f0e_2a7b_90d4);

fn id(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// Makes both companies if they are not there, and today's jobs if there are none. To be called before the hub starts.
pub async fn seed(store: &Store) -> anyhow::Result<()> {
    let now = clock::now();
    for (company, is_main) in [(Company::main(), true), (Company::other(), false)] {
        company.found(store, now).await?;
        jobs::make(store, &company, is_main, now).await?;
    }
    Ok(())
}

/// What to open, and as whom.
pub fn greeting(address: &str) -> String {
    format!(
        "
  Portal     {address}/p/demo     customer1@demo.example   (customer1 to customer6)
  Dispatch   {address}/dispatch   dispatcher@demo.example  (or admin@demo.example)
  Worker     {address}/worker     worker1@demo.example     (worker1 to worker3 wait for you; worker4 to worker12 are driven)

  Messages   {address}/demo/outbox

  The password is {PASSWORD} for all. Another company: {address}/p/other, dispatcher@other.example.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::Status;
    use crate::store::{events, jobs, logins, scratch, tenants};
    use std::collections::HashMap;

    #[tokio::test]
    async fn the_demo_is_made_once_in_every_status_with_a_gapless_log() {
        let (_, store) = scratch::store().await.unwrap();
        seed(&store).await.unwrap();
        let counted = counts(&store).await;
        for status in Status::ALL {
            assert!(counted.get(&status).is_some_and(|count| *count > 0), "no job is {status:?}");
        }
        let tenant = tenants::by_slug(&mut store.write().await.unwrap(), SLUG).await.unwrap();
        let head = events::head(&store, tenant.id).await.unwrap();
        assert!(head > 200);
        // Whoever starts it again the same day finds what was there.
        seed(&store).await.unwrap();
        assert_eq!(counts(&store).await, counted);
        assert_eq!(events::head(&store, tenant.id).await.unwrap(), head);
        let mut connection = store.write().await.unwrap();
        for (email, count) in [("admin@demo.example", 1), ("worker12@demo.example", 1), ("customer6@demo.example", 1), ("worker1@other.example", 1)] {
            let login = logins::by_email(&mut connection, email).await.unwrap().unwrap();
            assert_eq!(logins::memberships(&mut connection, login.id).await.unwrap().len(), count, "{email}");
        }
    }

    async fn counts(store: &Store) -> HashMap<Status, usize> {
        let tenant = tenants::by_slug(&mut store.write().await.unwrap(), SLUG).await.unwrap();
        let mut connection = store.read(tenant.id).await.unwrap();
        let now = clock::now();
        let (_, around) = jobs::schedule(&mut connection, tenant.id, now.plus_min(-48 * 60), now.plus_min(48 * 60)).await.unwrap();
        let mut counts = HashMap::new();
        for job in around {
            *counts.entry(job.status).or_default() += 1;
        }
        counts
    }
}
