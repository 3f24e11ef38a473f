//! Addresses: from the built-in list with mistakes in them, from a file, and from geocoders elsewhere that answer, are silent, or lie.

use crate::harness::{Person, TestHub};
use dispatch_hub::import;
use dispatch_hub::places::Geocoder;
use dispatch_hub::places::geocoder::Answers;
use std::io::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

async fn suggestions(person: &Person, query: &str) -> Vec<String> {
    let path = format!("/api/addresses?{}", form(query));
    let found = person.reads(&path).await;
    found["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

fn form(query: &str) -> String {
    query.bytes().fold("q=".to_owned(), |text, byte| text + &format!("%{byte:02x}"))
}

#[tokio::test]
async fn the_built_in_addresses_are_found_also_with_mistakes() {
    let hub = TestHub::start().await;
    let me = hub.portal_user(1).await;
    assert_eq!(suggestions(&me, "aleksanterinkatu 7").await[0], "Aleksanterinkatu 7, 00100 Helsinki");
    assert_eq!(suggestions(&me, "Helsinki 5 aleksanterinkatu").await[0], "Aleksanterinkatu 5, Helsinki");
    for mistaken in ["aleksantrinkatu", "alexanterinkatu 7", "keskskatu"] {
        let found = suggestions(&me, mistaken).await;
        assert!(!found.is_empty() && found.len() <= 8, "{mistaken}");
        assert!(found[0].starts_with("Aleksanterinkatu") || found[0].starts_with("Keskuskatu"), "{mistaken}: {found:?}");
    }
    assert_eq!(suggestions(&me, "KAIVOKÄYT").await, suggestions(&me, "kaivokayt").await);
    for nothing in ["", "  ", "%", "_", "'; drop table place; --", "\u{301}", "zzzzzz", &"x".repeat(5000)] {
        assert!(suggestions(&me, nothing).await.is_empty(), "{nothing:?}");
    }
}

#[tokio::test]
async fn a_file_is_imported_once_and_what_is_bad_in_it_is_named() {
    let hub = TestHub::start().await;
    let me = hub.portal_user(1).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH").unwrap();
    for number in 1..=2500 {
        writeln!(file, "25.4{number},65.01,{number},Isokatu,,Oulu,,,90100,,").unwrap();
    }
    writeln!(file, "25.47,65.01,7,ISOKATU,,OULU,,,90100,,").unwrap();
    writeln!(file, "here,65.01,7,Isokatu,,Oulu,,,90100,,").unwrap();
    writeln!(file, "25.47,65.01,,Isokatu,,Oulu,,,90100,,").unwrap();
    let imported = async || import::addresses(hub.store(), std::fs::File::open(file.path()).unwrap()).await.unwrap();
    let first = imported().await;
    assert_eq!((first.rows, first.bad), (2501, 2));
    assert_eq!(first.named.iter().map(|bad| bad.line).collect::<Vec<_>>(), [2503, 2504]);
    assert!(first.to_string().contains("line 2504: no street or no number"), "{first}");
    let count = hub.table("select count(*) as n from place where text ilike '%isokatu%'").await[0]["n"].clone();
    assert_eq!(count, 2500);
    let again = imported().await;
    // The two spellings of number 7 take turns.
    assert!(again.changed <= 2, "{again}");
    assert_eq!(suggestions(&me, "isokatu 12").await[0], "Isokatu 12, 90100 Oulu");
    assert_eq!(suggestions(&me, "oulu 2499 isok").await[0], "Isokatu 2499, 90100 Oulu");
}

/// A server that answers every request with this, and tells which paths it was asked for.
async fn geocoder_that_says(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, paths) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = socket.read(&mut request).await.unwrap_or(0);
            let line = String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned();
            asked.send(line).ok();
            socket.write_all(answer.as_bytes()).await.ok();
        }
    });
    (url, paths)
}

macro_rules! ok {
    ($body:expr) => {
        concat!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n", $body)
    };
}

#[tokio::test]
async fn each_kind_of_geocoder_is_asked_and_understood_in_its_own_way() {
    let photon = ok!(r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","geometry":{"type":"Point","coordinates":[24.949,60.169]},"properties":{"osm_id":1,"osm_type":"N","osm_key":"shop","osm_value":"yes","name":"Shop","street":"Aleksanterinkatu","housenumber":"7","postcode":"00100","city":"Helsinki","country":"Finland","countrycode":"FI","extent":[1,2,3,4]}},
            {"type":"Feature","geometry":{"type":"Point","coordinates":[24.95,60.17]},"properties":{"name":"Keskuskatu","city":"Helsinki"}},
            {"type":"Feature","geometry":{"type":"Point","coordinates":[524.95,60.17]},"properties":{"name":"Nowhere"}}]}"#);
    let nominatim = ok!(
        r#"[{"place_id":1,"licence":"x","lat":"60.169","lon":"24.949","category":"place","type":"house","place_rank":30,"importance":0.1,"addresstype":"place","name":"","display_name":"7, Aleksanterinkatu, Kluuvi, Helsinki, 00100, Suomi","address":{"house_number":"7","road":"Aleksanterinkatu","city":"Helsinki","postcode":"00100"},"boundingbox":["60.1","60.2","24.9","25.0"]},
            {"place_id":2,"lat":"60.2","lon":"24.9","display_name":"Lake, Helsinki"},{"place_id":3,"lat":"north","lon":"24.9","display_name":"x"}]"#
    );
    let pelias = ok!(
        r#"{"geocoding":{"version":"0.2"},"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[24.949,60.169]},"properties":{"id":"x","gid":"y","layer":"address","name":"Aleksanterinkatu 7","confidence":1,"label":"Aleksanterinkatu 7, Helsinki, Finland"}}]}"#
    );
    let table = [
        (Answers::Photon, photon, "GET /api?q=aleks+7&limit=8 ", vec!["Shop, Aleksanterinkatu 7, 00100 Helsinki", "Keskuskatu, Helsinki"]),
        (
            Answers::Nominatim,
            nominatim,
            "GET /search?q=aleks+7&format=jsonv2&addressdetails=1&limit=8 ",
            vec!["Aleksanterinkatu 7, 00100 Helsinki", "Lake, Helsinki"],
        ),
        (Answers::Pelias, pelias, "GET /v1/autocomplete?text=aleks+7&size=8 ", vec!["Aleksanterinkatu 7, Helsinki, Finland"]),
    ];
    for (answers, said, request, texts) in table {
        let (url, mut asked) = geocoder_that_says(said).await;
        let geocoder = Geocoder::at(answers, &format!("{url}/")).unwrap();
        let found = geocoder.suggest(" aleks 7", 8).await.unwrap();
        assert_eq!(found.iter().map(|place| place.text.as_str()).collect::<Vec<_>>(), texts);
        assert_eq!((found[0].latitude, found[0].longitude), (60.169, 24.949));
        let line = asked.recv().await.unwrap();
        assert!(line.starts_with(request), "{line}");
        // The same again is not asked again.
        assert_eq!(geocoder.suggest("aleks 7", 8).await.unwrap(), found);
        assert!(asked.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_geocoder_that_is_silent_or_strange_gives_no_answer() {
    let strange = [
        "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n",
        ok!("<html>"),
        ok!(r#"{"features":[{"geometry":{"coordinates":["a","b"]},"properties":{}}]}"#),
        "not even HTTP",
    ];
    for said in strange {
        let (url, _asked) = geocoder_that_says(said).await;
        assert_eq!(Geocoder::at(Answers::Photon, &url).unwrap().suggest("x y", 8).await, None, "{said}");
    }
    let nobody = Geocoder::at(Answers::Pelias, "http://127.0.0.1:1").unwrap();
    assert_eq!(nobody.suggest("x y", 8).await, None);
}
