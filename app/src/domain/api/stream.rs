//! What a stream has told so far.

use crate::domain::{
    routing::{blame, outcome::Outcome},
    wire::raw_json,
};

/// How a stream signalled its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Its terminal event, or its end of everything that had begun.
    Complete,
    /// An error event, and what it means.
    Error(Outcome),
}

/// The facts of a stream, collected event by event.
#[derive(Clone, Debug, Default)]
pub struct StreamFacts {
    /// Whether content has arrived, or an end of the answer without any: the commit point.
    pub has_content: bool,
    /// Whether there was more than an end.
    pub has_text: bool,
    /// How it ended, if it did.
    pub end: Option<StreamEnd>,
    /// Whether it ended with an error that no client recognizes in the event that told it.
    pub lacks_error_event: bool,
    /// Tokens of the prompt and of the answer.
    pub usage: Option<(u64, u64)>,
    /// The id that later calls may refer to.
    pub response_id: Option<String>,
    /// The raw error object of an error that is about the request.
    pub refusal: Option<String>,
    /// Whether several choices were asked for, so that each event says which one it belongs to.
    pub has_several_choices: bool,
    /// Whether it repeats what was answered before, so neither a failure nor usage in it is of this call.
    pub is_replay: bool,
    /// A bit for each choice that has begun, by index.
    pub begun: u128,
    /// A bit for each choice that has a finish reason.
    pub finished: u128,
}

impl StreamFacts {
    /// Ends the stream with an error: its raw error object, or another value in its place.
    pub(super) fn end_with_error(&mut self, error: &str) {
        let outcome = blame::judge_error(error);
        if matches!(outcome, Outcome::Rejected(_)) {
            self.refusal = Some(object_of(error));
        }
        self.end = Some(StreamEnd::Error(outcome));
    }

    /// Marks the terminal event.
    pub(super) fn end_well(&mut self) {
        self.end = Some(StreamEnd::Complete);
    }
}

/// An error as an object: other values become its message.
fn object_of(error: &str) -> String {
    if error.trim_start().starts_with('{') {
        return error.trim().to_owned();
    }
    let message = raw_json::text(error).unwrap_or_default();
    serde_json::json!({ "message": message, "type": "invalid_request_error" }).to_string()
}

/// The object of an event: Google's errors come in lists.
pub(super) fn object_in(data: &str) -> &str {
    if data.trim_ascii_start().starts_with('[') {
        raw_json::elements(data).next().unwrap_or(data)
    } else {
        data
    }
}

/// Whether a value is null or an empty string, list or object.
pub(super) fn is_hollow(value: &str) -> bool {
    matches!(value.trim(), "null" | "\"\"" | "[]" | "{}")
}

/// Whether the text is one JSON value.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
