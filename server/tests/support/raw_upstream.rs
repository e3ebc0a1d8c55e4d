//! An upstream that is all text: it remembers each request as it came, and answers what the test makes of it.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A running upstream; dropping it stops it.
pub(crate) struct RawUpstream {
    /// Such as `http://127.0.0.1:40000`.
    pub(crate) origin: String,
    requests: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl RawUpstream {
    pub(crate) async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (requests, answer) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(answer));
        let seen = Arc::clone(&requests);
        let serving = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let request = read(&mut socket).await;
                    seen.lock().unwrap().push(request.clone());
                    let _ = socket.write_all(answer(&request).as_bytes()).await;
                });
            }
        });
        Self { origin, requests, serving }
    }

    /// All requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for RawUpstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A request with its body, whose length is announced.
async fn read(socket: &mut TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match socket.read(&mut part).await {
            Ok(read) if read > 0 => bytes.extend(&part[..read]),
            _ => return text,
        }
    }
}

/// The value of a header of a request.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines().skip(1).filter_map(|it| it.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The text of an answer in JSON, after which the connection ends.
pub(crate) fn json_answer(status: u16, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Any\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}
