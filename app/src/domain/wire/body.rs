//! Request bodies of data-plane calls: validation, the routing fields, and rewriting for an instance.
//!
//! The body stays bytes: one pass checks UTF-8, one checks the syntax and finds the members. No tree is built, because a
//! body may contain tens of megabytes of images. Valid JSON is passed on unchanged.

use std::{borrow::Cow, ops::Range};

use serde::de::IgnoredAny;

pub use super::strict_json::DEEPEST;
use super::{
    raw_json::{self, Member},
    strict_json,
};

/// Members that some proxies treat as an address or a credential; they are never forwarded.
pub const DROPPED: [&str; 4] = ["api_base", "base_url", "api_key", "user_config"];

/// The members of a body that an API may ask for, as written; `None` if absent or null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestFields<'a> {
    /// Chat completions and messages.
    pub messages: Option<&'a str>,
    /// Responses and embeddings.
    pub input: Option<&'a str>,
    /// Completions; in responses a stored prompt.
    pub prompt: Option<&'a str>,
    /// The system text of responses.
    pub instructions: Option<&'a str>,
    /// The system text of messages.
    pub system: Option<&'a str>,
    /// The response that a call continues.
    pub previous_response_id: Option<&'a str>,
    /// The conversation that a call belongs to.
    pub conversation: Option<&'a str>,
    /// Free data of the caller.
    pub metadata: Option<&'a str>,
    /// Number of choices.
    pub n: Option<&'a str>,
    /// Length of embeddings.
    pub dimensions: Option<&'a str>,
    /// Length of embeddings, in the words of other servers.
    pub output_dimension: Option<&'a str>,
    /// Type of an embedding's numbers.
    pub output_dtype: Option<&'a str>,
    /// Types of an embedding's numbers.
    pub embedding_types: Option<&'a str>,
}

/// A parsed body with the fields that routing needs.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    text: &'a str,
    /// The requested serving name.
    pub model: Cow<'a, str>,
    /// Whether the caller asks for a stream.
    pub stream: bool,
    /// The other members that routing asks for.
    pub fields: RequestFields<'a>,
    model_at: Range<usize>,
    /// Ranges to leave out when the body is rewritten, in order.
    cuts: Vec<Range<usize>>,
}

/// Reasons to refuse a body. Each has a message for the caller that does not quote the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Invalid UTF-8.
    #[error("The body is not valid UTF-8 at line {line}, column {column}.")]
    NotUtf8 {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// Invalid JSON, or trailing data.
    #[error("The body is not valid JSON at line {line}, column {column}.")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in bytes; 0 if the error is at a line end.
        column: usize,
    },
    /// Nested deeper than [`DEEPEST`].
    #[error("The body is nested deeper than {DEEPEST} levels.")]
    TooDeep,
    /// Valid JSON, but not an object.
    #[error("The body must be a JSON object.")]
    NotAnObject,
    /// More than one member `model`, so two parsers could see different models.
    #[error("The body has more than one `model`.")]
    DuplicateModel,
    /// No member `model`.
    #[error("The body has no `model`.")]
    ModelMissing,
    /// `model` is not a string.
    #[error("`model` must be a string.")]
    ModelNotText,
    /// `stream` is neither a boolean nor null.
    #[error("`stream` must be true or false.")]
    StreamNotBoolean,
}

impl BodyError {
    /// The member that is invalid, if there is one.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::DuplicateModel | Self::ModelMissing | Self::ModelNotText => Some("model"),
            Self::StreamNotBoolean => Some("stream"),
            _ => None,
        }
    }
}

/// Parses a body.
///
/// # Errors
/// The first error, in the order of [`BodyError`].
pub fn scan<'a>(bytes: &'a [u8]) -> Result<Body<'a>, BodyError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let mut found = BodyMembers::default();
    if !strict_json::members(text, |member| found.add(member)) {
        return Err(no_object(text));
    }
    if found.models > 1 {
        return Err(BodyError::DuplicateModel);
    }
    let (model_at, model) = found.model.ok_or(BodyError::ModelMissing)?;
    let stream = match found.stream.map(str::trim) {
        None | Some("false" | "null") => false,
        Some("true") => true,
        Some(_) => return Err(BodyError::StreamNotBoolean),
    };
    Ok(Body {
        text,
        model: raw_json::text(model).ok_or(BodyError::ModelNotText)?,
        stream,
        fields: found.fields,
        model_at,
        cuts: found.cuts,
    })
}

/// A part of a rewritten body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A range of the caller's body, unchanged.
    Kept(Range<usize>),
    /// The model name as a JSON string.
    Model,
}

impl Body<'_> {
    /// The parts of the body for an instance: without the members in [`DROPPED`], with a placeholder for the model
    /// name, and otherwise byte for byte.
    pub fn template(&self) -> Vec<Segment> {
        let (before, after) =
            self.cuts.split_at(self.cuts.partition_point(|cut| cut.start < self.model_at.start));
        let mut segments = Vec::with_capacity(self.cuts.len() + 3);
        let mut kept_from = 0;
        for cut in before {
            segments.push(Segment::Kept(kept_from..cut.start));
            kept_from = cut.end;
        }
        segments.extend([Segment::Kept(kept_from..self.model_at.start), Segment::Model]);
        kept_from = self.model_at.end;
        for cut in after {
            segments.push(Segment::Kept(kept_from..cut.start));
            kept_from = cut.end;
        }
        segments.push(Segment::Kept(kept_from..self.text.len()));
        segments.retain(|it| !matches!(it, Segment::Kept(range) if range.is_empty()));
        segments
    }
}

/// A model name as JSON.
pub fn model_json(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// Members found in the body. Of duplicates the last counts, as in most parsers; `model` may not be duplicated.
#[derive(Default)]
struct BodyMembers<'a> {
    models: usize,
    model: Option<(Range<usize>, &'a str)>,
    stream: Option<&'a str>,
    fields: RequestFields<'a>,
    cuts: Vec<Range<usize>>,
    /// Whether an earlier member is kept: a dropped member is then removed with the comma before it, else with the
    /// one after it.
    kept_any: bool,
}

impl<'a> BodyMembers<'a> {
    fn add(&mut self, member: Member<'a>) {
        let Member { value, value_at, between, .. } = &member;
        let name = member.name();
        if DROPPED.contains(&&*name) {
            let before = usize::from(self.kept_any);
            self.cuts.push(between.start - before..between.end + 1 - before);
            return;
        }
        self.kept_any = true;
        let fields = &mut self.fields;
        let slot = match &*name {
            "model" => {
                self.models += 1;
                self.model = Some((value_at.clone(), value));
                return;
            }
            "stream" => &mut self.stream,
            "messages" => &mut fields.messages,
            "input" => &mut fields.input,
            "prompt" => &mut fields.prompt,
            "instructions" => &mut fields.instructions,
            "system" => &mut fields.system,
            "previous_response_id" => &mut fields.previous_response_id,
            "conversation" => &mut fields.conversation,
            "metadata" => &mut fields.metadata,
            "n" => &mut fields.n,
            "dimensions" => &mut fields.dimensions,
            "output_dimension" => &mut fields.output_dimension,
            "output_dtype" => &mut fields.output_dtype,
            "embedding_types" => &mut fields.embedding_types,
            _ => return,
        };
        *slot = Some(*value).filter(|it| !raw_json::is_null(it));
    }
}

/// Why a text is not a JSON object of a bounded depth.
fn no_object(text: &str) -> BodyError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => BodyError::Syntax { line: error.line(), column: error.column() },
        // An array may be too deep as well, but not being an object is the first error.
        Ok(_) if !text.trim_start().starts_with('{') => BodyError::NotAnObject,
        Ok(_) => BodyError::TooDeep,
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> BodyError {
    let before = &bytes[..at];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |it| it + 1);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    BodyError::NotUtf8 { line, column: at - line_start + 1 }
}

#[cfg(test)]
mod tests;
