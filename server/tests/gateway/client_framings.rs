//! Calls as older and smaller clients frame them: with `Expect`, by HTTP/1.0, in chunks, or accepting compression.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    chunks::{Pair, completion, framings, good_stream},
    wire,
};
use crate::{
    raw_upstream::{header, json_answer},
    rig::{KEY, SOON, chat_body, got},
};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Instances that answer in the form that is asked for, with an `é` in it.
async fn pair() -> Pair {
    Pair::start(|request| match request.contains("\"stream\":true") {
        true => framings(&good_stream().replace("hi", "é"))[0].1.clone(),
        false => {
            let message = json!({ "role": "assistant", "content": "é" });
            json_answer(200, &completion(&json!({ "index": 0, "message": message, "finish_reason": "stop" })))
        }
    })
    .await
}

fn body(stream: bool) -> String {
    let mut body = chat_body("try", "Why does this Rust borrow fail?");
    body["stream"] = json!(stream);
    body.to_string()
}

/// Reads until the other side closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(SOON, socket.read_to_string(&mut text)).await.unwrap().unwrap();
    text
}

#[tokio::test]
async fn a_client_that_waits_for_permission_gets_it_before_it_sends_its_body() {
    let pair = pair().await;
    for stream in [false, true] {
        let (mut socket, body) = (wire::connect(&pair.rig).await, body(stream));
        let framing =
            format!("expect: 100-continue\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all((wire::head() + &framing).as_bytes()).await.unwrap();
        let mut interim = [0; CONTINUE.len()];
        timeout(SOON, socket.read_exact(&mut interim)).await.unwrap().unwrap();
        assert_eq!(interim, CONTINUE);
        socket.write_all(body.as_bytes()).await.unwrap();
        let answer = rest(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains('é'), "{answer}");
    }
    assert_eq!(pair.a.requests().len(), 2);
    assert!(pair.a.requests().iter().all(|it| header(it, "expect").is_none()));
}

#[tokio::test]
async fn a_client_that_is_refused_by_its_head_is_spared_its_body() {
    let pair = pair().await;
    let expecting = |head: String, length: usize| {
        format!("{head}expect: 100-continue\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
    };
    for (call, status) in [
        (expecting(wire::head().replace(KEY, "sb-wrong"), 100), 401),
        (expecting(wire::head().replace("application/json", "text/plain"), 100), 415),
        (expecting(wire::head().replace("/v1/chat", "/v1/v1/chat"), 100), 404),
        (expecting(wire::head(), 1 << 30), 413),
    ] {
        let mut socket = wire::connect(&pair.rig).await;
        socket.write_all(call.as_bytes()).await.unwrap();
        let answer = rest(&mut socket).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    assert_eq!(pair.a.requests().len(), 0);
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_an_answer_without_chunks_that_ends_by_closing() {
    let pair = pair().await;
    for connection in ["connection: close\r\n", ""] {
        for stream in [false, true] {
            let (mut socket, body) = (wire::connect(&pair.rig).await, body(stream));
            let head = wire::head().replace("HTTP/1.1", "HTTP/1.0").replace("host: x\r\n", "");
            let call = format!("{head}{connection}content-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(call.as_bytes()).await.unwrap();
            let answer = rest(&mut socket).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
            assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "{head}");
            match stream {
                true => assert_eq!(body, good_stream().replace("hi", "é")),
                false => assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{body}"),
            }
        }
    }
    // It may ask to keep the connection: the end of a stream closes it all the same.
    let mut socket = wire::connect(&pair.rig).await;
    let call =
        wire::chat("try", "hi", true).replace("HTTP/1.1\r\n", "HTTP/1.0\r\nconnection: keep-alive\r\n");
    socket.write_all(call.as_bytes()).await.unwrap();
    assert!(rest(&mut socket).await.ends_with("data: [DONE]\n\n"));
    // A stream that breaks off does not look complete.
    let broken = Pair::start(|_| {
        framings("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n")[2].1.clone()
    });
    let broken = broken.await;
    let mut socket = wire::connect(&broken.rig).await;
    let call = wire::chat("try", "hi", true).replace("HTTP/1.1", "HTTP/1.0");
    socket.write_all(call.as_bytes()).await.unwrap();
    let answer = rest(&mut socket).await;
    assert!(answer.contains("upstream_error") && !answer.contains("[DONE]"), "{answer}");
}

#[tokio::test]
async fn a_body_in_chunks_arrives_whole_however_it_is_cut() {
    let pair = pair().await;
    let body = body(false);
    let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
    let whole = chunk(&body) + "0\r\n\r\n";
    let bytes = body.split_inclusive(|_| true).map(chunk).collect::<String>() + "0\r\n\r\n";
    let (left, right) = body.split_at(20);
    let extended = format!("{:X};name=value\r\n{left}\r\n", left.len());
    let trailed = extended + &chunk(right) + "0\r\nx-checksum: 1\r\n\r\n";
    for framed in [whole, bytes, trailed] {
        let mut socket = wire::connect(&pair.rig).await;
        let head = wire::head() + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.set_nodelay(true).unwrap();
        for piece in framed.as_bytes().chunks(framed.len() / 3 + 1) {
            socket.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        let answer = rest(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    for request in pair.a.requests() {
        let sent = request.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(sent, body.replace("\"try\"", "\"up-1\""));
        assert_eq!(header(&request, "content-length"), Some(sent.len().to_string().as_str()));
        assert_eq!((header(&request, "transfer-encoding"), header(&request, "x-checksum")), (None, None));
    }
}

#[tokio::test]
async fn a_client_that_accepts_compression_gets_the_bytes_as_they_came() {
    let pair = pair().await;
    for accepted in ["gzip, br", "gzip;q=1.0, *;q=0.5", "zstd", "identity;q=0, gzip"] {
        for stream in [false, true] {
            let call = if stream { pair.rig.stream("try", "hi") } else { pair.rig.chat("try", "hi") };
            let answer = got(call.header("accept-encoding", accepted)).await;
            assert_eq!((answer.status, answer.header("content-encoding")), (200, ""), "{accepted}");
            assert!(answer.text().contains('é'), "{accepted}");
        }
    }
    for request in pair.a.requests() {
        let asked = header(&request, "accept-encoding");
        assert!(asked.is_none_or(|it| it == "identity"), "the answer could not be read: {asked:?}");
    }
}
