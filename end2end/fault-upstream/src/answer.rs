//! Answering one call as its fault says: the choice of the answer. What the answers look like is in the
//! files below; how bytes leave is the wire's.

pub(crate) mod asked;
mod chat;
mod embeddings;
mod events;
mod models;
mod plain;
mod refusal;
mod router;
mod words;

use std::time::Duration;

use asked::Asked;

use crate::{
    fault::{Answer, Before, Fault, Retry, Says},
    http::{AnswerHead, Head},
    wire::{Gone, Then, Wire},
};

/// Headers that belong to one connection (RFC 9110 §7.6.1).
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

/// Where `redirect-here` sends its callers.
const REDIRECTED: &str = "/redirected";
/// What `extra-answer` sends after an answer.
const UNASKED: &[u8] =
    b"HTTP/1.1 200 \r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"unasked\":\"for\"}\n";

/// One call, read whole, and the fault it is to see.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The name of this server.
    pub(crate) upstream: &'a str,
    /// Time before the first byte of any answer of this server.
    pub(crate) delay: Duration,
    pub(crate) number: u64,
    /// Calls that its connection has served before.
    pub(crate) earlier: u64,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a [u8],
    pub(crate) asked: Asked,
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

/// Answers a call, or does what its fault does in place of an answer.
pub(crate) async fn answer(wire: &mut Wire, call: &Call<'_>) -> Result<Then, Gone> {
    match call.fault.before {
        Before::Reset => return Ok(Then::Reset),
        Before::ResetReused if call.earlier > 0 => return Ok(Then::Reset),
        Before::HangUnread | Before::HangRead => return Err(wire.hang().await),
        Before::Nothing | Before::ResetReused | Before::Close | Before::InformAndClose => {}
    }
    wire.pause(call.delay + call.fault.pace.first_byte).await?;
    match call.fault.before {
        Before::Close => return Ok(Then::Close),
        Before::InformAndClose => {
            wire.put(b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n").await?;
            return Ok(Then::Close);
        }
        _ => {}
    }
    match call.fault.answer {
        Answer::Usual if call.refuses_body() => refusal::status(wire, call, 400, Retry::Unsaid).await,
        Answer::RedirectHere if !call.is_redirected() => {
            let target = format!("{REDIRECTED}{}", call.head.target);
            let head = call.answer_head(307).with("location", target);
            plain::send(wire, call, head, "text/plain", b"moved\n").await
        }
        Answer::Usual | Answer::NeverStream | Answer::RedirectHere => {
            let then = usual(wire, call).await?;
            if call.fault.shape.extra_answer {
                wire.put(UNASKED).await?;
            }
            Ok(then)
        }
        Answer::Status { code, retry } => refusal::status(wire, call, code, retry).await,
        Answer::Html => {
            let page = b"<!doctype html><title>Welcome</title><h1>It works</h1>\n";
            plain::send(wire, call, call.answer_head(200), "text/html", page).await
        }
        Answer::NotObject => plain::json(wire, call, br#"["not","an","object"]"#).await,
        Answer::ErrorAs200 => {
            let error = refusal::error(call, 500);
            plain::json(wire, call, error.as_bytes()).await
        }
        Answer::Redirect(code) => {
            let head = call.answer_head(code).with("location", "http://169.254.169.254/latest/meta-data/");
            plain::send(wire, call, head, "text/plain", b"moved\n").await
        }
    }
}

async fn usual(wire: &mut Wire, call: &Call<'_>) -> Result<Then, Gone> {
    if call.fault.shape.says == Says::EchoRaw {
        return plain::json(wire, call, call.body).await;
    }
    match call.endpoint() {
        Endpoint::Chat if call.streams() => chat::stream(wire, call).await,
        Endpoint::Chat | Endpoint::Embeddings if call.fault.shape.says == Says::Endless => {
            plain::endless(wire, call).await
        }
        Endpoint::Chat => plain::json(wire, call, &chat::completion(call)).await,
        Endpoint::Embeddings => plain::json(wire, call, &embeddings::list(call)).await,
        Endpoint::Models => plain::json(wire, call, &models::list()).await,
        Endpoint::Unknown => refusal::status(wire, call, 404, Retry::Unsaid).await,
    }
}

impl Call<'_> {
    /// The head that every answer of this call starts from.
    fn answer_head(&self, status: u16) -> AnswerHead {
        let shape = &self.fault.shape;
        let mut head =
            AnswerHead::new(status).with("x-request-id", format_args!("{}-{}", self.upstream, self.number));
        if matches!(shape.says, Says::Echo | Says::EchoRaw) {
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
        self.fault.answer != Answer::NeverStream && self.asked.get::<bool>("stream") == Some(true)
    }

    fn refuses_body(&self) -> bool {
        let schema = matches!(self.fault.shape.says, Says::TextWithoutSchema(_));
        schema && self.asked.has("response_format")
            || self.fault.longest_body.is_some_and(|most| self.body.len() > most)
    }

    fn is_redirected(&self) -> bool {
        self.head.path.starts_with(REDIRECTED)
    }
}
