//! Addresses to suggest while somebody types.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page;
use super::request::Query;
use crate::places::{self, Place};
use crate::protocol::lists::List;
use crate::protocol::views::Address;
use crate::store;
use actix_web::web::{Data, Json};

/// Addresses that are suggested at once.
const SUGGESTIONS: usize = 8;
/// Among so many the best are looked for.
const CANDIDATES: i64 = 200;
/// The most characters of a query that are looked at.
const QUERY_MAX: usize = 200;

pub(super) async fn suggest(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<Address>>, Error> {
    let text: String = query.text("q")?.unwrap_or_default().chars().take(QUERY_MAX).collect();
    let asked = match &parts.outside.geocoder {
        Some(geocoder) if !text.trim().is_empty() => geocoder.suggest(&text, SUGGESTIONS).await,
        _ => None,
    };
    let found = match asked {
        Some(found) => found,
        None => built_in(&parts, &me, &text).await?,
    };
    let address = |place: Place| Address { text: place.text, latitude: Some(place.latitude), longitude: Some(place.longitude) };
    Ok(Json(page::whole(found.into_iter().take(SUGGESTIONS).map(address).collect())))
}

async fn built_in(parts: &Parts, me: &Me, text: &str) -> Result<Vec<Place>, Error> {
    let folded = places::spaced(text);
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = parts.store.read(me.tenant.id).await?;
    let candidates = store::places::candidates(&mut connection, &folded, CANDIDATES).await?;
    let candidates = candidates.into_iter().map(|row| Place { text: row.text, latitude: row.latitude, longitude: row.longitude });
    Ok(places::best(text, candidates.collect(), SUGGESTIONS))
}
