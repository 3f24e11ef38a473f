//! Nothing that a client sends can stop the hub or disturb the others, and what looks dangerous is only text.

use crate::harness::{TestHub, dice};
use crate::journeys::repair_for_the_bakery;
use dispatch_hub::client::Client;
use dispatch_hub::domain::event::Kind;
use dispatch_hub::protocol::{Encoding, Topic};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::json;
use std::path::Path;
use tokio_tungstenite::tungstenite::Message;

const FRAMES: usize = 3_000;

/// The samples of what clients send, in both encodings.
fn samples() -> Vec<(Encoding, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().starts_with("client_") {
            continue;
        }
        let encoding = if path.extension().is_some_and(|kind| kind == "json") { Encoding::Json } else { Encoding::Msgpack };
        samples.push((encoding, std::fs::read(path).unwrap()));
    }
    samples.sort_by(|a, b| a.1.cmp(&b.1));
    samples
}

fn mutated(frame: &[u8], dice: &mut StdRng) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for _ in 0..dice.random_range(1..5) {
        let at = dice.random_range(0..frame.len());
        match dice.random_range(0..6) {
            0 => frame[at] = dice.random(),
            1 => frame[at] ^= 1 << dice.random_range(0..8),
            2 => frame.insert(at, dice.random()),
            3 if frame.len() > 1 => drop(frame.remove(at)),
            4 if frame.len() > 1 => frame.truncate(at.max(1)),
            _ => frame.extend_from_within(at..),
        }
    }
    frame
}

#[tokio::test]
async fn mutated_frames_hurt_nobody() {
    let mut dice = dice("mutated frames");
    let hub = TestHub::start().await;
    let dispatcher = hub.dispatcher(1).await;
    let mut witness = dispatcher.listens_to(Topic::Schedule).await;
    let samples = samples();
    let people = [hub.dispatcher(2).await.client, hub.worker(1).await.client, hub.portal_user(1).await.client];
    for nth in 0..FRAMES / 20 {
        let (encoding, _) = samples[nth % samples.len()];
        let alike: Vec<&Vec<u8>> = samples.iter().filter(|(other, _)| *other == encoding).map(|(_, frame)| frame).collect();
        let frames = (0..20).map(|_| mutated(alike[dice.random_range(0..alike.len())], &mut dice)).collect();
        shout(&people[nth % people.len()], encoding, frames).await;
    }
    let job = dispatcher.orders(hub.company().repair, repair_for_the_bakery(&hub)).await;
    let heard = witness.event().await;
    assert_eq!((heard.kind, heard.job_id), (Kind::JobCreated, job.0), "nothing came of all that noise");
}

/// Sends frames and waits until the socket has ended, or all were taken in.
async fn shout(client: &Client, encoding: Encoding, frames: Vec<Vec<u8>>) {
    let mut socket = client.socket(encoding).await.expect("the hub still opens sockets");
    for frame in frames {
        let message = match encoding {
            Encoding::Msgpack => Message::binary(frame),
            Encoding::Json => Message::text(String::from_utf8_lossy(&frame).into_owned()),
        };
        if socket.sender().send_raw(message).await.is_err() {
            return;
        }
    }
    // A last one that is answered, if the socket got that far.
    if let Ok(reference) = socket.sender().unsubscribe(Topic::Schedule).await {
        let answered = tokio::time::timeout(crate::harness::PATIENCE, socket.answer(reference)).await;
        assert!(answered.is_ok(), "neither answered nor closed");
    }
}

#[tokio::test]
async fn text_is_text_whatever_it_looks_like() {
    let hub = TestHub::start().await;
    let (dispatcher, customer) = (hub.dispatcher(1).await, hub.portal_user(1).await);
    let mut schedule = dispatcher.listens_to(Topic::Schedule).await;
    let texts = [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "'); drop table job; --",
        "=HYPERLINK(\"http://evil.example\")",
        "a\r\nBcc: everybody@example.com",
        "{{constructor.constructor('alert(1)')()}} ${7*7} %s%n",
        "\u{202e}gnirts \u{200b} 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍🔧 \u{feff}",
        "../../etc/passwd \\\\server\\share",
        "x' or '1'='1",
    ];
    for text in texts {
        let mut order = repair_for_the_bakery(&hub);
        order["notes"] = json!(text);
        order["contact"] = json!({ "name": text.replace(['\r', '\n'], " "), "phone": "1" });
        let job = customer.orders(hub.company().repair, order).await;
        assert_eq!(customer.sees(job).await["notes"], json!(text.trim()));
        assert_eq!(dispatcher.sees(job).await["notes"], json!(text.trim()));
        let told = schedule.hears(Kind::JobCreated, job).await.job.unwrap();
        assert_eq!(told.notes.as_deref(), Some(text.trim()));
        let query: String = form(text);
        dispatcher.reads(&format!("/api/jobs?q={query}")).await;
    }
}

/// As a form writes it: every byte that is no letter or digit escaped.
fn form(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
