//! Chooses the answer to a call by its fault. The modules below build the answers; [`crate::socket`] sends the bytes.

mod answer_text;
mod api;
mod call;
mod endpoint;
mod error_event;
mod events;
mod field_refusal;
mod plain;
mod refusal;
pub(crate) mod request_fields;
mod router;
mod stream;

use api::{chat, completions, counting, decisions, embeddings, messages, models, responses, stored};
pub(crate) use call::Call;
use endpoint::Endpoint;

use crate::{
    api::Api,
    fault::{AnswerKind, Content, EarlyFailure, RetryAfter},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The path prefix that `redirect-here` redirects to.
const REDIRECTED: &str = "/redirected";
/// The unsolicited answer of `extra-answer`.
const EXTRA_ANSWER: &[u8] =
    b"HTTP/1.1 200 \r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{\"unasked\":\"for\"}\n";

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
    load(socket, call).await?;
    match call.fault.early_failure {
        EarlyFailure::Close => return Ok(AfterAnswer::Close),
        EarlyFailure::EarlyHintsThenClose => {
            socket.send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n").await?;
            return Ok(AfterAnswer::Close);
        }
        _ => {}
    }
    match call.fault.answer {
        AnswerKind::RedirectHere if !call.is_redirected() => {
            let target = format!("{REDIRECTED}{}", call.head.target);
            let head = call.answer_head(307).with("location", target);
            plain::send(socket, call, head, "text/plain", b"moved\n").await
        }
        AnswerKind::Normal | AnswerKind::PlainOnly | AnswerKind::RedirectHere => {
            if let Some(refused) = refuse(socket, call).await {
                return refused;
            }
            let after = normal_answer(socket, call).await?;
            if call.fault.shape.extra_answer {
                socket.send(EXTRA_ANSWER).await?;
            }
            Ok(after)
        }
        AnswerKind::Status { code, retry } => refusal::status(socket, call, code, retry).await,
        AnswerKind::Vendor(answer) => {
            let body = answer.body.replace("$upstream", call.upstream);
            let head = call.answer_head(answer.status);
            plain::send(socket, call, head, "application/json", body.as_bytes()).await
        }
        AnswerKind::Html => {
            let page = b"<!doctype html><title>Welcome</title><h1>It works</h1>\n";
            plain::send(socket, call, call.answer_head(200), "text/html", page).await
        }
        AnswerKind::NotObject => plain::json(socket, call, br#"["not","an","object"]"#).await,
        AnswerKind::ErrorAs200 => plain::json(socket, call, b"").await,
        AnswerKind::Redirect(code) => {
            let head = call.answer_head(code).with("location", "http://169.254.169.254/latest/meta-data/");
            plain::send(socket, call, head, "text/plain", b"moved\n").await
        }
    }
}

/// Loads a cold model, which takes one connection that stays open long enough.
async fn load(socket: &mut Socket, call: &Call<'_>) -> Result<(), PeerClosed> {
    let Some(time) = call.fault.loads_in.filter(|_| !call.loaded_models.contains(&call.model)) else {
        return Ok(());
    };
    socket.wait(time).await?;
    call.loaded_models.insert(&call.model);
    Ok(())
}

/// Refuses the call for what it asks; `None` if there is nothing to refuse.
async fn refuse(socket: &mut Socket, call: &Call<'_>) -> Option<Result<AfterAnswer, PeerClosed>> {
    if let Some(status) = call.missing_api_status() {
        let head = call.answer_head(status);
        let body = br#"{"detail":"Not Found"}"#;
        return Some(plain::send(socket, call, head, "application/json", body).await);
    }
    if call.fault.fails_on_marker && call.has_marker() {
        let head = call.answer_head(500);
        let body = refusal::marker_error(call);
        return Some(plain::send(socket, call, head, "application/json", body.as_bytes()).await);
    }
    if call.fault.longest_body.is_some_and(|most| call.body.len() > most) {
        return Some(refusal::status(socket, call, 400, RetryAfter::Absent).await);
    }
    if call.endpoint() == Endpoint::Generation(Api::Responses) && responses::continues_foreign(call) {
        return Some(refusal::status(socket, call, 404, RetryAfter::Absent).await);
    }
    let (status, body) = field_refusal::answer(call)?;
    Some(plain::send(socket, call, call.answer_head(status), "application/json", &body).await)
}

async fn normal_answer(socket: &mut Socket, call: &Call<'_>) -> Result<AfterAnswer, PeerClosed> {
    if call.fault.shape.content == Content::EchoRaw {
        return plain::json(socket, call, call.body).await;
    }
    match call.endpoint() {
        Endpoint::Generation(Api::ChatCompletions) if call.streams() => {
            stream::send(socket, call, chat::ChatStream::new(call)).await
        }
        Endpoint::Generation(Api::Completions) if call.streams() => {
            stream::send(socket, call, completions::CompletionStream::new(call)).await
        }
        Endpoint::Generation(Api::Responses) if call.streams() => {
            stream::send(socket, call, responses::ResponseStream::new(call)).await
        }
        Endpoint::Generation(Api::Messages) if call.streams() => {
            stream::send(socket, call, messages::MessageStream::new(call)).await
        }
        Endpoint::Generation(_) if call.fault.shape.content == Content::Endless => {
            plain::endless(socket, call).await
        }
        Endpoint::Generation(api) => {
            let body = match api {
                Api::ChatCompletions => chat::completion(call),
                Api::Completions => completions::completion(call),
                Api::Responses => responses::response(call),
                Api::Messages => messages::message(call),
                Api::Embeddings => embeddings::list(call),
                Api::SystemOne => decisions::system_one(call),
                Api::Decisions => decisions::decisions(call),
            };
            plain::json(socket, call, &body).await
        }
        Endpoint::Counting(kind) => plain::json(socket, call, &counting::answer(call, kind)).await,
        Endpoint::Stored { id, action } => match stored::answer(call, id, action) {
            Some(body) => plain::json(socket, call, &body).await,
            None => refusal::status(socket, call, 404, RetryAfter::Absent).await,
        },
        Endpoint::Models => plain::json(socket, call, &models::list()).await,
        Endpoint::Unknown => refusal::status(socket, call, 404, RetryAfter::Absent).await,
    }
}
