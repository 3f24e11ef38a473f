//! Ways by road: OSRM or Valhalla if the operator runs one, else nobody is asked.
//!
//! The hub asks no public server by itself: which one stands in `config.toml`.

use crate::domain::eta::{Way, whole};
use crate::domain::geo::Point;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Longer than this nobody waits for a router: the straight line is told instead.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which program answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterKind {
    /// <https://project-osrm.org/docs/v5.24.0/api/#route-service>
    Osrm,
    /// <https://valhalla.github.io/valhalla/api/turn-by-turn/api-reference/>
    Valhalla,
}

/// A routing server.
#[derive(Debug, Clone)]
pub struct Router {
    kind: RouterKind,
    base_url: String,
    http: reqwest::Client,
}

/// Why there is no way.
#[derive(Debug, thiserror::Error)]
pub enum NoWay {
    /// It cannot be reached, or not in time.
    #[error("the router cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// It knows no way between the two.
    #[error("the router knows no way")]
    Unknown,
}

#[derive(Deserialize)]
struct OsrmAnswer {
    #[serde(default)]
    routes: Vec<OsrmRoute>,
}

#[derive(Deserialize)]
struct OsrmRoute {
    /// Seconds.
    duration: f64,
    /// Metres.
    distance: f64,
}

#[derive(Deserialize)]
struct ValhallaAnswer {
    trip: Option<ValhallaTrip>,
}

#[derive(Deserialize)]
struct ValhallaTrip {
    summary: ValhallaSummary,
}

#[derive(Deserialize)]
struct ValhallaSummary {
    /// Seconds.
    time: f64,
    /// Kilometres, as asked for.
    length: f64,
}

impl From<reqwest::Error> for NoWay {
    fn from(error: reqwest::Error) -> Self {
        // The address holds where somebody is: it is in no log.
        Self::Unreachable(error.without_url())
    }
}

impl Router {
    /// A router at an address like `http://127.0.0.1:5000`.
    pub fn new(kind: RouterKind, base_url: &str) -> Result<Self, NoWay> {
        // The first one stands; whoever came before has chosen the same.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { kind, base_url: base_url.trim_end_matches('/').to_owned(), http })
    }

    /// The way by car.
    pub async fn way(&self, from: Point, to: Point) -> Result<Way, NoWay> {
        match self.kind {
            RouterKind::Osrm => self.ask_osrm(from, to).await,
            RouterKind::Valhalla => self.ask_valhalla(from, to).await,
        }
    }

    async fn ask_osrm(&self, from: Point, to: Point) -> Result<Way, NoWay> {
        let base = &self.base_url;
        let places = format!("{},{};{},{}", from.longitude(), from.latitude(), to.longitude(), to.latitude());
        let url = format!("{base}/route/v1/driving/{places}?overview=false&alternatives=false&steps=false");
        // What it does not know comes as 400 with a code; it has no routes then.
        let answer: OsrmAnswer = self.http.get(url).send().await?.json().await?;
        let route = answer.routes.first().ok_or(NoWay::Unknown)?;
        Ok(Way { seconds: whole(route.duration), distance_m: whole(route.distance) })
    }

    async fn ask_valhalla(&self, from: Point, to: Point) -> Result<Way, NoWay> {
        let place = |point: Point| json!({ "lat": point.latitude(), "lon": point.longitude() });
        let question = json!({ "locations": [place(from), place(to)], "costing": "auto", "units": "kilometers", "directions_type": "none" });
        let answer: ValhallaAnswer = self.http.post(format!("{}/route", self.base_url)).json(&question).send().await?.json().await?;
        let summary = answer.trip.ok_or(NoWay::Unknown)?.summary;
        Ok(Way { seconds: whole(summary.time), distance_m: whole(summary.length * 1000.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A server that answers one request with this, and gives back what it was asked; without an answer it stays silent.
    async fn stub(status: &'static str, answer: Option<&'static str>) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let length = socket.read(&mut asked).await.unwrap();
            match answer {
                Some(answer) => {
                    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
                    socket.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
                }
                // Until the router hangs up.
                None => while socket.read(&mut asked).await.is_ok_and(|length| length > 0) {},
            }
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        (url, asked)
    }

    fn places() -> (Point, Point) {
        (Point::parse(60.17, 24.94).unwrap(), Point::parse(60.18, 24.95).unwrap())
    }

    #[tokio::test]
    async fn osrm_is_asked_in_its_words() {
        let answer = r#"{"code":"Ok","routes":[{"legs":[{"steps":[],"weight":267.3,"distance":1884.8,"summary":"","duration":260.3}],"weight_name":"routability","weight":267.3,"distance":1884.8,"duration":260.3}],"waypoints":[]}"#;
        let (url, asked) = stub("200 OK", Some(answer)).await;
        let (from, to) = places();
        let way = Router::new(RouterKind::Osrm, &url).unwrap().way(from, to).await.unwrap();
        assert_eq!(way, Way { seconds: 260, distance_m: 1885 });
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("GET /route/v1/driving/24.94,60.17;24.95,60.18?overview=false"), "{asked}");
    }

    #[tokio::test]
    async fn osrm_may_know_no_way() {
        let answer = r#"{"code":"NoRoute","message":"Impossible route between points"}"#;
        let (url, _asked) = stub("400 Bad Request", Some(answer)).await;
        let (from, to) = places();
        assert!(matches!(Router::new(RouterKind::Osrm, &url).unwrap().way(from, to).await, Err(NoWay::Unknown)));
    }

    #[tokio::test]
    async fn valhalla_is_asked_in_its_words() {
        let answer = r#"{"trip":{"locations":[],"legs":[],"summary":{"has_time_restrictions":false,"min_lat":60.1,"time":312.4,"length":2.051,"cost":400.1},"status_message":"Found route between points","status":0,"units":"kilometers"}}"#;
        let (url, asked) = stub("200 OK", Some(answer)).await;
        let (from, to) = places();
        let way = Router::new(RouterKind::Valhalla, &url).unwrap().way(from, to).await.unwrap();
        assert_eq!(way, Way { seconds: 312, distance_m: 2051 });
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST /route ") && asked.contains(r#""costing":"auto""#), "{asked}");
    }

    #[tokio::test]
    async fn valhalla_may_know_no_way() {
        let (url, _asked) = stub("400 Bad Request", Some(r#"{"error_code":442,"error":"No path could be found for input"}"#)).await;
        let (from, to) = places();
        assert!(matches!(Router::new(RouterKind::Valhalla, &url).unwrap().way(from, to).await, Err(NoWay::Unknown)));
    }

    #[tokio::test]
    async fn a_silent_router_is_not_waited_for() {
        let (url, asked) = stub("", None).await;
        let (from, to) = places();
        let no_way = Router::new(RouterKind::Osrm, &url).unwrap().way(from, to).await;
        assert!(matches!(no_way, Err(NoWay::Unreachable(error)) if error.is_timeout()));
        assert!(asked.await.unwrap().starts_with("GET "));
    }
}
