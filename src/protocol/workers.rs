//! The schedule's rows: who works when.

use crate::domain::availability::{Absence, Availability};
use crate::domain::ids::WorkerId;
use crate::domain::tenant::Settings;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A row of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct ScheduleWorker {
    /// Who.
    pub id: WorkerId,
    /// Their name.
    pub name: String,
    /// By weekday, Monday first: minutes from midnight in the tenant's zone, or none.
    pub hours: Vec<Option<(u16, u16)>>,
    /// Days on which they are away, in order.
    pub absences: Vec<Absence>,
    /// Working now.
    pub on_duty: bool,
}

/// The schedule's rows anew, all of them: somebody came or left, or works at other times. The latest wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Rows {
    /// Up to 2,000 in a part.
    pub workers: Vec<ScheduleWorker>,
    /// Days on which the company is closed.
    #[ts(type = "string[]")]
    pub holidays: Vec<Date>,
    /// More parts follow; who is in none of them has left.
    pub more: bool,
}

impl ScheduleWorker {
    /// A row; without hours of their own a worker has the company's.
    pub fn new(id: WorkerId, name: String, availability: Availability, settings: &Settings, on_duty: bool) -> Self {
        let Availability { hours, absences } = availability;
        Self { id, name, hours: hours.unwrap_or(settings.hours).to_vec(), absences, on_duty }
    }
}
