//! Reads the body of a call once, and as much of its content as routing needs. The bytes are kept as
//! received; upstream bodies are slices of them around the model's name.

use std::{borrow::Cow, sync::Arc, time::Duration};

use app::domain::{
    config::instance::WorkloadKind,
    routing::call::{self, CallText},
    wire::body::{self, BodyError, Segment},
};
use axum::{
    body::{Body, HttpBody as _},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::gateway::call::error::CallError;
use crate::gateway::state::body_budget::{BodyBudget, BodyReservation};

/// How long a body may take for its next [`MIN_PROGRESS_BYTES`], or for all of it if it is smaller.
const STALL_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes that must arrive within each [`STALL_TIMEOUT`], so no body trickles in for ever.
const MIN_PROGRESS_BYTES: usize = 4 * 1024;
/// Most bytes that are allocated on the strength of a `Content-Length`.
const INITIAL_CAPACITY: usize = 1024 * 1024;

/// The body of a call, parsed as far as routing needs.
#[derive(Clone, Debug)]
pub(crate) struct ParsedRequest {
    /// The serving name.
    pub(crate) model: String,
    /// Whether the caller asked for a stream.
    pub(crate) stream: bool,
    /// Whether the call asks for a number of dimensions.
    pub(crate) asks_dimensions: bool,
    kind: WorkloadKind,
    /// `messages` or `input`, as received.
    prompt: Bytes,
    /// `conversation` and `metadata`, as received, if present.
    session_fields: [Option<Bytes>; 2],
    body: BodyTemplate,
    /// Released when the call ends.
    _reservation: Arc<BodyReservation>,
}

impl ParsedRequest {
    /// The text of the call, as far as routing needs it. `key` keys the hash of its turn.
    pub(crate) fn text(&self, key: u64) -> CallText {
        // A slice of a body that was found to be UTF-8, so the fallback is never used.
        let prompt = std::str::from_utf8(&self.prompt).unwrap_or_default();
        match self.kind {
            WorkloadKind::Chat => call::read_chat(prompt, key),
            WorkloadKind::Embeddings => call::read_embeddings(prompt),
        }
    }

    /// The session that the body names.
    pub(crate) fn session(&self) -> Option<String> {
        let [conversation, metadata] =
            self.session_fields.each_ref().map(|it| std::str::from_utf8(it.as_ref()?).ok());
        call::session_in_body(conversation, metadata).map(Cow::into_owned)
    }

    /// The body for an instance. Without a `model` of its own, the instance gets the caller's.
    pub(crate) fn body_for(&self, model: Option<&str>) -> Vec<Bytes> {
        self.body.with_model(model.unwrap_or(&self.model))
    }
}

/// A body with a gap for the model's name.
#[derive(Clone, Debug)]
struct BodyTemplate {
    source: Bytes,
    segments: Vec<Segment>,
}

impl BodyTemplate {
    /// The body in pieces: slices of what was received, and the name.
    fn with_model(&self, model: &str) -> Vec<Bytes> {
        let piece = |segment: &Segment| match segment {
            Segment::Kept(range) => self.source.slice(range.clone()),
            Segment::Model => body::model_json(model).into(),
        };
        self.segments.iter().map(piece).collect()
    }
}

/// Reads the body of a call.
///
/// # Errors
/// 415 if it isn't plain JSON, 413 if it is larger than `cap` bytes, 503 if the body budget is used up, 408
/// if it stalls, 400 if it isn't a valid call of that kind.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    kind: WorkloadKind,
    cap: usize,
    budget: &BodyBudget,
) -> Result<ParsedRequest, CallError> {
    if !is_plain_json(headers) {
        return Err(CallError::unsupported_media_type());
    }
    let mut reservation = BodyReservation::default();
    let body = read_body(body, cap, budget, &mut reservation).await?;
    Ok(ParsedRequest { _reservation: Arc::new(reservation), ..parse(body, kind)? })
}

/// Parses a body that has been received.
///
/// # Errors
/// 400 if it isn't a valid call of that kind.
pub(crate) fn parse(bytes: Bytes, kind: WorkloadKind) -> Result<ParsedRequest, CallError> {
    let scanned = body::scan(&bytes).map_err(|error| CallError::invalid_body(&error))?;
    let (name, prompt) = match kind {
        WorkloadKind::Chat => ("messages", scanned.messages),
        WorkloadKind::Embeddings => ("input", scanned.input),
    };
    let prompt = prompt.ok_or_else(|| CallError::missing_parameter(name))?;
    if scanned.model.is_empty() {
        return Err(CallError::invalid_body(&BodyError::ModelMissing));
    }
    Ok(ParsedRequest {
        model: scanned.model.to_string(),
        stream: scanned.stream && kind == WorkloadKind::Chat,
        asks_dimensions: scanned.asks_dimensions,
        kind,
        prompt: bytes.slice_ref(prompt.as_bytes()),
        session_fields: [scanned.conversation, scanned.metadata]
            .map(|it| it.map(|it| bytes.slice_ref(it.as_bytes()))),
        body: BodyTemplate { segments: scanned.template(), source: bytes.clone() },
        _reservation: Arc::default(),
    })
}

/// The text and the upstream body of a call; `None` if it is refused. Entry point for fuzzing only; calls use
/// [`read`].
#[doc(hidden)]
pub fn parse_and_rewrite(body: &[u8], kind: WorkloadKind, model: &str) -> Option<(CallText, Vec<u8>)> {
    let request = parse(Bytes::copy_from_slice(body), kind).ok()?;
    Some((request.text(0), request.body_for(Some(model).filter(|it| !it.is_empty())).concat()))
}

/// Whether the body is JSON (RFC 8259, or a type with the suffix of RFC 6839) and uncompressed.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let essence =
        text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let encoding = text(header::CONTENT_ENCODING).trim();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    is_json && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity"))
}

async fn read_body(
    mut body: Body,
    cap: usize,
    budget: &BodyBudget,
    reservation: &mut BodyReservation,
) -> Result<Bytes, CallError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > cap {
        return Err(CallError::body_too_large(cap));
    }
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    let (mut until, mut progress) = (Instant::now() + STALL_TIMEOUT, 0);
    loop {
        let frame = match timeout_at(until, body.frame()).await {
            Err(_) => return Err(CallError::body_too_slow()),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(CallError::incomplete_body()),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(piece) = frame.into_data() else { continue };
        let so_far = whole.len() + first.as_ref().map_or(0, Bytes::len);
        if so_far + piece.len() > cap {
            return Err(CallError::body_too_large(cap));
        }
        if !budget.reserve(reservation, so_far + piece.len()) {
            return Err(CallError::server_busy());
        }
        progress += piece.len();
        if progress >= MIN_PROGRESS_BYTES {
            (until, progress) = (Instant::now() + STALL_TIMEOUT, 0);
        }
        // Most bodies arrive in one piece, which is then used without copying.
        if whole.is_empty() && first.is_none() {
            first = Some(piece);
            continue;
        }
        if let Some(first) = first.take() {
            whole.reserve(announced.min(INITIAL_CAPACITY).max(first.len() + piece.len()));
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parsed(text: &'static str) -> ParsedRequest {
        parse(Bytes::from_static(text.as_bytes()), WorkloadKind::Chat).unwrap()
    }

    #[test]
    fn only_the_model_changes_on_the_way() {
        let call = parsed(r#"{"a":1e999, "model" : "sb", "messages":[ ],"api_key":"x"}"#);
        assert_eq!(
            call.body_for(Some("up\"1")).concat(),
            br#"{"a":1e999, "model" : "up\"1", "messages":[ ]}"#
        );
        assert_eq!(call.body_for(None).concat(), br#"{"a":1e999, "model" : "sb", "messages":[ ]}"#);
    }

    #[test]
    fn what_a_call_must_have_is_named() {
        let refused =
            |text: &'static str, kind| parse(Bytes::from_static(text.as_bytes()), kind).unwrap_err().code;
        assert_eq!(refused("{\"model\":\"a\"}", WorkloadKind::Chat), "missing_required_parameter");
        assert_eq!(
            refused("{\"model\":\"a\",\"messages\":[]}", WorkloadKind::Embeddings),
            "missing_required_parameter"
        );
        assert_eq!(refused("{\"messages\":[]}", WorkloadKind::Chat), "missing_required_parameter");
        assert_eq!(refused("{", WorkloadKind::Chat), "invalid_json");
    }

    #[test]
    fn json_is_known_by_its_type() {
        let is_json = |text: &str| {
            is_plain_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]))
        };
        assert!(is_json("application/json") && is_json("Application/JSON; charset=utf-8"));
        assert!(is_json("application/vnd.api+json"));
        assert!(!is_json("text/plain") && !is_json("") && !is_json("multipart/form-data; boundary=json"));
        assert!(!is_plain_json(&HeaderMap::new()));
    }
}
