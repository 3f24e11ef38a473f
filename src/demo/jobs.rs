//! The demo's jobs: in every status, around now, over three days.

use super::company::Company;
use super::history::History;
use super::{answers, id};
use crate::domain::At;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{AssetRef, Command, Contact, WorkerRef};
use crate::domain::field::{Field, FieldDef, Rule};
use crate::domain::invoice::Terms;
use crate::domain::job::{Job, NewJob, Placement};
use crate::domain::template::{AddressInput, Filler, StepInput, visible_steps};
use crate::store::{self, Store};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::sync::Arc;

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Unassigned,
    Allocated,
    Pending,
    Declined,
    Assigned,
    EnRoute,
    /// So many steps are done; more than there are: all.
    Steps(usize),
    Paused,
    Cancelled,
}
use Until::{Allocated, Assigned, Cancelled, Declined, EnRoute, Paused, Pending, Steps, Unassigned};

const ALL: Until = Steps(usize::MAX);
/// Nobody's row.
const NOBODY: usize = usize::MAX;
/// Asked for by the company itself; smaller numbers are portal users, counted from 0.
const COMPANY: usize = usize::MAX;

/// Template, customer, worker (all counted from 0), planned start in minutes from now, who asked for it, how far it has come.
type Line = (usize, usize, usize, i64, usize, Until);

const REPAIR: usize = 0;
const WINDOWS: usize = 1;
const DELIVERY: usize = 2;
const HEATING: usize = 3;
const LOCKS: usize = 4;
const CLEANING: usize = 5;
const ROUND: usize = 6;

/// What is going on now. Workers 0 to 2 are left to whoever tries the demo; the others are driven.
const NOW: [Line; 46] = [
    // done
    (REPAIR, 1, 3, -190, 0, ALL),
    (WINDOWS, 2, 4, -200, 1, ALL),
    (DELIVERY, 6, 5, -175, COMPANY, ALL),
    (CLEANING, 3, 6, -215, 2, ALL),
    (LOCKS, 7, 7, -160, COMPANY, ALL),
    (HEATING, 5, 8, -180, 5, ALL),
    (ROUND, 11, 9, -170, COMPANY, ALL),
    (REPAIR, 0, 10, -155, 0, ALL),
    (WINDOWS, 8, 11, -185, COMPANY, ALL),
    (ROUND, 9, 0, -150, COMPANY, ALL),
    (REPAIR, 4, 2, -165, 3, ALL),
    // under way
    (REPAIR, 0, 3, -20, 0, Steps(1)),
    (DELIVERY, 1, 4, 5, 4, EnRoute),
    (CLEANING, 9, 5, -45, COMPANY, Steps(2)),
    (REPAIR, 5, 6, 10, 5, EnRoute),
    (WINDOWS, 3, 7, 5, 2, Assigned),
    (HEATING, 3, 8, -30, 2, Paused),
    (WINDOWS, 1, 9, -25, 0, Steps(1)),
    (REPAIR, 7, 10, 15, COMPANY, Assigned),
    (LOCKS, 10, 11, 10, COMPANY, Assigned),
    (HEATING, 2, 1, -25, 1, Steps(1)),
    // next
    (WINDOWS, 0, 0, 30, 0, Assigned),
    (REPAIR, 2, 0, 100, 1, Pending),
    (DELIVERY, 8, 1, 75, COMPANY, Pending),
    (CLEANING, 4, 2, 45, 3, Assigned),
    (REPAIR, 6, 3, 70, COMPANY, Pending),
    (ROUND, 11, 4, 65, COMPANY, Pending),
    (WINDOWS, 5, 5, 80, 5, Assigned),
    (LOCKS, 9, 6, 100, COMPANY, Pending),
    (REPAIR, 10, 7, 75, COMPANY, Assigned),
    (DELIVERY, 2, 8, 85, 1, Pending),
    (HEATING, 11, 9, 60, COMPANY, Pending),
    (WINDOWS, 6, 10, 105, COMPANY, Assigned),
    (REPAIR, 3, 11, 60, 2, Pending),
    (ROUND, 8, 3, 160, COMPANY, Allocated),
    (REPAIR, 9, 5, 170, COMPANY, Allocated),
    (WINDOWS, 4, 8, 165, 3, Allocated),
    (CLEANING, 0, 1, 180, 0, Allocated),
    // to place
    (REPAIR, 1, NOBODY, 120, 0, Unassigned),
    (DELIVERY, 5, NOBODY, 150, 5, Unassigned),
    (WINDOWS, 2, NOBODY, 210, 1, Unassigned),
    (REPAIR, 11, NOBODY, 240, COMPANY, Unassigned),
    (LOCKS, 3, NOBODY, 90, 2, Unassigned),
    (REPAIR, 7, 9, 140, COMPANY, Declined),
    // called off
    (WINDOWS, 10, 2, 200, COMPANY, Cancelled),
    (REPAIR, 4, NOBODY, 230, 3, Cancelled),
];

/// What was done the day before.
const YESTERDAY: [Line; 14] = [
    (REPAIR, 0, 0, -240, 0, ALL),
    (WINDOWS, 2, 1, -200, 1, ALL),
    (DELIVERY, 5, 2, -180, 5, ALL),
    (HEATING, 3, 3, -230, 2, ALL),
    (LOCKS, 4, 4, -150, 3, ALL),
    (CLEANING, 6, 5, -120, COMPANY, ALL),
    (ROUND, 7, 6, -90, COMPANY, ALL),
    (REPAIR, 8, 7, -60, COMPANY, ALL),
    (WINDOWS, 1, 8, -30, 4, ALL),
    (DELIVERY, 9, 9, 30, COMPANY, ALL),
    (REPAIR, 10, 10, 60, COMPANY, ALL),
    (CLEANING, 1, 11, 90, 0, ALL),
    (WINDOWS, 11, 3, 120, COMPANY, ALL),
    (REPAIR, 5, 4, 150, 5, Cancelled),
];

/// What is planned for the next day.
const TOMORROW: [Line; 12] = [
    (REPAIR, 0, 0, -120, 0, Assigned),
    (WINDOWS, 3, 1, -60, 2, Pending),
    (CLEANING, 5, 2, -90, 5, Allocated),
    (HEATING, 2, 3, -30, 1, Allocated),
    (ROUND, 8, 4, 0, COMPANY, Allocated),
    (DELIVERY, 1, 5, 30, 4, Assigned),
    (REPAIR, 9, 6, 60, COMPANY, Pending),
    (WINDOWS, 6, 7, 90, COMPANY, Allocated),
    (LOCKS, 11, 8, 120, COMPANY, Allocated),
    (REPAIR, 10, 9, 150, COMPANY, Allocated),
    (CLEANING, 4, NOBODY, 60, 3, Unassigned),
    (WINDOWS, 0, NOBODY, 180, 0, Unassigned),
];

/// The other company's. One template, two customers, one worker, one portal user.
const OTHER: [Line; 4] = [(0, 0, 0, -90, 0, ALL), (0, 1, 0, 45, 0, Pending), (0, 0, NOBODY, 120, 0, Unassigned), (0, 1, 0, 150, COMPANY, Allocated)];

/// Adds the jobs around now if today has none, those of tomorrow if it has none, and on a new hub those of yesterday.
pub(super) async fn make(store: &Store, company: &Company, is_main: bool, now: At) -> anyhow::Result<()> {
    let zone = TimeZone::get(&company.tenant.time_zone)?;
    let today = jiff::Timestamp::from_millisecond(now.millis())?.to_zoned(zone).date();
    let (yesterday, tomorrow) = (today.yesterday()?, today.tomorrow()?);
    let slug = &company.tenant.slug;
    // The same every five minutes, so that times look like times.
    let around = At(now.millis() / 300_000 * 300_000);
    let sets: &[(Date, &str, i64, &[Line])] = if is_main {
        &[(yesterday, "done", -24 * 60, &YESTERDAY), (today, "now", 0, &NOW), (tomorrow, "planned", 24 * 60, &TOMORROW)]
    } else {
        &[(today, "now", 0, &OTHER)]
    };
    let is_new = !is_there(store, company, &format!("{slug} {yesterday} now 0")).await?;
    let history = History::begin(store, company.tenant.settings.dispatch);
    for &(date, set, minutes, lines) in sets {
        let key = |index: usize| format!("{slug} {date} {set} {index}");
        if is_there(store, company, &key(0)).await? || (set == "done" && !is_new) {
            continue;
        }
        let plans =
            (0..).zip(lines).map(|(index, &line)| Plan { key: key(index), turn: index, line, start: around.plus_min(minutes + line.3), company });
        carry_out(&history, plans.collect(), today, now).await?;
    }
    history.end().await;
    Ok(())
}

async fn is_there(store: &Store, company: &Company, key: &str) -> anyhow::Result<bool> {
    let mut connection = store.read(company.tenant.id).await?;
    Ok(!store::jobs::find_many(&mut connection, company.tenant.id, &[id(key).into()]).await?.is_empty())
}

struct Plan<'a> {
    key: String,
    turn: usize,
    line: Line,
    start: At,
    company: &'a Company,
}

/// One entry of a job's history to be.
enum Act<'a> {
    Create,
    Command(&'a Caller, Box<Command>),
    Step(&'a Caller, usize),
}

/// Everything that happened to the jobs, in the order in which it happened.
async fn carry_out(history: &History, plans: Vec<Plan<'_>>, today: Date, now: At) -> anyhow::Result<()> {
    let mut acts: Vec<(At, usize, Act<'_>)> = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        acts.extend(plan.acts(now).into_iter().map(|(at, act)| (at, index, act)));
    }
    acts.sort_by_key(|(at, _, _)| *at);
    let mut jobs: Vec<Option<Arc<Job>>> = vec![None; plans.len()];
    for (at, index, act) in acts {
        let plan = &plans[index];
        let job = match (act, &jobs[index]) {
            (Act::Create, _) => plan.create(history, at, today).await?,
            (Act::Command(caller, command), Some(job)) => history.command(&plan.key, caller, at, job, &command).await?,
            (Act::Step(caller, step), Some(job)) => {
                let fields = filled(&job.steps[step].fields, Filler::Worker, plan.turn, today);
                history.command(&plan.key, caller, at, job, &Command::CompleteStep { step, fields }).await?
            }
            (_, None) => continue,
        };
        jobs[index] = Some(job);
    }
    Ok(())
}

impl<'a> Plan<'a> {
    fn asker(&self) -> &'a Caller {
        self.company.portal_users.get(self.line.4).unwrap_or(&self.company.dispatcher)
    }

    /// What happened, with plausible times before now.
    fn acts(&self, now: At) -> Vec<(At, Act<'a>)> {
        let (template, _, worker, _, _, until) = self.line;
        let lead_min = 190 + i64::try_from(self.turn * 37 % 240).unwrap_or(0);
        let created_at = self.start.plus_min(-lead_min).min(now.plus_min(-35 - i64::try_from(self.turn % 25).unwrap_or(0)));
        let mut acts = vec![(created_at, Act::Create)];
        // Never before what came before, never after now.
        let mut last = created_at;
        let mut at = |wanted: At| {
            last = wanted.max(last.plus_ms(20_000)).min(now.plus_ms(-3_000));
            last
        };
        let dispatcher = &self.company.dispatcher;
        let by_dispatcher = |command| Act::Command(dispatcher, Box::new(command));
        let called_off = || Act::Command(self.asker(), Box::new(Command::Cancel { reason: Some("No longer needed".into()) }));
        let Some(worker) = self.company.workers.get(worker) else {
            if until == Cancelled {
                acts.push((at(created_at.plus_min(21)), called_off()));
            }
            return acts;
        };
        let row = WorkerRef { id: worker.person().into(), name: worker.name.clone() };
        acts.push((at(created_at.plus_min(7)), by_dispatcher(Command::Allocate { worker: row, start: self.start, end: None })));
        match until {
            Allocated => return acts,
            Cancelled => {
                acts.push((at(created_at.plus_min(21)), called_off()));
                return acts;
            }
            _ => {}
        }
        acts.push((at(created_at.plus_min(9)), by_dispatcher(Command::Publish)));
        let by_worker = |command| Act::Command(worker, Box::new(command));
        match until {
            Pending => return acts,
            Declined => {
                acts.push((at(created_at.plus_min(16)), by_worker(Command::Decline { reason: "Missing parts or tools".into() })));
                return acts;
            }
            _ => acts.push((at(created_at.plus_min(14)), by_worker(Command::Accept))),
        }
        if until == Assigned {
            return acts;
        }
        acts.push((at(self.start.plus_min(-8)), by_worker(Command::EnRoute)));
        let template = &self.company.templates[template];
        let done = match until {
            Steps(steps) => steps.min(template.steps.len()),
            Paused => 1,
            _ => 0,
        };
        let each_min = i64::from(template.duration_min) / i64::try_from(template.steps.len()).unwrap_or(1).max(1);
        for (step, number) in (0..done).zip(0_i64..) {
            acts.push((at(self.start.plus_min(2 + number * each_min)), Act::Step(worker, step)));
        }
        if until == Paused {
            acts.push((at(self.start.plus_min(12)), by_worker(Command::Pause)));
        }
        acts
    }

    async fn create(&self, history: &History, at: At, today: Date) -> anyhow::Result<Arc<Job>> {
        let template = &self.company.templates[self.line.0];
        let (customer, address) = &self.company.customers[self.line.1];
        let asker = self.asker();
        let filler = if matches!(asker.role, Role::PortalUser { .. }) { Filler::Portal } else { Filler::Dispatcher };
        let (blank, fields) = template.blank();
        let elsewhere = &self.company.customers[(self.line.1 + 1 + self.turn) % self.company.customers.len()].1;
        let mut steps = Vec::new();
        for (position, &index) in visible_steps(&blank, filler).iter().enumerate() {
            let step = &blank[index];
            if !filler.step_rule(step.portal).writable() {
                continue;
            }
            // A second address is another customer's; one that nobody asks for stays empty.
            let address = if index == 0 { address } else { elsewhere };
            let has_address = step.has_address && (index == 0 || step.portal == Rule::Required);
            let input = AddressInput { text: address.text.clone(), latitude: address.latitude, longitude: address.longitude };
            let fields = filled_by_asker(&step.fields, self.turn, today);
            steps.push(StepInput { index: position, address: has_address.then_some(input), fields });
        }
        let asset = self.company.assets.iter().find(|asset| asset.customer == customer.id).filter(|_| template.parts.asset == Rule::Required);
        let asset = asset.map(|asset| (AssetRef { id: asset.id, kind: asset.kind.clone(), name: asset.name.clone() }, asset.address.clone()));
        let contact = Contact { name: "Shop floor".into(), phone: "+358 9 0555 100".into() };
        let new = NewJob {
            template,
            customer: customer.clone(),
            requested_start: (template.parts.requested_start != Rule::Hidden).then_some(self.start),
            asset,
            contact: (template.parts.contact == Rule::Required).then_some(contact),
            notes: if template.parts.notes.writable() && self.turn.is_multiple_of(3) { "Please ring twice.".into() } else { String::new() },
            steps,
            fields: filled_by_asker(&fields, self.turn, today),
            terms: Terms::of(&self.company.tenant),
            files: Vec::new(),
            placement: Placement::default(),
            filler,
            source: asker.source(),
        };
        history.create(&self.key, asker, at, new).await
    }
}

/// What an asker writes: whatever the portal would let them.
fn filled_by_asker(fields: &[Field], turn: usize, today: Date) -> Map<String, Value> {
    answered(fields, turn, today, |def| def.portal.writable())
}

/// What somebody must write to go on.
fn filled(fields: &[Field], filler: Filler, turn: usize, today: Date) -> Map<String, Value> {
    answered(fields, turn, today, |def| filler.rule(def) == Rule::Required)
}

fn answered(fields: &[Field], turn: usize, today: Date, wanted: impl Fn(&FieldDef) -> bool) -> Map<String, Value> {
    let answer = |def: &FieldDef| Some((def.key.clone(), answers::to(&def.key, def.kind, &def.options, turn, today)?));
    fields.iter().map(|field| &field.def).filter(|def| wanted(def)).filter_map(answer).collect()
}
