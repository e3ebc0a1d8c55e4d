//! Embeddings: `POST /v1/embeddings`.

use serde_json::{Value, json};

use super::{
    Rules, StreamFacts,
    answer::{self, AnswerFacts},
};
use crate::domain::{
    routing::{call::CallText, outcome::Outcome},
    wire::{body::RequestFields, raw_json, sse::Event},
};

pub(super) struct Embeddings;

impl Rules for Embeddings {
    fn path(&self) -> &'static str {
        "embeddings"
    }

    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str> {
        fields.input.is_none().then_some("input")
    }

    fn call_text(&self, fields: &RequestFields<'_>, _key: u64) -> CallText {
        CallText::of_first_text(fields.input.unwrap_or_default())
    }

    /// Embeddings have no streams.
    fn observe(&self, _event: &Event<'_>, _facts: &mut StreamFacts) {}

    fn read_answer<'a>(&self, body: &'a str) -> AnswerFacts<'a> {
        let mut facts = AnswerFacts { nothing: true, ..AnswerFacts::default() };
        for (at, member) in raw_json::members(body).enumerate() {
            if let Some(error) = AnswerFacts::of_leading_error(&member, at == 0) {
                return error;
            } else if member.is("usage") {
                facts.usage = answer::usage(member.value, "prompt_tokens", "completion_tokens");
            } else if member.is("data") {
                facts.nothing = raw_json::elements(member.value).next().is_none();
            }
        }
        facts
    }

    fn text_delta(&self, _event: &str) -> Option<String> {
        None
    }

    fn answer_text(&self, body: &str) -> Option<String> {
        let first = raw_json::elements(raw_json::member(body, "data")?).next()?;
        Some(format!("An embedding of {} dimensions.", length(raw_json::member(first, "embedding")?)?))
    }

    fn sample_body(&self, model: Option<&str>, prompt: &str, _max_tokens: u64) -> Value {
        json!({ "model": model, "input": prompt })
    }
}

/// The length that a call asks its vectors to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthRequest {
    /// None: the instance's own.
    #[default]
    Native,
    /// This many.
    Exactly(u64),
    /// Something that changes vectors in a way that isn't checked, such as packed bits.
    Unchecked,
}

impl LengthRequest {
    /// What a body asks for. An absent or null member asks for nothing.
    pub fn of(fields: &RequestFields<'_>) -> Self {
        let dtype = fields.output_dtype.and_then(raw_json::text);
        if fields.embedding_types.is_some() || dtype.is_some_and(|it| it != "float") {
            return Self::Unchecked;
        }
        match fields.dimensions.or(fields.output_dimension) {
            None => Self::Native,
            // What isn't a count is for the instance to refuse.
            Some(raw) => match raw.trim().parse() {
                Ok(0) | Err(_) => Self::Unchecked,
                Ok(length) => Self::Exactly(length),
            },
        }
    }
}

/// Checks the number of vectors in an answer and the length of each one, and returns the length, if it is the
/// instance's own. `input` is the raw input of the call, `known` the length that its vectors are known to have.
///
/// # Errors
/// [`Outcome::EmptyAnswer`] if vectors are missing or too many, [`Outcome::DimensionMismatch`] if one has another
/// length.
pub fn check(
    body: &str,
    input: &str,
    asked: LengthRequest,
    known: Option<u64>,
) -> Result<Option<u64>, Outcome> {
    let mut expected = match asked {
        LengthRequest::Unchecked => return Ok(None),
        LengthRequest::Exactly(length) => Some(length),
        LengthRequest::Native => known,
    };
    let data = raw_json::member(body, "data").unwrap_or_default();
    let mut count = 0_u64;
    for item in raw_json::elements(data) {
        count += 1;
        let vector = raw_json::member(item, "embedding").ok_or(Outcome::EmptyAnswer)?;
        let length = length(vector).ok_or(Outcome::EmptyAnswer)?;
        if *expected.get_or_insert(length) != length {
            return Err(Outcome::DimensionMismatch);
        }
    }
    if count != inputs(input) {
        return Err(Outcome::EmptyAnswer);
    }
    Ok(expected.filter(|_| asked == LengthRequest::Native))
}

/// The number of texts, token lists or objects in an input.
fn inputs(input: &str) -> u64 {
    let mut items = raw_json::elements(input).peekable();
    // A list of numbers is one text as tokens.
    match items.peek().map(|it| it.starts_with(['"', '[', '{'])) {
        Some(true) => items.count() as u64,
        _ => 1,
    }
}

/// The number of components of a vector: of a list of numbers, or of base64 of 32-bit floats. `None` for an empty one.
fn length(vector: &str) -> Option<u64> {
    let length = match raw_json::text(vector) {
        Some(base64) => base64.trim_end_matches('=').len() * 3 / 4 / 4,
        None => raw_json::count_elements(vector),
    };
    Some(length as u64).filter(|&it| it > 0)
}
