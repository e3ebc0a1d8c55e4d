//! Reads the body of a call once, and as much of its content as routing needs. The bytes are kept as
//! received; upstream bodies are slices of them around the model's name.

use std::{borrow::Cow, ops::Range, sync::Arc, time::Duration};

use app::domain::{
    api::{Api, Endpoint, LengthRequest},
    routing::call::{self, CallText},
    wire::{
        body::{self, BodyError, RequestFields, Segment},
        raw_json,
    },
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
    /// The serving name; empty for a call on a stored response.
    pub(crate) model: String,
    /// Whether the caller asked for a stream.
    pub(crate) stream: bool,
    /// Whether the caller asked for several choices.
    pub(crate) has_several_choices: bool,
    /// The length of vectors that an embeddings call asks for.
    pub(crate) vector_length: LengthRequest,
    pub(crate) endpoint: Endpoint,
    /// The ids of what the call continues: a response, a conversation. The instance that made it must go on with it.
    pub(crate) continued_ids: Vec<String>,
    /// The places of the members that routing may ask for.
    fields: FieldRanges,
    body: BodyTemplate,
    /// Released when the call ends.
    _reservation: Option<Arc<BodyReservation>>,
}

impl ParsedRequest {
    /// A call on a stored response, which needs no body.
    pub(crate) fn of_stored_response(stream: bool, body: Bytes, reservation: BodyReservation) -> Self {
        let whole = Segment::Kept(0..body.len());
        Self {
            model: String::new(),
            stream,
            has_several_choices: false,
            vector_length: LengthRequest::Native,
            endpoint: Endpoint::StoredResponse,
            continued_ids: Vec::new(),
            fields: FieldRanges::default(),
            body: BodyTemplate {
                segments: if body.is_empty() { Vec::new() } else { vec![whole] },
                source: body,
            },
            _reservation: reservation.shared(),
        }
    }

    /// The text of the call, as far as routing needs it. `key` keys the hash of its turn.
    pub(crate) fn text(&self, key: u64) -> CallText {
        self.endpoint.api().rules().call_text(&self.fields(), key)
    }

    /// The session that the body names.
    pub(crate) fn session(&self) -> Option<String> {
        let (conversation, metadata) =
            (self.part(&self.fields.conversation), self.part(&self.fields.metadata));
        call::session_in_body(conversation, metadata).map(Cow::into_owned)
    }

    /// The raw input of an embeddings call.
    pub(crate) fn input(&self) -> &str {
        self.part(&self.fields.input).unwrap_or_default()
    }

    /// The body for an instance. Without a `model` of its own, the instance gets the caller's.
    pub(crate) fn body_for(&self, model: Option<&str>) -> Vec<Bytes> {
        self.body.with_model(model.unwrap_or(&self.model))
    }

    /// The body as received.
    pub(crate) fn source(&self) -> &Bytes {
        &self.body.source
    }

    fn fields(&self) -> RequestFields<'_> {
        // The body was found to be UTF-8, so the fallback is never used.
        let text = std::str::from_utf8(&self.body.source).unwrap_or_default();
        self.fields.of(text)
    }

    /// One member, checked to be UTF-8 alone: bodies may be large.
    fn part(&self, range: &Option<Range<usize>>) -> Option<&str> {
        std::str::from_utf8(self.body.source.get(range.clone()?)?).ok()
    }
}

/// The places of [`RequestFields`] in a body.
#[derive(Clone, Debug, Default)]
struct FieldRanges {
    messages: Option<Range<usize>>,
    input: Option<Range<usize>>,
    prompt: Option<Range<usize>>,
    instructions: Option<Range<usize>>,
    system: Option<Range<usize>>,
    conversation: Option<Range<usize>>,
    metadata: Option<Range<usize>>,
}

impl FieldRanges {
    fn new(body: &[u8], fields: &RequestFields<'_>) -> Self {
        let start = body.as_ptr().addr();
        let range = |value: Option<&str>| {
            let at = value?.as_ptr().addr() - start;
            Some(at..at + value?.len())
        };
        Self {
            messages: range(fields.messages),
            input: range(fields.input),
            prompt: range(fields.prompt),
            instructions: range(fields.instructions),
            system: range(fields.system),
            conversation: range(fields.conversation),
            metadata: range(fields.metadata),
        }
    }

    fn of<'a>(&self, body: &'a str) -> RequestFields<'a> {
        let part = |range: &Option<Range<usize>>| body.get(range.clone()?);
        RequestFields {
            messages: part(&self.messages),
            input: part(&self.input),
            prompt: part(&self.prompt),
            instructions: part(&self.instructions),
            system: part(&self.system),
            conversation: part(&self.conversation),
            metadata: part(&self.metadata),
            ..RequestFields::default()
        }
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
/// if it stalls, 400 if it isn't a valid call of that path.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    endpoint: Endpoint,
    cap: usize,
    budget: &BodyBudget,
) -> Result<ParsedRequest, CallError> {
    if !is_plain_json(headers) {
        return Err(CallError::unsupported_media_type());
    }
    let mut reservation = BodyReservation::default();
    let body = read_body(body, cap, budget, &mut reservation).await?;
    Ok(ParsedRequest { _reservation: reservation.shared(), ..parse(body, endpoint)? })
}

/// Reads the body of a call on a stored response, which is forwarded unread. `query` is the query of its address.
///
/// # Errors
/// As [`read`], but any body is valid.
pub(crate) async fn read_stored(
    body: Body,
    query: Option<&str>,
    cap: usize,
    budget: &BodyBudget,
) -> Result<ParsedRequest, CallError> {
    let mut reservation = BodyReservation::default();
    let body = read_body(body, cap, budget, &mut reservation).await?;
    let stream = query.is_some_and(|it| it.split('&').any(|pair| pair == "stream=true"));
    Ok(ParsedRequest::of_stored_response(stream, body, reservation))
}

/// The ids of what a call of an API continues. Only responses are stored by instances.
fn continued_ids(endpoint: Endpoint, fields: &RequestFields<'_>) -> Vec<String> {
    if endpoint.api() != Api::Responses {
        return Vec::new();
    }
    let id = |value| raw_json::text(value).or_else(|| raw_json::text(raw_json::member(value, "id")?));
    let ids = [fields.previous_response_id.and_then(raw_json::text), fields.conversation.and_then(id)];
    ids.into_iter().flatten().map(Cow::into_owned).collect()
}

/// Whether a call asks for several choices: of one prompt, or for several prompts.
fn has_several_choices(endpoint: Endpoint, fields: &RequestFields<'_>) -> bool {
    let first = || raw_json::elements(fields.prompt?).next();
    // A list of numbers is one prompt, made of tokens.
    let has_several_prompts =
        || endpoint == Endpoint::Completions && first().is_some_and(|it| it.starts_with(['"', '[']));
    fields.n.is_some_and(|it| it.trim() != "1") || has_several_prompts()
}

/// Parses a body that has been received.
///
/// # Errors
/// 400 if it isn't a valid call of that path.
pub(crate) fn parse(bytes: Bytes, endpoint: Endpoint) -> Result<ParsedRequest, CallError> {
    let scanned = body::scan(&bytes).map_err(|error| CallError::invalid_body(&error))?;
    if let Some(missing) = endpoint.api().rules().missing_member(&scanned.fields) {
        let meant = Api::of_body(&scanned.fields, endpoint.api().workload_kind());
        let is_misplaced = meant != endpoint.api() && meant.rules().missing_member(&scanned.fields).is_none();
        return Err(match is_misplaced {
            true => CallError::misplaced_body(meant, missing),
            false => CallError::missing_parameter(missing),
        });
    }
    if scanned.model.is_empty() {
        return Err(CallError::invalid_body(&BodyError::ModelMissing));
    }
    let streams = endpoint != Endpoint::Embeddings && !endpoint.is_preparation();
    Ok(ParsedRequest {
        model: scanned.model.to_string(),
        stream: scanned.stream && streams,
        has_several_choices: has_several_choices(endpoint, &scanned.fields),
        vector_length: LengthRequest::of(&scanned.fields),
        endpoint,
        continued_ids: continued_ids(endpoint, &scanned.fields),
        fields: FieldRanges::new(&bytes, &scanned.fields),
        body: BodyTemplate { segments: scanned.template(), source: bytes.clone() },
        _reservation: None,
    })
}

/// The text and the upstream body of a call; `None` if it is refused. Entry point for fuzzing only; calls use
/// [`read`].
#[doc(hidden)]
pub fn parse_and_rewrite(body: &[u8], endpoint: Endpoint, model: &str) -> Option<(CallText, Vec<u8>)> {
    let request = parse(Bytes::copy_from_slice(body), endpoint).ok()?;
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
        if whole.capacity() - whole.len() < piece.len() {
            // So much has come that the rest is believed in, and moved once rather than each time it doubles.
            whole.reserve(announced.saturating_sub(whole.len()).max(piece.len()));
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
        parse(Bytes::from_static(text.as_bytes()), Endpoint::ChatCompletions).unwrap()
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
        let refused = |text: &'static str, endpoint| {
            parse(Bytes::from_static(text.as_bytes()), endpoint).unwrap_err().code
        };
        assert_eq!(refused("{\"model\":\"a\"}", Endpoint::ChatCompletions), "missing_required_parameter");
        assert_eq!(
            refused("{\"model\":\"a\",\"messages\":[]}", Endpoint::Embeddings),
            "missing_required_parameter"
        );
        assert_eq!(refused("{\"messages\":[]}", Endpoint::ChatCompletions), "missing_required_parameter");
        assert_eq!(refused("{", Endpoint::ChatCompletions), "invalid_json");
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
