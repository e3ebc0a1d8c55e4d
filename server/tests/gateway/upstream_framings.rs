//! How responses of instances end, and what becomes of their connections: one is used again only if nobody can be
//! mistaken about where the next response begins.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::rig::{Rig, Setup, got};

/// Bytes of the body that is larger than any buffer between two sockets.
const HUGE: usize = 12 * 1024 * 1024;

/// An instance that gives the same bytes as its response to each request, and goes on with the next request.
struct Instance {
    rig: Rig,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Instance {
    /// It reads bodies before it responds, or never.
    async fn start(response: String, reads_bodies: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Relaxed);
                let response = response.clone();
                tokio::spawn(async move { serve(socket, &response, reads_bodies).await });
            }
        });
        let rig = Setup::new()
            .instance("a", &base_url, "m", |_| {})
            .ordered("open", &[("only", "inst_a")])
            .start()
            .await;
        Self { rig, connections, serving }
    }
}

/// Serves until the other side leaves or the response ends by closing.
async fn serve(mut socket: TcpStream, response: &str, reads_bodies: bool) {
    let mut received = Vec::new();
    loop {
        let end = received.windows(4).position(|it| it == b"\r\n\r\n").map(|it| it + 4);
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap();
            let whole = end + length.parse::<usize>().unwrap();
            if !reads_bodies || received.len() >= whole {
                received.drain(..whole.min(received.len()));
                socket.write_all(response.as_bytes()).await.unwrap();
                let ends_by_closing = !response.contains("content-length") && !response.contains("chunked");
                if ends_by_closing {
                    return;
                }
                if !reads_bodies {
                    // What is not read keeps the rest of the body on its way.
                    std::future::pending::<()>().await;
                }
                continue;
            }
        }
        match socket.read_buf(&mut received).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn answer() -> String {
    let message = json!({ "role": "assistant", "content": "hi" });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
    json!({ "object": "chat.completion", "model": "m", "choices": [choice] }).to_string()
}

fn with_length(head: &str) -> String {
    let answer = answer();
    format!("{head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}", answer.len())
}

fn in_chunks(head: &str, extension: &str, trailers: &str) -> String {
    let answer = answer();
    let (one, two) = answer.split_at(9);
    let chunk = |it: &str| format!("{:x}{extension}\r\n{it}\r\n", it.len());
    let chunks = format!("{}{}0{extension}\r\n{trailers}\r\n", chunk(one), chunk(two));
    format!("{head}\r\ncontent-type: application/json\r\n\r\n{chunks}")
}

#[tokio::test]
async fn a_connection_is_used_again_only_after_a_response_with_a_clear_end() {
    let ok = "HTTP/1.1 200 OK";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked";
    for (response, connections) in [
        (with_length(ok), 1),
        (with_length("HTTP/1.1 200"), 1),
        (with_length("HTTP/1.0 200 OK\r\nconnection: Keep-Alive"), 1),
        (
            with_length(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK",
            ),
            1,
        ),
        (with_length(&format!("{ok}\r\nx-long: {}", "x".repeat(30_000))), 1),
        (in_chunks(chunked, "", ""), 1),
        (in_chunks(chunked, " ;a=\"b\"", "content-length: 1\r\nx-a: b\r\n"), 1),
        (with_length("HTTP/1.1 200 OK\r\nconnection: x, close"), 3),
        (with_length("HTTP/1.0 200 OK"), 3),
        (in_chunks(&format!("{chunked}\r\ncontent-length: 7"), "", ""), 3),
        (with_length(ok) + "\r\n", 3),
        (with_length(ok) + &with_length(ok), 3),
        (format!("{ok}\r\ncontent-type: application/json\r\n\r\n{}", answer()), 3),
    ] {
        let instance = Instance::start(response.clone(), true).await;
        for _ in 0..3 {
            let relayed = got(instance.rig.chat("open", "hi")).await;
            let seen = (relayed.status, relayed.header("x-sb-attempts"), relayed.text());
            assert_eq!(seen, (200, "1", answer()), "{response}");
        }
        assert_eq!(instance.connections.load(Relaxed), connections, "{response}");
    }
}

#[tokio::test]
async fn a_response_without_a_clear_end_is_none() {
    let ok = "HTTP/1.1 200 OK";
    for (response, attempt) in [
        (with_length("HTTP/1.1 200 OK\r\ncontent-length: 7"), "reset:null"),
        (with_length("HTTP/1.1 200 OK\r\ncontent-length: +7"), "reset:null"),
        (in_chunks("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, identity", "", ""), "reset:null"),
        (in_chunks("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked", "", ""), "reset:null"),
        (with_length(&format!("{ok}\r\nx-long: {}", "x".repeat(33_000))), "reset:null"),
        (with_length(&format!("{ok}{}", "\r\na: b".repeat(100))), "reset:null"),
        (with_length("HTTP/1.1 101 Switching Protocols\r\nupgrade: x"), "bad_status:101"),
        (in_chunks("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", "\n", ""), "truncated:200"),
    ] {
        let instance = Instance::start(response.clone(), true).await;
        let failed = got(instance.rig.chat("open", "hi")).await;
        assert_eq!(failed.status, 502, "{response}");
        assert_eq!(failed.attempts(), [format!("inst_a:{attempt}")], "{response}");
    }
}

#[tokio::test]
async fn a_response_that_comes_before_the_body_is_read_counts() {
    let refusal =
        r#"{"error":{"message":"too much","type":"invalid_request_error","param":null,"code":null}}"#;
    let head =
        format!("HTTP/1.1 413 X\r\ncontent-type: application/json\r\ncontent-length: {}", refusal.len());
    let instance = Instance::start(format!("{head}\r\n\r\n{refusal}"), false).await;
    for call in 1..3 {
        let refused = got(instance.rig.chat("open", &"x".repeat(HUGE))).await;
        assert_eq!((refused.status, refused.text().as_str()), (413, refusal));
        assert_eq!(instance.connections.load(Relaxed), call, "the rest of a body would be read as a request");
    }
}
