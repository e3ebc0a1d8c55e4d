//! What a plain answer tells about itself.

use crate::domain::wire::raw_json;

/// The facts of a plain answer, read in one walk over its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerFacts<'a> {
    /// The raw error that it is, in spite of its status.
    pub error: Option<&'a str>,
    /// Whether there is nothing in it, as if the instance had not answered.
    pub nothing: bool,
    /// Whether it is an answer without content.
    pub empty: bool,
    /// Tokens of the prompt and of the answer.
    pub usage: Option<(u64, u64)>,
    /// The raw id that later calls may refer to.
    pub id: Option<&'a str>,
}

impl<'a> AnswerFacts<'a> {
    /// The facts of an object whose first member is `error`, whatever the API; `None` for others.
    pub(super) fn of_leading_error(member: &raw_json::Member<'a>, is_first: bool) -> Option<Self> {
        (is_first && member.is("error")).then(|| Self { error: Some(member.value), ..Self::default() })
    }
}

/// Two counts of a raw usage object, by the names that an API gives them. An absent one counts as 0; `None` if both
/// are absent.
pub(super) fn usage(value: &str, prompt: &str, answer: &str) -> Option<(u64, u64)> {
    let count = |name| raw_json::member(value, name).and_then(|it| it.trim().parse().ok());
    let (prompt, answer): (Option<u64>, Option<u64>) = (count(prompt), count(answer));
    (prompt.is_some() || answer.is_some()).then(|| (prompt.unwrap_or(0), answer.unwrap_or(0)))
}
