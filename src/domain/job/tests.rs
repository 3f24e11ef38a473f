//! The table of commands of product.md §2, as data, and what must hold whatever is asked in whatever order.

use super::{Asked, CustomerRef, Job, NewJob, Placement, Source, Status};
use crate::domain::at::At;
use crate::domain::caller::{Caller, Link, Role};
use crate::domain::command::{Command, Edit, WorkerRef};
use crate::domain::event::{Event, Kind};
use crate::domain::field::{FieldDef, FieldKind, Rule};
use crate::domain::ids::{CustomerId, DispatcherId, JobId, PortalUserId, TemplateId, TenantId, WorkerId};
use crate::domain::invoice::Terms;
use crate::domain::portal::{self, Permissions};
use crate::domain::refusal::{Gone, Refusal, Why};
use crate::domain::template::{AddressInput, Filler, Parts, StepDef, StepInput, Template};
use crate::domain::tenant::DispatchRules;
use proptest::prelude::*;
use serde_json::{Map, json};
use uuid::Uuid;

pub(in crate::domain) const NOW: At = At(1_790_000_000_000);
const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const CUSTOMER: CustomerId = CustomerId(Uuid::from_u128(2));

pub(in crate::domain) fn worker(number: u128) -> WorkerRef {
    WorkerRef { id: WorkerId(Uuid::from_u128(100 + number)), name: format!("Worker {number}") }
}

pub(in crate::domain) fn dispatcher() -> Caller {
    Caller { tenant: TENANT, name: "Dana".into(), role: Role::Dispatcher { id: DispatcherId(Uuid::from_u128(10)), admin: false }, token: None }
}

pub(in crate::domain) fn as_worker(number: u128) -> Caller {
    Caller { tenant: TENANT, name: worker(number).name, role: Role::Worker { id: worker(number).id }, token: None }
}

fn portal_user(permissions: Permissions) -> Caller {
    let links = vec![Link { customer: CUSTOMER, name: "Bakery".into(), permissions }];
    Caller { tenant: TENANT, name: "Pia".into(), role: Role::PortalUser { id: PortalUserId(Uuid::from_u128(20)), links }, token: None }
}

fn field(key: &str, worker: Rule, portal: Rule) -> FieldDef {
    FieldDef { key: key.into(), label: key.into(), kind: FieldKind::Text, options: vec![], worker, portal }
}

/// Steps: Site (address, required), Inside (hidden from the portal), Report (a field the worker must fill).
fn template() -> Template {
    let step = |name: &str, address, portal, fields| StepDef { name: name.into(), address, portal, fields, completes_on_arrival: false };
    Template {
        id: TemplateId(Uuid::from_u128(30)),
        name: "Repair".into(),
        colour: "#2563eb".into(),
        duration_min: 60,
        parts: Parts { requested_start: Rule::Optional, asset: Rule::Hidden, contact: Rule::Optional, notes: Rule::Optional, copies: 1 },
        steps: vec![
            step("Site", true, Rule::Required, vec![field("gate", Rule::ReadOnly, Rule::Optional)]),
            step("Inside", false, Rule::Hidden, vec![field("secret", Rule::Optional, Rule::Optional)]),
            step("Report", false, Rule::ReadOnly, vec![field("result", Rule::Required, Rule::ReadOnly)]),
        ],
        fields: vec![field("what", Rule::ReadOnly, Rule::Required), field("margin", Rule::Hidden, Rule::Hidden)],
        invoice_lines: vec![],
        archived: false,
    }
}

fn address() -> StepInput {
    let address = AddressInput { text: "Keskuskatu 1".into(), latitude: Some(60.17), longitude: Some(24.94) };
    StepInput { index: 0, address: Some(address), fields: Map::new() }
}

fn request(template: &Template, filler: Filler) -> NewJob<'_> {
    let fields = json!({"what": "A leak"}).as_object().cloned().unwrap_or_default();
    NewJob {
        template,
        customer: CustomerRef { id: CUSTOMER, name: "Bakery".into() },
        requested_start: Some(NOW.plus_min(60)),
        asset: None,
        contact: None,
        notes: String::new(),
        steps: vec![address()],
        fields,
        terms: Terms::default(),
        files: Vec::new(),
        placement: Placement::default(),
        filler,
        source: if filler == Filler::Portal { Source::Portal } else { Source::Dispatcher },
    }
}

pub(in crate::domain) fn new_job() -> Job {
    let by = portal_user(Permissions::all()).by();
    let (mut job, _) = request(&template(), Filler::Portal).decide(TENANT, JobId(Uuid::from_u128(40)), by, DispatchRules::default(), NOW).unwrap();
    job.number = 1;
    job
}

pub(in crate::domain) fn decide(job: &Job, caller: &Caller, command: &Command) -> Result<Option<Event>, Refusal> {
    decide_at(job, caller, command, NOW.plus_min(1), DispatchRules::default())
}

fn decide_at(job: &Job, caller: &Caller, command: &Command, now: At, rules: DispatchRules) -> Result<Option<Event>, Refusal> {
    job.decide(&Asked { command, caller, source: Source::Dispatcher, now, happened_at: now, version: None, rules, files: &[] })
}

fn after(mut job: Job, commands: &[(Caller, Command)]) -> Job {
    for (caller, command) in commands {
        let event = decide(&job, caller, command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}")).expect("it changes something");
        job.apply(&event);
    }
    job
}

pub(in crate::domain) fn allocate() -> Command {
    Command::Allocate { worker: worker(1), start: NOW.plus_min(60), end: None }
}

pub(in crate::domain) fn step(step: usize) -> Command {
    let fields = if step == 2 { json!({"result": "fixed"}).as_object().cloned().unwrap_or_default() } else { Map::new() };
    Command::CompleteStep { step, fields }
}

fn job_in(status: Status) -> Job {
    let (d, w) = (dispatcher(), as_worker(1));
    let road = [
        (d.clone(), allocate()),
        (d.clone(), Command::Publish),
        (w.clone(), Command::Accept),
        (w.clone(), step(0)),
        (w.clone(), step(1)),
        (w, step(2)),
    ];
    match status {
        Status::Unassigned => new_job(),
        Status::Allocated => after(new_job(), &road[..1]),
        Status::Pending => after(new_job(), &road[..2]),
        Status::Assigned => after(new_job(), &road[..3]),
        Status::Started => after(new_job(), &road[..4]),
        Status::Completed => after(new_job(), &road),
        Status::Cancelled => after(new_job(), &[(d, Command::Cancel { reason: None })]),
    }
}

/// Command, and for each status what a dispatcher gets: the status after it, `-` refused, `=` nothing changes.
#[test]
fn what_a_dispatcher_may_do_in_each_status() {
    let move_to = |worker| Command::Reschedule { start: NOW.plus_min(60), end: Some(NOW.plus_min(150)), worker };
    let table: [(Command, &str); 15] = [
        //                                                     una alloc pend assig start compl cance
        (allocate(), "all all - - - - -"),
        (Command::Unallocate, "- una una una - - -"),
        (Command::Publish, "- pen - - - - -"),
        (Command::Unpublish, "- - all all - - -"),
        (Command::EnRoute, "- - - ass - - -"),
        (step(0), "- - - sta - - -"),
        (Command::UndoStep, "- - - - ass sta -"),
        (Command::Pause, "- - - - sta - -"),
        (Command::Resume, "- - - - = - -"),
        (move_to(None), "- all pen ass sta - -"),
        (move_to(Some(worker(2))), "all all all all sta - -"),
        (Command::Cancel { reason: None }, "can can can can can - -"),
        (Command::Reopen, "- - - - - - una"),
        (Command::Delete, "una all pen ass - com can"),
        (Command::MarkSeen, "una = = = = = ="),
    ];
    for (command, row) in &table {
        for (status, expected) in Status::ALL.into_iter().zip(row.split(' ')) {
            let mut job = job_in(status);
            let got = match decide(&job, &dispatcher(), command) {
                Ok(Some(event)) => {
                    job.apply(&event);
                    format!("{:?}", job.status)[..3].to_lowercase()
                }
                Ok(None) => "=".into(),
                Err(Refusal::Paused) => "paused".into(),
                Err(_) => "-".into(),
            };
            assert_eq!(got, expected, "{command:?} on {status:?}");
        }
    }
}

#[test]
fn who_never_has_a_command_is_forbidden_it_whatever_the_job() {
    let workers = [Command::Accept, Command::Decline { reason: "far".into() }];
    let dispatchers = [allocate(), Command::Unallocate, Command::Publish, Command::Unpublish, Command::Reopen, Command::MarkSeen];
    let both = [Command::EnRoute, step(0), Command::UndoStep, Command::Pause, Command::Resume];
    let customers_too = [Command::Cancel { reason: None }, Command::Delete];
    let portal = portal_user(Permissions::all());
    for status in Status::ALL {
        let job = job_in(status);
        let forbidden =
            |caller: &Caller, command: &Command| assert_eq!(decide(&job, caller, command), Err(Refusal::Forbidden), "{command:?} on {status:?}");
        for command in &workers {
            forbidden(&dispatcher(), command);
        }
        for command in workers.iter().chain(&dispatchers).chain(&both) {
            forbidden(&portal, command);
        }
        for command in dispatchers.iter().chain(&customers_too) {
            forbidden(&as_worker(1), command);
        }
    }
}

#[test]
fn a_foreign_job_looks_like_a_missing_one() {
    let job = job_in(Status::Assigned);
    assert_eq!(decide(&job, &as_worker(2), &Command::EnRoute), Err(Refusal::Missing));
    let stranger = Caller { role: Role::PortalUser { id: PortalUserId(Uuid::from_u128(21)), links: vec![] }, ..portal_user(Permissions::all()) };
    assert_eq!(decide(&job, &stranger, &Command::Cancel { reason: None }), Err(Refusal::Missing));
    let blind = portal_user(Permissions { view_jobs: false, ..Permissions::all() });
    assert_eq!(decide(&job, &blind, &Command::Cancel { reason: None }), Err(Refusal::Missing));
}

#[test]
fn a_worker_who_had_the_job_is_told_why_it_went() {
    let moved = Command::Reschedule { start: NOW.plus_min(90), end: None, worker: Some(worker(2)) };
    let cases = [(Command::Unallocate, Gone::Unpublished), (moved, Gone::Reassigned), (Command::Cancel { reason: None }, Gone::Cancelled)];
    for (command, reason) in cases {
        let job = after(job_in(Status::Assigned), &[(dispatcher(), command)]);
        assert_eq!(decide(&job, &as_worker(1), &Command::EnRoute), Err(Refusal::NoLongerYours { number: 1, reason }));
    }
}

#[test]
fn steps_are_done_in_order_with_their_required_fields() {
    let job = job_in(Status::Started);
    assert_eq!(decide(&job, &as_worker(1), &step(2)), Err(Refusal::WrongStep { expected: Some(1) }));
    let job = after(job, &[(as_worker(1), step(1))]);
    let empty = Command::CompleteStep { step: 2, fields: Map::new() };
    let refused = decide(&job, &as_worker(1), &empty).unwrap_err();
    assert!(matches!(&refused, Refusal::RequiredFields(faults) if faults[0].pointer == "/fields/result"), "{refused:?}");
    let event = decide(&job, &as_worker(1), &step(2)).unwrap().unwrap();
    assert_eq!(event.kind, Kind::JobCompleted);
    let paused = after(job, &[(dispatcher(), Command::Pause)]);
    assert_eq!(decide(&paused, &as_worker(1), &step(2)), Err(Refusal::Paused));
}

#[test]
fn a_worker_undoes_for_ten_seconds_a_dispatcher_at_any_time() {
    let job = job_in(Status::Completed);
    let done_at = NOW.plus_min(1);
    let rules = DispatchRules::default();
    let undo = |caller: &Caller, ms| decide_at(&job, caller, &Command::UndoStep, done_at.plus_ms(ms), rules);
    assert!(undo(&as_worker(1), 10_000).is_ok());
    assert_eq!(undo(&as_worker(1), 10_001), Err(Refusal::UndoTooLate));
    assert!(undo(&dispatcher(), 86_400_000).is_ok());
    let reopened = after(job, &[(dispatcher(), Command::UndoStep)]);
    assert_eq!((reopened.status, reopened.actual_end), (Status::Started, None));
}

#[test]
fn publishing_assigns_when_nobody_has_to_accept() {
    let job = job_in(Status::Allocated);
    for rules in
        [DispatchRules { accept_decline: false, ..DispatchRules::default() }, DispatchRules { auto_accept: true, ..DispatchRules::default() }]
    {
        let event = decide_at(&job, &dispatcher(), &Command::Publish, NOW.plus_min(1), rules).unwrap().unwrap();
        assert_eq!(event.kind, Kind::JobAssigned);
        let mut assigned = job.clone();
        assigned.apply(&event);
        let decline = Command::Decline { reason: "far".into() };
        assert!(decide(&assigned, &as_worker(1), &decline).is_ok(), "auto-assigned may be declined");
        let on_the_way = after(assigned, &[(as_worker(1), Command::EnRoute)]);
        assert_eq!(decide(&on_the_way, &as_worker(1), &decline), Err(Refusal::IllegalTransition(Status::Assigned)));
    }
    let accepted = job_in(Status::Assigned);
    assert!(decide(&accepted, &as_worker(1), &Command::Decline { reason: "far".into() }).is_err(), "accepted is a promise");
    assert_eq!(decide(&accepted, &as_worker(1), &Command::Accept), Ok(None));
}

#[test]
fn declining_keeps_who_and_why_and_frees_the_job() {
    let job = after(job_in(Status::Pending), &[(as_worker(1), Command::Decline { reason: "No time".into() })]);
    assert_eq!((job.status, job.worker.clone(), job.scheduled), (Status::Unassigned, None, None));
    assert_eq!((job.declined[0].worker.name.as_str(), job.declined[0].reason.as_str()), ("Worker 1", "No time"));
}

#[test]
fn a_request_from_the_portal_is_bound_by_the_portals_rules() {
    let template = template();
    let refused = |change: &dyn Fn(&mut NewJob<'_>)| {
        let mut new = request(&template, Filler::Portal);
        change(&mut new);
        let by = portal_user(Permissions::all()).by();
        match new.decide(TENANT, JobId(Uuid::from_u128(41)), by, DispatchRules::default(), NOW) {
            Err(Refusal::Invalid(faults)) => faults.into_iter().map(|fault| (fault.pointer, fault.why)).collect::<Vec<_>>(),
            other => panic!("expected faults, got {other:?}"),
        }
    };
    let at = |pointer: &str, why| vec![(pointer.to_owned(), why)];
    assert_eq!(refused(&|new| new.steps.clear()), at("/steps/0/address/text", Why::Required));
    assert_eq!(refused(&|new| new.fields = Map::new()), at("/fields/what", Why::Required));
    assert_eq!(refused(&|new| drop(new.fields.insert("margin".into(), json!("1")))), at("/fields/margin", Why::Unknown));
    let on_step = |index, key: &str| StepInput { index, address: None, fields: [(key.to_owned(), json!("x"))].into_iter().collect() };
    // The hidden step does not exist: index 1 is "Report", which the portal may only read.
    assert_eq!(refused(&|new| new.steps.push(on_step(1, "result"))), at("/steps/1/fields/result", Why::ReadOnly));
    assert_eq!(refused(&|new| new.steps.push(on_step(2, "secret"))), at("/steps/1/index", Why::Unknown));
    assert_eq!(
        refused(&|new| new.steps[0].address = Some(AddressInput { text: "x".into(), latitude: Some(91.0), longitude: Some(0.0) }))[0].0,
        "/steps/0/address/latitude"
    );
}

#[test]
fn the_portal_sees_nothing_hidden_and_no_plan_before_it_is_published() {
    let all = Permissions::all();
    let allocated = job_in(Status::Allocated);
    let seen = portal::project(&allocated, &all).unwrap();
    assert_eq!((seen.status, seen.scheduled, seen.worker), (Some(Status::Unassigned), None, None));
    assert_eq!(seen.steps.iter().map(|step| step.name).collect::<Vec<_>>(), ["Site", "Report"]);
    assert_eq!(seen.fields.iter().map(|field| field.def.key.as_str()).collect::<Vec<_>>(), ["what"]);
    let pending = job_in(Status::Pending);
    let seen = portal::project(&pending, &all).unwrap();
    assert!(seen.scheduled.is_some() && seen.worker.is_none(), "the plan, but not yet whose");
    let started = job_in(Status::Started);
    let seen = portal::project(&started, &all).unwrap();
    assert_eq!(seen.worker.unwrap().name, "Worker", "first name only");
    let silent = Permissions { live_status: false, ..all };
    let seen = portal::project(&started, &silent).unwrap();
    assert_eq!((seen.status, seen.last_completed_step, seen.actual_start), (None, None, None));
    assert!(seen.steps.iter().all(|step| step.done.is_none()));
}

#[test]
fn what_the_portal_does_not_see_makes_no_sound_there() {
    let sound = |job: &Job, caller: &Caller, command: &Command| decide(job, caller, command).unwrap().unwrap().portal_visible;
    assert!(!sound(&job_in(Status::Unassigned), &dispatcher(), &allocate()));
    let moved = Command::Reschedule { start: NOW.plus_min(90), end: None, worker: None };
    assert!(!sound(&job_in(Status::Allocated), &dispatcher(), &moved));
    assert!(!sound(&job_in(Status::Allocated), &dispatcher(), &Command::Unallocate));
    assert!(sound(&job_in(Status::Allocated), &dispatcher(), &Command::Publish));
    assert!(sound(&job_in(Status::Assigned), &dispatcher(), &moved));
    let hidden_step = decide(&job_in(Status::Started), &as_worker(1), &step(1)).unwrap().unwrap();
    assert!(!hidden_step.portal_visible, "a hidden step does not exist");
    let internal = Command::Edit(Box::new(Edit { internal_notes: Some("pays late".into()), ..Edit::default() }));
    assert!(!sound(&job_in(Status::Assigned), &dispatcher(), &internal));
}

#[test]
fn an_event_keeps_both_values_of_what_it_changed() {
    let members = |event: &Event| event.differences.iter().map(|difference| difference.member.clone()).collect::<Vec<_>>();
    let job = job_in(Status::Assigned);
    let moved = Command::Reschedule { start: NOW.plus_min(900), end: None, worker: None };
    let event = decide(&job, &dispatcher(), &moved).unwrap().unwrap();
    assert_eq!(members(&event), ["/scheduled_start", "/scheduled_end"]);
    let edit = Edit { notes: Some("At the back".into()), duration_min: Some(job.duration_min + 5), ..Edit::default() };
    let event = decide(&job, &dispatcher(), &Command::Edit(Box::new(edit))).unwrap().unwrap();
    assert_eq!(members(&event), ["/duration_min", "/notes"]);
    assert_ne!(event.differences[0].before, event.differences[0].after);
    let kept: Event = serde_json::from_value(serde_json::to_value(&event).unwrap()).unwrap();
    assert_eq!(kept, event);
    let paused = decide(&job_in(Status::Started), &as_worker(1), &Command::Pause).unwrap().unwrap();
    assert!(paused.differences.is_empty(), "progress is the event itself");
}

#[test]
fn a_version_is_stale_only_if_the_callers_own_view_changed() {
    let job = after(job_in(Status::Unassigned), &[(dispatcher(), allocate())]);
    let asked = |caller: &Caller, command: &Command, version| {
        let rules = DispatchRules::default();
        job.decide(&Asked {
            command,
            caller,
            source: Source::Portal,
            now: NOW.plus_min(2),
            happened_at: NOW,
            version: Some(version),
            rules,
            files: &[],
        })
    };
    let notes = Command::Edit(Box::new(Edit { notes: Some("ring twice".into()), ..Edit::default() }));
    assert!(asked(&portal_user(Permissions::all()), &notes, 1).is_ok(), "allocating is nothing the portal sees");
    assert_eq!(asked(&dispatcher(), &notes, 1), Err(Refusal::Conflict));
    assert!(asked(&dispatcher(), &notes, 2).is_ok());
    assert_eq!(asked(&dispatcher(), &notes, 3), Err(Refusal::Conflict), "a version that never was");
    let mut seen = job_in(Status::Unassigned);
    let event = decide(&seen, &dispatcher(), &Command::MarkSeen).unwrap().unwrap();
    seen.apply(&event);
    assert_eq!((seen.version, seen.staff_version), (2, 1), "opening a job makes nobody stale");
}

#[test]
fn a_portal_user_edits_what_they_see_until_work_begins() {
    let notes = Command::Edit(Box::new(Edit { notes: Some("ring twice".into()), ..Edit::default() }));
    let pia = portal_user(Permissions::all());
    let edited = after(job_in(Status::Assigned), &[(pia.clone(), notes.clone())]);
    assert!(edited.changed_by_customer);
    assert_eq!(edited.scheduled, job_in(Status::Assigned).scheduled, "an edit never moves the schedule");
    let on_the_way = after(job_in(Status::Assigned), &[(as_worker(1), Command::EnRoute)]);
    for job in [on_the_way, job_in(Status::Started), job_in(Status::Completed), job_in(Status::Cancelled)] {
        assert!(matches!(decide(&job, &pia, &notes), Err(Refusal::IllegalTransition(_))), "{:?}", job.status);
    }
    let read_only = portal_user(Permissions { edit: false, ..Permissions::all() });
    assert_eq!(decide(&job_in(Status::Unassigned), &read_only, &notes), Err(Refusal::Forbidden));
    let internal = Command::Edit(Box::new(Edit { internal_notes: Some("x".into()), ..Edit::default() }));
    assert!(matches!(decide(&job_in(Status::Unassigned), &pia, &internal), Err(Refusal::Invalid(_))));
}

fn any_command() -> impl Strategy<Value = Command> {
    let placed = (1..3u128, 1..50i64).prop_map(|(number, start)| (worker(number), NOW.plus_min(start)));
    prop_oneof![
        placed.clone().prop_map(|(worker, start)| Command::Allocate { worker, start, end: None }),
        placed.prop_map(|(worker, start)| Command::Reschedule { start, end: None, worker: Some(worker) }),
        (0..4usize).prop_map(step),
        proptest::sample::select(vec![
            Command::Unallocate,
            Command::Publish,
            Command::Unpublish,
            Command::Accept,
            Command::EnRoute,
            Command::UndoStep,
            Command::Pause,
            Command::Resume,
            Command::Reopen,
            Command::MarkSeen,
            Command::EndEnRoute,
            Command::Decline { reason: "far".into() },
            Command::Cancel { reason: None },
        ]),
    ]
}

fn any_caller() -> impl Strategy<Value = Caller> {
    proptest::sample::select(vec![dispatcher(), as_worker(1), as_worker(2), portal_user(Permissions::all())])
}

proptest! {
    /// R8: no order of commands from anybody leads to a state that must not be.
    #[test]
    fn invariants_hold_whatever_is_asked(orders in proptest::collection::vec((any_caller(), any_command(), 0..120_000i64), 1..60)) {
        let mut job = new_job();
        let mut now = NOW;
        for (caller, command, ms) in orders {
            now = now.plus_ms(ms);
            let before = job.clone();
            let Ok(Some(event)) = decide_at(&job, &caller, &command, now, DispatchRules::default()) else { continue };
            job.apply(&event);
            prop_assert_eq!(job.version, before.version + 1);
            prop_assert!(event.at >= before.last_at && event.at <= now.max(before.last_at));
            prop_assert!(!job.en_route || job.status == Status::Assigned);
            prop_assert!(!job.paused || job.status == Status::Started);
            prop_assert_eq!(job.is_watchable(), job.marked_at.is_some(), "{:?} by {:?}", job.status, event.change);
            let done = job.steps.iter().filter(|step| step.done.is_some()).count();
            prop_assert!(job.steps[..done].iter().all(|step| step.done.is_some()), "steps are done in order");
            match job.status {
                Status::Unassigned => prop_assert!(job.worker.is_none() && job.scheduled.is_none() && done == 0),
                Status::Allocated | Status::Pending | Status::Assigned => prop_assert!(job.worker.is_some() && job.scheduled.is_some() && done == 0),
                Status::Started => prop_assert!(job.worker.is_some() && (1..job.steps.len()).contains(&done) && job.actual_start.is_some()),
                Status::Completed => prop_assert!(done == job.steps.len() && job.actual_end.is_some()),
                Status::Cancelled => {}
            }
            // What is stored is what is held.
            let stored: Job = serde_json::from_value(serde_json::to_value(&job).unwrap()).unwrap();
            prop_assert_eq!(Job { tenant: job.tenant, number: job.number, version: job.version, ..stored }, job.clone());
            let logged: Event = serde_json::from_value(serde_json::to_value(&event).unwrap()).unwrap();
            prop_assert_eq!(logged, event);
        }
    }
}
