//! What happens to every request on its way in and out: foreign origins are turned away, answers get their headers, and are counted.

use super::Parts;
use super::error::Error;
use crate::auth::origin;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};
use std::net::IpAddr;
use std::time::Instant;

/// No script but our own files. The map's worker is a blob, maps and calendars set styles on elements, photos are previewed from blobs.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::PERMISSIONS_POLICY, "geolocation=(self), camera=(self), microphone=()"),
];

/// The outermost layer.
pub(super) async fn guard(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    let method = request.method().clone();
    let mut answer = if is_foreign(&request) {
        request.into_response(Error::forbidden().error_response())
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    count(&method, &answer, began);
    let is_api = answer.request().path().starts_with("/api/");
    let is_preview = answer.request().path().starts_with("/p/") && answer.request().query_string().contains("preview=");
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if is_preview {
        // Settings show the portal as a customer sees it, in a frame of our own.
        let policy = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("as readable as before"));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}

/// A page of another site that would act, or open a socket, with our cookie.
fn is_foreign(request: &ServiceRequest) -> bool {
    let acts = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) || request.path() == "/ws";
    let parts: &web::Data<Parts> = request.app_data().expect("the application holds its parts");
    let public_url = parts.config.public_url.as_ref().map(crate::config::PublicUrl::as_str);
    acts && !origin::is_own(request.headers(), public_url)
}

fn count(method: &Method, answer: &ServiceResponse<BoxBody>, began: Instant) {
    // Patterns, not paths: a name per route, and none per job.
    let route = answer.request().match_pattern().unwrap_or_else(|| "page".into());
    let status = answer.status().as_u16().to_string();
    let method = match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PATCH | Method::PUT | Method::DELETE => method.to_string(),
        _ => "other".into(),
    };
    metrics::counter!("hub_http_requests_total", "method" => method, "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("hub_http_seconds", "route" => route).record(began.elapsed());
}

/// The address that a request comes from: the peer's, or the one that a trusted proxy saw.
pub(super) fn address(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    let peer = peer?;
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let forwarded = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let seen: Vec<IpAddr> = forwarded.map_while(|one| one.trim().parse().ok()).collect();
    // Each proxy adds whom it saw at the end; what came before the first that we trust is hearsay.
    seen.into_iter().rev().find(|address| !trusted.contains(address)).or(Some(peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxy = ip("10.0.0.1");
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static("6.6.6.6, 192.0.2.7, 10.0.0.1"));
        assert_eq!(address(Some(ip("192.0.2.1")), &headers, &[proxy]), Some(ip("192.0.2.1")));
        assert_eq!(address(Some(proxy), &headers, &[proxy]), Some(ip("192.0.2.7")));
        assert_eq!(address(Some(proxy), &HeaderMap::new(), &[proxy]), Some(proxy));
        assert_eq!(address(None, &headers, &[proxy]), None);
    }
}
