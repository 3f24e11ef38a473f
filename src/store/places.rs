//! Addresses of the built-in geocoder: found by how they begin, by the beginnings of their words, or by likeness.

use super::Error;
use sqlx::PgConnection;

/// An address with its point. What is searched in is `folded`; see the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceRow {
    /// A space before each word; lower case, no accents, no punctuation.
    pub folded: String,
    /// As people write it.
    pub text: String,
    /// WGS 84 degrees.
    pub latitude: f64,
    /// WGS 84 degrees.
    pub longitude: f64,
}

/// Whether there are none.
pub async fn is_empty(connection: &mut PgConnection) -> Result<bool, Error> {
    let some = sqlx::query_scalar!(r#"select exists (select from place) as "some!""#).fetch_one(connection).await?;
    Ok(!some)
}

/// Adds these, or brings them up to date; says how many were new or changed. None of them twice.
pub async fn put(connection: &mut PgConnection, places: &[PlaceRow]) -> Result<u64, Error> {
    let folded: Vec<String> = places.iter().map(|place| place.folded.clone()).collect();
    let texts: Vec<String> = places.iter().map(|place| place.text.clone()).collect();
    let latitudes: Vec<f64> = places.iter().map(|place| place.latitude).collect();
    let longitudes: Vec<f64> = places.iter().map(|place| place.longitude).collect();
    let done = sqlx::query!(
        "insert into place (folded, text, latitude, longitude) select * from unnest($1::text[], $2::text[], $3::float8[], $4::float8[])
         on conflict (folded) do update set text = excluded.text, latitude = excluded.latitude, longitude = excluded.longitude
           where (place.text, place.latitude, place.longitude) is distinct from (excluded.text, excluded.latitude, excluded.longitude)",
        &folded,
        &texts,
        &latitudes,
        &longitudes
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Those that begin with `folded`, or else hold a word beginning with each of its words, or else look like it; at most `limit`, in no
/// order of quality. `folded` holds letters, digits and spaces only.
pub async fn candidates(connection: &mut PgConnection, folded: &str, limit: i64) -> Result<Vec<PlaceRow>, Error> {
    let begins = format!("{folded}%");
    let found = sqlx::query_as!(
        PlaceRow,
        "select folded, text, latitude, longitude from place where folded like $1 order by folded using ~<~ limit $2",
        begins,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let words: Vec<String> = folded.split_whitespace().map(|word| format!("% {word}%")).collect();
    let found = sqlx::query_as!(PlaceRow, "select folded, text, latitude, longitude from place where folded like all ($1) limit $2", &words, limit)
        .fetch_all(&mut *connection)
        .await?;
    if !found.is_empty() || folded.trim().chars().count() < 4 {
        return Ok(found);
    }
    let found = sqlx::query_as!(
        PlaceRow,
        "select folded, text, latitude, longitude from place where $1 <% folded order by $1 <<-> folded, folded limit $2",
        folded.trim(),
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}
