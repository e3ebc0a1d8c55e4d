//! The text of an answer, whole or in numbered pieces.

use std::borrow::Cow;

use serde_json::json;

use super::{Call, router};
use crate::fault::{Content, Missing};

/// Size of each piece of an endless answer in bytes.
const ENDLESS_PIECE: usize = 4 * 1024;

/// The text of one choice.
#[derive(Debug)]
pub(super) enum AnswerText {
    /// `w0`, ` w1`, …
    Numbered(u64),
    Text(String),
    Endless,
}

impl AnswerText {
    /// The text of a stream.
    pub(super) fn of_stream(call: &Call<'_>) -> Self {
        match &call.fault.shape.content {
            Content::Endless => Self::Endless,
            Content::Default | Content::Numbered => Self::Numbered(call.fault.shape.chunks),
            _ => Self::Text(plain_text(call)),
        }
    }

    /// Whether the answer has no content at all.
    pub(super) fn is_empty(&self, call: &Call<'_>) -> bool {
        lacks_content(call)
    }

    /// The number of pieces.
    pub(super) fn pieces(&self) -> u64 {
        match self {
            Self::Numbered(pieces) => *pieces,
            Self::Text(_) => 1,
            Self::Endless => u64::MAX,
        }
    }

    /// The piece at `index`, which counts from 0: of the text, or of a tool call's arguments.
    pub(super) fn piece_of(&self, call: &Call<'_>, index: u64) -> Cow<'_, str> {
        if call.calls_tool() {
            let open = if index == 0 { "{\"words\":\"" } else { "" };
            let close = if index + 1 == self.pieces() { "\"}" } else { "" };
            return format!("{open}{}{close}", self.piece(index)).into();
        }
        match call.fault.shape.huge {
            Some(bytes) if index == 0 => "x".repeat(bytes).into(),
            _ => self.piece(index),
        }
    }

    fn piece(&self, index: u64) -> Cow<'_, str> {
        match self {
            Self::Numbered(_) if index == 0 => "w0".into(),
            Self::Numbered(_) => format!(" w{index}").into(),
            Self::Text(text) => text.into(),
            Self::Endless => "x".repeat(ENDLESS_PIECE).into(),
        }
    }

    /// All pieces joined; empty for an endless text.
    fn joined(&self) -> String {
        match self {
            Self::Endless => String::new(),
            _ => (0..self.pieces()).map(|index| self.piece(index)).collect(),
        }
    }
}

/// Whether the fault or the request's output limit leaves no room for content.
fn lacks_content(call: &Call<'_>) -> bool {
    call.lacks_tokens() || call.fault.shape.missing == Some(Missing::Content)
}

/// The text of an answer that is not a stream.
pub(super) fn plain_text(call: &Call<'_>) -> String {
    if lacks_content(call) {
        return String::new();
    }
    match &call.fault.shape.content {
        Content::Text(text) => text.clone(),
        Content::Numbered => AnswerText::Numbered(call.fault.shape.chunks).joined(),
        Content::Pick => router::pick(&call.fields),
        Content::Echo => String::from_utf8_lossy(call.body).into_owned(),
        Content::Default | Content::EchoRaw | Content::Endless => match call.fault.shape.huge {
            Some(bytes) => "x".repeat(bytes),
            None => format!("ok from {}: {}", call.upstream, call.number),
        },
    }
}

/// The arguments of a tool call in an answer that is not a stream: the text of a router model, or numbered words.
pub(super) fn tool_arguments(call: &Call<'_>) -> String {
    if let Content::Text(text) = &call.fault.shape.content {
        return text.clone();
    }
    json!({ "words": AnswerText::Numbered(call.fault.shape.chunks).joined() }).to_string()
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}
