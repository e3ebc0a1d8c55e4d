//! The head of an answer.

use std::fmt::{Display, Write};

/// A builder for the status line and the headers of an answer. Values must not contain line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerHead {
    pub(crate) status: u16,
    lines: String,
}

impl AnswerHead {
    /// A head without headers and with an empty reason phrase, which RFC 9112 §4 allows.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, lines: format!("HTTP/1.1 {status} \r\n") }
    }

    pub(crate) fn with(mut self, name: impl Display, value: impl Display) -> Self {
        // Writing to a string never fails.
        let _ = write!(self.lines, "{name}: {value}\r\n");
        self
    }

    /// The bytes, including the empty line.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        (self.lines + "\r\n").into_bytes()
    }
}
