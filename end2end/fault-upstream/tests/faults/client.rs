//! A client on a raw socket that receives every byte and tells how the connection ends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{future::Future, io::ErrorKind, net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// How the server ended the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
}

#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    pub(crate) reads: usize,
}

/// Everything received over a connection until it ended.
#[derive(Debug)]
pub(crate) struct Received {
    /// Status line and headers; empty if there were none.
    pub(crate) head: String,
    /// What followed the head, including framing.
    pub(crate) rest: Vec<u8>,
    pub(crate) end: End,
    pub(crate) reads: usize,
}

/// A chat call for `model` that closes its connection.
pub(crate) fn chat(model: &str, stream: bool) -> Vec<u8> {
    let message = json!({ "role": "user", "content": "hello" });
    let body = json!({ "model": model, "stream": stream, "messages": [message] });
    post("/v1/chat/completions", "connection: close\r\n", &body)
}

pub(crate) fn post(path: &str, headers: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!("POST {path} HTTP/1.1\r\nhost: upstream\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A call of an API for `model` that closes its connection, with what every API needs and further fields.
pub(crate) fn call(path: &str, model: &str, fields: &Value) -> Vec<u8> {
    let message = json!({ "role": "user", "content": "hello" });
    let mut body = json!({ "model": model, "messages": [message], "prompt": "hello", "input": "hello" });
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    post(path, "connection: close\r\n", &body)
}

/// Sends a request on a new connection and reads until the server closes it.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Received {
    let mut client = Client::connect(address).await;
    client.send(request).await;
    client.read_to_end().await
}

/// Waits for a future up to the timeout.
pub(crate) async fn within_timeout<F: Future>(what: F) -> F::Output {
    match timeout(TIMEOUT, what).await {
        Ok(output) => output,
        Err(_) => panic!("nothing happened within {TIMEOUT:?}"),
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: within_timeout(TcpStream::connect(address)).await.unwrap(),
            received: Vec::new(),
            reads: 0,
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        within_timeout(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Reads once; `Err` means the end of the connection.
    async fn read(&mut self) -> Result<(), End> {
        match within_timeout(self.stream.read_buf(&mut self.received)).await {
            Ok(0) => Err(End::Fin),
            Ok(_) => {
                self.reads += 1;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Rst),
            Err(error) => panic!("{error}"),
        }
    }

    /// Reads until the received bytes end with `bytes`.
    pub(crate) async fn read_until(&mut self, bytes: &str) -> String {
        while !self.received.ends_with(bytes.as_bytes()) {
            if let Err(end) = self.read().await {
                panic!("{end:?} before {bytes:?}: {}", text(&self.received));
            }
        }
        text(&std::mem::take(&mut self.received))
    }

    /// Reads until at least `count` bytes have been received.
    pub(crate) async fn read_at_least(&mut self, count: usize) {
        while self.received.len() < count {
            assert_eq!(self.read().await, Ok(()));
        }
    }

    pub(crate) async fn read_to_end(mut self) -> Received {
        let end = loop {
            if let Err(end) = self.read().await {
                break end;
            }
        };
        let all = &self.received;
        let head = all.windows(4).position(|window| window == b"\r\n\r\n");
        let (head, rest) = all.split_at(head.map_or(0, |at| at + 4));
        Received { head: text(head), rest: rest.to_vec(), end, reads: self.reads }
    }
}

impl Received {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).map_or(0, |code| code.parse().unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The body without framing, and whether its framing is complete.
    pub(crate) fn body(&self) -> (Vec<u8>, bool) {
        if let Some(length) = self.header("content-length") {
            return (self.rest.clone(), length == self.rest.len().to_string());
        }
        if self.header("transfer-encoding").is_none() {
            return (self.rest.clone(), !self.head.is_empty());
        }
        let (mut body, mut rest) = (Vec::new(), self.rest.as_slice());
        while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
            let size = usize::from_str_radix(&text(&rest[..at]), 16).unwrap();
            rest = &rest[at + 2..];
            if size == 0 {
                return (body, rest == b"\r\n");
            }
            body.extend_from_slice(&rest[..size.min(rest.len())]);
            rest = rest.get(size + 2..).unwrap_or_default();
        }
        (body, false)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body().0).unwrap()
    }

    /// The data of each event, parsed as the WHATWG specifies.
    pub(crate) fn events(&self) -> Vec<String> {
        let body = text(&self.body().0).replace("\r\n", "\n");
        let body = body.strip_prefix('\u{feff}').unwrap_or(&body);
        body.split_inclusive("\n\n")
            .filter_map(|event| {
                let data: Vec<&str> = event
                    .strip_suffix("\n\n")?
                    .lines()
                    .filter_map(|line| line.strip_prefix("data: "))
                    .collect();
                (!data.is_empty()).then(|| data.join("\n"))
            })
            .collect()
    }

    /// The data of each event, parsed as JSON; null if it is none.
    pub(crate) fn json_events(&self) -> Vec<Value> {
        self.events().iter().map(|data| serde_json::from_str(data).unwrap_or_default()).collect()
    }

    /// The names of the events in order, without repetition.
    pub(crate) fn event_names(&self) -> Vec<String> {
        let body = text(&self.body().0);
        let names = body.lines().filter_map(|line| line.strip_prefix("event: ").map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.dedup();
        names
    }

    /// The text of all valid content chunks of the first choice.
    pub(crate) fn content(&self) -> String {
        self.events()
            .iter()
            .filter_map(|data| serde_json::from_str::<Value>(data).ok())
            .filter(|data| data["choices"][0]["index"] == 0)
            .filter_map(|data| Some(data["choices"][0]["delta"]["content"].as_str()?.to_owned()))
            .collect()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
