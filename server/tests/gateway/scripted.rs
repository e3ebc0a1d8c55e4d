//! A raw TCP server that follows a script: it reads one whole request of each connection, logs it, and writes what the
//! script makes of it, or waits and sees whether the other side stays.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the script does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// This status and body.
    Answer(u16, Value),
    /// These bytes, head included, each piece after its pause; then the connection ends.
    Pieces(Vec<(Duration, String)>),
    /// Nothing; the connection is reset.
    Reset,
    /// Nothing until this time is over and the other side has stayed; then the step behind it.
    Wait(Duration, Box<Step>),
    /// Sets a flag; then the step behind it.
    Set(Arc<AtomicBool>, Box<Step>),
}

/// A completion with this content.
pub(crate) fn completion(content: &str) -> Step {
    ended(json!(content), "stop")
}

/// A completion with this content, ended for this reason.
pub(crate) fn ended(content: Value, finish_reason: &str) -> Step {
    let message = json!({ "role": "assistant", "content": content });
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason });
    let body =
        json!({ "id": "r", "object": "chat.completion", "created": 1, "model": "o", "choices": [choice] });
    Step::Answer(200, body)
}

/// A stream of events, each after its pause in milliseconds, ended by the end of the connection.
pub(crate) fn stream(events: &[(u64, &str)]) -> Step {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n".to_owned();
    let events = events.iter().map(|(ms, event)| (Duration::from_millis(*ms), format!("{event}\n\n")));
    Step::Pieces(std::iter::once((Duration::ZERO, head)).chain(events).collect())
}

/// The same in chunks.
pub(crate) fn chunked_stream(events: &[(u64, &str)]) -> Step {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let events = events
        .iter()
        .map(|(ms, event)| (Duration::from_millis(*ms), format!("{:x}\r\n{event}\n\n\r\n", event.len() + 2)));
    let pieces = std::iter::once((Duration::ZERO, head)).chain(events);
    Step::Pieces(pieces.chain([(Duration::ZERO, "0\r\n\r\n".to_owned())]).collect())
}

/// A body in JSON, byte for byte.
pub(crate) fn raw_json(status: u16, body: &str) -> Step {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n");
    Step::Pieces(vec![(Duration::ZERO, format!("{head}content-length: {}\r\n\r\n{body}", body.len()))])
}

/// A refusal as OpenAI words it.
pub(crate) fn refusal(status: u16, param: Option<&str>, message: &str) -> Step {
    let error = json!({ "message": message, "type": "invalid_request_error", "param": param, "code": null });
    Step::Answer(status, json!({ "error": error }))
}

#[derive(Debug, Default)]
struct Log {
    requests: Mutex<Vec<Value>>,
    /// Connections on which it waits now.
    waiting: AtomicUsize,
    left: AtomicUsize,
}

/// It runs until it is dropped.
pub(crate) struct Scripted {
    pub(crate) base_url: String,
    log: Arc<Log>,
    serving: JoinHandle<()>,
}

impl Scripted {
    /// The script gets each request's body.
    pub(crate) async fn start(script: impl Fn(&Value) -> Step + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (log, script) = (Arc::<Log>::default(), Arc::new(script));
        let shared = Arc::clone(&log);
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (log, script) = (Arc::clone(&shared), Arc::clone(&script));
                tokio::spawn(async move { serve(socket, &log, &*script).await });
            }
        });
        Self { base_url, log, serving }
    }

    /// The bodies of all requests.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.log.requests.lock().unwrap().clone()
    }

    /// How many requests it has read.
    pub(crate) fn calls(&self) -> usize {
        self.log.requests.lock().unwrap().len()
    }

    /// Connections on which it waits now.
    pub(crate) fn waiting(&self) -> usize {
        self.log.waiting.load(Relaxed)
    }

    /// Connections that were left while it waited.
    pub(crate) fn left(&self) -> usize {
        self.log.left.load(Relaxed)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut socket: TcpStream, log: &Log, script: &(impl Fn(&Value) -> Step + Send + Sync)) {
    let Some(body) = read(&mut socket).await else { return };
    let mut step = script(&body);
    log.requests.lock().unwrap().push(body);
    loop {
        match step {
            Step::Answer(status, body) => {
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: \
                     close\r\n\r\n",
                    body.len()
                );
                let _ = socket.write_all((head + &body).as_bytes()).await;
                return;
            }
            Step::Pieces(pieces) => {
                for (pause, piece) in pieces {
                    tokio::time::sleep(pause).await;
                    if socket.write_all(piece.as_bytes()).await.is_err() {
                        return;
                    }
                }
                return;
            }
            Step::Reset => {
                socket.set_zero_linger().unwrap();
                return;
            }
            Step::Set(flag, next) => {
                flag.store(true, Relaxed);
                step = *next;
            }
            Step::Wait(time, next) => {
                log.waiting.fetch_add(1, Relaxed);
                let mut byte = [0];
                let stayed = tokio::time::timeout(time, socket.read(&mut byte)).await.is_err();
                if !stayed {
                    log.left.fetch_add(1, Relaxed);
                }
                log.waiting.fetch_sub(1, Relaxed);
                if !stayed {
                    return;
                }
                step = *next;
            }
        }
    }
}

/// The body of one request; `None` if the other side left before its end.
async fn read(socket: &mut TcpStream) -> Option<Value> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|it| {
                let (name, value) = it.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or_default() {
                return Some(serde_json::from_str(body).unwrap_or_default());
            }
        }
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
