//! The result of a playground call, built from its events.

use serde::{Deserialize, Serialize};

use super::PlayEvent;
use crate::domain::routing::decision::{AttemptRecord, Decision};

/// The most text that a page shows of one answer, in bytes.
const SHOWN_BYTES: usize = 256 * 1024;

/// A call so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The routing decision.
    pub decision: Option<Decision>,
    /// The instance that answers, and how long it took to begin, in milliseconds.
    pub started: Option<(String, f64)>,
    /// The answer's text so far.
    pub text: String,
    /// The whole answer of a call that was not streamed.
    pub body: Option<String>,
    /// How it ended; absent while it runs.
    pub end: Option<End>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// It went well.
    Done {
        /// The status that a client would get.
        status: u16,
        /// All attempts.
        attempts: Vec<AttemptRecord>,
        /// Total duration, in milliseconds.
        ms: f64,
        /// Tokens of prompt and answer.
        tokens: Option<(u64, u64)>,
    },
    /// It failed.
    Failed {
        /// The status that a client would get.
        status: u16,
        /// The OpenAI-shaped error, as JSON text.
        error: String,
        /// All attempts.
        attempts: Vec<AttemptRecord>,
        /// Total duration, in milliseconds.
        ms: f64,
    },
    /// The call was not started, for this reason.
    NotBegun(String),
    /// The events ended without `Done` or `Failed`.
    Lost,
}

impl Outcome {
    /// A call that was not started, with the reason.
    pub fn not_begun(reason: impl Into<String>) -> Self {
        Self { end: Some(End::NotBegun(reason.into())), ..Self::default() }
    }

    /// Applies one event.
    pub fn apply(&mut self, event: PlayEvent) {
        match event {
            PlayEvent::Decision { decision } => self.decision = Some(decision),
            PlayEvent::Started { instance_id, first_byte_ms } => {
                self.started = Some((instance_id, first_byte_ms));
            }
            PlayEvent::Text { text } => append(&mut self.text, &text),
            PlayEvent::Answer { body } => {
                append(&mut self.text, &answer_text(&body).unwrap_or_default());
                let mut shown = String::new();
                append(&mut shown, &body);
                self.body = Some(shown);
            }
            PlayEvent::Done { status, attempts, ms, tokens } => {
                self.end = Some(End::Done { status, attempts, ms, tokens });
            }
            PlayEvent::Failed { status, error, attempts, ms } => {
                self.end = Some(End::Failed { status, error, attempts, ms });
            }
        }
    }

    /// No more events come. Without an end of its own the call was lost.
    pub fn finish(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_plain_answer_is_shown_and_a_missing_end_is_a_loss() {
        let mut outcome = Outcome::default();
        let body = r#"{"choices":[{"message":{"content":"Hi"}}]}"#;
        outcome.apply(PlayEvent::Answer { body: body.into() });
        outcome.finish();
        assert_eq!((outcome.text.as_str(), outcome.end), ("Hi", Some(End::Lost)));
    }

    #[test]
    fn a_call_that_was_not_begun_says_why() {
        let mut outcome = Outcome::not_begun("There is no such balancer.");
        outcome.finish();
        assert_eq!(outcome.end, Some(End::NotBegun("There is no such balancer.".to_owned())));
    }

    #[test]
    fn a_giant_answer_is_cut_between_characters() {
        let mut outcome = Outcome::default();
        for _ in 0..3 {
            outcome.apply(PlayEvent::Text { text: "é".repeat(SHOWN_BYTES / 4 + 1) });
        }
        assert!(outcome.text.len() <= SHOWN_BYTES && outcome.text.len() > SHOWN_BYTES - 2);
    }
}
