//! How sockets end, and that the others notice nothing.

use crate::harness::TestHub;
use crate::journeys::repair_for_the_bakery;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::client::RawFix;
use dispatch_hub::protocol::{Encoding, Topic};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_reader_who_cannot_keep_up_is_closed_and_the_others_are_not() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut slow = hub.dispatcher(2).await.listens_to(Topic::Schedule).await;
    let mut quick = dispatcher.listens_to(Topic::Schedule).await;
    let job = customer.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    quick.hears(Kind::JobCreated, job).await;
    slow.stop_reading();
    // The wires themselves hold some megabytes.
    for edit in 0.. {
        let notes = format!("{edit} {}", "€".repeat(9_900));
        dispatcher.client.patch(&format!("/api/jobs/{job}"), &json!({ "notes": notes })).await.unwrap();
        quick.hears(Kind::JobEdited, job).await;
        if operator_sees_slow_readers(&hub).await {
            break;
        }
        assert!(edit < 1_000, "30 MB wait for a reader who takes nothing");
    }
    slow.read_on();
    assert_eq!(slow.closes().await.code, Some(4001));
    let heard = slow.raw().len();
    assert!(heard < quick.raw().len(), "it was closed before everything was sent");
}

async fn operator_sees_slow_readers(hub: &TestHub) -> bool {
    let metrics = hub.asks(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    metrics.lines().any(|line| line.starts_with("hub_sessions_too_slow_total") && !line.ends_with(" 0"))
}

#[tokio::test]
async fn a_link_without_pongs_is_dead_and_one_with_them_is_not() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut alive = dispatcher.listens_to(Topic::Schedule).await;
    let mut dead = dispatcher.live_out_of_reach().await;
    assert_eq!(dead.welcome.heartbeat_s, 20);
    assert_eq!(dead.closes_within(Duration::from_secs(50)).await.code, Some(4002), "noticed within 45 s");
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    alive.hears(Kind::JobCreated, job).await;
}

#[tokio::test]
async fn frames_over_64_kib_end_the_socket() {
    let hub = TestHub::start().await;
    for encoding in Encoding::ALL {
        let mut live = hub.dispatcher(1).await.live_in(encoding).await;
        // What JSON allows between its parts counts too; MessagePack is filled up in a text.
        let longest = |length: usize| match encoding {
            Encoding::Json => [&br#"{"t":"dance"}"#[..], &vec![b' '; length - 13]].concat(),
            Encoding::Msgpack => {
                let frame = |filling: usize| encoding.encode(&json!({ "t": "dance", "filling": "x".repeat(filling) })).to_vec();
                let around = frame(60_000).len() - 60_000;
                frame(length - around)
            }
        };
        assert_eq!(longest(65_536).len(), 65_536);
        live.says_bytes(&longest(65_536)).await;
        assert_eq!(live.is_refused().await.name(), "invalid");
        live.says_bytes(&longest(65_537)).await;
        assert_eq!(live.closes().await.code, Some(1009), "{encoding:?}");
    }
}

#[tokio::test]
async fn what_is_no_map_with_a_tag_ends_the_socket() {
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut witness = dispatcher.listens_to(Topic::Schedule).await;
    for bytes in [&b"hello"[..], b"", b"null", b"[]", b"[\"pong\"]", b"{}", b"{\"t\":7}", b"{\"t\":\"pong\"", b"{\"ref\":1}"] {
        let mut live = dispatcher.live_in(Encoding::Json).await;
        live.says_bytes(bytes).await;
        assert_eq!(live.closes().await.code, Some(4502), "{}", String::from_utf8_lossy(bytes));
    }
    for bytes in [
        &b"\xc1"[..],
        b"",
        b"\xc0",
        b"\x91\xa4pong",
        b"\x80",
        b"\x81\xa1t",
        b"\xff\xff\xff",
        b"{\"t\":\"pong\"}",
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa1t\xdb\xff\xff\xff\xff",
    ] {
        let mut live = dispatcher.live_in(Encoding::Msgpack).await;
        live.says_bytes(bytes).await;
        assert_eq!(live.closes().await.code, Some(4502), "{bytes:x?}");
    }
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    witness.hears(Kind::JobCreated, job).await;
}

#[tokio::test]
async fn the_socket_that_streams_last_replaces_the_one_before() {
    let hub = TestHub::start().await;
    let worker = hub.worker(1).await;
    let fix = |second: i64| [RawFix(crate::harness::in_ms(second * 1_000), 60.17, 24.94, None, None, None, None)];
    let (mut old, mut reading, mut new) = (worker.live().await, worker.listens_to(Topic::Worker).await, worker.live().await);
    old.goes_on_duty(true).await;
    old.measures(&fix(0)).await;
    new.measures(&fix(1)).await;
    assert_eq!(old.closes().await.code, Some(4503));
    // A socket that only reads is left alone, until it would stream although a newer one does.
    let ok = reading.asks(json!({ "t": "duty", "on": true })).await;
    assert!(ok.is_ok());
    reading.sends_fixes(&fix(2)).await;
    assert_eq!(reading.closes().await.code, Some(4503));
    new.measures(&fix(3)).await;
}

#[tokio::test]
async fn sockets_end_with_their_log_in() {
    let hub = TestHub::start().await;
    let (here, elsewhere) = (hub.dispatcher(1).await, hub.dispatcher(1).await);
    let (mut mine, mut also_mine, mut other) = (here.live().await, here.live().await, elsewhere.live().await);
    here.client.post("/api/logout", &json!({})).await.unwrap();
    for live in [&mut mine, &mut also_mine] {
        assert_eq!(live.closes().await.code, Some(4500));
    }
    other.joins(Topic::Schedule).await;
    let third = hub.dispatcher(1).await;
    let mut of_third = third.live().await;
    elsewhere.client.delete("/api/sessions").await.unwrap();
    assert_eq!(other.closes().await.code, Some(4500));
    assert_eq!(of_third.closes().await.code, Some(4500), "signed out everywhere");
    assert!(third.client.me().await.is_err());
}

#[tokio::test]
async fn a_restart_tells_everybody_to_come_back() {
    let mut hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut live = dispatcher.listens_to(Topic::Schedule).await;
    hub.restart().await;
    assert_eq!(live.closes().await.code, Some(4000));
    dispatcher.listens_to(Topic::Schedule).await;
}

/// Proxies keep connections to a hub for a minute, and send the next request on one of them.
#[tokio::test]
async fn a_connection_that_nobody_uses_is_kept_until_the_hub_stops() {
    let mut hub = TestHub::start().await;
    let url = hub.asks(reqwest::Method::GET, "/healthz").build().unwrap().url().clone();
    let mut kept = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    for pause_s in [0, 7] {
        // The pause is what is tested: nothing happens in it that could be waited for.
        tokio::time::sleep(Duration::from_secs(pause_s)).await;
        kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with(r#"{"status":"ok"}"#) {
            let mut part = [0; 4_096];
            let length = kept.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "closed after {pause_s} s: {answer}");
            answer.push_str(str::from_utf8(&part[..length]).unwrap());
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    hub.restart().await;
    kept.read_to_end(&mut Vec::new()).await.unwrap();
}
