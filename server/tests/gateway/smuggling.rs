//! Requests that hide another one in their framing: whatever we make of them, one request is at most one call, and
//! the hidden one is never made.

use std::time::Duration;

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use server::gateway::listener::ListenerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::wire;
use crate::rig::{KEY, Rig, Setup, chat_body};

/// What the hidden call says.
const HIDDEN: &str = "smuggled";

fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// Requests, each as one connection sends it. All hide a call behind or inside of their body; `say` is what the open
/// one says.
fn corpus(say: &str) -> Vec<String> {
    let hidden = wire::call(&chat_body("open", HIDDEN).to_string());
    let body = chat_body("open", say).to_string();
    let (length, whole) = (body.len(), chunked(&body));
    let all = whole.len() + hidden.len();
    let post = wire::head();
    let mut corpus = Vec::new();
    // A length that covers everything beside chunks that end before the hidden call, in both orders and many spellings.
    for coding in [
        "transfer-encoding: chunked",
        "Transfer-Encoding: Chunked",
        "transfer-encoding:\tchunked",
        "transfer-encoding: chunked ",
        "transfer-encoding : chunked",
        "transfer-encoding\t: chunked",
        " transfer-encoding: chunked",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity, chunked",
        "transfer-encoding: identity",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding: chunked;a=b",
        "transfer-encoding: chun\u{0}ked",
        "transfer-encoding: chunked\u{b}",
        "transfer-encoding:\r\n chunked",
        "x-a: b\r\n transfer-encoding: chunked",
        "x-a: b\ntransfer-encoding: chunked",
        "x-a: b\rtransfer-encoding: chunked",
        "x-a: b\r\n\ttransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked",
    ] {
        corpus.push(format!("{post}content-length: {all}\r\n{coding}\r\n\r\n{whole}{hidden}"));
        corpus.push(format!("{post}{coding}\r\ncontent-length: {all}\r\n\r\n{whole}{hidden}"));
        corpus.push(format!("{post}{coding}\r\ncontent-length: {length}\r\n\r\n{body}{hidden}"));
    }
    // A name that only some readers take for another one: to us the length counts, and covers everything.
    corpus.push(format!("{post}transfer_encoding: chunked\r\ncontent-length: {all}\r\n\r\n{whole}{hidden}"));
    // Lengths that two readers could read in two ways.
    for lengths in [
        format!("content-length: {length}\r\ncontent-length: {}", length + hidden.len()),
        format!("content-length: {}\r\ncontent-length: {length}", length + hidden.len()),
        format!("content-length: {length}, {}", length + hidden.len()),
        format!("content-length: +{length}"),
        format!("content-length: -{length}"),
        format!("content-length: 0x{length:x}"),
        format!("content-length: {length}.0"),
        format!("content-length: {length} 1"),
        format!("content-length: 1844674407370955161{length}"),
        format!("content-length : {length}"),
        format!("content-length:\r\n {length}"),
        format!("x-a: b\ncontent-length: {length}\r\ncontent-length: {}", length + hidden.len()),
        "content-length:".to_owned(),
    ] {
        corpus.push(format!("{post}{lengths}\r\n\r\n{body}{hidden}"));
    }
    // Chunks that two readers could cut in two ways.
    for chunks in [
        format!("{length:x}\n{body}\n0\n\n"),
        format!("0x{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("+{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("-1\r\n{body}\r\n0\r\n\r\n"),
        format!("10000000000000000{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("{length:x}\r\n{body}0\r\n\r\n"),
        format!("{length:x};a=\"\n{body}\r\n0\r\n\r\n"),
        format!("{length:x}\r\n{body}\r\nx\r\n\r\n"),
    ] {
        let framing = "transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        corpus.push(format!("{post}{framing}{chunks}{hidden}"));
    }
    // Refused before the body is read: what is left of it must not become a request.
    let inside = format!("content-length: {}\r\n\r\n{hidden}", hidden.len());
    corpus.push(format!("{}{inside}", post.replace("application/json", "text/plain")));
    corpus.push(format!("{}{inside}", post.replace(KEY, "sb-wrong")));
    corpus.push(format!("{}{inside}", post.replace("chat/completions", "nothing")));
    corpus.push(format!("{}{inside}", post.replace("POST", "GET")));
    corpus.push(format!("{}{inside}", post.replace("POST /v1/chat/completions", "GET /v1/models")));
    corpus.push(format!("{post}content-length: 50000000\r\n\r\n{hidden}"));
    corpus.push(format!("{post}expect: 100-continue\r\n{inside}"));
    // Other versions and forms.
    corpus.push(format!("{}transfer-encoding: chunked\r\n\r\n{whole}{hidden}", post.replace("1.1", "1.0")));
    corpus.push(format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{hidden}"));
    corpus.push(format!(
        "{post}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\
         content-length: {all}\r\n\r\n{whole}{hidden}"
    ));
    corpus.push(format!("{post}x-a: b\u{0}c\r\ncontent-length: {all}\r\n\r\n{whole}{hidden}"));
    corpus.push(format!("{post}x a: b\r\ncontent-length: {all}\r\n\r\n{whole}{hidden}"));
    corpus.push(format!("{post}: b\r\ncontent-length: {all}\r\n\r\n{whole}{hidden}"));
    corpus.push(format!("\r\n\r\n{post}content-length: {all}\r\n\r\n{whole}{hidden}"));
    corpus
}

/// Sends that much at once and reads what comes, until the connection ends.
async fn exchanged(rig: &Rig, request: &str) -> String {
    let mut socket = wire::connect(rig).await;
    // Who is refused in the middle may not get all of it through.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    // A body that never comes to its end is waited for longer than that; nothing can follow it.
    let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_makes_at_most_one_upstream_call_however_it_is_framed() {
    let upstream = FaultUpstream::start().await.unwrap();
    // An idle connection is closed soon, so that its end shows that nothing more comes of it.
    let config = ListenerConfig { head_timeout: Duration::from_secs(1), ..ListenerConfig::default() };
    let rig = Setup::new()
        .chat("a", &upstream, "ok")
        .ordered("open", &[("only", "inst_a")])
        .start_with(config)
        .await;
    let count = corpus("").len();
    assert!(count > 90, "{count}");
    let sending = (0..count).map(|at| {
        let rig = &rig;
        async move {
            let request = &corpus(&format!("case {at}."))[at];
            let answer = exchanged(rig, request).await;
            let answers = answer.matches("HTTP/1.1 ").count() - answer.matches("HTTP/1.1 100 ").count();
            assert!(answers <= 1, "{answers} answers to {request:?}: {answer}");
        }
    });
    join_all(sending).await;
    let log = upstream.requests();
    for record in &log {
        let body = String::from_utf8_lossy(&record.body);
        assert!(!body.contains(HIDDEN), "a hidden call was made: {body}");
        assert_eq!(record.header("transfer-encoding"), None);
        assert_eq!(record.header("content-length"), Some(&*body.len().to_string()));
    }
    for at in 0..count {
        let said = format!("case {at}.");
        let seen = log.iter().filter(|it| String::from_utf8_lossy(&it.body).contains(&said)).count();
        assert!(seen <= 1, "{seen} calls of {:?}", corpus(&said)[at]);
    }
    assert!(!log.is_empty(), "some of them are sound in our reading");
}

#[tokio::test]
async fn fields_that_some_proxies_treat_as_addresses_are_ignored() {
    let (upstream, attacker) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("router", &upstream, "router@code")
        .chat("a", &upstream, "ok@3")
        .ordered("open", &[("only", "inst_a")])
        .classifier("asking", "inst_router", &[("code", "inst_a"), ("general", "inst_a")])
        .start()
        .await;
    let there = attacker.base_url();
    for model in ["open", "asking"] {
        for stream in [false, true] {
            let mut body = chat_body(model, "hi");
            body["stream"] = stream.into();
            for name in ["api_base", "base_url", "api_key", "user_config"] {
                body[name] = there.as_str().into();
            }
            body["user_config"] = serde_json::json!({ "model_list": [{ "api_base": there }] });
            let call = rig.post("/v1/chat/completions", body.to_string());
            let call = call.header("x-api-base", &there).header("x-forwarded-host", &there);
            assert_eq!(crate::rig::got(call).await.status, 200);
        }
    }
    assert_eq!(attacker.counters().connections, 0);
    let address = attacker.address().to_string();
    assert!(upstream.requests().iter().all(|it| !String::from_utf8_lossy(&it.body).contains(&address)));
}
