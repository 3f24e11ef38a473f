//! The two companies of the demo: who works there, for whom, and with what. No real firm, no real person.

use super::{PASSWORD, id, templates};
use crate::auth;
use crate::domain::At;
use crate::domain::alert::rules::AlertRules;
use crate::domain::availability::Availability;
use crate::domain::caller::{Caller, Link, Role};
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::invoice::Line;
use crate::domain::job::CustomerRef;
use crate::domain::portal::{Overrides, resolve};
use crate::domain::price::Price;
use crate::domain::step::Address;
use crate::domain::template::Template;
use crate::domain::tenant::{CompanyDetails, DispatchRules, InvoiceRules, PortalSettings, Settings, Tenant};
use crate::places::Gazetteer;
use crate::store::{self, Store, assets::Asset, customers::Customer, dispatchers::Dispatcher, portal_users::PortalUser, workers::Worker};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::collections::BTreeMap;

const DISPATCHERS: [(&str, &str, bool); 2] = [("admin", "Irja Korpi", true), ("dispatcher", "Matti Vaara", false)];
/// When the workers work, minutes from midnight; the company itself is open at any hour.
const SHIFT: (u16, u16) = (6 * 60, 22 * 60);
const WORKERS: [&str; 12] = [
    "Aino Lehto",
    "Eero Salmi",
    "Helmi Koski",
    "Onni Virta",
    "Saimi Harju",
    "Toivo Niemi",
    "Venla Ranta",
    "Urho Kallio",
    "Kerttu Laine",
    "Armas Suo",
    "Lempi Aalto",
    "Oiva Vuori",
];
/// Trade, street, and which of the street's addresses. The first six are the portal users' own.
const CUSTOMERS: [(&str, &str, usize); 12] = [
    ("Bakery", "Keskuskatu", 2),
    ("Café", "Aleksanterinkatu", 6),
    ("Bookshop", "Pohjoisesplanadi", 5),
    ("Hotel", "Mikonkatu", 8),
    ("Dental practice", "Bulevardi", 4),
    ("Museum", "Snellmaninkatu", 3),
    ("Law office", "Fabianinkatu", 12),
    ("Gallery", "Uudenmaankatu", 5),
    ("Pharmacy", "Mannerheimintie", 4),
    ("Restaurant", "Kasarmikatu", 6),
    ("Flower shop", "Kalevankatu", 9),
    ("Housing company", "Annankatu", 10),
];
/// Each portal user's name and customers. The first has two; the first and the last share none.
const PORTAL_USERS: [(&str, &[usize]); 6] =
    [("Elsa Mäki", &[0, 1]), ("Lauri Oja", &[2]), ("Hilja Saari", &[3]), ("Kaino Lampi", &[4]), ("Rauha Niitty", &[1]), ("Sulo Metsä", &[5])];
/// Kind, name, serial number, and whose.
const ASSETS: [(&str, &str, &str, usize); 10] = [
    ("Oven", "Stone oven", "KU-1180", 0),
    ("Ventilation", "Bakehouse ventilation", "IV-204", 0),
    ("Cold room", "Cold room 1", "KY-77", 1),
    ("Boiler", "District heat exchanger", "LS-3301", 2),
    ("Lift", "Guest lift", "HI-12", 3),
    ("Boiler", "Boiler, cellar", "LS-0917", 3),
    ("Compressor", "Dental compressor", "PK-55", 4),
    ("Boiler", "Heat exchanger, hall", "LS-2210", 5),
    ("Lift", "Goods lift", "HI-31", 5),
    ("Boiler", "Heat exchanger, house A", "LS-4402", 11),
];

/// A company as the demo's jobs need it.
pub(super) struct Company {
    pub(super) tenant: Tenant,
    pub(super) templates: Vec<Template>,
    pub(super) dispatcher: Caller,
    pub(super) workers: Vec<Caller>,
    pub(super) portal_users: Vec<Caller>,
    pub(super) customers: Vec<(CustomerRef, Address)>,
    pub(super) assets: Vec<Asset>,
    dispatchers: Vec<(&'static str, Caller)>,
    /// What follows the `@` in the log-ins.
    domain: &'static str,
}

impl Company {
    /// The facility-care company that people look at.
    pub(super) fn main() -> Self {
        let tenant = tenant("demo", "Hepokatti Facility Care", "Repairs, cleaning and keys in the centre of Helsinki, day and night.", "#0f766e");
        let mut company = Self::empty(tenant, "demo.example", templates::of_the_company());
        company.staff(&DISPATCHERS, &WORKERS);
        company.serve(&CUSTOMERS, &PORTAL_USERS);
        for (kind, name, serial, customer) in ASSETS {
            let (of, address) = &company.customers[customer];
            company.assets.push(Asset {
                id: id(serial).into(),
                customer: of.id,
                kind: kind.into(),
                name: name.into(),
                serial: Some(serial.into()),
                address: Some(address.clone()),
                fields: Vec::new(),
                photo: None,
                archived_at: None,
            });
        }
        company
    }

    /// Another company on the same hub, of which the first must never see anything.
    pub(super) fn other() -> Self {
        let mut tenant = tenant("other", "Ketunleipä Plant Care", "We water what grows in your office.", "#15803d");
        // One of the two lets in anybody who signs up.
        tenant.settings.portal.public_signup = true;
        let mut company = Self::empty(tenant, "other.example", templates::of_the_other());
        company.staff(&[("dispatcher", "Impi Kangas", true)], &["Tuure Lahti"]);
        company.serve(&[("Accountant", "Fredrikinkatu", 2), ("Studio", "Eerikinkatu", 3)], &[("Martta Joki", &[0, 1])]);
        company
    }

    fn empty(tenant: Tenant, domain: &'static str, templates: Vec<Template>) -> Self {
        let nobody = Caller { tenant: tenant.id, name: String::new(), role: Role::Dispatcher { id: id("").into(), admin: false }, token: None };
        Self {
            tenant,
            templates,
            dispatcher: nobody,
            workers: vec![],
            portal_users: vec![],
            customers: vec![],
            assets: vec![],
            dispatchers: vec![],
            domain,
        }
    }

    fn staff(&mut self, dispatchers: &[(&'static str, &str, bool)], workers: &[&str]) {
        let tenant = self.tenant.id;
        for (login, name, admin) in dispatchers {
            let role = Role::Dispatcher { id: id(&format!("{login}@{}", self.domain)).into(), admin: *admin };
            self.dispatchers.push((login, Caller { tenant, name: (*name).into(), role, token: None }));
        }
        self.dispatcher.clone_from(&self.dispatchers[self.dispatchers.len() - 1].1);
        for (number, name) in (1..).zip(workers) {
            let role = Role::Worker { id: id(&format!("worker{number}@{}", self.domain)).into() };
            self.workers.push(Caller { tenant, name: (*name).into(), role, token: None });
        }
    }

    fn serve(&mut self, customers: &[(&str, &str, usize)], portal_users: &[(&str, &[usize])]) {
        let gazetteer = Gazetteer::built_in();
        for (trade, street, which) in customers {
            let name = format!("{trade}, {street}");
            let customer = CustomerRef { id: id(&format!("{name}, {}", self.domain)).into(), name };
            self.customers.push((customer, address(&gazetteer, street, *which)));
        }
        for (number, (name, whose)) in (1..).zip(portal_users) {
            let permissions = resolve(&self.tenant.settings.portal.permissions, &Overrides::default(), &Overrides::default());
            let link = |customer: &usize| {
                let customer = &self.customers[*customer].0;
                Link { customer: customer.id, name: customer.name.clone(), permissions: permissions.clone() }
            };
            let role = Role::PortalUser { id: id(&format!("customer{number}@{}", self.domain)).into(), links: whose.iter().map(link).collect() };
            self.portal_users.push(Caller { tenant: self.tenant.id, name: (*name).into(), role, token: None });
        }
    }

    /// Writes the company with everybody's log-in, unless it is there; in one transaction.
    pub(super) async fn found(&self, store: &Store, now: At) -> Result<(), store::Error> {
        let mut connection = store.write().await?;
        match store::tenants::by_slug(&mut connection, &self.tenant.slug).await {
            Err(store::Error::Missing) => {}
            other => return other.map(drop),
        }
        store::tenants::create(&mut connection, &self.tenant).await?;
        for (position, template) in (0..).zip(&self.templates) {
            store::templates::create(&mut connection, self.tenant.id, template, position).await?;
        }
        for (place, (customer, address)) in self.customers.iter().enumerate() {
            let customer = Customer {
                id: customer.id,
                name: customer.name.clone(),
                email: None,
                phone: Some(phone(&customer.name)),
                address: Some(address.text.clone()),
                tax_number: (place == 0).then(|| "FI0000002".into()),
                permissions: Overrides::default(),
                archived_at: None,
            };
            store::customers::create(&mut connection, self.tenant.id, &customer).await?;
        }
        for asset in &self.assets {
            store::assets::create(&mut connection, self.tenant.id, asset).await?;
        }
        for price in self.prices() {
            store::prices::create(&mut connection, self.tenant.id, &price).await?;
        }
        self.hire(&mut connection, now).await?;
        connection.commit().await?;
        Ok(())
    }

    /// What its job types charge, each once.
    fn prices(&self) -> Vec<Price> {
        let lines: BTreeMap<&str, &Line> =
            self.templates.iter().flat_map(|template| &template.invoice_lines).map(|line| (line.code.as_str(), line)).collect();
        let price = |line: &Line| Price {
            id: id(&format!("price {} of {}", line.code, self.domain)).into(),
            code: line.code.clone(),
            description: line.description.clone(),
            unit_price: line.unit_price,
            tax_rate: line.tax_rate,
        };
        lines.into_values().map(price).collect()
    }

    async fn hire(&self, connection: &mut PgConnection, now: At) -> Result<(), store::Error> {
        let tenant = self.tenant.id;
        // Everybody's password is the same, so it is hashed once.
        let password_hash = auth::hash_password(PASSWORD);
        for (name, caller) in &self.dispatchers {
            let Role::Dispatcher { id, admin } = caller.role else { continue };
            let login = self.log_in(connection, name, &password_hash).await?;
            store::dispatchers::create(connection, tenant, &Dispatcher { id, login, name: caller.name.clone(), admin, archived_at: None }).await?;
        }
        for (number, caller) in (1..).zip(&self.workers) {
            let login = self.log_in(connection, &format!("worker{number}"), &password_hash).await?;
            let worker = Worker {
                tenant,
                id: caller.person().into(),
                login,
                name: caller.name.clone(),
                phone: Some(phone(&caller.name)),
                photo: None,
                availability: Availability { hours: Some([Some(SHIFT); 7]), absences: Vec::new() },
                on_duty: true,
                duty_changed_at: Some(now),
                archived_at: None,
            };
            store::workers::create(connection, &worker).await?;
        }
        for (number, caller) in (1..).zip(&self.portal_users) {
            let Role::PortalUser { id, links } = &caller.role else { continue };
            let login = self.log_in(connection, &format!("customer{number}"), &password_hash).await?;
            let user = PortalUser { id: *id, login, name: caller.name.clone(), phone: None, archived_at: None };
            store::portal_users::create(connection, tenant, &user).await?;
            for link in links {
                store::portal_users::link(connection, tenant, *id, link.customer, &Overrides::default()).await?;
            }
        }
        Ok(())
    }

    async fn log_in(&self, connection: &mut PgConnection, name: &str, password_hash: &str) -> Result<LoginId, store::Error> {
        let email = format!("{name}@{}", self.domain);
        let login = id(&format!("log-in of {email}")).into();
        store::logins::create(connection, login, &email, Some(password_hash)).await?;
        Ok(login)
    }
}

fn tenant(slug: &str, name: &str, introduction: &str, colour: &str) -> Tenant {
    let portal = PortalSettings { introduction: introduction.into(), phone: phone(name), colour: colour.into(), ..PortalSettings::default() };
    let settings = Settings {
        dispatch: DispatchRules { accept_decline: true, auto_accept: false, auto_decline_min: None },
        portal,
        company: CompanyDetails {
            address: "Keskuskatu 7\n00100 Helsinki\nFinland".into(),
            // One digit too few to be anybody's.
            tax_number: "FI0000001".into(),
            email: format!("office@{slug}.example"),
        },
        invoices: InvoiceRules { currency: "EUR".into(), prices_include_tax: false, prefix: String::new() },
        // The demo is looked at at any hour.
        hours: [Some((0, 24 * 60)); 7],
        alerts: AlertRules { sms: true, sms_cap: Some(Decimal::from(25)), ..AlertRules::default() },
        ..Settings::default()
    };
    Tenant { id: TenantId(id(slug)), slug: slug.into(), name: name.into(), time_zone: "Europe/Helsinki".into(), settings }
}

/// The `which`th address of a street.
fn address(gazetteer: &Gazetteer, street: &str, which: usize) -> Address {
    let found = gazetteer.search(street, 50);
    let place = found.get(which).or(found.first()).expect("the built-in addresses have the demo's streets");
    Address { text: place.text.clone(), latitude: Some(place.latitude), longitude: Some(place.longitude) }
}

/// A number that nobody can be called by: no Finnish subscriber's number begins with a zero.
fn phone(name: &str) -> String {
    let sum: u32 = name.bytes().map(u32::from).sum();
    format!("+358 9 0{:03} {:03}", sum % 1000, (sum * 7) % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_first_portal_user_has_two_customers_and_shares_none_with_the_last() {
        let company = Company::main();
        let of = |user: &Caller| match &user.role {
            Role::PortalUser { links, .. } => links.iter().map(|link| link.customer).collect::<HashSet<_>>(),
            _ => HashSet::new(),
        };
        let (first, last) = (of(&company.portal_users[0]), of(&company.portal_users[5]));
        assert_eq!(first.len(), 2);
        assert!(!last.is_empty() && first.is_disjoint(&last));
    }

    #[test]
    fn every_customer_has_an_address_of_its_own_with_a_point_and_no_id_is_used_twice() {
        let (company, other) = (Company::main(), Company::other());
        let customers: Vec<_> = company.customers.iter().chain(&other.customers).collect();
        assert_eq!(customers.iter().map(|(_, address)| &address.text).collect::<HashSet<_>>().len(), customers.len());
        assert!(customers.iter().all(|(_, address)| address.point().is_some()));
        let people = [&company, &other].into_iter().flat_map(|company| company.workers.iter().chain(&company.portal_users));
        let ids: Vec<_> = people.map(Caller::person).chain(customers.iter().map(|(customer, _)| customer.id.0)).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        for (customer, address) in &company.customers {
            let street = customer.name.split(", ").nth(1).unwrap();
            assert!(address.text.starts_with(street), "{} is at {}", customer.name, address.text);
        }
    }
}
