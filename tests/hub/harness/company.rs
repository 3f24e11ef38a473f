//! The companies that tests are about, each with a marker in everything that somebody must not see.
//!
//! Every text of a company but its public name holds `mk-<company>`. What belongs to one customer holds `mk-<company>-<customer>`, what only staff may
//! see [`HIDDEN`], what is hidden from workers `mk-not-for-workers`. A worker's first name may be shown; the second one holds `HIDDEN`.

use dispatch_hub::auth::hash_password;
use dispatch_hub::domain::availability::Availability;
use dispatch_hub::domain::field::{FieldDef, FieldKind, Rule};
use dispatch_hub::domain::ids::{AssetId, CustomerId, DispatcherId, LoginId, PortalUserId, TemplateId, TenantId, WorkerId};
use dispatch_hub::domain::invoice::{Line, LineInput, parse_lines};
use dispatch_hub::domain::portal::Overrides;
use dispatch_hub::domain::step::Address;
use dispatch_hub::domain::template::{Parts, StepDef, Template};
use dispatch_hub::domain::tenant::{Settings, Tenant};
use dispatch_hub::store::{self, Store};
use sqlx::PgConnection;
use std::sync::LazyLock;
use uuid::Uuid;

/// In everything that only staff may see.
pub(crate) const HIDDEN: &str = "mk-staff-only";
/// On every invoice: for dispatchers, and for portal users with the permission.
pub(crate) const BILLED: &str = "mk-bill";
/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse";
/// Hashed once: it is made to be slow.
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| hash_password(PASSWORD));
const WORKERS: usize = 4;

/// A customer of a company, with what it has.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    pub(crate) asset: AssetId,
    /// In everything that is this customer's.
    pub(crate) marker: String,
}

/// A tenant with its people.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) name: String,
    pub(crate) tenant: TenantId,
    pub(crate) workers: Vec<WorkerId>,
    pub(crate) dispatchers: Vec<DispatcherId>,
    /// Of `customer1`, who also acts for the garage.
    pub(crate) bakery: Customer,
    pub(crate) garage: Customer,
    /// Of `customer2`.
    pub(crate) mill: Customer,
    pub(crate) portal_users: Vec<PortalUserId>,
    /// A visit with an address, a step and fields that are hidden from the portal, and a last step.
    pub(crate) repair: TemplateId,
    /// One step, nothing to fill in.
    pub(crate) errand: TemplateId,
}

impl Company {
    /// The worker with this number, from 1.
    pub(crate) fn worker(&self, number: usize) -> WorkerId {
        self.workers[number - 1]
    }
}

/// Founds a company: its slug is its name, its people are `dispatcher1@<name>.example` and so on.
pub(crate) async fn found(store: &Store, name: &str) -> Company {
    let mut connection = store.write().await.expect("the database is there");
    let tenant = TenantId(Uuid::now_v7());
    let settings = Settings::default();
    let new = Tenant { id: tenant, slug: name.into(), name: format!("Company of the {name}"), time_zone: "Europe/Helsinki".into(), settings };
    store::tenants::create(&mut connection, &new).await.expect("a new tenant");
    let mut founding = Founding { connection: &mut connection, name, tenant };
    let dispatchers = vec![
        founding.dispatcher("dispatcher1", false).await,
        founding.dispatcher("dispatcher2", false).await,
        founding.dispatcher("admin", true).await,
    ];
    let mut workers = Vec::new();
    for number in 1..=WORKERS {
        workers.push(founding.worker(number).await);
    }
    let bakery = founding.customer("bakery").await;
    let garage = founding.customer("garage").await;
    let mill = founding.customer("mill").await;
    let everything = Overrides::default();
    let first = [(bakery.id, everything.clone()), (garage.id, everything.clone())];
    let portal_users = vec![founding.portal_user("customer1", &first).await, founding.portal_user("customer2", &[(mill.id, everything)]).await];
    let (repair, errand) = (repair(name), errand(name));
    for (position, template) in [&repair, &errand].into_iter().enumerate() {
        let position = i32::try_from(position).expect("two templates");
        store::templates::create(founding.connection, tenant, template, position).await.expect("a new template");
    }
    connection.commit().await.expect("the company stands");
    let (repair, errand) = (repair.id, errand.id);
    Company { name: name.into(), tenant, workers, dispatchers, bakery, garage, mill, portal_users, repair, errand }
}

/// One more portal user of a company. Returns the e-mail address.
pub(crate) async fn portal_user(store: &Store, company: &Company, links: &[(CustomerId, Overrides)]) -> String {
    let mut connection = store.write().await.expect("the database is there");
    let who = format!("portal-{}", Uuid::now_v7().simple());
    let mut founding = Founding { connection: &mut connection, name: &company.name, tenant: company.tenant };
    founding.portal_user(&who, links).await;
    connection.commit().await.expect("the portal user stands");
    format!("{who}@{}.example", company.name)
}

struct Founding<'a> {
    connection: &'a mut PgConnection,
    name: &'a str,
    tenant: TenantId,
}

impl Founding<'_> {
    async fn login(&mut self, who: &str) -> LoginId {
        let id = LoginId(Uuid::now_v7());
        let email = format!("{who}@{}.example", self.name);
        store::logins::create(self.connection, id, &email, Some(&PASSWORD_HASH)).await.expect("a new log-in");
        id
    }

    async fn dispatcher(&mut self, who: &str, admin: bool) -> DispatcherId {
        let id = DispatcherId(Uuid::now_v7());
        let name = format!("Otso {who} {HIDDEN} mk-{}", self.name);
        let dispatcher = store::dispatchers::Dispatcher { id, login: self.login(who).await, name, admin, archived_at: None };
        store::dispatchers::create(self.connection, self.tenant, &dispatcher).await.expect("a new dispatcher");
        id
    }

    async fn worker(&mut self, number: usize) -> WorkerId {
        let id = WorkerId(Uuid::now_v7());
        let who = format!("worker{number}");
        let worker = store::workers::Worker {
            tenant: self.tenant,
            id,
            login: self.login(&who).await,
            name: format!("Aino{number} {HIDDEN} mk-{}", self.name),
            phone: Some(format!("+358 {HIDDEN} mk-{}", self.name)),
            photo: None,
            availability: Availability::default(),
            on_duty: false,
            duty_changed_at: None,
            archived_at: None,
        };
        store::workers::create(self.connection, &worker).await.expect("a new worker");
        id
    }

    async fn customer(&mut self, who: &str) -> Customer {
        let id = CustomerId(Uuid::now_v7());
        let marker = format!("mk-{}-{who}", self.name);
        let customer = store::customers::Customer {
            id,
            name: format!("The {who} {marker}"),
            email: Some(format!("{who}-{marker}@example.com")),
            phone: Some(marker.clone()),
            address: Some(marker.clone()),
            tax_number: Some(marker.clone()),
            permissions: Overrides::default(),
            archived_at: None,
        };
        store::customers::create(self.connection, self.tenant, &customer).await.expect("a new customer");
        let asset = store::assets::Asset {
            id: AssetId(Uuid::now_v7()),
            customer: id,
            kind: "Boiler".into(),
            name: format!("Boiler {marker}"),
            serial: Some(marker.clone()),
            address: Some(Address { text: format!("Cellar {marker}"), latitude: Some(60.17), longitude: Some(24.94) }),
            fields: Vec::new(),
            photo: None,
            archived_at: None,
        };
        store::assets::create(self.connection, self.tenant, &asset).await.expect("a new asset");
        Customer { id, asset: asset.id, marker }
    }

    async fn portal_user(&mut self, who: &str, links: &[(CustomerId, Overrides)]) -> PortalUserId {
        let id = PortalUserId(Uuid::now_v7());
        let name = format!("Siiri {who} mk-{}", self.name);
        let user = store::portal_users::PortalUser { id, login: self.login(who).await, name, phone: None, archived_at: None };
        store::portal_users::create(self.connection, self.tenant, &user).await.expect("a new portal user");
        for (customer, permissions) in links {
            store::portal_users::link(self.connection, self.tenant, id, *customer, permissions).await.expect("a new link");
        }
        id
    }
}

fn field(key: &str, worker: Rule, portal: Rule) -> FieldDef {
    FieldDef { key: key.into(), label: format!("Label of {key}"), kind: FieldKind::Text, options: Vec::new(), worker, portal }
}

fn step(name: String, address: bool, portal: Rule, fields: Vec<FieldDef>) -> StepDef {
    StepDef { name, address, portal, fields, completes_on_arrival: false }
}

/// Two hours at 50 and a half percent of tax too much to be whole cents: 100.00 and 25.50.
fn charged(name: &str) -> Vec<Line> {
    let sent = LineInput {
        code: "W".into(),
        description: format!("Work {BILLED} mk-{name}"),
        quantity: "2".into(),
        unit_price: "50".into(),
        tax_rate: "25.5".into(),
    };
    parse_lines(&[sent], &mut Vec::new())
}

fn repair(name: &str) -> Template {
    use Rule::{Hidden, Optional, ReadOnly, Required};
    Template {
        id: TemplateId(Uuid::now_v7()),
        name: format!("Repair mk-{name}"),
        colour: "#2563eb".into(),
        duration_min: 60,
        parts: Parts { requested_start: Optional, asset: Optional, contact: Optional, notes: Optional, copies: 5 },
        steps: vec![
            step(format!("Visit mk-{name}"), true, Required, vec![field("door", ReadOnly, Optional), field("meter", Optional, Hidden)]),
            step(format!("Check {HIDDEN} mk-{name}"), false, Hidden, vec![field("parts", Optional, Optional)]),
            step(format!("Finish mk-{name}"), false, ReadOnly, vec![field("result", Required, ReadOnly)]),
        ],
        fields: vec![field("wish", ReadOnly, Optional), field("margin", Hidden, Hidden), field("price", Hidden, ReadOnly)],
        invoice_lines: charged(name),
        archived: false,
    }
}

fn errand(name: &str) -> Template {
    use Rule::{Hidden, Optional};
    Template {
        id: TemplateId(Uuid::now_v7()),
        name: format!("Errand mk-{name}"),
        colour: "#16a34a".into(),
        duration_min: 30,
        parts: Parts { requested_start: Optional, asset: Hidden, contact: Hidden, notes: Hidden, copies: 1 },
        steps: vec![step(format!("Do it mk-{name}"), true, Optional, Vec::new())],
        fields: Vec::new(),
        invoice_lines: charged(name),
        archived: false,
    }
}
