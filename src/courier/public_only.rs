//! Which addresses that people name may be called: public ones. A name is resolved once, every address of it is checked, and the connection goes to
//! those, so that no second answer of a name server leads elsewhere.

use futures_util::FutureExt as _;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Resolves names to public addresses, or not at all.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(inside) = found.iter().find(|address| !is_public(address.ip())) {
                return Err(format!("{} leads to {}, which is not on the public internet", name.as_str(), inside.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        }
        .boxed()
    }
}

/// Why an address cannot be called; nothing if it can. Names are resolved when they are called.
pub fn refused(url: &str, private_allowed: bool) -> Option<&'static str> {
    let expected = "an address like https://hooks.example.com/path";
    let Ok(url) = Url::parse(url) else { return Some(expected) };
    let is_https = url.scheme() == "https";
    if !(is_https || private_allowed && url.scheme() == "http") || !url.username().is_empty() || url.password().is_some() {
        return Some(expected);
    }
    let Some(host) = url.host_str() else { return Some(expected) };
    // `Url` has put every notation of a number into the one usual form.
    let number: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let is_inside = number.map_or_else(|| is_inside_name(host), |number| !is_public(number));
    (is_inside && !private_allowed).then_some("an address on the public internet")
}

fn is_inside_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !host.contains('.') || [".localhost", ".local", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end))
}

/// Whether an address is one of the public internet (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && (18..20).contains(&b);
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    // An IPv4 address inside of one of these counts as itself.
    let inner = match parts {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(four(high, low)),
        _ => None,
    };
    if let Some(inner) = inner {
        return is_public_v4(inner);
    }
    // Only 2000::/3 is given out; of that, these are not for the public.
    let special = parts[0] == 0x2001 && (parts[1] < 0x200 || parts[1] == 0xdb8) || parts[0] == 0x3fff;
    parts[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_notation() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "0",
            "10.0.0.1",
            "172.16.5.5",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[fe80::1]",
            "[fc00::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST.",
            "db",
            "printer.local",
            "metadata.google.internal",
            "a.localhost",
            "①②⑦.⓪.⓪.①",
        ] {
            assert!(refused(&format!("https://{host}/hook"), false).is_some(), "{host}");
        }
        for host in ["example.com", "8.8.8.8", "[2606:4700::1111]", "1.1.1.1:8443"] {
            assert_eq!(refused(&format!("https://{host}/hook"), false), None, "{host}");
        }
    }

    #[test]
    fn only_plain_https_addresses_are_taken() {
        for url in [
            "http://example.com",
            "ftp://example.com",
            "https://user:pass@example.com",
            "https://",
            "example.com",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "",
        ] {
            assert!(refused(url, false).is_some(), "{url}");
        }
        assert_eq!(refused("http://127.0.0.1:9000/x", true), None);
        assert!(refused("file:///etc/passwd", true).is_some());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        crate::courier::bring_cryptography();
        let client = reqwest::Client::builder().dns_resolver(std::sync::Arc::new(PublicOnly)).build();
        let Ok(client) = client else { panic!("no client") };
        let error = client.get("http://localhost:1/").send().await.unwrap_err();
        assert!(format!("{error:?}").contains("not on the public internet"), "{error:?}");
    }
}
