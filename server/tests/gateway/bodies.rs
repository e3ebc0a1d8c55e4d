//! Bodies that cannot be calls, and odd ones that can.

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{sleep, timeout},
};

use super::wire;
use crate::rig::{KEY, Rig, SOON, Setup, calls, chat_body, got};

async fn rig() -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new().chat("a", &upstream, "ok").ordered("open", &[("only", "inst_a")]).start().await;
    (upstream, rig)
}

fn nested(levels: usize) -> String {
    // The body's own object is one level.
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    format!("{{\"model\":\"open\",\"messages\":[],\"x\":{open}{close}}}")
}

#[tokio::test]
async fn invalid_bodies_are_refused_and_the_server_keeps_running() {
    let (upstream, rig) = rig().await;
    let cases: [(Vec<u8>, &str); 11] = [
        (b"".to_vec(), "invalid_json"),
        (b"{\"model\":\"open\",".to_vec(), "invalid_json"),
        (b"{\"model\":\"open\",\"messages\":[]} x".to_vec(), "invalid_json"),
        (b"[]".to_vec(), "invalid_json"),
        (b"{\"model\":\"open\",\"messages\":[\"\xff\"]}".to_vec(), "invalid_json"),
        (b"\xef\xbb\xbf{\"model\":\"open\",\"messages\":[]}".to_vec(), "invalid_json"),
        (nested(200).into_bytes(), "invalid_json"),
        (b"{\"model\":\"open\",\"mod\\u0065l\":\"x\",\"messages\":[]}".to_vec(), "duplicate_model"),
        (b"{\"messages\":[]}".to_vec(), "missing_required_parameter"),
        (b"{\"model\":\"open\"}".to_vec(), "missing_required_parameter"),
        (b"{\"model\":1,\"messages\":[]}".to_vec(), "invalid_type"),
    ];
    for (body, code) in cases {
        let shown = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        let refused = got(rig.post("/v1/chat/completions", body)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{shown}");
    }
    assert_eq!(calls(&upstream), 0);
    for body in [nested(100), "{\"model\":\"open\",\"messages\":[],\"x\":1e999,\"y\":\"\\ud800\"}".to_owned()]
    {
        assert_eq!(got(rig.post("/v1/chat/completions", body)).await.status, 200);
    }
}

#[tokio::test]
async fn only_uncompressed_json_is_accepted() {
    let (_upstream, rig) = rig().await;
    let send = |kind: Option<&str>| {
        let request = rig.client.post(format!("{}/v1/chat/completions", rig.origin)).bearer_auth(KEY);
        let request = request.body(chat_body("open", "hi").to_string());
        kind.into_iter().fold(request, |request, kind| request.header("content-type", kind))
    };
    for kind in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("")] {
        let refused = got(send(kind)).await;
        assert_eq!((refused.status, refused.code()), (415, "unsupported_media_type".to_owned()), "{kind:?}");
    }
    let zipped = got(send(Some("application/json")).header("content-encoding", "gzip")).await;
    assert_eq!(zipped.status, 415);
    assert_eq!(got(send(Some("application/json; charset=UTF-8"))).await.status, 200);
}

#[tokio::test]
async fn a_body_of_forty_megabytes_gets_its_refusal() {
    let (upstream, rig) = rig().await;
    let large = format!("{{\"model\":\"open\",\"messages\":[\"{}\"]}}", "x".repeat(40 * 1024 * 1024));
    let announced = got(rig.post("/v1/chat/completions", large.clone())).await;
    assert_eq!((announced.status, announced.code()), (413, "body_too_large".to_owned()));
    let pieces = large.into_bytes().chunks(1 << 20).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let chunked = got(rig.post("/v1/chat/completions", reqwest::Body::wrap_stream(stream))).await;
    assert_eq!((chunked.status, chunked.code()), (413, "body_too_large".to_owned()));
    assert_eq!(calls(&upstream), 0);
    assert_eq!(got(rig.chat("open", "still there?")).await.status, 200);
}

#[tokio::test]
async fn oversized_bodies_are_refused_by_their_content_length() {
    let (upstream, rig) = rig().await;
    let refused = futures_util::stream::iter(0..200).map(|_| async {
        let mut socket = wire::connect(&rig).await;
        let head = format!("{}content-length: 104857600\r\n\r\n", wire::head());
        let begun = Instant::now();
        socket.write_all(head.as_bytes()).await.unwrap();
        // Not a byte of the body is sent, so the answer waits for none.
        let mut answer = String::new();
        tokio::time::timeout(SOON, socket.read_to_string(&mut answer)).await.unwrap().unwrap();
        (begun.elapsed(), answer)
    });
    let refused: Vec<_> = refused.buffer_unordered(20).collect().await;
    let mut took: Vec<_> = refused.iter().map(|(took, _)| *took).collect();
    took.sort();
    // Half of them, because this machine may have other work.
    assert!(took[100] < Duration::from_millis(100), "{took:?}");
    for (_, answer) in refused {
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{answer}");
    }
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_while_sending_gets_its_refusal() {
    let (_upstream, rig) = rig().await;
    let mut socket = wire::connect(&rig).await;
    let head = format!("{}content-length: 50000000\r\n\r\n", wire::head());
    socket.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 1_000_000];
    for _ in 0..50 {
        // Were the connection reset, writing would fail here.
        socket.write_all(&piece).await.unwrap();
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{answer}");
}

#[tokio::test]
async fn large_bodies_over_the_budget_are_refused_and_small_ones_accepted() {
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = Setup { body_budget_bytes: Some(3 * 1024 * 1024), ..Setup::new() };
    let setup = setup.chat("a", &upstream, "hang-headers").chat("b", &upstream, "ok");
    let rig =
        setup.ordered("held", &[("only", "inst_a")]).ordered("open", &[("only", "inst_b")]).start().await;
    let large =
        |name: &str| rig.post("/v1/chat/completions", chat_body(name, &"x".repeat(2 << 20)).to_string());
    let held = tokio::spawn(large("held").send());
    upstream.wait_for(|log| !log.is_empty(), SOON).await.unwrap();
    assert!(rig.gateway.stats().body_bytes > 2 << 20);

    let refused = got(large("open")).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "server_busy"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200, "small bodies are not counted");

    held.abort();
    let given_back = async {
        while rig.gateway.stats().body_bytes > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, given_back).await.unwrap();
    assert_eq!(got(large("open")).await.status, 200);
}

#[tokio::test]
async fn a_large_body_arrives_complete() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig =
        Setup::new().chat("a", &upstream, "echo-raw").ordered("open", &[("only", "inst_a")]).start().await;
    // It has choices, so that its echo is an answer.
    let mut body = chat_body("open", &"x".repeat(8 * 1024 * 1024));
    body["choices"] = serde_json::json!([1]);
    let body = body.to_string();
    let answer = got(rig.post("/v1/chat/completions", body.clone())).await;
    assert_eq!(answer.text(), body.replace("\"open\"", "\"echo-raw\""));
}
