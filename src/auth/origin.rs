//! Where a browser's request comes from: a page of another site may not act with our cookie.

use actix_web::http::header::{self, HeaderMap};

/// Whether the request's `Origin` is the hub's own, or absent (programs send none). `public_url` is an origin too.
pub fn is_own(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let mut origins = headers.get_all(header::ORIGIN);
    let Some(origin) = origins.next() else { return true };
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
    if public_url.is_some_and(|public_url| public_url.eq_ignore_ascii_case(origin)) {
        return true;
    }
    // The browser fills in Host as well, and a foreign page cannot change it. The scheme is left open: TLS may end at a proxy.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| host.is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn only_the_own_origin_or_none() {
        let public_url = "https://hub.example.com";
        let table = [
            (None, true),
            (Some("http://127.0.0.1:8080"), true),
            (Some("https://hub.example.com"), true),
            (Some("http://127.0.0.1:8081"), false),
            (Some("http://hub.example.com"), false),
            (Some("https://hub.example.com.evil.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ];
        for (origin, own) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_own(&headers, Some(public_url)), own, "{origin:?}");
        }
    }
}
