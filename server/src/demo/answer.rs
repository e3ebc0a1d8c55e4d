//! A demo answer, before it is sent plain or streamed.

use std::sync::atomic::{AtomicU64, Ordering};

use app::domain::routing::decision::RouterMessage;
use serde_json::{Value, json};

use super::Model;
use crate::clock;

/// Counter of answers, for their ids.
static ANSWERS: AtomicU64 = AtomicU64::new(1);

/// An answer, before it is sent plain or streamed.
pub(super) struct Answer {
    pub(super) id: String,
    /// Unix time, in seconds.
    pub(super) created: u64,
    pub(super) model: &'static str,
    /// The text in pieces; each counts as one token.
    pub(super) pieces: Vec<String>,
    /// `stop`, or `length` if the caller's limit cut it.
    pub(super) finish_reason: &'static str,
    prompt_tokens: usize,
}

impl Answer {
    pub(super) fn new(model: Model, text: &str, messages: &[RouterMessage], max_tokens: usize) -> Self {
        let pieces = || text.split_inclusive(' ').map(str::to_owned);
        let is_cut = pieces().nth(max_tokens).is_some();
        Self {
            id: format!("chatcmpl-demo-{}", ANSWERS.fetch_add(1, Ordering::Relaxed)),
            created: u64::try_from(clock::now().0 / 1_000).unwrap_or(0),
            model: model.id(),
            pieces: pieces().take(max_tokens).collect(),
            finish_reason: if is_cut { "length" } else { "stop" },
            prompt_tokens: messages.iter().map(|it| it.content.split_whitespace().count()).sum(),
        }
    }

    /// Token counts, as in a completion.
    pub(super) fn usage(&self) -> Value {
        let (prompt, completion) = (self.prompt_tokens, self.pieces.len());
        json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
    }

    /// The answer as a chat completion.
    pub(super) fn plain(&self) -> Value {
        let message = json!({"role": "assistant", "content": self.pieces.concat()});
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason}],
            "usage": self.usage(),
        })
    }
}
