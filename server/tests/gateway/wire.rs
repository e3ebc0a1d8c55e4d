//! Calls as they stand on the wire, for what no client library would send.

use serde_json::json;
use tokio::net::TcpStream;

use crate::rig::{KEY, Rig, chat_body};

/// Where a rig listens.
pub(crate) fn address(rig: &Rig) -> &str {
    rig.origin.split_once("://").unwrap().1
}

/// A connection of its own.
pub(crate) async fn connect(rig: &Rig) -> TcpStream {
    TcpStream::connect(address(rig)).await.unwrap()
}

/// The head of a chat call under the full key, without its framing and without its empty line.
pub(crate) fn head() -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\n"
    )
}

/// A whole call with that body.
pub(crate) fn call(body: &str) -> String {
    format!("{}content-length: {}\r\n\r\n{body}", head(), body.len())
}

/// A whole chat call.
pub(crate) fn chat(model: &str, prompt: &str, stream: bool) -> String {
    let mut body = chat_body(model, prompt);
    body["stream"] = json!(stream);
    call(&body.to_string())
}
