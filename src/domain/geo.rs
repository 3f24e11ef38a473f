//! Places on the globe: points, viewports, and H3 cells to index them by. Addresses and roads belong to `places`.

use h3o::{
    CellIndex, LatLng, Resolution,
    geom::{ContainmentMode, TilerBuilder},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// The resolution at which workers and jobs are indexed: cells of about 130 m across. Coarser cells are its parents.
pub const FINE: Resolution = Resolution::Ten;
/// How many cells a viewport may take; decides the resolution at which it is watched.
pub const COVER_MAX: usize = 200;
/// From this zoom on a map shows single workers; below it shows counts.
pub const SINGLE_WORKERS_ZOOM: f64 = 11.0;

/// Mean radius of the earth (IUGG), as H3 uses it.
const EARTH_RADIUS_M: f64 = 6_371_008.8;
const M_PER_DEGREE: f64 = EARTH_RADIUS_M * std::f64::consts::PI / 180.0;
/// Web Mercator ends near 85.05°; beyond it no map shows anything.
const MAP_LATITUDE_MAX: f64 = 85.0;

/// What is wrong with coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlace {
    /// Latitude is not a number from -90 to 90.
    #[error("latitude must be a number from -90 to 90")]
    Latitude,
    /// Longitude is not a number from -180 to 180.
    #[error("longitude must be a number from -180 to 180")]
    Longitude,
    /// The south edge lies north of the north edge.
    #[error("south must not be greater than north")]
    SouthAboveNorth,
    /// Zoom is not a number from 0 to 30.
    #[error("zoom must be a number from 0 to 30")]
    Zoom,
    /// Not the hexadecimal string of an H3 cell.
    #[error("not an H3 cell")]
    Cell,
}

/// A place, WGS 84 degrees, in range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// Finite, latitude -90 to 90, longitude -180 to 180.
    pub fn parse(latitude: f64, longitude: f64) -> Result<Self, BadPlace> {
        // NaN and the infinities are in no range.
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(BadPlace::Latitude);
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(BadPlace::Longitude);
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north of the equator.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// Metres to `other` along the great circle (haversine).
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = ((lat2 - lat1) / 2.0).sin();
        let half_lng = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let h = half_lat.mul_add(half_lat, lat1.cos() * lat2.cos() * half_lng * half_lng);
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    fn lat_lng(self) -> LatLng {
        LatLng::new(self.latitude, self.longitude).expect("a point is finite")
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            latitude: f64,
            longitude: f64,
        }
        let raw = Raw::deserialize(deserializer)?;
        Self::parse(raw.latitude, raw.longitude).map_err(serde::de::Error::custom)
    }
}

/// A cell of the H3 grid. Its parents are bit operations away, and the cells inside of it are one range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(CellIndex);

impl Cell {
    /// The cell that holds `point`.
    pub fn of(point: Point, resolution: Resolution) -> Self {
        Self(point.lat_lng().to_cell(resolution))
    }

    /// How fine the cell is.
    pub fn resolution(self) -> Resolution {
        self.0.resolution()
    }

    /// The cell of a coarser (or the same) resolution that this one belongs to.
    #[must_use]
    pub fn parent(self, resolution: Resolution) -> Self {
        Self(self.0.parent(resolution.min(self.0.resolution())).expect("no finer than the cell itself"))
    }

    /// First and last of the cells at `FINE` inside this one: they are neighbours as numbers.
    pub fn fine_range(self) -> (Self, Self) {
        let last = self.0.children_count(FINE) - 1;
        let at = |position| Self(self.0.child_at(position, FINE).expect("the position is below the count of children"));
        (at(0), at(last))
    }

    /// The cells of its resolution within so many steps of it, itself included.
    pub fn disk(self, steps: u32) -> Vec<Self> {
        self.0.grid_disk::<Vec<_>>(steps).into_iter().map(Self).collect()
    }

    /// Where its middle is.
    pub fn centre(self) -> Point {
        let centre = LatLng::from(self.0);
        Point { latitude: centre.lat(), longitude: centre.lng() }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cell {
    type Err = BadPlace;

    fn from_str(hex: &str) -> Result<Self, BadPlace> {
        hex.parse().map(Self).or(Err(BadPlace::Cell))
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A fine cell with its inscribed circle. While a worker stays inside of the circle nobody has to ask H3 for the cell,
/// the dearest step of taking in a fix (`research/performance.md` B: 0.2 calls per fix, no wrong cell of 600,000).
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    cell: Cell,
    centre: Point,
    radius_m: f64,
    /// `cos` of the centre's latitude, for flat distances, which are exact enough inside of one cell.
    cos_latitude: f64,
}

impl Guard {
    /// The cell around `point`.
    pub fn around(point: Point) -> Self {
        let cell = Cell::of(point, FINE);
        let centre = cell.centre();
        let cos_latitude = centre.latitude.to_radians().cos();
        let mut guard = Self { cell, centre, radius_m: 0.0, cos_latitude };
        let corners: Vec<(f64, f64)> =
            cell.0.boundary().iter().map(|corner| guard.flat_m(Point { latitude: corner.lat(), longitude: corner.lng() })).collect();
        let nearest_edge_m =
            (0..corners.len()).map(|i| distance_to_edge_m(corners[i], corners[(i + 1) % corners.len()])).fold(f64::INFINITY, f64::min);
        guard.radius_m = nearest_edge_m * 0.98;
        guard
    }

    /// The cell.
    pub const fn cell(&self) -> Cell {
        self.cell
    }

    /// Moves to the cell of `point`; true if that is another one.
    pub fn follow(&mut self, point: Point) -> bool {
        let (x, y) = self.flat_m(point);
        if x.mul_add(x, y * y) < self.radius_m * self.radius_m || Cell::of(point, FINE) == self.cell {
            return false;
        }
        *self = Self::around(point);
        true
    }

    /// Metres east and north of the centre.
    fn flat_m(&self, point: Point) -> (f64, f64) {
        let east = wrapped(point.longitude - self.centre.longitude);
        (east * self.cos_latitude * M_PER_DEGREE, (point.latitude - self.centre.latitude) * M_PER_DEGREE)
    }
}

/// Distance from the origin to the line through `a` and `b`.
fn distance_to_edge_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx.hypot(dy);
    if length == 0.0 { a.0.hypot(a.1) } else { (a.0 * b.1 - a.1 * b.0).abs() / length }
}

/// A difference of longitudes, the short way round.
fn wrapped(degrees: f64) -> f64 {
    if degrees > 180.0 {
        degrees - 360.0
    } else if degrees < -180.0 {
        degrees + 360.0
    } else {
        degrees
    }
}

/// What a map shows. `west > east` means that it crosses the 180th meridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    zoom: f64,
}

impl Viewport {
    /// Finite and in range; longitudes beyond ±180 (a map dragged around the globe) are wrapped.
    pub fn parse(west: f64, south: f64, east: f64, north: f64, zoom: f64) -> Result<Self, BadPlace> {
        let latitude = |degrees: f64| (-90.0..=90.0).contains(&degrees).then_some(degrees).ok_or(BadPlace::Latitude);
        let longitude = |degrees: f64| (-1080.0..=1080.0).contains(&degrees).then_some(degrees).ok_or(BadPlace::Longitude);
        let (south, north) = (latitude(south)?, latitude(north)?);
        let (west, east) = (longitude(west)?, longitude(east)?);
        if south > north {
            return Err(BadPlace::SouthAboveNorth);
        }
        if !(0.0..=30.0).contains(&zoom) {
            return Err(BadPlace::Zoom);
        }
        let (west, east) = if east - west >= 360.0 { (-180.0, 180.0) } else { (onto_globe(west), onto_globe(east)) };
        Ok(Self { west, south, east, north, zoom })
    }

    /// The map's zoom.
    pub const fn zoom(&self) -> f64 {
        self.zoom
    }

    /// Whether single workers are shown, not counts.
    pub fn shows_single_workers(&self) -> bool {
        self.zoom >= SINGLE_WORKERS_ZOOM
    }

    /// Whether the point is in view.
    pub fn contains(&self, point: Point) -> bool {
        let across = if self.west <= self.east {
            (self.west..=self.east).contains(&point.longitude)
        } else {
            point.longitude >= self.west || point.longitude <= self.east
        };
        across && (self.south..=self.north).contains(&point.latitude)
    }

    /// The resolution at which counts are shown: hexagons of about the same size on the screen at each zoom.
    pub fn counting_resolution(&self) -> Resolution {
        // One step of H3 is a factor 2.65 in length, one of zoom a factor 2. At zoom 10, resolution 7 (1.4 km) looks right.
        let level = self.zoom.mul_add(0.712, -0.1).floor().clamp(0.0, 7.0);
        Resolution::range(Resolution::Zero, Resolution::Seven)
            .find(|&resolution| f64::from(u8::from(resolution)) >= level)
            .unwrap_or(Resolution::Seven)
    }

    /// The cells that hold all of the view: at the finest resolution, up to `finest`, at which they are about `COVER_MAX` or fewer.
    pub fn cover(&self, finest: Resolution) -> Vec<Cell> {
        let (width, height) = (self.width(), self.north - self.south);
        // Rectangles this big bend too much for a tiling in degrees; the 122 base cells are the whole globe.
        let too_big = width > 60.0 || height > 60.0 || self.south < -MAP_LATITUDE_MAX || self.north > MAP_LATITUDE_MAX;
        let mut resolution = if too_big { Resolution::Zero } else { self.watching_resolution(finest) };
        while resolution > Resolution::Zero {
            if let Some(cells) = self.tile(resolution).filter(|cells| cells.len() <= COVER_MAX) {
                return cells;
            }
            resolution = resolution.pred().unwrap_or(Resolution::Zero);
        }
        CellIndex::base_cells().map(Cell).collect()
    }

    /// A first guess by area.
    fn watching_resolution(&self, finest: Resolution) -> Resolution {
        let cos = self.south.midpoint(self.north).to_radians().cos();
        let (width_m, height_m) = (self.width() * cos * M_PER_DEGREE, (self.north - self.south) * M_PER_DEGREE);
        let mut resolution = finest.min(FINE);
        while resolution > Resolution::Zero {
            // A band of half cells along the border is covered too.
            let border_m = resolution.edge_length_m() * 1.8;
            #[expect(clippy::cast_precision_loss, reason = "200 is exact")]
            let fits = (width_m + border_m) * (height_m + border_m) <= resolution.area_m2() * COVER_MAX as f64;
            if fits {
                break;
            }
            resolution = resolution.pred().unwrap_or(Resolution::Zero);
        }
        resolution
    }

    /// Tiles the view, widened a little: a cell and the outline of the cells inside of it differ by up to a third of an edge.
    fn tile(&self, resolution: Resolution) -> Option<Vec<Cell>> {
        let margin = resolution.edge_length_m() * 0.4 / M_PER_DEGREE;
        let (south, north) = ((self.south - margin).max(-89.0), (self.north + margin).min(89.0));
        let margin_east = margin / south.abs().max(north.abs()).to_radians().cos();
        let (west, east) = (self.west - margin_east, self.west + self.width() + margin_east);
        let mut tiler = TilerBuilder::new(resolution).containment_mode(ContainmentMode::Covers).disable_transmeridian_heuristic().build();
        for (from, to) in split_at_antimeridian(west, east) {
            tiler.add(geo::Rect::new((from, south), (to, north)).to_polygon()).ok()?;
        }
        let mut cells: Vec<Cell> = tiler.into_coverage().map(Cell).collect();
        cells.sort_unstable();
        cells.dedup();
        Some(cells)
    }

    fn width(&self) -> f64 {
        if self.west <= self.east { self.east - self.west } else { self.east - self.west + 360.0 }
    }
}

/// One or two ranges of longitude inside -180 to 180.
fn split_at_antimeridian(west: f64, east: f64) -> impl Iterator<Item = (f64, f64)> {
    let (first, second) = if west < -180.0 {
        ((west + 360.0, 180.0), Some((-180.0, east)))
    } else if east > 180.0 {
        ((west, 180.0), Some((-180.0, east - 360.0)))
    } else {
        ((west, east), None)
    };
    std::iter::once(first).chain(second)
}

fn onto_globe(longitude: f64) -> f64 {
    if (-180.0..=180.0).contains(&longitude) { longitude } else { (longitude + 180.0).rem_euclid(360.0) - 180.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(latitude: f64, longitude: f64) -> Point {
        Point::parse(latitude, longitude).unwrap()
    }

    #[test]
    fn points_are_finite_and_in_range() {
        for (latitude, longitude, fault) in [
            (f64::NAN, 0.0, BadPlace::Latitude),
            (90.1, 0.0, BadPlace::Latitude),
            (f64::NEG_INFINITY, 0.0, BadPlace::Latitude),
            (0.0, f64::NAN, BadPlace::Longitude),
            (0.0, -180.5, BadPlace::Longitude),
        ] {
            assert_eq!(Point::parse(latitude, longitude), Err(fault));
        }
        assert!(Point::parse(-90.0, 180.0).is_ok());
    }

    #[test]
    fn distances_are_great_circles() {
        let helsinki = point(60.1699, 24.9384);
        let tallinn = point(59.4370, 24.7536);
        assert!((helsinki.distance_m(tallinn) - 82_100.0).abs() < 500.0);
        assert!(helsinki.distance_m(helsinki).abs() < 1e-9);
        assert!((point(0.0, 179.9).distance_m(point(0.0, -179.9)) - 22_239.0).abs() < 5.0);
    }

    #[test]
    fn viewports_are_parsed() {
        assert_eq!(Viewport::parse(0.0, 10.0, 1.0, 9.0, 12.0), Err(BadPlace::SouthAboveNorth));
        assert_eq!(Viewport::parse(0.0, 10.0, 1.0, 11.0, f64::NAN), Err(BadPlace::Zoom));
        assert_eq!(Viewport::parse(f64::INFINITY, 10.0, 1.0, 11.0, 3.0), Err(BadPlace::Longitude));
        let fiji = Viewport::parse(177.0, -20.0, -178.0, -15.0, 7.0).unwrap();
        assert!(fiji.contains(point(-17.0, 179.0)) && fiji.contains(point(-17.0, -179.0)) && !fiji.contains(point(-17.0, 0.0)));
        let dragged = Viewport::parse(537.0, -20.0, 542.0, -15.0, 7.0).unwrap();
        assert!(dragged.contains(point(-17.0, 179.0)) && dragged.contains(point(-17.0, -179.0)));
    }

    #[test]
    fn a_city_is_covered_tightly() {
        let viewport = Viewport::parse(24.90, 60.155, 24.98, 60.185, 13.0).unwrap();
        let cells = viewport.cover(FINE);
        assert!(cells.len() <= COVER_MAX && cells.len() > 25, "{}", cells.len());
        let resolution = cells[0].resolution();
        assert!(!cells.contains(&Cell::of(point(60.21, 24.94), resolution)), "a worker 3 km north is nobody's business");
    }

    #[test]
    fn the_globe_is_122_cells() {
        assert_eq!(Viewport::parse(-180.0, -85.0, 180.0, 85.0, 11.0).unwrap().cover(FINE).len(), 122);
    }

    #[test]
    fn cells_are_hexadecimal_on_the_wire() {
        let cell = Cell::of(point(60.17, 24.94), Resolution::Nine);
        let json = serde_json::to_string(&cell).unwrap();
        assert_eq!(serde_json::from_str::<Cell>(&json).unwrap(), cell);
        assert!(json.starts_with("\"89"), "{json}");
        assert!("xyz".parse::<Cell>().is_err());
    }

    proptest! {
        #[test]
        fn the_cover_holds_whatever_is_in_view(
            latitude in -84.0..84.0f64, longitude in -180.0..180.0f64, size in 0.001..50.0f64, right in 0.0..=1.0f64, up in 0.0..=1.0f64,
        ) {
            let viewport = Viewport::parse(longitude, latitude, longitude + size, (latitude + size / 2.0).min(84.9), 12.0).unwrap();
            let height = (latitude + size / 2.0).min(84.9) - latitude;
            let seen = Viewport::parse(longitude + size * right, latitude, longitude, latitude, 1.0).unwrap().west;
            let inside = point(latitude + height * up, seen);
            let cells = viewport.cover(FINE);
            prop_assert!(cells.len() <= COVER_MAX);
            let fine = Cell::of(inside, FINE);
            prop_assert!(cells.contains(&fine.parent(cells[0].resolution())));
        }

        #[test]
        fn the_guard_never_names_a_wrong_cell(latitude in -80.0..80.0f64, longitude in -180.0..180.0f64, steps in prop::collection::vec((-0.0008..0.0008f64, -0.0008..0.0008f64), 60)) {
            let mut at = point(latitude, longitude);
            let mut guard = Guard::around(at);
            for (north, east) in steps {
                at = point(at.latitude + north, (at.longitude + east).clamp(-180.0, 180.0));
                let before = guard.cell();
                let moved = guard.follow(at);
                prop_assert_eq!(guard.cell(), Cell::of(at, FINE));
                prop_assert_eq!(moved, guard.cell() != before);
            }
        }

        #[test]
        fn a_cell_is_a_range_of_fine_cells(latitude in -90.0..90.0f64, longitude in -180.0..180.0f64, level in 0..=10usize) {
            let fine = Cell::of(point(latitude, longitude), FINE);
            let resolution = Resolution::range(Resolution::Zero, FINE).nth(level).unwrap();
            let (first, last) = fine.parent(resolution).fine_range();
            prop_assert!(first <= fine && fine <= last);
            prop_assert_eq!(first.parent(resolution), last.parent(resolution));
        }
    }
}
