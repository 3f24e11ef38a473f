//! What only HTTP carries: lists and their items, the log-in, the portal's public face.

use super::caller::{Caller, PermissionSet};
use super::detail::Detail;
use super::instant::Rfc3339;
use super::problem::Problem;
use super::views::{Address, By, Job};
use super::workers::ScheduleWorker;
use crate::domain::caller::ByKind;
use crate::domain::event::Kind;
use crate::domain::field::{LONG_TEXT_MAX, TEXT_MAX};
use crate::domain::file::FILE_MAX;
use crate::domain::fix::WorkerStatus;
use crate::domain::ids::{AssetId, CustomerId, DispatcherId, FileId, JobId, PortalUserId, WorkerId};
use crate::domain::invitation::InvitationState;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What `POST /api/files` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct NewFile {
    /// Made by the uploader, so that an upload can be taken up again.
    pub id: FileId,
    /// As people name it.
    #[schemars(length(max = TEXT_MAX))]
    pub name: String,
    /// Its media type.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["image/jpeg", "image/png", "image/webp"]))]
    pub kind: String,
    /// Its length.
    #[schemars(range(min = 1, max = FILE_MAX))]
    pub bytes: u32,
}

/// A file as its uploader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct UploadedFile {
    /// Its id.
    pub id: FileId,
    /// As people name it.
    pub name: String,
    /// Its media type: as announced, and once it is complete as it is shown.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its length as announced.
    pub bytes: u32,
    /// How much of it came in.
    pub received: u32,
    /// Where it is shown, once it is complete.
    pub url: Option<String>,
}

/// What `GET /api/times` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Times {
    /// The company's, in which days are meant.
    pub time_zone: String,
    /// In order.
    pub items: Vec<FreeTime>,
}

/// A time that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct FreeTime {
    /// To be sent as `requested_start`.
    pub start: Rfc3339,
    /// As planned.
    pub end: Rfc3339,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[schemars(rename = "ListOf{T}")]
pub struct List<T> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// Sent as `after`, it gives the next part; none: this was the last.
    pub next: Option<String>,
}

/// What `POST /api/login` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct LoginBody {
    /// Of the log-in.
    pub email: String,
    /// Of the log-in.
    pub password: String,
    /// The slug of the tenant to act for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The role to act in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ByKind>,
}

/// What `POST /api/login` answers: who one now is, or which memberships there are to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LoginAnswer {
    /// Logged in, with a cookie.
    Caller(Caller),
    /// Send again with one of these.
    Choose(Vec<Membership>),
}

/// One of a log-in's memberships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Membership {
    /// The tenant's slug.
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    /// In which role.
    pub kind: ByKind,
}

/// What `POST /api/switch` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct SwitchBody {
    /// The tenant's slug.
    pub tenant: String,
    /// In which role.
    pub kind: ByKind,
}

/// What `POST /api/password/change` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PasswordBody {
    /// The one that still stands.
    pub current: String,
    /// The one that shall stand.
    #[schemars(length(min = 8, max = 500))]
    pub new: String,
}

/// A log-in on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct LoginSession {
    /// Whether it is the one that asks.
    pub current: bool,
    /// The tenant's name.
    pub tenant: String,
    /// When it began.
    pub created_at: Rfc3339,
    /// When it was last used, give or take an hour.
    pub seen_at: Rfc3339,
}

/// The portal's public face.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Portal {
    /// The company.
    pub name: String,
    /// Its web name.
    pub slug: String,
    /// A few words of welcome.
    pub introduction: String,
    /// One tap calls it.
    pub phone: String,
    /// The address of a picture.
    pub logo: Option<String>,
    /// Of the brand.
    pub colours: Colours,
    /// Anyone may sign up.
    pub public_signup: bool,
    /// The portal is open.
    pub enabled: bool,
}

/// Colours of a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Colours {
    /// `#rrggbb`.
    pub primary: String,
}

/// What `POST /api/jobs` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct CreatedJobs {
    /// As many as copies were asked for.
    pub jobs: Vec<Job<Rfc3339>>,
}

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Commanded {
    /// The job as this caller now sees it; none if they no longer do.
    pub job: Option<Job<Rfc3339>>,
    /// The number of its event.
    pub seq: i64,
}

/// What `POST /api/jobs/publish` takes.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PublishBody {
    /// 1 to 500.
    #[schemars(length(min = 1, max = 500))]
    pub jobs: Vec<JobId>,
}

/// What `POST /api/jobs/publish` answers, in the order of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct PublishAnswer {
    /// Each decided on its own.
    pub results: Vec<PublishResult>,
}

/// What came of one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export, optional_fields)]
pub struct PublishResult {
    /// Which.
    pub id: JobId,
    /// As it now is, if published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job<Rfc3339>>,
    /// The number of the event, if published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// Why not, if not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A line of a job's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct HistoryEvent {
    /// Its place in the tenant's log.
    pub seq: i64,
    /// When it happened.
    pub at: Rfc3339,
    /// What happened.
    pub kind: Kind,
    /// The job as it now is.
    pub job: Option<Arc<Job<Rfc3339>>>,
    /// Which job.
    pub job_id: JobId,
    /// Who made it.
    pub by: By,
    /// Its circumstances, for dispatchers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<Detail<Rfc3339>>,
}

/// What `GET /api/schedule` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct Schedule {
    /// The rows.
    pub workers: Vec<ScheduleWorker>,
    /// Days on which the company is closed.
    #[ts(type = "string[]")]
    pub holidays: Vec<Date>,
    /// Placed in the range.
    pub jobs: Vec<Job<Rfc3339>>,
    /// Not placed yet.
    pub to_place: Vec<Job<Rfc3339>>,
    /// How far the log reached.
    pub seq: i64,
}

/// A worker in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Worker {
    #[serde(flatten)]
    pub row: ScheduleWorker,
    /// The hours are theirs, not the company's.
    pub own_hours: bool,
    pub phone: Option<String>,
    /// The picture that shows them.
    pub photo: Option<FileId>,
    pub email: String,
    /// Where their newest invitation stands.
    pub invitation: InvitationState,
}

/// A customer in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// VAT or other tax number, for invoices.
    pub tax_number: Option<String>,
}

/// A dispatcher in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Dispatcher {
    pub id: DispatcherId,
    pub name: String,
    pub admin: bool,
    pub email: String,
    /// Where their newest invitation stands.
    pub invitation: InvitationState,
}

/// A portal user in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct PortalUser {
    pub id: PortalUserId,
    pub name: String,
    pub phone: Option<String>,
    pub customers: Vec<PortalUserCustomer>,
    pub email: String,
    /// Where their newest invitation stands.
    pub invitation: InvitationState,
}

/// A customer that a portal user is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct PortalUserCustomer {
    pub id: CustomerId,
    pub name: String,
    /// All overrides applied; only where one portal user is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub permissions: Option<PermissionSet>,
}

/// A customer's equipment or place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct Asset {
    pub id: AssetId,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub customer: CustomerId,
    pub serial: Option<String>,
    pub address: Option<Address>,
    /// What else is known of it.
    pub fields: Vec<AssetField>,
    /// What it looks like: a file's id.
    pub photo: Option<FileId>,
}

/// Something known of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
pub struct AssetField {
    /// What people read.
    #[schemars(length(min = 1, max = 500))]
    pub label: String,
    /// What is known.
    #[schemars(length(max = LONG_TEXT_MAX))]
    pub value: String,
}

/// A recorded fix of a worker's track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct TrackFix {
    pub at: Rfc3339,
    pub received_at: Rfc3339,
    pub latitude: f64,
    pub longitude: f64,
    pub accuracy_m: Option<f32>,
    pub speed_mps: Option<f32>,
    pub heading_deg: Option<f32>,
}

/// A worker, and how far they are from a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[ts(export)]
#[expect(missing_docs, reason = "named as on the wire")]
pub struct NearWorker {
    pub worker: WorkerId,
    pub name: String,
    pub status: WorkerStatus,
    /// When they were where this is reckoned from.
    pub at: Rfc3339,
    /// By road; with `estimated` along a straight line.
    pub distance_m: u32,
    pub seconds: u32,
    pub estimated: bool,
}
