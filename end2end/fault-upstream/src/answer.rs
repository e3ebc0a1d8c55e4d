//! Chooses the answer to a call by its fault. The modules below build the answers; [`crate::socket`] sends the bytes.

mod answer_text;
mod chat;
mod embeddings;
mod events;
mod models;
mod plain;
mod refusal;
pub(crate) mod request_fields;
mod router;

use std::time::Duration;

use request_fields::RequestFields;

use crate::{
    fault::{AnswerKind, Content, EarlyFailure, Fault, RetryAfter},
    http::{AnswerHead, Head},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// Hop-by-hop headers (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The path prefix that `redirect-here` redirects to.
const REDIRECTED: &str = "/redirected";
/// The unsolicited answer of `extra-answer`.
const EXTRA_ANSWER: &[u8] =
    b"HTTP/1.1 200 \r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"unasked\":\"for\"}\n";

/// A call that was read completely, with its fault.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Name of this server in its answers.
    pub(crate) upstream: &'a str,
    /// Delay before the first byte of every answer of this server.
    pub(crate) delay: Duration,
    pub(crate) number: u64,
    /// Calls that the connection has served before this one.
    pub(crate) earlier_calls: u64,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a [u8],
    pub(crate) fields: RequestFields,
    pub(crate) model: String,
    pub(crate) fault: &'a Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Chat,
    Embeddings,
    Models,
    Unknown,
}

/// Answers a call, or fails as its fault says.
pub(crate) async fn answer(socket: &mut Socket, call: &Call<'_>) -> Result<AfterAnswer, PeerClosed> {
    match call.fault.early_failure {
        EarlyFailure::Reset => return Ok(AfterAnswer::Reset),
        EarlyFailure::ResetIfReused if call.earlier_calls > 0 => return Ok(AfterAnswer::Reset),
        EarlyFailure::HangUnread | EarlyFailure::HangRead => return Err(socket.wait_for_close().await),
        EarlyFailure::None
        | EarlyFailure::ResetIfReused
        | EarlyFailure::Close
        | EarlyFailure::EarlyHintsThenClose => {}
    }
    socket.wait(call.delay + call.fault.pace.first_byte).await?;
    match call.fault.early_failure {
        EarlyFailure::Close => return Ok(AfterAnswer::Close),
        EarlyFailure::EarlyHintsThenClose => {
            socket.send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n").await?;
            return Ok(AfterAnswer::Close);
        }
        _ => {}
    }
    match call.fault.answer {
        AnswerKind::Normal if call.refuses_body() => {
            refusal::status(socket, call, 400, RetryAfter::Absent).await
        }
        AnswerKind::RedirectHere if !call.is_redirected() => {
            let target = format!("{REDIRECTED}{}", call.head.target);
            let head = call.answer_head(307).with("location", target);
            plain::send(socket, call, head, "text/plain", b"moved\n").await
        }
        AnswerKind::Normal | AnswerKind::PlainOnly | AnswerKind::RedirectHere => {
            let after = normal_answer(socket, call).await?;
            if call.fault.shape.extra_answer {
                socket.send(EXTRA_ANSWER).await?;
            }
            Ok(after)
        }
        AnswerKind::Status { code, retry } => refusal::status(socket, call, code, retry).await,
        AnswerKind::Html => {
            let page = b"<!doctype html><title>Welcome</title><h1>It works</h1>\n";
            plain::send(socket, call, call.answer_head(200), "text/html", page).await
        }
        AnswerKind::NotObject => plain::json(socket, call, br#"["not","an","object"]"#).await,
        AnswerKind::ErrorAs200 => {
            let error = refusal::error(call, 500);
            plain::json(socket, call, error.as_bytes()).await
        }
        AnswerKind::Redirect(code) => {
            let head = call.answer_head(code).with("location", "http://169.254.169.254/latest/meta-data/");
            plain::send(socket, call, head, "text/plain", b"moved\n").await
        }
    }
}

async fn normal_answer(socket: &mut Socket, call: &Call<'_>) -> Result<AfterAnswer, PeerClosed> {
    if call.fault.shape.content == Content::EchoRaw {
        return plain::json(socket, call, call.body).await;
    }
    match call.endpoint() {
        Endpoint::Chat if call.streams() => chat::stream(socket, call).await,
        Endpoint::Chat | Endpoint::Embeddings if call.fault.shape.content == Content::Endless => {
            plain::endless(socket, call).await
        }
        Endpoint::Chat => plain::json(socket, call, &chat::completion(call)).await,
        Endpoint::Embeddings => plain::json(socket, call, &embeddings::list(call)).await,
        Endpoint::Models => plain::json(socket, call, &models::list()).await,
        Endpoint::Unknown => refusal::status(socket, call, 404, RetryAfter::Absent).await,
    }
}

impl Call<'_> {
    /// The head that is common to all answers to this call.
    fn answer_head(&self, status: u16) -> AnswerHead {
        let shape = &self.fault.shape;
        let mut head =
            AnswerHead::new(status).with("x-request-id", format_args!("{}-{}", self.upstream, self.number));
        if matches!(shape.content, Content::Echo | Content::EchoRaw) {
            for (name, value) in &self.head.headers {
                if name.starts_with("x-sb-") || HOP_BY_HOP.contains(&name.as_str()) {
                    head = head.with(format_args!("x-echo-{name}"), value);
                }
            }
        }
        if shape.gzip_lie {
            head = head.with("content-encoding", "gzip");
        }
        if shape.hop_headers {
            head = head
                .with("connection", "keep-alive, x-of-this-hop")
                .with("keep-alive", "timeout=5")
                .with("x-of-this-hop", "1")
                .with("proxy-authenticate", "Basic realm=\"upstream\"")
                .with("set-cookie", "upstream=1; Path=/")
                .with("x-sb-instance", "forged")
                .with("x-sb-decision", "forged");
        }
        head
    }

    fn endpoint(&self) -> Endpoint {
        let path = self.head.path.as_str();
        match self.head.method.as_str() {
            "POST" if path.ends_with("/chat/completions") => Endpoint::Chat,
            "POST" if path.ends_with("/embeddings") => Endpoint::Embeddings,
            "GET" if path.ends_with("/models") => Endpoint::Models,
            _ => Endpoint::Unknown,
        }
    }

    fn streams(&self) -> bool {
        self.fault.answer != AnswerKind::PlainOnly && self.fields.get::<bool>("stream") == Some(true)
    }

    fn refuses_body(&self) -> bool {
        let schema = matches!(self.fault.shape.content, Content::TextWithoutSchema(_));
        schema && self.fields.has("response_format")
            || self.fault.longest_body.is_some_and(|most| self.body.len() > most)
    }

    fn is_redirected(&self) -> bool {
        self.head.path.starts_with(REDIRECTED)
    }
}
