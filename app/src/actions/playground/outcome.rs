//! What came of a playground call so far: the events folded into what the page shows. Pure; the browser folds a
//! stream with it, the server a whole call.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        console::play::PlayEvent,
        routing::decision::{AttemptRecord, Decision},
    },
    refusal::{Refusal, Reply},
    web::server_error::ServerError,
};

/// The most text that a page shows of one answer, in bytes.
const SHOWN_BYTES: usize = 256 * 1024;

/// A call so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// What was decided.
    pub(crate) decision: Option<Decision>,
    /// The instance that answers, and how long it took to begin, in milliseconds.
    pub(crate) started: Option<(String, f64)>,
    /// The answer's text so far.
    pub(crate) text: String,
    /// The whole answer of a call that was not streamed.
    pub(crate) body: Option<String>,
    /// How it ended; absent while it runs.
    pub(crate) end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum End {
    /// It went well.
    Done {
        /// The status that a client would have got.
        status: u16,
        /// Every attempt.
        attempts: Vec<AttemptRecord>,
        /// The whole time, in milliseconds.
        ms: f64,
        /// Tokens of prompt and answer.
        tokens: Option<(u64, u64)>,
    },
    /// It failed.
    Failed {
        /// The status that a client would have got.
        status: u16,
        /// The OpenAI-shaped error, as JSON text.
        error: String,
        /// Every attempt.
        attempts: Vec<AttemptRecord>,
        /// The whole time, in milliseconds.
        ms: f64,
    },
    /// It was not begun.
    Refused(Refusal),
    /// The server did not take it. The sentence says why.
    NotAnswered(String),
    /// Somebody pressed "Stop".
    Stopped,
    /// The connection was lost before the end came.
    Lost,
}

impl Outcome {
    /// Takes one event in, or the refusal instead of any.
    pub(crate) fn take(&mut self, event: Reply<PlayEvent>) {
        match event {
            Ok(PlayEvent::Decision { decision }) => self.decision = Some(decision),
            Ok(PlayEvent::Started { instance_id, first_byte_ms }) => {
                self.started = Some((instance_id, first_byte_ms));
            }
            Ok(PlayEvent::Text { text }) => append(&mut self.text, &text),
            Ok(PlayEvent::Answer { body }) => {
                append(&mut self.text, &answer_text(&body).unwrap_or_default());
                let mut shown = String::new();
                append(&mut shown, &body);
                self.body = Some(shown);
            }
            Ok(PlayEvent::Done { status, attempts, ms, tokens }) => {
                self.end = Some(End::Done { status, attempts, ms, tokens });
            }
            Ok(PlayEvent::Failed { status, error, attempts, ms }) => {
                self.end = Some(End::Failed { status, error, attempts, ms });
            }
            Err(refusal) => self.end = Some(End::Refused(refusal)),
        }
    }

    /// There are no events at all. Only where nothing came back the connection was lost.
    pub(crate) fn fail(&mut self, error: ServerError) {
        self.end = Some(match error {
            ServerError::Unreachable => End::Lost,
            _ => End::NotAnswered(error.to_string()),
        });
    }

    /// No more events come. Without an end of its own the call was lost.
    pub(crate) fn over(&mut self) {
        self.end.get_or_insert(End::Lost);
    }
}

/// Adds as much of `more` as there is room for.
fn append(text: &mut String, more: &str) {
    let room = SHOWN_BYTES.saturating_sub(text.len());
    let end = (0..=room.min(more.len())).rev().find(|at| more.is_char_boundary(*at)).unwrap_or(0);
    text.push_str(&more[..end]);
}

/// The text of a whole chat answer, where it has one.
fn answer_text(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.pointer("/choices/0/message/content")?.as_str().map(str::to_owned)
}

/// An event as one line of the stream.
#[cfg(feature = "ssr")]
pub(crate) fn line(event: &Reply<PlayEvent>) -> Vec<u8> {
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Puts a stream together again that was cut anywhere, also within a character.
#[derive(Debug, Default)]
pub(crate) struct Lines(Vec<u8>);

impl Lines {
    /// Takes a piece in and gives the events that are whole now. A line that cannot be read is left out.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<Reply<PlayEvent>> {
        self.0.extend_from_slice(piece);
        let Some(end) = self.0.iter().rposition(|it| *it == b'\n') else { return Vec::new() };
        let rest = self.0.split_off(end + 1);
        let whole = std::mem::replace(&mut self.0, rest);
        whole.split(|it| *it == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_events() {
        let text = |text: &str| Ok(PlayEvent::Text { text: text.into() });
        let events: [Reply<PlayEvent>; 3] = [text("héllo"), text("日本\n"), Err(Refusal::StoreUnavailable)];
        let bytes: Vec<u8> = events
            .iter()
            .flat_map(|it| [serde_json::to_vec(it).unwrap_or_default(), b"\n".to_vec()].concat())
            .collect();
        for size in 1..bytes.len() {
            let mut lines = Lines::default();
            let read: Vec<_> = bytes.chunks(size).flat_map(|piece| lines.push(piece)).collect();
            assert_eq!(read, events, "pieces of {size} bytes");
        }
    }

    #[test]
    fn the_text_of_a_plain_answer_is_shown_and_a_missing_end_is_a_loss() {
        let mut outcome = Outcome::default();
        let body = r#"{"choices":[{"message":{"content":"Hi"}}]}"#;
        outcome.take(Ok(PlayEvent::Answer { body: body.into() }));
        outcome.over();
        assert_eq!((outcome.text.as_str(), outcome.end), ("Hi", Some(End::Lost)));
    }

    #[test]
    fn a_refusal_is_no_loss() {
        let end = |error| {
            let mut outcome = Outcome::default();
            outcome.fail(error);
            outcome.end
        };
        let words = ServerError::Forbidden.to_string();
        assert_eq!(end(ServerError::Forbidden), Some(End::NotAnswered(words)));
        assert_eq!(end(ServerError::Unreachable), Some(End::Lost));
    }

    #[test]
    fn a_giant_answer_is_cut_between_characters() {
        let mut outcome = Outcome::default();
        for _ in 0..3 {
            outcome.take(Ok(PlayEvent::Text { text: "é".repeat(SHOWN_BYTES / 4 + 1) }));
        }
        assert!(outcome.text.len() <= SHOWN_BYTES && outcome.text.len() > SHOWN_BYTES - 2);
    }
}
