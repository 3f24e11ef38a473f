//! One sample of every message of the socket, in both encodings, byte for byte: what stands in `tests/wire` is the contract.
//!
//! The same files are read by the web apps' tests (`web/src/lib/wire.test.ts`). After a wanted change: `UPDATE_WIRE=1 cargo test --test wire`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "all of this is tests, also what they share")]

use dispatch_hub::domain::availability::Absence;
use dispatch_hub::domain::caller::ByKind;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::domain::field::{FieldKind, FieldValue, Rule};
use dispatch_hub::domain::fix::WorkerStatus;
use dispatch_hub::domain::job::{DateKind, Source, Status};
use dispatch_hub::domain::refusal::Gone;
use dispatch_hub::protocol::caller::{Caller, LinkedCustomer, PermissionSet, TenantRef};
use dispatch_hub::protocol::client::{
    ClientMessage, CommandBody, CommandMessage, Do, Duty, Editing, Fixes, Pong, RawFix, Subscribe, Undecodable, Unsubscribe, Viewport,
};
use dispatch_hub::protocol::invoice::{Invoice, InvoiceLine, InvoiceTax};
use dispatch_hub::protocol::problem::{Name, Problem};
use dispatch_hub::protocol::server::{
    CellCount, Cells, Eta, EventMessage, Okay, Ping, Position, Positions, Presence, PresentDispatcher, Refused, ServerMessage, Snapshot, Stored,
    Welcome, WorkerState,
};
use dispatch_hub::protocol::views::{Address, AssetRef, By, Can, Contact, CustomerRef, Declined, Field, Job, JobDate, Step, TemplateRef, WorkerRef};
use dispatch_hub::protocol::workers::{Rows, ScheduleWorker};
use dispatch_hub::protocol::{Encoding, Millis, Topic};
use jiff::civil::date;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

const NOON: Millis = Millis(1_790_000_000_000);

fn id<T: From<Uuid>>(last: u8) -> T {
    Uuid::from_u128(0x0190_1a2b_3c4d_7000_8000_0000_0000_0000 | u128::from(last)).into()
}

fn after(ms: i64) -> Millis {
    Millis(NOON.0 + ms)
}

/// A job as a dispatcher sees it, with something in every member.
fn job() -> Job<Millis> {
    let field = |key: &str, kind, options: &[&str], value, access| Field {
        key: key.into(),
        label: format!("Label of {key}"),
        kind,
        options: options.iter().map(ToString::to_string).collect(),
        value,
        access,
    };
    let text = |text: &str| Some(FieldValue::Text(text.into()));
    let fields = vec![
        field("door", FieldKind::Text, &[], text("12 A"), Rule::Required),
        field("wishes", FieldKind::LongText, &[], text("two\nlines"), Rule::Optional),
        field("metres", FieldKind::Number, &[], Some(FieldValue::Number(2.5)), Rule::Optional),
        field("day", FieldKind::Date, &[], text("2026-09-21"), Rule::ReadOnly),
        field("time", FieldKind::Time, &[], text("07:30"), Rule::ReadOnly),
        field("size", FieldKind::Choice, &["small", "large"], text("large"), Rule::Optional),
        field("tools", FieldKind::Choices, &["ladder", "drill"], Some(FieldValue::List(vec!["ladder".into()])), Rule::Optional),
        field("keys", FieldKind::Checkbox, &[], Some(FieldValue::Flag(true)), Rule::Optional),
        field("plan", FieldKind::Link, &[], text("https://example.com/plan"), Rule::Optional),
        field("photo", FieldKind::Photo, &[], None, Rule::Optional),
        field("signed", FieldKind::Signature, &[], None, Rule::Required),
    ];
    let step = |index, name: &str, done: Option<i64>, fields: Vec<Field>| Step {
        index,
        name: name.into(),
        access: Rule::Optional,
        has_address: index == 0,
        address: (index == 0).then(|| Address { text: "Keskuskatu 1, Helsinki".into(), latitude: Some(60.169_52), longitude: Some(24.941_18) }),
        done_at: done.map(after),
        done_received_at: done.map(|ms| after(ms + 1_500)),
        arrived_at: None,
        left_at: None,
        fields,
    };
    Job {
        id: id(1),
        number: "J-1042".into(),
        version: 7,
        status: Some(Status::Started),
        paused: false,
        en_route: false,
        nearby: false,
        template: TemplateRef { id: id(2), name: "Tap repair".into(), colour: "#2563eb".into() },
        customer: CustomerRef { id: id(3), name: "Bakery, Keskuskatu".into() },
        worker: Some(WorkerRef { id: id(4), name: "Aino Virtanen".into() }),
        requested_start: Some(NOON),
        scheduled_start: Some(after(3_600_000)),
        scheduled_end: Some(after(7_200_000)),
        actual_start: Some(after(3_700_000)),
        actual_end: None,
        duration_min: 60,
        date: Some(JobDate { at: after(3_700_000), kind: DateKind::Actual }),
        steps: vec![step(0, "Drive", Some(3_700_000), Vec::new()), step(1, "Repair", None, fields)],
        fields: vec![field("floor", FieldKind::Text, &[], None, Rule::Optional)],
        last_completed_step: Some("Drive".into()),
        source: Source::Portal,
        is_new: true,
        changed_by_customer: true,
        declined: vec![Declined { worker: WorkerRef { id: id(5), name: "Eero Laine".into() }, reason: "No time".into(), at: after(60_000) }],
        asset: Some(AssetRef { id: id(6), kind: "Boiler".into(), name: "Boiler 3, cellar".into() }),
        contact: Some(Contact { name: "Siiri".into(), phone: "+358 40 000 0000".into() }),
        notes: Some("Ring twice – “å, ä, ö”".into()),
        files: Vec::new(),
        internal_notes: Some("Pays late".into()),
        invoice: Some(invoice()),
        can: Can { edit: true, cancel: true, see_map: true, see_worker: true, invoice: true, alerts: true, ..Can::default() },
    }
}

fn invoice() -> Invoice {
    Invoice {
        number: None,
        date: None,
        currency: "EUR".into(),
        prices_include_tax: false,
        lines: vec![InvoiceLine {
            code: "WORK".into(),
            description: "Repair, hour – “å, ä, ö”".into(),
            quantity: "1.5".into(),
            unit_price: "79.90".into(),
            tax_rate: "25.5".into(),
            total: "119.85".into(),
        }],
        taxes: vec![InvoiceTax { rate: "25.5".into(), net: "119.85".into(), amount: "30.56".into() }],
        net: "119.85".into(),
        total: "150.41".into(),
    }
}

/// The same job as a customer without the right to see the worker gets it.
fn portal_job() -> Job<Millis> {
    Job {
        version: 8,
        status: Some(Status::Unassigned),
        worker: None,
        scheduled_start: None,
        scheduled_end: None,
        actual_start: None,
        date: None,
        requested_start: None,
        steps: Vec::new(),
        fields: Vec::new(),
        last_completed_step: None,
        is_new: false,
        changed_by_customer: false,
        declined: Vec::new(),
        asset: None,
        contact: None,
        notes: None,
        files: Vec::new(),
        internal_notes: None,
        invoice: None,
        can: Can::default(),
        ..job()
    }
}

fn command(verb: Do) -> CommandBody<Millis> {
    CommandBody::bare(verb)
}

fn client_samples() -> Vec<(&'static str, ClientMessage)> {
    let fields = json!({ "door": "12 A", "metres": 2.5, "tools": ["ladder"], "keys": true, "photo": null });
    let complete = CommandBody { step: Some(1), fields: fields.as_object().cloned(), at: Some(NOON), version: Some(7), ..command(Do::CompleteStep) };
    let allocate = CommandBody { worker: Some(id(4)), start: Some(NOON), end: Some(after(3_600_000)), ..command(Do::Allocate) };
    let say = |body| ClientMessage::Command(CommandMessage { reference: 3, id: id(9), job: id(1), body });
    let fixes = vec![
        RawFix(NOON.0, 60.169_52, 24.941_18, Some(8.5), Some(3.25), Some(270.0), Some(0.75)),
        RawFix(NOON.0 + 1_000, -33.5, -70.25, None, None, None, None),
    ];
    vec![
        (
            "subscribe",
            ClientMessage::Subscribe(Subscribe { reference: 1, topic: Topic::Schedule, after: None, from: Some(NOON), to: Some(after(86_400_000)) }),
        ),
        ("subscribe_after", ClientMessage::Subscribe(Subscribe { reference: 2, topic: Topic::Job(id(1)), after: Some(41), from: None, to: None })),
        ("unsubscribe", ClientMessage::Unsubscribe(Unsubscribe { reference: 2, topic: Topic::Portal })),
        ("viewport", ClientMessage::Viewport(Viewport { west: 24.9, south: 60.1, east: 25.1, north: 60.25, zoom: 13.5 })),
        ("command_complete_step", say(complete)),
        ("command_allocate", say(allocate)),
        ("command_decline", say(CommandBody { reason: Some("No time".into()), ..command(Do::Decline) })),
        ("fixes", ClientMessage::Fixes(Fixes { n: 12, fixes, device: Some("app".into()) })),
        ("duty", ClientMessage::Duty(Duty { reference: 4, on: true })),
        ("editing", ClientMessage::Editing(Editing { job: Some(id(1)) })),
        ("editing_nothing", ClientMessage::Editing(Editing { job: None })),
        ("pong", ClientMessage::Pong(Pong { time_ms: NOON.0 })),
    ]
}

fn caller() -> Caller {
    let permissions = PermissionSet {
        view_jobs: true,
        create: true,
        templates: Some(vec![id(2)]),
        edit: true,
        cancel: false,
        delete: false,
        live_status: true,
        see_map: true,
        see_worker: false,
        invoice: true,
        alerts_email: true,
        alerts_sms: false,
        outside_hours: true,
    };
    Caller {
        kind: ByKind::PortalUser,
        id: id(7),
        name: "Siiri Koski".into(),
        admin: false,
        tenant: TenantRef { id: id(8), name: "Harbour Care".into(), slug: "demo".into(), time_zone: "Europe/Helsinki".into() },
        customers: vec![LinkedCustomer { id: id(3), name: "Bakery, Keskuskatu".into(), permissions }],
        job: None,
    }
}

fn server_samples() -> Vec<(&'static str, ServerMessage)> {
    let by = By { kind: ByKind::Worker, name: "Aino Virtanen".into() };
    let event = |topic, kind, job: Option<Job<Millis>>, reason| {
        let message = EventMessage { topic, seq: 42, at: NOON, kind, job: job.map(Arc::new), job_id: id(1), by: by.clone(), reason, detail: None };
        ServerMessage::Event(Box::new(message))
    };
    let absence = Absence { from: date(2026, 12, 21), to: date(2026, 12, 23), note: "Course".into() };
    let row = ScheduleWorker { id: id(4), name: "Aino Virtanen".into(), hours: vec![Some((480, 960)), None], absences: vec![absence], on_duty: true };
    let rows = Rows { workers: vec![row.clone()], holidays: vec![date(2026, 12, 25)], more: false };
    let snapshot = Snapshot {
        reference: 1,
        topic: Topic::Schedule,
        seq: 41,
        jobs: vec![job()],
        workers: Some(vec![row]),
        holidays: Some(rows.holidays.clone()),
        more: true,
        caller: None,
    };
    let portal = Snapshot { topic: Topic::Portal, jobs: vec![portal_job()], workers: None, holidays: None, more: false, ..snapshot.clone() };
    let position = |status, known: bool| {
        let some = |value: f32| known.then_some(value);
        Position(id(4), NOON, 60.169_52, 24.941_18, some(8.5), some(3.25), some(270.0), status)
    };
    let seen =
        Positions { topic: Topic::Map, list: vec![position(WorkerStatus::Working, true), position(WorkerStatus::Free, false)], gone: Vec::new() };
    let gone = Positions { topic: Topic::Map, list: Vec::new(), gone: vec![id(5)] };
    let state = WorkerState {
        worker: id(4),
        name: "Aino Virtanen".into(),
        on_duty: true,
        connected: true,
        battery: Some(0.75),
        last_fix_at: Some(NOON),
        current_job: Some(id(1)),
    };
    let silent = WorkerState { on_duty: false, connected: false, battery: None, last_fix_at: None, current_job: None, ..state.clone() };
    let presence = Presence { dispatchers: vec![PresentDispatcher { id: id(10), name: "Otso Niemi".into(), editing: Some(id(1)) }] };
    let illegal = Problem { job_status: Some(Status::Completed), ..Problem::with_detail(Name::IllegalTransition, "The job is completed") };
    let missing = Problem::new(Name::Missing);
    vec![
        ("welcome", ServerMessage::Welcome(Welcome { session: id(11), time_ms: NOON, heartbeat_s: 20, epoch: id(12), caller: caller() })),
        ("snapshot_schedule", ServerMessage::Snapshot(snapshot)),
        ("snapshot_portal", ServerMessage::Snapshot(portal)),
        ("event", event(Topic::Schedule, Kind::JobStepCompleted, Some(job()), None)),
        ("event_removed", event(Topic::Worker, Kind::JobRemoved, None, Some(Gone::Reassigned))),
        ("event_deleted", event(Topic::Schedule, Kind::JobDeleted, None, None)),
        ("positions", ServerMessage::Positions(seen)),
        ("positions_gone", ServerMessage::Positions(gone)),
        ("cells", ServerMessage::Cells(Cells { resolution: 6, list: vec![CellCount("861126d37ffffff".into(), 12, 3)] })),
        ("eta", ServerMessage::Eta(Eta { topic: Topic::Job(id(1)), job: id(1), seconds: 540, distance_m: Some(3_200), at: NOON, estimated: false })),
        (
            "eta_without_distance",
            ServerMessage::Eta(Eta { topic: Topic::Portal, job: id(1), seconds: 540, distance_m: None, at: NOON, estimated: false }),
        ),
        ("worker", ServerMessage::Worker(state)),
        ("worker_silent", ServerMessage::Worker(silent)),
        ("rows", ServerMessage::Rows(rows)),
        ("presence", ServerMessage::Presence(presence)),
        ("ok", ServerMessage::Ok(Okay { reference: 4, ..Okay::default() })),
        ("ok_subscribed", ServerMessage::Ok(Okay { reference: 2, seq: Some(42), job: None })),
        ("ok_commanded", ServerMessage::Ok(Okay { reference: 3, seq: Some(42), job: Some(Box::new(job())) })),
        ("refused", ServerMessage::Refused(Refused { reference: Some(3), problem: illegal })),
        (
            "refused_invalid",
            ServerMessage::Refused(Refused { reference: None, problem: Problem::invalid("/fixes/3/1", "latitude must lie within 90 degrees") }),
        ),
        ("refused_missing", ServerMessage::Refused(Refused { reference: Some(3), problem: missing })),
        ("stored", ServerMessage::Stored(Stored { n: 12 })),
        ("ping", ServerMessage::Ping(Ping { time_ms: NOON })),
    ]
}

/// The tag of a message. Without a wildcard, so that a new message does not compile before it has a sample.
fn client_tag(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Subscribe(_) => "subscribe",
        ClientMessage::Unsubscribe(_) => "unsubscribe",
        ClientMessage::Viewport(_) => "viewport",
        ClientMessage::Command(_) => "command",
        ClientMessage::Fixes(_) => "fixes",
        ClientMessage::Duty(_) => "duty",
        ClientMessage::Editing(_) => "editing",
        ClientMessage::Pong(_) => "pong",
    }
}

fn server_tag(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Welcome(_) => "welcome",
        ServerMessage::Snapshot(_) => "snapshot",
        ServerMessage::Event(_) => "event",
        ServerMessage::Positions(_) => "positions",
        ServerMessage::Cells(_) => "cells",
        ServerMessage::Eta(_) => "eta",
        ServerMessage::Worker(_) => "worker",
        ServerMessage::Rows(_) => "rows",
        ServerMessage::Presence(_) => "presence",
        ServerMessage::Ok(_) => "ok",
        ServerMessage::Refused(_) => "refused",
        ServerMessage::Stored(_) => "stored",
        ServerMessage::Ping(_) => "ping",
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

/// Writes a sample's file if that is wanted, and reads what stands there.
fn file(name: &str, encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let path = folder().join(match encoding {
        Encoding::Json => format!("{name}.json"),
        Encoding::Msgpack => format!("{name}.msgpack"),
    });
    if std::env::var_os("UPDATE_WIRE").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; see the head of tests/wire.rs", path.display()))
}

/// The sample is written as its files say, and its files are read as the sample.
fn check<T: Serialize + PartialEq + Debug>(name: &str, tag: &str, sample: &T, read: impl Fn(Encoding, &[u8]) -> T) {
    for encoding in Encoding::ALL {
        let written = encoding.encode(sample);
        let kept = file(name, encoding, &written);
        let as_value = |bytes: &[u8]| encoding.decode::<Value>(bytes).map_or_else(|_| "unreadable".to_owned(), |value| value.to_string());
        assert_eq!(as_value(&written), as_value(&kept), "{name} is not written as it was");
        assert!(written == kept, "{name}: the same content in other bytes");
        assert_eq!(read(encoding, &kept), *sample, "{name} is not read as it was written");
        let content: Value = encoding.decode(&kept).unwrap();
        assert_eq!(content["t"], tag, "{name}");
        let json: Value = Encoding::Json.decode(&file(name, Encoding::Json, &Encoding::Json.encode(sample))).unwrap();
        assert_eq!(content, json, "{name} says the same in both encodings");
    }
}

#[test]
fn every_message_of_clients_is_read_and_written_as_sampled() {
    let mut tags = BTreeSet::new();
    for (name, message) in client_samples() {
        let tag = client_tag(&message);
        assert!(name.starts_with(tag), "{name} is named after its tag");
        tags.insert(tag);
        check(&format!("client_{name}"), tag, &message, |encoding, bytes| ClientMessage::decode(encoding, bytes).unwrap());
    }
    assert_eq!(tags.len(), 8, "a sample of every message: {tags:?}");
}

#[test]
fn every_message_of_the_hub_is_read_and_written_as_sampled() {
    let mut tags = BTreeSet::new();
    for (name, message) in server_samples() {
        let tag = server_tag(&message);
        assert!(name.starts_with(tag), "{name} is named after its tag");
        tags.insert(tag);
        check(&format!("hub_{name}"), tag, &message, |encoding, bytes| encoding.decode(bytes).unwrap());
    }
    assert_eq!(tags.len(), 13, "a sample of every message: {tags:?}");
}

#[test]
fn no_sample_is_left_over() {
    let mut known: BTreeSet<String> = client_samples().iter().map(|(name, _)| format!("client_{name}")).collect();
    known.extend(server_samples().iter().map(|(name, _)| format!("hub_{name}")));
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{} belongs to no sample", path.display());
    }
}

#[test]
fn what_is_no_map_with_a_tag_is_broken_and_what_is_one_is_answered() {
    for encoding in Encoding::ALL {
        let wrap = |value: &Value| ClientMessage::decode(encoding, &encoding.encode(value)).unwrap_err();
        for broken in
            [json!(null), json!(7), json!("subscribe"), json!(["subscribe"]), json!({}), json!({ "ref": 1 }), json!({ "t": 1 }), json!({ "t": null })]
        {
            assert_eq!(wrap(&broken), Undecodable::Broken, "{broken}");
        }
        assert_eq!(wrap(&json!({ "t": "dance", "ref": 5 })), Undecodable::UnknownMessage { reference: Some(5) });
        assert_eq!(wrap(&json!({ "t": "dance" })), Undecodable::UnknownMessage { reference: None });
        for (message, pointer) in [
            (json!({ "t": "subscribe", "ref": 5, "topic": "weather" }), "/topic"),
            (json!({ "t": "command", "ref": 5, "id": id::<Uuid>(1), "job": "J-1", "do": "accept" }), "/job"),
            (
                json!({ "t": "fixes", "n": 1, "ref": 5, "fixes": [[1, 2.0, 3.0, null, null, null, null], [1, "north", 3.0, null, null, null, null]] }),
                "/fixes/1/1",
            ),
            (json!({ "t": "duty", "ref": 5, "on": "yes" }), "/on"),
        ] {
            match wrap(&message) {
                Undecodable::Misfit { reference, misfit } => assert_eq!((reference, misfit.pointer.as_str()), (Some(5), pointer), "{message}"),
                other => panic!("{message}: {other:?}"),
            }
        }
    }
}
