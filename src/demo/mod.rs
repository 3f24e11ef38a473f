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

  The password is {PASSWORD} for all. Another company: {address}/p/other, dispatcher@other.example.
"
    )
}
