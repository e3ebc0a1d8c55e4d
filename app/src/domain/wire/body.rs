//! Reads the body of a data-plane call: is it JSON, which model, streamed or not; and writes it anew for an instance.
//!
//! The body stays bytes. One pass checks UTF-8, one checks the syntax, one light pass finds the members; there is no
//! tree, because a body may be tens of megabytes of image. Whatever is legal passes as it was written.

use std::{borrow::Cow, ops::Range};

use serde::de::IgnoredAny;

use super::raw_json::{self, Member};

/// The deepest nesting that is accepted, the outermost object counted.
pub const DEEPEST: usize = 128;

/// Members that some proxies take as an address or a credential; they never travel on.
pub const DROPPED: [&str; 4] = ["api_base", "base_url", "api_key", "user_config"];

/// A body that was understood as far as routing needs it.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    text: &'a str,
    /// The serving name that the caller asks for.
    pub model: Cow<'a, str>,
    /// Whether the answer shall be streamed.
    pub stream: bool,
    /// `messages` as written; `None` where it is absent or null.
    pub messages: Option<&'a str>,
    /// `input` as written; `None` where it is absent or null.
    pub input: Option<&'a str>,
    /// `conversation` as written.
    pub conversation: Option<&'a str>,
    /// `metadata` as written.
    pub metadata: Option<&'a str>,
    /// Whether the call asks for a number of dimensions.
    pub asks_dimensions: bool,
    /// `encoding_format`, where it is a string.
    pub encoding_format: Option<Cow<'a, str>>,
    model_at: Range<usize>,
    /// What is left out when the body is written anew, in order.
    cuts: Vec<Range<usize>>,
}

/// Why a body is refused. The text of each is a sentence for the caller; none quotes the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Some byte is no UTF-8.
    #[error("The body is not valid UTF-8 at line {line}, column {column}.")]
    NotUtf8 {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// It is no JSON text, or something follows it.
    #[error("The body is not valid JSON at line {line}, column {column}.")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in bytes; 0 where a line end itself is the error.
        column: usize,
    },
    /// It is nested beyond [`DEEPEST`].
    #[error("The body is nested deeper than {DEEPEST} levels.")]
    TooDeep,
    /// It is JSON, but no object.
    #[error("The body must be a JSON object.")]
    NotAnObject,
    /// Two members are called `model`, so that two readers could read two models.
    #[error("The body has more than one `model`.")]
    DuplicateModel,
    /// No member is called `model`.
    #[error("The body has no `model`.")]
    ModelMissing,
    /// `model` is something else than text.
    #[error("`model` must be a string.")]
    ModelNotText,
}

impl BodyError {
    /// The member that is at error, where it is one.
    pub fn param(&self) -> Option<&'static str> {
        match self {
            Self::DuplicateModel | Self::ModelMissing | Self::ModelNotText => Some("model"),
            _ => None,
        }
    }
}

/// Reads a body.
///
/// # Errors
/// The first error, in the order of [`BodyError`].
pub fn scan<'a>(bytes: &'a [u8]) -> Result<Body<'a>, BodyError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| BodyError::Syntax { line: error.line(), column: error.column() })?;
    if !text.trim_start().starts_with('{') {
        // An array can be too deep as well, but what it lacks first is being an object.
        return Err(BodyError::NotAnObject);
    }
    let mut found = Found::default();
    let mut members = raw_json::members(text);
    for member in &mut members {
        found.take(member);
    }
    if members.deepest() > DEEPEST {
        return Err(BodyError::TooDeep);
    }
    if found.models > 1 {
        return Err(BodyError::DuplicateModel);
    }
    let (model_at, model) = found.model.ok_or(BodyError::ModelMissing)?;
    let present = |value: Option<&'a str>| value.filter(|it| !raw_json::is_null(it));
    Ok(Body {
        text,
        model: raw_json::text(model).ok_or(BodyError::ModelNotText)?,
        stream: found.stream == Some("true"),
        messages: present(found.messages),
        input: present(found.input),
        conversation: found.conversation,
        metadata: found.metadata,
        asks_dimensions: present(found.dimensions).is_some(),
        encoding_format: found.encoding_format.and_then(raw_json::text),
        model_at,
        cuts: found.cuts,
    })
}

/// A piece of the body as an instance gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// These bytes of the caller's body, as they are.
    Kept(Range<usize>),
    /// The JSON string that names the model.
    Model,
}

impl Body<'_> {
    /// How the body is written for an instance: the four members of [`DROPPED`] left out, a place for the model's name,
    /// everything else byte for byte.
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

/// A model's name as JSON.
pub fn model_json(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

/// What the light pass finds. Of a foreign member that is there twice the last counts, as for most readers.
#[derive(Default)]
struct Found<'a> {
    models: usize,
    model: Option<(Range<usize>, &'a str)>,
    stream: Option<&'a str>,
    messages: Option<&'a str>,
    input: Option<&'a str>,
    conversation: Option<&'a str>,
    metadata: Option<&'a str>,
    dimensions: Option<&'a str>,
    encoding_format: Option<&'a str>,
    cuts: Vec<Range<usize>>,
    /// Whether a member before this one stays: a dropped one then takes the comma before it along, else the one
    /// behind it.
    kept_any: bool,
}

impl<'a> Found<'a> {
    fn take(&mut self, member: Member<'a>) {
        let Member { value, value_at, between, .. } = &member;
        if DROPPED.iter().any(|name| member.is(name)) {
            let before = usize::from(self.kept_any);
            self.cuts.push(between.start - before..between.end + 1 - before);
            return;
        }
        self.kept_any = true;
        if member.is("model") {
            self.models += 1;
            self.model = Some((value_at.clone(), value));
        }
        let slots: [(&str, &mut Option<&'a str>); 7] = [
            ("stream", &mut self.stream),
            ("messages", &mut self.messages),
            ("input", &mut self.input),
            ("conversation", &mut self.conversation),
            ("metadata", &mut self.metadata),
            ("dimensions", &mut self.dimensions),
            ("encoding_format", &mut self.encoding_format),
        ];
        for (name, slot) in slots {
            if member.is(name) {
                *slot = Some(value);
            }
        }
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
