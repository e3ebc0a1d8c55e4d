//! The text of a chat answer, whole or in numbered pieces.

use std::borrow::Cow;

use super::{Call, router};
use crate::fault::Content;

/// Size of each piece of an endless answer in bytes.
const ENDLESS_PIECE: usize = 4 * 1024;

/// The text of one choice.
#[derive(Debug)]
pub(crate) enum AnswerText {
    /// `w0`, ` w1`, …
    Numbered(u64),
    Text(String),
    Endless,
}

impl AnswerText {
    /// The text of a stream.
    pub(crate) fn of_stream(call: &Call<'_>) -> Self {
        match &call.fault.shape.content {
            Content::Endless => Self::Endless,
            Content::Default | Content::Numbered => Self::Numbered(call.fault.shape.chunks),
            _ => Self::Text(plain_text(call)),
        }
    }

    /// The number of pieces.
    pub(crate) fn pieces(&self) -> u64 {
        match self {
            Self::Numbered(pieces) => *pieces,
            Self::Text(_) => 1,
            Self::Endless => u64::MAX,
        }
    }

    /// All pieces joined; empty for an endless text.
    pub(crate) fn joined(&self) -> String {
        match self {
            Self::Endless => String::new(),
            _ => (0..self.pieces()).map(|index| self.piece(index)).collect(),
        }
    }

    /// The piece at `index`, which counts from 0.
    pub(crate) fn piece(&self, index: u64) -> Cow<'_, str> {
        match self {
            Self::Numbered(_) if index == 0 => "w0".into(),
            Self::Numbered(_) => format!(" w{index}").into(),
            Self::Text(text) => text.into(),
            Self::Endless => "x".repeat(ENDLESS_PIECE).into(),
        }
    }
}

/// The text of an answer that is not a stream.
pub(crate) fn plain_text(call: &Call<'_>) -> String {
    match &call.fault.shape.content {
        Content::Text(text) | Content::TextWithoutSchema(text) => text.clone(),
        Content::Numbered => AnswerText::Numbered(call.fault.shape.chunks).joined(),
        Content::Pick => router::pick(&call.fields),
        Content::Echo => String::from_utf8_lossy(call.body).into_owned(),
        Content::Default | Content::EchoRaw | Content::Endless => match call.fault.shape.huge {
            Some(bytes) => "x".repeat(bytes),
            None => format!("ok from {}: {}", call.upstream, call.number),
        },
    }
}
