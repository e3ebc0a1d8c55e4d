//! The text of a chat answer, whole or in numbered pieces.

use std::borrow::Cow;

use super::{Call, router};
use crate::fault::Says;

/// Bytes of each piece of an answer without end.
const ENDLESS_PIECE: usize = 4 * 1024;

/// The text of one choice.
#[derive(Debug)]
pub(crate) enum Words {
    /// `w0`, ` w1`, …
    Numbered(u64),
    Text(String),
    Endless,
}

impl Words {
    /// The text that the fault gives to a stream.
    pub(crate) fn of_stream(call: &Call<'_>) -> Self {
        match &call.fault.shape.says {
            Says::Endless => Self::Endless,
            Says::Words | Says::Numbered => Self::Numbered(call.fault.shape.chunks),
            _ => Self::Text(text(call)),
        }
    }

    /// How many pieces there are.
    pub(crate) fn pieces(&self) -> u64 {
        match self {
            Self::Numbered(pieces) => *pieces,
            Self::Text(_) => 1,
            Self::Endless => u64::MAX,
        }
    }

    /// All pieces together; of a text without end there is no whole.
    pub(crate) fn whole(&self) -> String {
        match self {
            Self::Endless => String::new(),
            _ => (0..self.pieces()).map(|index| self.piece(index)).collect(),
        }
    }

    /// Piece `index`, from 0.
    pub(crate) fn piece(&self, index: u64) -> Cow<'_, str> {
        match self {
            Self::Numbered(_) if index == 0 => "w0".into(),
            Self::Numbered(_) => format!(" w{index}").into(),
            Self::Text(text) => text.into(),
            Self::Endless => "x".repeat(ENDLESS_PIECE).into(),
        }
    }
}

/// The text of an answer that is no stream.
pub(crate) fn text(call: &Call<'_>) -> String {
    match &call.fault.shape.says {
        Says::Text(text) | Says::TextWithoutSchema(text) => text.clone(),
        Says::Numbered => Words::Numbered(call.fault.shape.chunks).whole(),
        Says::Pick => router::pick(&call.asked),
        Says::Echo => String::from_utf8_lossy(call.body).into_owned(),
        Says::Words | Says::EchoRaw | Says::Endless => match call.fault.shape.huge {
            Some(bytes) => "x".repeat(bytes),
            None => format!("ok from {}: {}", call.upstream, call.number),
        },
    }
}
