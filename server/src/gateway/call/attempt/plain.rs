//! Plain answers: read whole within a limit and validated by their first bytes only.

use std::pin::pin;

use app::domain::{routing::outcome::Outcome, wire::raw_json};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use super::{AttemptTimers, OutgoingRequest};
use crate::gateway::{state::instance_health::InstanceHealth, upstream::AnswerBody};

/// Largest answer that is searched for token counts, in bytes.
const MAX_USAGE_BYTES: usize = 1024 * 1024;

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct PlainAnswer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

impl PlainAnswer {
    /// Tokens of the prompt and of the completion, if the upstream reported them.
    pub(crate) fn tokens(&self) -> Option<(u64, u64)> {
        let text = std::str::from_utf8(&self.body).ok().filter(|it| it.len() <= MAX_USAGE_BYTES)?;
        app::domain::wire::sse::usage(raw_json::member(text, "usage")?)
    }
}

/// Reads a whole answer. If it may be truncated, the body comes back slightly longer than the cap.
pub(super) async fn read_whole(
    response: Response<AnswerBody>,
    outgoing: &OutgoingRequest<'_>,
    timers: &AttemptTimers,
) -> Result<PlainAnswer, Outcome> {
    let (head, mut body) = response.into_parts();
    if !is_uncompressed(&head.headers) {
        return Err(Outcome::WrongContentType);
    }
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    loop {
        let began = !first.is_empty();
        let next = pin!(body.frame());
        let frame =
            if began { timers.until_next_piece(next).await? } else { timers.until_first_byte(next).await? };
        let piece = match frame {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(_)) => return Err(Outcome::Truncated),
            None => break,
        };
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
    Ok(PlainAnswer {
        status: head.status,
        content_type: head.headers.get(header::CONTENT_TYPE).cloned(),
        body,
    })
}

/// Whether a body is uncompressed, as we ask.
pub(super) fn is_uncompressed(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_none_or(|it| it.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Validates a 200: it must begin an object whose first member is not `error`.
pub(super) fn validate(answer: &PlainAnswer) -> Result<(), Outcome> {
    let inside = answer.body.trim_ascii_start().strip_prefix(b"{").ok_or(Outcome::BadBody)?;
    if inside.trim_ascii_start().starts_with(b"\"error\"") { Err(Outcome::ErrorEvent) } else { Ok(()) }
}

/// Checks the dimensions of the first embedding; an instance without known dimensions learns them.
pub(super) fn check_dimensions(
    answer: &PlainAnswer,
    expected: Option<u64>,
    health: &InstanceHealth,
) -> Result<(), Outcome> {
    // An answer of another shape than the API reference describes passes unchecked.
    let Some(found) = dimensions(&answer.body) else { return Ok(()) };
    if expected.is_some_and(|expected| expected != found) {
        return Err(Outcome::DimensionMismatch);
    }
    health.learn_dimensions(found);
    Ok(())
}

/// The dimensions of the first embedding, which is a list of numbers or base64 of 32-bit floats.
fn dimensions(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?;
    let first = raw_json::elements(raw_json::member(text, "data")?).next()?;
    let embedding = raw_json::member(first, "embedding")?;
    let length = match raw_json::text(embedding) {
        Some(base64) => base64.trim_end_matches('=').len() * 3 / 4 / 4,
        None => raw_json::elements(embedding).count(),
    };
    u64::try_from(length).ok().filter(|&it| it > 0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> PlainAnswer {
        PlainAnswer { status: StatusCode::OK, content_type: None, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn only_the_first_bytes_of_an_answer_are_judged() {
        assert_eq!(validate(&answer(" \n{ \"id\": 1, \"error\": 2")), Ok(()));
        assert_eq!(validate(&answer("{ \"error\": null}")), Err(Outcome::ErrorEvent));
        for body in ["", "[]", "<html>", "\"{\""] {
            assert_eq!(validate(&answer(body)), Err(Outcome::BadBody), "{body}");
        }
    }

    #[test]
    fn dimensions_are_counted_in_both_encodings() {
        assert_eq!(dimensions(br#"{"data":[{"embedding":[1, 2e3,-0.5]},{"embedding":[1]}]}"#), Some(3));
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [0_u8; 20]);
        let body = format!(r#"{{"data":[{{"embedding":"{base64}"}}]}}"#);
        assert_eq!(dimensions(body.as_bytes()), Some(5));
        assert_eq!(dimensions(b"{\"data\":[]}"), None);
        assert_eq!(dimensions(b"\xff"), None);
    }

    #[test]
    fn tokens_are_read_where_they_are() {
        let body = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";
        assert_eq!(answer(body).tokens().unwrap(), (3, 4));
        assert_eq!(answer("{}").tokens(), None);
    }
}
