//! A geocoder elsewhere, if the operator named one: asked with limits on time and number, its answers kept for a while. Whoever asks
//! falls back to the built-in addresses when it is silent.

use super::Place;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// People type on: an answer that takes longer is of no use.
const TIMEOUT: Duration = Duration::from_millis(2500);
/// Questions under way at once; more are answered from the built-in addresses.
const AT_ONCE: usize = 8;
const KEPT: usize = 500;
const KEPT_FOR: Duration = Duration::from_mins(10);
/// The most bytes of an answer that are read.
const ANSWER_MAX: usize = 1 << 20;

/// Whose answers it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// komoot's Photon: `GET /api?q=&limit=`, `GeoJSON`.
    Photon,
    /// Nominatim: `GET /search?q=&format=jsonv2&addressdetails=1&limit=`.
    Nominatim,
    /// Pelias: `GET /v1/autocomplete?text=&size=`, `GeoJSON`.
    Pelias,
}

/// A geocoder that is asked over HTTP.
#[derive(Debug)]
pub struct Geocoder {
    answers: Answers,
    /// Without a slash at its end.
    url: String,
    http: reqwest::Client,
    turns: Semaphore,
    kept: Mutex<VecDeque<(String, Instant, Vec<Place>)>>,
}

impl Geocoder {
    /// The geocoder at this address.
    pub fn at(answers: Answers, url: &str) -> Result<Self, reqwest::Error> {
        // Another part may have installed it before.
        rustls::crypto::ring::default_provider().install_default().ok();
        let agent = concat!("dispatch-hub/", env!("CARGO_PKG_VERSION"));
        let http = reqwest::Client::builder().timeout(TIMEOUT).user_agent(agent).redirect(reqwest::redirect::Policy::none()).build()?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { answers, url, http, turns: Semaphore::new(AT_ONCE), kept: Mutex::default() })
    }

    /// What it suggests; none when it is silent, busy, or says something strange.
    pub async fn suggest(&self, query: &str, limit: usize) -> Option<Vec<Place>> {
        let query = query.trim();
        if let Some(known) = self.known(query) {
            return Some(known);
        }
        let _turn = self.turns.try_acquire().ok()?;
        match self.ask(query, limit).await {
            Ok(places) => {
                self.keep(query, &places);
                Some(places)
            }
            Err(cause) => {
                // Not the query: it is somebody's address.
                tracing::warn!(cause, "the geocoder gave no answer; the built-in addresses do");
                metrics::counter!("hub_geocoder_silent_total").increment(1);
                None
            }
        }
    }

    async fn ask(&self, query: &str, limit: usize) -> Result<Vec<Place>, &'static str> {
        let limit = limit.to_string();
        let request = match self.answers {
            Answers::Photon => self.http.get(format!("{}/api", self.url)).query(&[("q", query), ("limit", &limit)]),
            Answers::Nominatim => {
                let parameters = [("q", query), ("format", "jsonv2"), ("addressdetails", "1"), ("limit", &limit)];
                self.http.get(format!("{}/search", self.url)).query(&parameters)
            }
            Answers::Pelias => self.http.get(format!("{}/v1/autocomplete", self.url)).query(&[("text", query), ("size", &limit)]),
        };
        let mut answer = request.send().await.map_err(|error| if error.is_timeout() { "timeout" } else { "not reachable" })?;
        if !answer.status().is_success() {
            return Err("an error status");
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|_cut| "cut off")? {
            if body.len() + part.len() > ANSWER_MAX {
                return Err("too long an answer");
            }
            body.extend_from_slice(&part);
        }
        let places = match self.answers {
            Answers::Nominatim => {
                serde_json::from_slice::<Vec<nominatim::Hit>>(&body).map(|hits| hits.into_iter().filter_map(nominatim::Hit::place).collect())
            }
            Answers::Photon => features(&body, photon::Properties::text),
            Answers::Pelias => features(&body, |Pelias { label }| label),
        };
        places.map_err(|_strange| "not what this kind of geocoder answers")
    }

    fn known(&self, query: &str) -> Option<Vec<Place>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(known, at, _): &&(String, Instant, Vec<Place>)| known == query && at.elapsed() < KEPT_FOR;
        kept.iter().rev().find(fresh).map(|(_, _, places)| places.clone())
    }

    fn keep(&self, query: &str, places: &[Place]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((query.to_owned(), Instant::now(), places.to_vec()));
    }
}

#[derive(Deserialize)]
struct Collection<P> {
    features: Vec<Feature<P>>,
}

#[derive(Deserialize)]
struct Feature<P> {
    geometry: Geometry,
    properties: P,
}

/// Longitude first.
#[derive(Deserialize)]
struct Geometry {
    coordinates: (f64, f64),
}

#[derive(Deserialize)]
struct Pelias {
    label: Option<String>,
}

fn features<P: for<'de> Deserialize<'de>>(body: &[u8], text: impl Fn(P) -> Option<String>) -> serde_json::Result<Vec<Place>> {
    let collection: Collection<P> = serde_json::from_slice(body)?;
    let place = |feature: Feature<P>| on_earth(text(feature.properties)?, feature.geometry.coordinates.1, feature.geometry.coordinates.0);
    Ok(collection.features.into_iter().filter_map(place).collect())
}

fn on_earth(text: String, latitude: f64, longitude: f64) -> Option<Place> {
    let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && !text.trim().is_empty();
    fits.then_some(Place { text, latitude, longitude })
}

/// `Street 7, 00100 Town`, as far as it is known.
fn address(street: Option<String>, number: Option<String>, postcode: Option<String>, town: Option<String>) -> Option<String> {
    let joined = |parts: [Option<String>; 2], between: &str| {
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(between))
    };
    joined([joined([street, number], " "), joined([postcode, town], " ")], ", ")
}

mod photon {
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub(super) struct Properties {
        name: Option<String>,
        street: Option<String>,
        housenumber: Option<String>,
        postcode: Option<String>,
        city: Option<String>,
    }

    impl Properties {
        pub(super) fn text(self) -> Option<String> {
            // A street is its own name.
            let (place, street) = if self.street.is_some() { (self.name, self.street) } else { (None, self.name) };
            let address = super::address(street, self.housenumber, self.postcode, self.city)?;
            Some(place.map_or(address.clone(), |place| format!("{place}, {address}")))
        }
    }
}

mod nominatim {
    use super::{Place, on_earth};
    use serde::Deserialize;

    /// Latitude and longitude come as strings.
    #[derive(Deserialize)]
    pub(super) struct Hit {
        lat: String,
        lon: String,
        display_name: String,
        #[serde(default)]
        address: Address,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Address {
        road: Option<String>,
        house_number: Option<String>,
        postcode: Option<String>,
        city: Option<String>,
        town: Option<String>,
        village: Option<String>,
    }

    impl Hit {
        pub(super) fn place(self) -> Option<Place> {
            let Address { road, house_number, postcode, city, town, village } = self.address;
            let short = road.and_then(|road| super::address(Some(road), house_number, postcode, city.or(town).or(village)));
            on_earth(short.unwrap_or(self.display_name), self.lat.parse().ok()?, self.lon.parse().ok()?)
        }
    }
}
