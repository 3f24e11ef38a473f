//! A day of the company at a glance, as dispatchers read it.

use super::instant::Rfc3339;
use crate::domain::ids::WorkerId;
use crate::domain::job::Status;
use crate::domain::overview;
use serde::{Deserialize, Serialize};

/// `GET /api/overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::overview::Overview`")]
pub struct Overview {
    /// On the tenant's calendar, `YYYY-MM-DD`.
    pub day: String,
    pub statuses: Vec<StatusCount>,
    pub late: u32,
    pub unpublished: u32,
    pub declined: u32,
    pub completed: u32,
    pub first_time: u32,
    pub hours: Vec<OverviewHour>,
    pub workers: Vec<WorkerLoad>,
}

/// How many jobs of the day have a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "they say it")]
pub struct StatusCount {
    pub status: Status,
    pub count: u32,
}

/// An hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::overview::Hour`")]
pub struct OverviewHour {
    pub at: Rfc3339,
    pub planned: u32,
    pub completed: u32,
}

/// How busy a worker is on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "members are those of `domain::overview::Load`")]
pub struct WorkerLoad {
    pub id: WorkerId,
    pub name: String,
    pub available_min: u32,
    pub planned_min: u32,
    pub worked_min: u32,
}

impl Overview {
    /// With the names of `workers`, which are those that it was made for.
    pub fn new(day: String, from: overview::Overview, names: impl IntoIterator<Item = String>) -> Self {
        let load = |(load, name): (overview::Load, String)| {
            let overview::Load { worker, available_min, planned_min, worked_min } = load;
            WorkerLoad { id: worker, name, available_min, planned_min, worked_min }
        };
        let hour = |hour: overview::Hour| OverviewHour { at: hour.at.into(), planned: hour.planned, completed: hour.completed };
        Self {
            day,
            statuses: from.statuses.into_iter().map(|(status, count)| StatusCount { status, count }).collect(),
            late: from.late,
            unpublished: from.unpublished,
            declined: from.declined,
            completed: from.completed,
            first_time: from.first_time,
            hours: from.hours.into_iter().map(hour).collect(),
            workers: from.workers.into_iter().zip(names).map(load).collect(),
        }
    }
}
