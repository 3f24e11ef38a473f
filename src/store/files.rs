//! Files: pieces as they come in, then the pictures that were made of them. Who may see one is not decided here.

use super::{Error, instant};
use crate::domain::At;
use crate::domain::file::FileRef;
use crate::domain::ids::{FileId, TenantId};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

/// A file as it was announced, and how much of it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id, made by its uploader.
    pub id: FileId,
    /// The person who uploads it.
    pub uploader: Uuid,
    /// As they named it.
    pub name: String,
    /// Its media type: as announced, and once ready as it is shown.
    pub kind: String,
    /// Its length as announced.
    pub bytes: u32,
    /// How much came in.
    pub received: u32,
    /// When it became a picture.
    pub ready_at: Option<At>,
}

/// A picture, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type.
    pub kind: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// As it is sent.
    pub content: Vec<u8>,
}

struct Row {
    id: Uuid,
    uploader: Uuid,
    name: String,
    kind: String,
    bytes: i32,
    received: i32,
    ready_at: Option<OffsetDateTime>,
}

impl From<Row> for File {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.into(),
            uploader: row.uploader,
            name: row.name,
            kind: row.kind,
            bytes: row.bytes.unsigned_abs(),
            received: row.received.unsigned_abs(),
            ready_at: row.ready_at.map(instant::at),
        }
    }
}

/// Lengths are far below what an integer holds.
fn int(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// A new one, of which nothing came in yet. `file_pk` is its conflict.
pub async fn announce(connection: &mut PgConnection, tenant: TenantId, file: &File) -> Result<(), Error> {
    sqlx::query!(
        "insert into file (tenant, id, uploader, name, kind, bytes) values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        file.id.0,
        file.uploader,
        file.name,
        file.kind,
        int(file.bytes as usize)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One of a tenant.
pub async fn find(connection: &mut PgConnection, tenant: TenantId, id: FileId) -> Result<File, Error> {
    let row =
        sqlx::query_as!(Row, "select id, uploader, name, kind, bytes, received, ready_at from file where tenant = $1 and id = $2", tenant.0, id.0)
            .fetch_one(connection)
            .await?;
    Ok(row.into())
}

/// How many somebody announced since then.
pub async fn count_since(connection: &mut PgConnection, tenant: TenantId, uploader: Uuid, since: At) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from file where tenant = $1 and uploader = $2 and created_at >= $3"#,
        tenant.0,
        uploader,
        instant::time(since)
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// Those of these that are ready and that this person uploaded.
pub async fn uploaded_by(connection: &mut PgConnection, tenant: TenantId, uploader: Uuid, ids: &[FileId]) -> Result<Vec<FileRef>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select id, name, kind from file where tenant = $1 and uploader = $2 and id = any ($3) and ready_at is not null",
        tenant.0,
        uploader,
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| FileRef { id: row.id.into(), name: row.name, kind: row.kind }).collect())
}

/// Takes the piece that begins at `starts`; false if that is not where the file goes on.
pub async fn append(connection: &mut PgConnection, tenant: TenantId, id: FileId, starts: u32, content: &[u8]) -> Result<bool, Error> {
    let done = sqlx::query!(
        "with grown as (
           update file set received = received + $4 where tenant = $1 and id = $2 and received = $3 and received + $4 <= bytes and ready_at is null
           returning tenant, id)
         insert into file_piece (tenant, file, starts, content) select tenant, id, $3, $5 from grown",
        tenant.0,
        id.0,
        int(starts as usize),
        int(content.len()),
        content
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Everything that came in, in order.
pub async fn content(connection: &mut PgConnection, tenant: TenantId, id: FileId) -> Result<Vec<u8>, Error> {
    let pieces = sqlx::query_scalar!("select content from file_piece where tenant = $1 and file = $2 order by starts", tenant.0, id.0)
        .fetch_all(connection)
        .await?;
    Ok(pieces.concat())
}

/// The file is ready: the pictures that were made of it take the place of what came in. Says whether this call did it.
pub async fn finish(connection: &mut PgConnection, tenant: TenantId, id: FileId, whole: &Picture, thumb: &Picture, now: At) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update file set ready_at = $3, kind = $4 where tenant = $1 and id = $2 and ready_at is null",
        tenant.0,
        id.0,
        instant::time(now),
        whole.kind
    )
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for (picture, is_thumb) in [(whole, false), (thumb, true)] {
        sqlx::query!(
            "insert into file_picture (tenant, file, thumb, kind, width, height, content) values ($1, $2, $3, $4, $5, $6, $7)",
            tenant.0,
            id.0,
            is_thumb,
            picture.kind,
            int(picture.width as usize),
            int(picture.height as usize),
            picture.content
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query!("delete from file_piece where tenant = $1 and file = $2", tenant.0, id.0).execute(connection).await?;
    Ok(true)
}

/// It turned out to be no picture.
pub async fn discard(connection: &mut PgConnection, tenant: TenantId, id: FileId) -> Result<(), Error> {
    sqlx::query!("delete from file where tenant = $1 and id = $2 and ready_at is null", tenant.0, id.0).execute(connection).await?;
    Ok(())
}

/// A ready file's picture.
pub async fn picture(connection: &mut PgConnection, tenant: TenantId, id: FileId, thumb: bool) -> Result<Picture, Error> {
    let row =
        sqlx::query!("select kind, width, height, content from file_picture where tenant = $1 and file = $2 and thumb = $3", tenant.0, id.0, thumb)
            .fetch_one(connection)
            .await?;
    Ok(Picture { kind: row.kind, width: row.width.unsigned_abs(), height: row.height.unsigned_abs(), content: row.content })
}

/// The tenant whose logo it is. On a writer's connection: whoever sees a log-in page sees its logo.
pub async fn tenant_of_logo(connection: &mut PgConnection, id: FileId) -> Result<Option<TenantId>, Error> {
    let tenant =
        sqlx::query_scalar!("select id from tenant where settings #>> '{portal,logo}' = $1", id.to_string()).fetch_optional(connection).await?;
    Ok(tenant.map(TenantId))
}

/// Forgets files from before that no job, asset, worker or logo shows; says how many.
pub async fn forget_unused(connection: &mut PgConnection, before: At) -> Result<u64, Error> {
    let done = sqlx::query!(
        "delete from file f where f.created_at < $1
           and not exists (select from job j where j.tenant = f.tenant and j.files is not null and j.files @> to_jsonb(f.id::text))
           and not exists (select from asset a where a.tenant = f.tenant and a.doc ->> 'photo' is not null and a.doc ->> 'photo' = f.id::text)
           and not exists (select from worker w where w.tenant = f.tenant and w.photo = f.id)
           and not exists (select from tenant t where t.id = f.tenant and t.settings #>> '{portal,logo}' is not null
             and t.settings #>> '{portal,logo}' = f.id::text)",
        instant::time(before)
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
