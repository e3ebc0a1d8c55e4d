//! The head of an answer.

use std::fmt::{Display, Write};

/// An answer's status line and headers, being put together. Values must hold no line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerHead {
    pub(crate) status: u16,
    lines: String,
}

impl AnswerHead {
    /// A head without headers. The reason phrase is left empty (RFC 9112 §4 allows it).
    pub(crate) fn new(status: u16) -> Self {
        Self { status, lines: format!("HTTP/1.1 {status} \r\n") }
    }

    pub(crate) fn with(mut self, name: impl Display, value: impl Display) -> Self {
        // Writing to a string does not fail.
        let _ = write!(self.lines, "{name}: {value}\r\n");
        self
    }

    /// The bytes, the empty line included.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        (self.lines + "\r\n").into_bytes()
    }
}
