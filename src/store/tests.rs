//! The nouns on a real Postgres: what is written is read back, and only by whom it belongs to.

use super::jobs::{Cursor, Filter, Sort, View};
use super::logins::PersonKind;
use super::sessions::NewSession;
use super::writer::{Change, CommandLanes, FixLanes, FixRow, Outcome};
use super::*;
use crate::domain::At;
use crate::domain::alert::Alerts;
use crate::domain::availability::Availability;
use crate::domain::caller::{By, ByKind};
use crate::domain::command::WorkerRef;
use crate::domain::field::Rule;
use crate::domain::ids::{CustomerId, DispatcherId, JobId, LoginId, PortalUserId, TemplateId, WorkerId};
use crate::domain::invoice::Terms;
use crate::domain::job::{CustomerRef, Job, NewJob, Placement, Slot, Source, Status};
use crate::domain::portal::Overrides;
use crate::domain::template::{Filler, Parts, StepDef, Template};
use crate::domain::tenant::{DispatchRules, Settings, Tenant};
use uuid::Uuid;

const NOW: At = At(1_790_000_000_000);
const HOUR_MS: i64 = 3_600_000;

/// A company with a customer, a template and a worker.
struct Company {
    store: Store,
    lanes: CommandLanes<()>,
    tenant: TenantId,
    customer: CustomerId,
    template: Template,
    worker: WorkerId,
}

fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId(Uuid::now_v7()),
        slug: slug.into(),
        name: slug.to_uppercase(),
        time_zone: "Europe/Helsinki".into(),
        settings: Settings::default(),
    }
}

fn template() -> Template {
    let step = |name: &str, portal| StepDef { name: name.into(), address: true, portal, fields: Vec::new(), completes_on_arrival: false };
    Template {
        id: TemplateId(Uuid::now_v7()),
        name: "Repair".into(),
        colour: "#2563eb".into(),
        duration_min: 60,
        parts: Parts { requested_start: Rule::Optional, asset: Rule::Optional, contact: Rule::Optional, notes: Rule::Optional, copies: 5 },
        steps: vec![step("Look", Rule::Optional), step("Secret step", Rule::Hidden)],
        fields: Vec::new(),
        invoice_lines: Vec::new(),
        archived: false,
    }
}

impl Company {
    async fn new() -> Self {
        let (_, store) = scratch::store().await.unwrap();
        Self::at(store, "demo").await
    }

    async fn at(store: Store, slug: &str) -> Self {
        let Tenant { id, .. } = {
            let tenant = tenant(slug);
            let mut connection = store.write().await.unwrap();
            tenants::create(&mut connection, &tenant).await.unwrap();
            connection.commit().await.unwrap();
            tenant
        };
        let lanes = CommandLanes::start(store.writer_pool().clone(), |_| {});
        let company = Self { store, lanes, tenant: id, customer: CustomerId(Uuid::now_v7()), template: template(), worker: WorkerId(Uuid::now_v7()) };
        let mut connection = company.store.write().await.unwrap();
        customers::create(&mut connection, id, &customer(company.customer, "Bakery on Main Street")).await.unwrap();
        templates::create(&mut connection, id, &company.template, 0).await.unwrap();
        let login = login(&mut connection, &format!("worker@{slug}.example")).await;
        workers::create(&mut connection, &worker(id, company.worker, login)).await.unwrap();
        connection.commit().await.unwrap();
        company
    }

    fn job(&self, customer: CustomerId, customer_name: &str) -> Job {
        let new = NewJob {
            template: &self.template,
            customer: CustomerRef { id: customer, name: customer_name.into() },
            requested_start: None,
            asset: None,
            contact: None,
            notes: String::new(),
            steps: Vec::new(),
            fields: serde_json::Map::new(),
            terms: Terms::default(),
            files: Vec::new(),
            placement: Placement::default(),
            filler: Filler::Dispatcher,
            source: Source::Dispatcher,
        };
        let by = By { kind: ByKind::Hub, id: None, name: "Test".into() };
        new.decide(self.tenant, JobId(Uuid::now_v7()), by, DispatchRules::default(), NOW).unwrap().0
    }

    fn allocated(&self, start: At) -> Job {
        let mut job = self.job(self.customer, "Bakery on Main Street");
        job.status = Status::Allocated;
        job.worker = Some(WorkerRef { id: self.worker, name: "Wanda".into() });
        job.scheduled = Some(Slot { start, end: start.plus_ms(HOUR_MS) });
        job
    }

    async fn commit(&self, job: &Job, version: i64, delete: bool) -> Outcome {
        let change = Change {
            tenant: self.tenant,
            command: Uuid::now_v7(),
            body_hash: 9,
            job: job.id,
            version,
            status: job.status as i16,
            customer: job.customer.id,
            doc: serde_json::json!({"job": job, "list": job.listing()}).to_string(),
            delete,
            kind: if delete { 23 } else { 1 },
            data: r#"{"by": "somebody"}"#.into(),
            alerts: Alerts::NONE,
            phone_before: None,
            alert_delay_s: 0,
            issues_invoice: job.invoice.issued_at.is_some() && job.invoice.number.is_none(),
            payload: (),
        };
        self.lanes.commit(vec![change]).await.unwrap()[0]
    }

    async fn create(&self, job: &Job) {
        let outcome = self.commit(job, 0, false).await;
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }

    async fn read(&self) -> Transaction<'static, Postgres> {
        self.store.read(self.tenant).await.unwrap()
    }

    async fn numbers(&self, filter: &Filter<'_>) -> Vec<i64> {
        let page = jobs::page(&mut *self.read().await, self.tenant, filter).await.unwrap();
        page.jobs.iter().map(|job| job.number).collect()
    }
}

fn customer(id: CustomerId, name: &str) -> customers::Customer {
    customers::Customer {
        id,
        name: name.into(),
        email: None,
        phone: None,
        address: None,
        tax_number: None,
        permissions: Overrides::default(),
        archived_at: None,
    }
}

fn worker(tenant: TenantId, id: WorkerId, login: LoginId) -> workers::Worker {
    workers::Worker {
        tenant,
        id,
        login,
        name: "Wanda".into(),
        phone: None,
        photo: None,
        availability: Availability::default(),
        on_duty: false,
        duty_changed_at: None,
        archived_at: None,
    }
}

async fn login(connection: &mut PgConnection, email: &str) -> LoginId {
    let id = LoginId(Uuid::now_v7());
    logins::create(connection, id, email, Some("hash")).await.unwrap();
    id
}

#[tokio::test]
async fn one_login_has_many_memberships() {
    let demo = Company::new().await;
    let other = Company::at(demo.store.clone(), "other").await;
    let mut connection = demo.store.write().await.unwrap();
    let id = login(&mut connection, "Ann@Demo.Example").await;
    let ann = dispatchers::Dispatcher { id: DispatcherId(Uuid::now_v7()), login: id, name: "Ann".into(), admin: true, archived_at: None };
    dispatchers::create(&mut connection, demo.tenant, &ann).await.unwrap();
    workers::create(&mut connection, &worker(other.tenant, WorkerId(Uuid::now_v7()), id)).await.unwrap();
    let left = workers::Worker { archived_at: Some(NOW), ..worker(demo.tenant, WorkerId(Uuid::now_v7()), id) };
    workers::create(&mut connection, &left).await.unwrap();

    let found = logins::by_email(&mut connection, "ANN@demo.example").await.unwrap().unwrap();
    assert_eq!((found.id, found.password_hash.as_deref()), (id, Some("hash")));
    let memberships = logins::memberships(&mut connection, id).await.unwrap();
    let seen: Vec<_> = memberships.iter().map(|membership| (membership.slug.as_str(), membership.kind)).collect();
    assert_eq!(seen, [("demo", PersonKind::Dispatcher), ("other", PersonKind::Worker)]);

    let again = logins::create(&mut connection, LoginId(Uuid::now_v7()), "ann@demo.example", None).await.unwrap_err();
    assert!(matches!(&again, Error::Conflict(name) if name == "login_email_unique"), "{again}");
}

#[tokio::test]
async fn a_session_knows_its_person_until_it_ends() {
    let company = Company::new().await;
    let mut connection = company.store.write().await.unwrap();
    let id = login(&mut connection, "ann@demo.example").await;
    let person = DispatcherId(Uuid::now_v7());
    let ann = dispatchers::Dispatcher { id: person, login: id, name: "Ann".into(), admin: true, archived_at: None };
    dispatchers::create(&mut connection, company.tenant, &ann).await.unwrap();
    let session = |token: u8| NewSession {
        token_hash: vec![token; 32],
        login: id,
        tenant: company.tenant,
        kind: PersonKind::Dispatcher,
        person: person.0,
        expires_at: NOW.plus_ms(HOUR_MS),
    };
    for token in [1, 2, 3] {
        sessions::create(&mut connection, &session(token)).await.unwrap();
    }
    let found = sessions::find(&mut connection, &[1; 32], NOW).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.admin, found.person, found.tenant.id), ("Ann", true, person.0, company.tenant));
    assert!(sessions::find(&mut connection, &[1; 32], NOW.plus_ms(HOUR_MS)).await.unwrap().is_none(), "expired");
    sessions::touch(&mut connection, &[1; 32], NOW, NOW.plus_ms(2 * HOUR_MS)).await.unwrap();
    assert!(sessions::find(&mut connection, &[1; 32], NOW.plus_ms(HOUR_MS)).await.unwrap().is_some());
    assert_eq!(sessions::of_login(&mut connection, id, NOW).await.unwrap().len(), 3);
    sessions::end(&mut connection, &[3; 32]).await.unwrap();
    assert_eq!(sessions::end_all(&mut connection, id, Some(&[1; 32])).await.unwrap(), [vec![2; 32]]);
    sqlx::query("update dispatcher set archived_at = now()").execute(&mut *connection).await.unwrap();
    assert!(sessions::find(&mut connection, &[1; 32], NOW).await.unwrap().is_none(), "left the company");
}

/// All connections of a pool die while nobody uses them: the server restarted. Whoever comes next does not hear of it.
#[tokio::test]
async fn connections_that_died_are_passed_over() {
    let (database, store) = scratch::store().await.unwrap();
    let mut owner = PgConnection::connect_with(&database.options(Role::Owner)).await.unwrap();
    let one = async |connection: &mut PgConnection| Ok(sqlx::query_scalar::<_, i32>("select 1").fetch_one(connection).await?);
    for asks in [true, false] {
        let held = futures_util::future::join_all((0..WRITERS).map(|_| store.write())).await;
        assert!(held.iter().all(Result::is_ok));
        drop(held);
        while store.writer.num_idle() < WRITERS as usize {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let ended = sqlx::query_scalar::<_, i64>(
            "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and usename = 'hub_writer'",
        );
        assert!(ended.fetch_one(&mut owner).await.unwrap() >= i64::from(WRITERS));
        if asks {
            assert_eq!(store.ask(one).await.unwrap().0, 1);
        } else {
            assert_eq!(one(&mut store.write().await.unwrap()).await.unwrap(), 1);
        }
    }
}

#[tokio::test]
async fn people_and_lists_are_read_back() {
    let company = Company::new().await;
    let tenant = company.tenant;
    let mut connection = company.store.write().await.unwrap();
    let user = PortalUserId(Uuid::now_v7());
    let id = login(&mut connection, "customer1@demo.example").await;
    let portal_user = portal_users::PortalUser { id: user, login: id, name: "Carl".into(), phone: None, archived_at: None };
    portal_users::create(&mut connection, tenant, &portal_user).await.unwrap();
    let denied = Overrides { invoice: Some(false), ..Overrides::default() };
    portal_users::link(&mut connection, tenant, user, company.customer, &Overrides::default()).await.unwrap();
    portal_users::link(&mut connection, tenant, user, company.customer, &denied).await.unwrap();
    workers::set_duty(&mut connection, tenant, company.worker, true, NOW).await.unwrap();
    workers::set_duty(&mut connection, tenant, company.worker, true, NOW.plus_ms(1)).await.unwrap();
    templates::archive(&mut connection, tenant, company.template.id, Some(NOW)).await.unwrap();
    connection.commit().await.unwrap();

    let mut connection = company.read().await;
    let links = portal_users::links(&mut connection, tenant, user).await.unwrap();
    assert_eq!((links.len(), &links[0].permissions, links[0].name.as_str()), (1, &denied, "Bakery on Main Street"));
    let worker = workers::find(&mut connection, tenant, company.worker).await.unwrap();
    assert_eq!((worker.on_duty, worker.duty_changed_at), (true, Some(NOW)));
    assert_eq!(templates::list(&mut connection, tenant).await.unwrap(), [Template { archived: true, ..company.template.clone() }]);
    assert!(matches!(customers::find(&mut connection, tenant, CustomerId(Uuid::now_v7())).await, Err(Error::Missing)));
    assert_eq!(tenants::find(&mut connection, tenant).await.unwrap().settings, Settings::default());
    // A reader cannot write, whatever it tries.
    assert!(customers::create(&mut connection, tenant, &customer(company.customer, "x")).await.is_err());
}

#[tokio::test]
async fn a_reader_sees_one_tenant_even_when_a_filter_is_forgotten() {
    let demo = Company::new().await;
    let other = Company::at(demo.store.clone(), "other").await;
    let job = demo.allocated(NOW);
    demo.create(&job).await;
    // Asked for the other's rows by their own tenant id, on a connection for this tenant.
    let mut connection = other.read().await;
    assert!(jobs::find_many(&mut connection, demo.tenant, &[job.id]).await.unwrap().is_empty());
    assert!(matches!(jobs::schedule(&mut connection, demo.tenant, NOW, NOW.plus_ms(HOUR_MS)).await, Err(Error::Missing)));
    assert!(events::after(&mut connection, demo.tenant, 0, 10).await.unwrap().is_empty());
    assert!(matches!(tenants::find(&mut connection, demo.tenant).await, Err(Error::Missing)));
    assert!(matches!(workers::find(&mut connection, demo.tenant, demo.worker).await, Err(Error::Missing)));
    assert!(jobs::find(&mut *demo.read().await, demo.tenant, job.id).await.is_ok());
}

#[tokio::test]
async fn snapshots_come_with_their_seq() {
    let company = Company::new().await;
    let tenant = company.tenant;
    let range = (NOW, NOW.plus_ms(24 * HOUR_MS));
    let (seq, none) = jobs::schedule(&mut *company.read().await, tenant, range.0, range.1).await.unwrap();
    assert_eq!((seq, none.len()), (0, 0));

    let to_place = company.job(company.customer, "Bakery on Main Street");
    let inside = company.allocated(NOW.plus_ms(HOUR_MS));
    let reaching_in = company.allocated(NOW.plus_ms(-HOUR_MS / 2));
    let outside = company.allocated(NOW.plus_ms(48 * HOUR_MS));
    for job in [&to_place, &inside, &reaching_in, &outside] {
        company.create(job).await;
    }
    let (seq, scheduled) = jobs::schedule(&mut *company.read().await, tenant, range.0, range.1).await.unwrap();
    assert_eq!((seq, scheduled.iter().map(|job| job.number).collect::<Vec<_>>()), (4, vec![1, 2, 3]));
    assert_eq!(scheduled[1], Job { number: 2, version: 1, ..inside.clone() });

    let mut started = inside.clone();
    started.status = Status::Started;
    company.commit(&started, 1, false).await;
    let (seq, phone) = jobs::of_worker(&mut *company.read().await, tenant, company.worker, NOW).await.unwrap();
    assert_eq!((seq, phone.len(), phone[0].version), (5, 1, 2));
    let (_, none) = jobs::of_worker(&mut *company.read().await, tenant, WorkerId(Uuid::now_v7()), NOW).await.unwrap();
    assert!(none.is_empty());

    started.status = Status::Completed;
    started.actual_end = Some(NOW);
    company.commit(&started, 2, false).await;
    let of_worker = async |since: At| jobs::of_worker(&mut *company.read().await, tenant, company.worker, since).await.unwrap().1.len();
    assert_eq!((of_worker(NOW).await, of_worker(NOW.plus_ms(1)).await), (1, 0));

    // Closed and not changed of late: not in the portal's picture.
    let snapshot = async |since: At| jobs::portal_snapshot(&mut *company.read().await, tenant, &[company.customer], &[], since).await.unwrap();
    let future = At(i64::MAX);
    assert_eq!(snapshot(At(0)).await.1.iter().map(|job| job.number).collect::<Vec<_>>(), [4, 3, 2, 1]);
    assert_eq!(snapshot(future).await.1.iter().map(|job| job.number).collect::<Vec<_>>(), [4, 3, 1]);
    assert_eq!(jobs::open(&mut company.store.write().await.unwrap()).await.unwrap().len(), 3);
    let (seq, one) = jobs::one_with_seq(&mut *company.read().await, tenant, started.id).await.unwrap();
    assert_eq!((seq, one.unwrap().version), (6, 3));
}

#[tokio::test]
async fn lists_are_filtered_and_searched() {
    let company = Company::new().await;
    let other = CustomerId(Uuid::now_v7());
    company.create(&company.allocated(NOW)).await;
    company.create(&company.job(other, "100 % Plumbing")).await;
    company.create(&company.allocated(NOW.plus_ms(HOUR_MS))).await;
    let staff = Filter { limit: 50, ..Filter::default() };
    let portal = Filter { view: View::Portal, ..staff.clone() };
    let find = |text: &'static str, view: View| Filter { text: Some(text), view, ..staff.clone() };
    for (filter, numbers) in [
        (Filter { statuses: &[Status::Allocated], ..staff.clone() }, vec![1, 3]),
        // In a portal user's words an allocated job is unassigned.
        (Filter { statuses: &[Status::Allocated], ..portal.clone() }, vec![]),
        (Filter { statuses: &[Status::Unassigned], ..portal.clone() }, vec![1, 2, 3]),
        (Filter { customers: Some(&[other]), ..staff.clone() }, vec![2]),
        (Filter { customers: Some(&[]), ..staff.clone() }, vec![]),
        (Filter { worker: Some(company.worker), ..staff.clone() }, vec![1, 3]),
        (Filter { template: Some(company.template.id), ..staff.clone() }, vec![1, 2, 3]),
        (Filter { from: Some(NOW), to: Some(NOW.plus_ms(HOUR_MS)), ..staff.clone() }, vec![1]),
        (Filter { from: Some(NOW), ..staff.clone() }, vec![1, 3]),
        // The plan of an allocated job is not for the portal.
        (Filter { from: Some(NOW), ..portal.clone() }, vec![]),
        (find("bakery", View::Staff), vec![1, 3]),
        (find("%", View::Staff), vec![]),
        (find("100 % p", View::Portal), vec![2]),
        (find("J-3", View::Portal), vec![3]),
        (find("_", View::Staff), vec![]),
        (find("secret", View::Staff), vec![1, 2, 3]),
        (find("secret", View::Portal), vec![]),
    ] {
        assert_eq!(company.numbers(&filter).await, numbers, "{filter:?}");
    }
}

#[tokio::test]
async fn every_order_can_be_paged_to_its_end() {
    let company = Company::new().await;
    for number in 0..11_i64 {
        let mut job = if number % 3 == 0 { company.job(company.customer, "Zoo") } else { company.allocated(NOW.plus_ms(number % 4 * HOUR_MS)) };
        job.customer.name = format!("Customer {}", number % 2);
        company.create(&job).await;
    }
    for sort in [Sort::Number, Sort::Date, Sort::Status, Sort::Customer, Sort::Template] {
        for view in [View::Staff, View::Portal, View::Quiet] {
            let whole = |descending| Filter { sort, view, descending, limit: 100, ..Filter::default() };
            let forwards = company.numbers(&whole(false)).await;
            let mut backwards = company.numbers(&whole(true)).await;
            backwards.reverse();
            assert_eq!(forwards, backwards, "{sort:?} {view:?}");
            for descending in [false, true] {
                let mut paged = Vec::new();
                let mut after = None;
                loop {
                    let filter = Filter { after, limit: 3, ..whole(descending) };
                    let page = jobs::page(&mut *company.read().await, company.tenant, &filter).await.unwrap();
                    paged.extend(page.jobs.iter().map(|job| job.number));
                    let Some(next) = page.next else { break };
                    after = Cursor::parse(&next.encode(), sort);
                    assert!(after.is_some());
                }
                assert_eq!(paged.len(), 11, "{sort:?} {view:?}");
                assert_eq!(paged, company.numbers(&whole(descending)).await, "{sort:?} {view:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_log_remembers_what_was_done() {
    let company = Company::new().await;
    let tenant = company.tenant;
    let job = company.allocated(NOW);
    company.create(&job).await;
    company.commit(&job, 1, false).await;
    company.create(&company.allocated(NOW)).await;
    company.commit(&job, 2, true).await;
    let mut connection = company.read().await;
    let seqs = |events: &[events::Logged]| events.iter().map(|event| event.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&events::after(&mut connection, tenant, 1, 2).await.unwrap()), [2, 3]);
    assert_eq!(seqs(&events::of_job(&mut connection, tenant, job.id).await.unwrap()), [1, 2, 4]);
    let last = events::last_of_job(&mut connection, tenant, job.id).await.unwrap().unwrap();
    assert_eq!((last.seq, last.version, last.kind, last.data), (4, 3, 23, serde_json::json!({"by": "somebody"})));
    assert_eq!(events::head(&company.store, tenant).await.unwrap(), 4);
    assert_eq!(events::head(&company.store, TenantId(Uuid::now_v7())).await.unwrap(), 0);
    let command: Uuid = sqlx::query_scalar("select id from command where seq = 2").fetch_one(&mut *connection).await.unwrap();
    let answered = commands::find(&mut connection, tenant, command).await.unwrap().unwrap();
    assert_eq!(answered, commands::Answered { hash: 9, job: job.id, seq: 2, version: 2 });
    let mut connection = company.store.write().await.unwrap();
    assert_eq!(commands::prune(&mut connection, At(0)).await.unwrap(), 0);
    assert_eq!(commands::prune(&mut connection, At(i64::MAX)).await.unwrap(), 4);
    let epoch = epoch::current(&company.store).await.unwrap();
    assert_eq!(epoch, epoch::current(&company.store).await.unwrap());
}

#[tokio::test]
async fn tracks_are_kept_by_day() {
    let company = Company::new().await;
    let mut connection = company.store.write().await.unwrap();
    assert_eq!(fixes::make_days(&mut connection, NOW).await.unwrap(), 4);
    assert_eq!(fixes::make_days(&mut connection, NOW).await.unwrap(), 0);
    connection.commit().await.unwrap();
    let lanes = FixLanes::start(company.store.writer_pool().clone());
    let fix = |at: At| FixRow {
        tenant: company.tenant,
        worker: company.worker,
        device: "app".into(),
        at,
        received_at: at.plus_ms(5),
        latitude: 60.17,
        longitude: 24.94,
        accuracy_m: None,
        speed_mps: Some(3.5),
        heading_deg: None,
        battery: None,
        show: Some(at),
        aside: false,
    };
    // In a day's own partition, and a month late.
    let times = [NOW.plus_ms(2000), NOW, NOW.plus_ms(-30 * 24 * HOUR_MS)];
    lanes.store(times.iter().map(|at| fix(*at)).collect()).unwrap().await.unwrap();
    let track = fixes::track(&mut *company.read().await, company.tenant, company.worker, NOW, NOW.plus_ms(HOUR_MS), 10).await.unwrap();
    assert_eq!(track.iter().map(|fix| fix.at).collect::<Vec<_>>(), [NOW, NOW.plus_ms(2000)]);
    assert_eq!((track[0].speed_mps, track[0].accuracy_m, track[0].received_at), (Some(3.5), None, NOW.plus_ms(5)));
    let latest = fixes::latest(&mut *company.read().await, company.tenant).await.unwrap();
    assert_eq!((latest.len(), latest[0].shown_at), (1, NOW.plus_ms(2000)));
    let mut connection = company.store.write().await.unwrap();
    assert_eq!(fixes::latest_all(&mut connection).await.unwrap(), [(company.tenant, latest[0].clone())]);
    assert_eq!(fixes::drop_days_before(&mut connection, NOW).await.unwrap(), 0);
    connection.commit().await.unwrap();
    let all = fixes::track(&mut *company.read().await, company.tenant, company.worker, At(0), At(i64::MAX), 10).await.unwrap();
    assert_eq!(all.len(), 2, "the late one was older than what is kept");
    let mut connection = company.store.write().await.unwrap();
    assert_eq!(fixes::drop_days_before(&mut connection, NOW.plus_ms(24 * HOUR_MS)).await.unwrap(), 1);
}
