//! Plain answers: read whole within a limit, and read once for what they tell of themselves.

use std::{borrow::Cow, pin::pin};

use app::domain::{
    api::{self, AnswerFacts, Endpoint},
    routing::{blame, outcome::Outcome},
    wire::raw_json,
};
use axum::http::{HeaderValue, StatusCode};
use bytes::{Bytes, BytesMut};

use super::{AttemptTimers, OutgoingRequest, VectorRequest};
use crate::gateway::{state::instance_health::InstanceHealth, upstream::UpstreamResponse};

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct PlainAnswer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
    /// Tokens of the prompt and of the completion, if the upstream reported them.
    pub(crate) tokens: Option<(u64, u64)>,
    /// Whether it is an answer without content.
    pub(crate) is_empty: bool,
    /// The id that later calls may refer to.
    pub(crate) response_id: Option<String>,
}

impl PlainAnswer {
    pub(crate) fn new(status: StatusCode, content_type: Option<HeaderValue>, body: Bytes) -> Self {
        Self { status, content_type, body, tokens: None, is_empty: false, response_id: None }
    }

    /// A refusal of the request that came as an error inside a 200.
    pub(super) fn of_refusal(endpoint: Endpoint, object: &str, request_id: &str) -> Self {
        let body = endpoint.api().rules().error_body(object, request_id);
        let content_type = HeaderValue::from_static("application/json");
        Self::new(StatusCode::BAD_REQUEST, Some(content_type), Bytes::from(body))
    }
}

/// Reads a whole answer. If it may be truncated, the body comes back slightly longer than the cap.
pub(super) async fn read_whole(
    response: UpstreamResponse,
    outgoing: &OutgoingRequest<'_>,
    timers: &AttemptTimers,
) -> Result<PlainAnswer, Outcome> {
    let UpstreamResponse { head, mut body } = response;
    // We ask for no encoding.
    if head.is_encoded {
        return Err(Outcome::WrongContentType);
    }
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    loop {
        let began = !first.is_empty();
        let next = pin!(body.piece());
        let next = if began { timers.until_next_piece(next).await? } else { timers.until_head(next).await? };
        let Some(piece) = next.transpose().map_err(|_| Outcome::Truncated)? else { break };
        let is_beyond_cap = first.len() + rest.len() + piece.len() > outgoing.answer_cap;
        if is_beyond_cap && !outgoing.truncates_at_cap {
            return Err(Outcome::TooLarge);
        }
        if first.is_empty() {
            first = piece;
        } else {
            rest.extend_from_slice(&piece);
        }
        if is_beyond_cap {
            break;
        }
    }
    let body = if rest.is_empty() { first } else { [first, rest.freeze()].concat().into() };
    Ok(PlainAnswer::new(head.status, head.content_type, body))
}

/// Judges a 200: it must begin an object, and be neither an error nor without anything in it.
///
/// # Errors
/// The outcome of an attempt that has no answer; a request that is refused in it, with the error object.
pub(super) fn judge(answer: &mut PlainAnswer, endpoint: Endpoint) -> Result<(), (Outcome, Option<String>)> {
    if !answer.body.trim_ascii_start().starts_with(b"{") {
        return Err((Outcome::BadBody, None));
    }
    let Ok(text) = std::str::from_utf8(&answer.body) else { return Ok(()) };
    let is_main = endpoint == Endpoint::of(endpoint.api());
    let facts = if is_main {
        endpoint.api().rules().read_answer(text)
    } else {
        // Other answers than the main one of an API have shapes of their own: a stored response may have failed.
        let is_error = |it: &raw_json::Member<'_>| {
            it.is("error") && (endpoint != Endpoint::StoredResponse || !is_response(text))
        };
        let first = raw_json::members(text).next().filter(is_error);
        AnswerFacts { error: first.map(|it| it.value), ..AnswerFacts::default() }
    };
    if let Some(error) = facts.error {
        let outcome = blame::judge_error(error);
        let object = matches!(outcome, Outcome::Rejected(_)).then(|| error.to_owned());
        return Err((outcome, object));
    }
    if facts.nothing {
        return Err((Outcome::EmptyAnswer, None));
    }
    (answer.tokens, answer.is_empty) = (facts.usage, facts.empty);
    answer.response_id = facts.id.and_then(raw_json::text).map(Cow::into_owned);
    Ok(())
}

/// Whether an object is a response, which names its own error wherever it likes.
fn is_response(object: &str) -> bool {
    raw_json::member(object, "object").and_then(raw_json::text).is_some_and(|it| it == "response")
}

/// Checks the vectors of an answer to `request`; an instance without known dimensions learns them.
///
/// # Errors
/// The outcome of an attempt with missing vectors or vectors of another length.
pub(super) fn check_vectors(
    answer: &PlainAnswer,
    request: &VectorRequest<'_>,
    health: &InstanceHealth,
) -> Result<(), Outcome> {
    let Ok(text) = std::str::from_utf8(&answer.body) else { return Ok(()) };
    if let Some(length) = api::check_embeddings(text, request.input, request.length, request.known)? {
        health.learn_dimensions(length);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> PlainAnswer {
        PlainAnswer::new(StatusCode::OK, None, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn an_answer_is_an_object_and_no_error() {
        let judged = |body| judge(&mut answer(body), Endpoint::ChatCompletions).map_err(|(it, _)| it);
        assert_eq!(judged(" \n{ \"id\": 1, \"choices\": [{}], \"error\": 2"), Ok(()));
        assert_eq!(judged("{ \"error\": null}"), Err(Outcome::ErrorEvent));
        assert_eq!(judged("{ \"id\": 1, \"choices\": []}"), Err(Outcome::EmptyAnswer));
        for body in ["", "[]", "<html>", "\"{\""] {
            assert_eq!(judged(body), Err(Outcome::BadBody), "{body}");
        }
    }

    #[test]
    fn tokens_are_read_where_they_are() {
        let mut read = answer(
            "{\"choices\":[{\"message\":{}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}",
        );
        assert_eq!(judge(&mut read, Endpoint::ChatCompletions), Ok(()));
        assert_eq!(read.tokens, Some((3, 4)));
    }
}
