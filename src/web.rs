//! The built front end, from inside the binary (in debug builds from disk): pages, assets, caching, ranges.

use actix_files::NamedFile;
use actix_web::http::header::{self, ContentEncoding, ETag, EntityTag, Header, HttpDate, IfNoneMatch, Range};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Built;

/// Where the apps look for the ground of their maps.
const BASEMAP: &str = "map/basemap.pmtiles";

/// A page for every address: the first part of the path names the app.
fn page_of(path: &str) -> Option<&'static str> {
    match path.split('/').next() {
        Some("" | "index.html" | "i" | "r" | "u" | "v") => Some("index.html"),
        Some("p") => Some("portal.html"),
        Some("dispatch") => Some("dispatch.html"),
        Some("worker") => Some("worker.html"),
        Some("t") => Some("track.html"),
        _ => None,
    }
}

/// Serves whatever is not the API or the socket. `basemap` stands in for the built-in one.
pub async fn serve(request: &HttpRequest, basemap: Option<&Path>) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "This address is only for reading.");
    }
    let path = request.path().trim_start_matches('/');
    if let (BASEMAP, Some(basemap)) = (path, basemap) {
        return match NamedFile::open_async(basemap).await {
            Ok(file) => file.set_content_type(mime_guess::mime::APPLICATION_OCTET_STREAM).into_response(request),
            Err(error) => {
                tracing::error!(%error, "the basemap of the settings cannot be read");
                plain(StatusCode::NOT_FOUND, "The map cannot be read.")
            }
        };
    }
    if let Some(file) = Built::get(path).filter(|_| !path.is_empty()) {
        return answer(request, path, &file);
    }
    match page_of(path) {
        Some(page) => match Built::get(page) {
            Some(file) => answer(request, page, &file),
            None => plain(StatusCode::SERVICE_UNAVAILABLE, "The web apps are not built. Build them with: make web"),
        },
        None => plain(StatusCode::NOT_FOUND, "There is no such page."),
    }
}

fn plain(status: StatusCode, words: &'static str) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).content_type("text/plain; charset=utf-8").body(words)
}

fn answer(request: &HttpRequest, path: &str, file: &EmbeddedFile) -> HttpResponse {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = kind.type_() == "text" || ["javascript", "json", "svg", "manifest"].iter().any(|part| kind.essence_str().contains(part));
    let tag = URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16]);
    // What may be sent compressed has a weak tag; parts are only made of what is sent as it is.
    let tag = if is_text { EntityTag::new_weak(tag) } else { EntityTag::new_strong(tag) };
    let mut answer = HttpResponse::Ok();
    answer.content_type(if is_text { format!("{kind}; charset=utf-8") } else { kind.to_string() }).insert_header(ETag(tag.clone()));
    answer.insert_header((header::CACHE_CONTROL, caching(path)));
    if let Some(seconds) = file.metadata.last_modified() {
        answer.insert_header(header::LastModified(HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds))));
    }
    if path == "sw.js" || path.ends_with("-sw.js") {
        answer.insert_header(("service-worker-allowed", "/"));
    }
    if is_known(request, &tag) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    if is_text {
        return answer.body(file.data.to_vec());
    }
    answer.insert_header(ContentEncoding::Identity).insert_header((header::ACCEPT_RANGES, "bytes"));
    part(request, answer, &tag, file)
}

/// Names of built assets hold a hash of their content; everything else is asked for anew.
fn caching(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

/// One range of the file, if one is asked for that still fits; else all of it.
fn part(request: &HttpRequest, mut answer: HttpResponseBuilder, tag: &EntityTag, file: &EmbeddedFile) -> HttpResponse {
    let length = file.data.len() as u64;
    let range = request.headers().contains_key(header::RANGE).then(|| Range::parse(request).ok()).flatten();
    let Some(Range::Bytes(ranges)) = range.filter(|_| is_current(request, tag)) else { return answer.body(file.data.to_vec()) };
    let [range] = ranges.as_slice() else { return answer.body(file.data.to_vec()) };
    match range.to_satisfiable_range(length) {
        Some((first, last)) => {
            let bytes = usize::try_from(first).ok().zip(usize::try_from(last).ok()).and_then(|(first, last)| file.data.get(first..=last));
            let content = bytes.map(<[u8]>::to_vec).unwrap_or_default();
            answer.insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")));
            answer.status(StatusCode::PARTIAL_CONTENT).body(content)
        }
        None => answer.insert_header((header::CONTENT_RANGE, format!("bytes */{length}"))).status(StatusCode::RANGE_NOT_SATISFIABLE).finish(),
    }
}

/// `If-Range`: a part of another version is of no use.
fn is_current(request: &HttpRequest, tag: &EntityTag) -> bool {
    let Some(wanted) = request.headers().get(header::IF_RANGE) else { return true };
    wanted.to_str().ok().and_then(|wanted| wanted.parse::<EntityTag>().ok()).is_some_and(|wanted| wanted.strong_eq(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;
    use rust_embed::Metadata;
    use std::borrow::Cow;

    fn file(content: &'static [u8]) -> EmbeddedFile {
        EmbeddedFile { data: Cow::Borrowed(content), metadata: Metadata::__rust_embed_new([7; 32], None, None) }
    }

    #[test]
    fn every_address_of_an_app_is_its_page() {
        for (path, page) in [
            ("", "index.html"),
            ("i/token", "index.html"),
            ("p/demo/jobs/1", "portal.html"),
            ("dispatch", "dispatch.html"),
            ("worker/today", "worker.html"),
            ("t/secret", "track.html"),
        ] {
            assert_eq!(page_of(path), Some(page));
        }
        for path in ["wp-login.php", "dispatcher", "assets/gone.js", "api"] {
            assert_eq!(page_of(path), None);
        }
    }

    #[actix_web::test]
    async fn ranges_of_a_map() {
        let table = [
            (None, 200, "0123456789", None),
            (Some("bytes=0-3"), 206, "0123", Some("bytes 0-3/10")),
            (Some("bytes=8-"), 206, "89", Some("bytes 8-9/10")),
            (Some("bytes=-3"), 206, "789", Some("bytes 7-9/10")),
            (Some("bytes=5-99"), 206, "56789", Some("bytes 5-9/10")),
            (Some("bytes=10-"), 416, "", Some("bytes */10")),
            (Some("bytes=0-1,4-5"), 200, "0123456789", None),
            (Some("nonsense"), 200, "0123456789", None),
        ];
        for (range, status, content, content_range) in table {
            let request = range.map_or_else(TestRequest::get, |range| TestRequest::get().insert_header((header::RANGE, range))).to_http_request();
            let answer = answer(&request, BASEMAP, &file(b"0123456789"));
            assert_eq!(answer.status().as_u16(), status, "{range:?}");
            let sent = answer.headers().get(header::CONTENT_RANGE).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(sent.as_deref(), content_range, "{range:?}");
            assert_eq!(to_bytes(answer.into_body()).await.unwrap(), content, "{range:?}");
        }
    }

    #[actix_web::test]
    async fn what_is_known_is_not_sent_again() {
        let first = answer(&TestRequest::get().to_http_request(), "index.html", &file(b"<p>"));
        let tag = first.headers().get(header::ETAG).unwrap().clone();
        assert_eq!(first.headers().get(header::CACHE_CONTROL).unwrap(), "no-cache");
        let again = TestRequest::get().insert_header((header::IF_NONE_MATCH, tag)).to_http_request();
        assert_eq!(answer(&again, "index.html", &file(b"<p>")).status(), StatusCode::NOT_MODIFIED);
        let asset = answer(&again, "assets/app-1234.js", &file(b"1"));
        assert!(asset.headers().get(header::CACHE_CONTROL).unwrap().to_str().unwrap().contains("immutable"));
    }
}
