//! Answers of a balancer that masks the upstream's model: they differ by the model alone, and come as soon as others.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::oneshot,
    time::timeout,
};

use super::{
    chunks::{DONE, chunk, framings, good_stream},
    wire,
};
use crate::{
    raw_upstream::RawUpstream,
    rig::{Rig, SOON, Setup, got},
};

async fn rig(origin: &str) -> Rig {
    let setup = Setup::new().instance("a", &format!("{origin}/v1"), "up-1", |_| {});
    setup.balancer("masked", &[("only", "inst_a")], |it| it.mask_upstream_model = true).start().await
}

#[tokio::test]
async fn a_masked_stream_differs_by_its_model_alone_however_it_is_written() {
    let word = chunk(&json!({ "role": "assistant", "content": "hi" }), None);
    let end = chunk(&json!({}), Some("stop"));
    for events in [
        good_stream(),
        good_stream().replace("data: ", "data:"),
        good_stream().replace("data: ", "event: message\nid: 1\ndata: ").replace('\n', "\r\n"),
        good_stream().replace("data: ", ": still here\n\ndata: "),
        good_stream().replace("data: ", ": \"model\":\"x\"\nretry: 1\ndata: "),
        good_stream().replace("\"model\":", "\"model\" : "),
        [": first\n\n", &word, "\n\n", &end, "data: [DONE]"].concat(),
        // Without an end, and without a blank line behind the last event.
        word.clone() + end.trim_end(),
        word + end.trim_end() + "\n",
        "\u{feff}".to_owned() + &good_stream(),
    ] {
        for (framing, answer) in framings(&events) {
            let upstream = RawUpstream::start(move |_| answer.clone()).await;
            let relayed = got(rig(&upstream.origin).await.stream("masked", "hi")).await;
            assert_eq!(relayed.status, 200, "{framing}: {}", relayed.text());
            assert_eq!(relayed.text(), events.replace("up-1", "masked"), "{framing}");
        }
    }
}

#[tokio::test]
async fn a_sign_of_life_after_content_is_not_held_back_by_the_mask() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rig = rig(&format!("http://{}", listener.local_addr().unwrap())).await;
    let (seen, is_seen) = oneshot::channel::<()>();
    let upstream = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 8192]).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let word = chunk(&json!({ "content": "hi" }), None);
        socket.write_all(format!("{head}{word}: still here\n\n").as_bytes()).await.unwrap();
        is_seen.await.unwrap();
        let end = chunk(&json!({}), Some("stop")) + DONE;
        socket.write_all(end.as_bytes()).await.unwrap();
    });
    let mut socket = wire::connect(&rig).await;
    socket.write_all(wire::chat("masked", "hi", true).as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let mut until = async |text: &str| {
        while !String::from_utf8_lossy(&read).contains(text) {
            let count = timeout(SOON, socket.read_buf(&mut read)).await.unwrap().unwrap();
            assert_ne!(count, 0, "{}", String::from_utf8_lossy(&read));
        }
    };
    until(": still here").await;
    seen.send(()).unwrap();
    until("data: [DONE]").await;
    upstream.await.unwrap();
    assert!(!String::from_utf8_lossy(&read).contains("up-1"));
}
