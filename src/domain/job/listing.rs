//! What lists filter, sort and search a job by, stored beside it so that a row can never disagree with its document.

use super::{Job, Slot, Status};
use crate::domain::at::At;
use crate::domain::field::Field;
use crate::domain::ids::{FileId, TemplateId, WorkerId};
use crate::domain::portal::{self, Permissions};
use serde::Serialize;

/// The list columns of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// Whose row it is on.
    pub worker: Option<WorkerId>,
    /// Its type.
    pub template: TemplateId,
    /// The date column as staff see it.
    pub date_ms: Option<At>,
    /// The date column as a portal user sees it.
    pub portal_date_ms: Option<At>,
    /// Planned start.
    pub start_ms: Option<At>,
    /// Planned end.
    pub end_ms: Option<At>,
    /// From when a worker is busy with it: the plan, or else the wish.
    pub busy_from_ms: Option<At>,
    /// Until when.
    pub busy_to_ms: Option<At>,
    /// The files that its fields hold.
    pub files: Vec<FileId>,
    /// The status in a portal user's words, as its stored number.
    pub portal_status: i16,
    /// What staff search in.
    pub search: String,
    /// What a portal user searches in: nothing that is hidden from them.
    pub portal_search: String,
}

impl Job {
    /// The list columns as the job now stands.
    pub fn listing(&self) -> Listing {
        let seen = portal::project(self, &Permissions::all());
        let portal_steps = seen.iter().flat_map(|seen| &seen.steps).map(|step| (step.name, step.address.map(|address| address.text.as_str())));
        let steps = self.steps.iter().map(|step| (step.name.as_str(), step.address.as_ref().map(|address| address.text.as_str())));
        let busy = self.busy();
        let portal_status: Status = portal::status(self);
        Listing {
            worker: self.worker.as_ref().map(|worker| worker.id),
            template: self.template.id,
            date_ms: self.date().map(|(at, _)| at),
            portal_date_ms: portal::date(self, true).map(|(at, _)| at),
            start_ms: self.scheduled.map(|slot| slot.start),
            end_ms: self.scheduled.map(|slot| slot.end),
            busy_from_ms: busy.map(|slot| slot.start),
            busy_to_ms: busy.map(|slot| slot.end),
            files: self.steps.iter().flat_map(|step| &step.fields).chain(&self.fields).flat_map(Field::files).collect(),
            portal_status: portal_status as i16,
            search: self.searched(steps),
            portal_search: self.searched(portal_steps),
        }
    }

    /// When a worker is busy with it: as planned, or else as wished.
    pub fn busy(&self) -> Option<Slot> {
        let wished = |start: At| Slot { start, end: start.plus_min(i64::from(self.duration_min)) };
        self.scheduled.or_else(|| self.requested_start.map(wished))
    }

    /// Customer, type, step names and addresses, one a line. The number is searched in its own column.
    fn searched<'a>(&'a self, steps: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
        let mut lines = vec![self.customer.name.as_str(), self.template.name.as_str()];
        for (name, address) in steps {
            lines.push(name);
            lines.extend(address);
        }
        lines.join("\n")
    }
}
