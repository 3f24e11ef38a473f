//! Who is asked for ways by road and for addresses, if anybody outside is.

use super::{Error, FILE, Settings};
use std::fmt;
use std::str::FromStr;

/// Which routing server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterProgram {
    /// OSRM.
    Osrm,
    /// Valhalla.
    Valhalla,
}

/// Where a routing server answers: `http(s)://host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterUrl(String);

impl RouterUrl {
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RouterUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url = text.trim_end_matches('/');
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(())?;
        let plain = !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:[]/@".contains(c));
        if plain { Ok(Self(url.to_owned())) } else { Err(()) }
    }
}

/// What suggests addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeocoderSetting {
    /// Whose answers it gives.
    pub kind: GeocoderKind,
    /// Where it is.
    pub url: String,
}

/// The kinds of geocoders that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are products")]
pub enum GeocoderKind {
    Photon,
    Nominatim,
    Pelias,
}

impl GeocoderKind {
    const ALL: [(&'static str, Option<Self>); 4] =
        [("built_in", None), ("photon", Some(Self::Photon)), ("nominatim", Some(Self::Nominatim)), ("pelias", Some(Self::Pelias))];
}

/// A router is a kind and an address: one without the other is a mistake.
pub(super) fn router(settings: &Settings) -> Result<Option<(RouterProgram, RouterUrl)>, Error> {
    let kinds = "osrm or valhalla, together with router.url";
    let kind = settings
        .maybe("router.kind", kinds, |text| [RouterProgram::Osrm, RouterProgram::Valhalla].into_iter().find(|kind| word_of(*kind) == text))?;
    let url = settings.maybe("router.url", "an address like http://127.0.0.1:5000, together with router.kind", |text| text.parse().ok())?;
    let alone = |key, expected| Error::Value { key, value: "\"\"".into(), source_name: "nowhere".into(), expected };
    match (kind, url) {
        (Some(kind), Some(url)) => Ok(Some((kind, url))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(alone("router.url", "the address of the router")),
        (None, Some(_)) => Err(alone("router.kind", "osrm or valhalla")),
    }
}

/// Another geocoder than the built-in one needs an address.
pub(super) fn geocoder(settings: &Settings) -> Result<Option<GeocoderSetting>, Error> {
    let kind = settings.one("geocoder.kind", "built_in", "built_in, photon, nominatim or pelias", |text| {
        GeocoderKind::ALL.into_iter().find(|(word, _)| *word == text).map(|(_, kind)| kind)
    })?;
    let Some(kind) = kind else { return Ok(None) };
    let expected = "the geocoder's address, like http://127.0.0.1:2322";
    let url =
        settings.maybe("geocoder.url", expected, |text| (text.starts_with("http://") || text.starts_with("https://")).then(|| text.to_owned()))?;
    let absent = || Error::Value { key: "geocoder.url", value: "\"\"".into(), source_name: FILE.into(), expected };
    Ok(Some(GeocoderSetting { kind, url: url.ok_or_else(absent)? }))
}

fn word_of(kind: RouterProgram) -> &'static str {
    match kind {
        RouterProgram::Osrm => "osrm",
        RouterProgram::Valhalla => "valhalla",
    }
}

/// As a file would say it.
pub(super) fn write(router: Option<&(RouterProgram, RouterUrl)>, geocoder: Option<&GeocoderSetting>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "router.kind = \"{}\"", router.map_or("", |(kind, _)| word_of(*kind)))?;
    writeln!(f, "router.url = \"{}\"", router.map_or("", |(_, url)| url.as_str()))?;
    let kind = geocoder.map(|geocoder| geocoder.kind);
    let (kind, _) = GeocoderKind::ALL.into_iter().find(|(_, known)| *known == kind).expect("every kind has its word");
    writeln!(f, "geocoder.kind = \"{kind}\"")?;
    writeln!(f, "geocoder.url = \"{}\"", geocoder.map_or("", |geocoder| &geocoder.url))?;
    Ok(())
}
