//! Pictures come in piece by piece, and are shown to whoever sees something that holds them.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::picture::{self, KINDS};
use super::request::{Body, Id, Query};
use crate::domain::caller::{Caller, Role};
use crate::domain::field::{TEXT_MAX, parse_text};
use crate::domain::file::FILE_MAX;
use crate::domain::ids::{FileId, JobId, TenantId};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::Millis;
use crate::protocol::Problem;
use crate::protocol::lists::{NewFile, UploadedFile};
use crate::protocol::problem::Name;
use crate::protocol::views::Job as JobView;
use crate::store::files::{File, Picture};
use crate::store::{self, Store};
use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Bytes, BytesMut, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The most bytes of one piece.
const PIECE_MAX: usize = 1 << 20;
/// The most files that one person may announce in a day.
const DAILY_MAX: i64 = 500;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long an upload waits for its turn to be decoded.
const TURN: Duration = Duration::from_secs(20);
/// A picture is nothing but a picture, even if a browser opens it as a page.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// How many pictures are decoded at once: each takes up to some hundred megabytes for a moment.
#[derive(Debug)]
pub struct Darkroom(Semaphore);

impl Default for Darkroom {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

pub(super) async fn announce(parts: Data<Parts>, me: Me, Body(body): Body<NewFile>) -> Result<HttpResponse, Error> {
    let name = parse_text(&body.name, TEXT_MAX, false).map_err(|why| Error::invalid("/name", &why))?;
    if !KINDS.contains(&body.kind.as_str()) {
        return Err(Error::invalid("/type", &Why::Expected("a picture: image/jpeg, image/png or image/webp")));
    }
    if !(1..=FILE_MAX).contains(&body.bytes) {
        return Err(Error::invalid("/bytes", &Why::OutOfRange("1 byte to 15 MB")));
    }
    let (tenant, uploader) = (me.tenant.id, me.caller.person());
    let file = File { id: body.id, uploader, name, kind: body.kind, bytes: body.bytes, received: 0, ready_at: None };
    let mut connection = parts.store.write().await?;
    if store::files::count_since(&mut connection, tenant, uploader, clock::now().plus_ms(-DAY_MS)).await? >= DAILY_MAX {
        return Err(Error::of(Name::TooManyRequests));
    }
    match store::files::announce(&mut connection, tenant, &file).await {
        Ok(()) => {}
        // Announced before, perhaps by this very request, whose answer was lost.
        Err(store::Error::Conflict(_)) => {
            drop(connection);
            let known = own(&parts, &me, body.id).await.map_err(|_foreign| Error::of(Name::IdempotencyMismatch))?;
            let is_same = known.name == file.name && known.bytes == file.bytes && (known.ready_at.is_some() || known.kind == file.kind);
            return if is_same { Ok(created(&known)) } else { Err(Error::of(Name::IdempotencyMismatch)) };
        }
        Err(error) => return Err(error.into()),
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(created(&file))
}

fn created(file: &File) -> HttpResponse {
    HttpResponse::Created().insert_header((UPLOAD_OFFSET, file.received)).json(uploaded(file))
}

fn uploaded(file: &File) -> UploadedFile {
    UploadedFile {
        id: file.id,
        name: file.name.clone(),
        kind: file.kind.clone(),
        bytes: file.bytes,
        received: file.received,
        url: file.ready_at.map(|_| format!("/api/files/{}", file.id)),
    }
}

/// A file of the caller's own.
async fn own(parts: &Parts, me: &Me, id: FileId) -> Result<File, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let file = store::files::find(&mut connection, me.tenant.id, id).await?;
    if file.uploader == me.caller.person() { Ok(file) } else { Err(Error::missing()) }
}

/// How far an upload came.
pub(super) async fn offset(parts: Data<Parts>, me: Me, Id(id): Id<FileId>) -> Result<HttpResponse, Error> {
    let file = own(&parts, &me, id).await?;
    Ok(HttpResponse::Ok().insert_header((UPLOAD_OFFSET, file.received)).finish())
}

/// Takes the next piece. The last one makes the picture, and so does asking again at the end, if that failed before.
pub(super) async fn append(parts: Data<Parts>, me: Me, Id(id): Id<FileId>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let file = own(&parts, &me, id).await?;
    let starts = request.headers().get(UPLOAD_OFFSET).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    let starts = starts.ok_or_else(|| Error::invalid("/upload-offset", &Why::Expected("a header with the number of bytes that were sent before")))?;
    if file.ready_at.is_some() && starts == file.bytes {
        return Ok(HttpResponse::Ok().insert_header((UPLOAD_OFFSET, file.bytes)).json(uploaded(&file)));
    }
    let piece = collect(payload).await?;
    let tenant = me.tenant.id;
    let ends = starts.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
    if ends > file.bytes {
        return Err(Error::invalid("", &Why::OutOfRange("the length that was announced")));
    }
    if !piece.is_empty() {
        let mut connection = parts.store.write().await?;
        let taken = match store::files::append(&mut connection, tenant, id, starts, &piece).await {
            Err(store::Error::Conflict(_)) => false,
            other => other?,
        };
        if !taken {
            drop(connection);
            return Ok(elsewhere(own(&parts, &me, id).await?.received));
        }
        connection.commit().await.map_err(store::Error::from)?;
    } else if starts != file.received {
        return Ok(elsewhere(file.received));
    }
    if ends < file.bytes {
        return Ok(HttpResponse::NoContent().insert_header((UPLOAD_OFFSET, ends)).finish());
    }
    develop(&parts, tenant, id).await?;
    let file = own(&parts, &me, id).await?;
    Ok(HttpResponse::Ok().insert_header((UPLOAD_OFFSET, file.bytes)).json(uploaded(&file)))
}

/// The upload goes on somewhere else than its sender thinks.
fn elsewhere(received: u32) -> HttpResponse {
    let problem: Error = Problem::with_detail(Name::Conflict, format!("The upload goes on at byte {received}")).into();
    let mut answer = problem.error_response();
    answer.headers_mut().insert(UPLOAD_OFFSET, received.into());
    answer
}

async fn collect(mut payload: Payload) -> Result<Bytes, Error> {
    let mut piece = BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|error| Problem::with_detail(Name::Unreadable, error.to_string()))?;
        if piece.len() + part.len() > PIECE_MAX {
            return Err(Problem::with_detail(Name::Unreadable, "At most 1 MiB in one piece").into());
        }
        piece.extend_from_slice(&part);
    }
    Ok(piece.freeze())
}

/// What came in becomes pictures; what is none is forgotten.
async fn develop(parts: &Parts, tenant: TenantId, id: FileId) -> Result<(), Error> {
    let turn = tokio::time::timeout(TURN, parts.darkroom.0.acquire()).await;
    let Ok(Ok(_turn)) = turn else { return Err(store::Error::Unavailable.into()) };
    let mut connection = parts.store.write().await?;
    let content = store::files::content(&mut connection, tenant, id).await?;
    drop(connection);
    let made = tokio::task::spawn_blocking(move || picture::pictures(&content)).await.map_err(|error| Error::Internal(error.into()))?;
    let mut connection = parts.store.write().await?;
    let (whole, thumb) = match made {
        Ok(pictures) => pictures,
        Err(error) => {
            store::files::discard(&mut connection, tenant, id).await?;
            connection.commit().await.map_err(store::Error::from)?;
            tracing::debug!(%error, "an upload was no picture");
            let detail = match error {
                picture::Error::TooLarge { .. } => "This picture has too many pixels",
                picture::Error::Unreadable(_) => "This is not a JPEG, PNG or WebP picture",
            };
            return Err(Problem::invalid("/type", detail).into());
        }
    };
    store::files::finish(&mut connection, tenant, id, &whole, &thumb, clock::now()).await?;
    connection.commit().await.map_err(store::Error::from)?;
    Ok(())
}

pub(super) async fn show(parts: Data<Parts>, me: Option<Me>, Id(id): Id<FileId>, query: Query, request: HttpRequest) -> Result<HttpResponse, Error> {
    let thumb = match query.text("size")? {
        None => false,
        Some("thumb") => true,
        Some(_) => return Err(Error::invalid("/size", &Why::NotAnOption)),
    };
    let (tenant, is_public) = whose(&parts, me.as_ref(), id).await?;
    picture_answer(&parts, tenant, id, thumb, is_public, &request).await
}

/// The face of the worker who comes: for whoever sees in the job who that is. Having none is no mistake, and nothing to log in a browser.
pub(super) async fn worker_photo(parts: Data<Parts>, me: Me, Id(id): Id<JobId>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let tenant = me.tenant.id;
    let mut connection = parts.store.read(tenant).await?;
    let job = store::jobs::find(&mut connection, tenant, id).await?;
    let worker = JobView::<Millis>::for_caller(&job, &me.caller).and_then(|view| view.worker).ok_or_else(Error::missing)?;
    let photo = store::workers::find(&mut connection, tenant, worker.id).await?.photo;
    drop(connection);
    let Some(photo) = photo else { return Ok(HttpResponse::NoContent().finish()) };
    picture_answer(&parts, tenant, photo, true, false, &request).await
}

async fn picture_answer(
    parts: &Parts,
    tenant: TenantId,
    id: FileId,
    thumb: bool,
    is_public: bool,
    request: &HttpRequest,
) -> Result<HttpResponse, Error> {
    let tag = format!("\"{id}{}\"", if thumb { "-thumb" } else { "" });
    let cached = if is_public { "public, max-age=3600" } else { "private, no-cache" };
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, cached)).finish());
    }
    let mut connection = parts.store.read(tenant).await?;
    let Picture { kind, content, .. } = store::files::picture(&mut connection, tenant, id, thumb).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, "inline"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"))
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, cached))
        .body(content))
}

/// The tenant of a file that this caller may see, and whether anybody may.
async fn whose(parts: &Parts, me: Option<&Me>, id: FileId) -> Result<(TenantId, bool), Error> {
    if let Some(me) = me
        && is_shown(&parts.store, &me.caller, id).await?
    {
        return Ok((me.tenant.id, false));
    }
    let mut connection = parts.store.write().await?;
    match (store::files::tenant_of_logo(&mut connection, id).await?, me) {
        (Some(tenant), _) => Ok((tenant, true)),
        (None, Some(_)) => Err(Error::missing()),
        (None, None) => Err(Error::of(Name::NotAuthenticated)),
    }
}

/// Whether something that the caller sees holds the file. Nobody but its uploader sees one that nothing holds.
async fn is_shown(store: &Store, caller: &Caller, id: FileId) -> Result<bool, Error> {
    let tenant = caller.tenant;
    let mut connection = store.read(tenant).await?;
    let file = match store::files::find(&mut connection, tenant, id).await {
        Ok(file) => file,
        Err(store::Error::Missing) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if file.ready_at.is_none() {
        return Ok(false);
    }
    let jobs = store::jobs::holding(&mut connection, tenant, id).await?;
    let views = jobs.iter().filter_map(|job| JobView::<Millis>::for_caller(job, caller));
    if views.flat_map(|view| view.files).any(|file| file.id == id) {
        return Ok(true);
    }
    let assets = store::assets::with_photo(&mut connection, tenant, id).await?;
    let of_theirs = |asset: &store::assets::Asset| match caller.role {
        Role::Dispatcher { .. } => true,
        Role::Worker { .. } | Role::Link { .. } => false,
        Role::PortalUser { .. } => caller.permissions_for(asset.customer).is_some(),
    };
    if assets.iter().any(of_theirs) {
        return Ok(true);
    }
    if matches!(caller.role, Role::Dispatcher { .. }) && store::workers::is_photo(&mut connection, tenant, id).await? {
        return Ok(true);
    }
    // Its uploader looks at it before it is part of anything, and not when what held it is no longer theirs to see.
    Ok(jobs.is_empty() && assets.is_empty() && file.uploader == caller.person())
}
