//! Streams and answers made of `choices`, which chat completions and completions have in common.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{
    answer::{self, AnswerFacts},
    stream::{StreamFacts, is_hollow, is_json, object_in},
};
use crate::domain::wire::{raw_json, sse::Event};

static FINISH_REASON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

/// Adds what an event tells.
pub(super) fn observe(event: &Event<'_>, facts: &mut StreamFacts) {
    let data = event.data.trim_ascii();
    if data == b"[DONE]" {
        return facts.end_well();
    }
    let is_error = event.name == b"error";
    if event.cut {
        // Too large to read, and only content is that large.
        facts.has_content |= !is_error;
        facts.has_text |= !is_error;
        if is_error {
            facts.end_with_error("");
        }
        return;
    }
    if facts.has_content && !is_error && !facts.has_several_choices && is_mere_content(data) {
        return;
    }
    let Some(chunk) = std::str::from_utf8(data).ok().filter(|it| is_json(it)) else {
        if is_error {
            facts.end_with_error("");
        }
        return;
    };
    let chunk = object_in(chunk);
    let (mut error, mut failed_choice) = (None, None);
    for member in raw_json::members(chunk) {
        if member.is("error") && !raw_json::is_null(member.value) {
            error = Some(member.value);
        } else if member.is("usage") {
            facts.usage = usage(member.value).or(facts.usage);
        } else if member.is("choices") {
            for raw in raw_json::elements(member.value) {
                let choice = observe_choice(raw, facts);
                error = error.or(choice.error);
                failed_choice = failed_choice.or(choice.has_failed().then_some(raw));
            }
        }
    }
    if let Some(error) = error.or(is_error.then_some(chunk)) {
        facts.end_with_error(error);
    } else if let Some(choice) = failed_choice {
        // Clients take it for a normal end.
        facts.lacks_error_event = true;
        facts.end_with_error(choice);
    }
}

/// Adds a choice of a chunk and returns it.
fn observe_choice<'a>(choice: &'a str, facts: &mut StreamFacts) -> Choice<'a> {
    let choice = Choice::read(choice);
    facts.has_text |= choice.has_text;
    let bit = 1_u128.checked_shl(choice.index).unwrap_or(0);
    facts.begun |= bit;
    if is_real(choice.finish) {
        facts.finished |= bit;
    }
    facts.has_content |= choice.has_text || is_real(choice.finish);
    choice
}

/// Whether every choice that began has said why it ended.
pub(super) fn all_finished(facts: &StreamFacts) -> bool {
    facts.begun != 0 && facts.begun == facts.finished
}

/// Reads an answer.
pub(super) fn read_answer(body: &str) -> AnswerFacts<'_> {
    let mut facts = AnswerFacts { nothing: true, ..AnswerFacts::default() };
    for (at, member) in raw_json::members(body).enumerate() {
        if let Some(error) = AnswerFacts::of_leading_error(&member, at == 0) {
            return error;
        } else if member.is("usage") {
            facts.usage = usage(member.value);
        } else if member.is("choices") {
            let (mut count, mut has_text, mut all_real, mut failed) = (0, false, true, None);
            for raw in raw_json::elements(member.value) {
                let choice = Choice::read(raw);
                count += 1;
                has_text |= choice.has_text;
                all_real &= is_real(choice.finish);
                failed = choice.has_failed().then_some(choice.error.unwrap_or(raw)).or(failed);
            }
            facts.nothing = count == 0;
            facts.empty = count > 0 && !has_text && all_real;
            facts.error = failed.filter(|_| count == 1 && !has_text);
        }
    }
    facts
}

/// What matters of a choice.
struct Choice<'a> {
    index: u32,
    /// The finish reason as written, without its quotes; `None` if absent, null or empty.
    finish: Option<&'a str>,
    has_text: bool,
    error: Option<&'a str>,
}

impl<'a> Choice<'a> {
    fn read(choice: &'a str) -> Self {
        let mut read = Self { index: 0, finish: None, has_text: false, error: None };
        for member in raw_json::members(choice) {
            if member.is("index") {
                read.index = member.value.trim().parse().unwrap_or(0);
            } else if member.is("finish_reason") {
                let reason = member.value.trim().trim_matches('"');
                read.finish = Some(reason).filter(|it| !matches!(*it, "" | "null"));
            } else if member.is("delta") || member.is("message") {
                read.has_text |=
                    raw_json::members(member.value).any(|it| !it.is("role") && !is_hollow(it.value));
            } else if member.is("text") {
                read.has_text |= !is_hollow(member.value);
            } else if member.is("error") {
                read.error = Some(member.value).filter(|it| !raw_json::is_null(it));
            }
        }
        read
    }

    fn has_failed(&self) -> bool {
        self.finish == Some("error")
    }
}

/// Whether a finish reason tells of an end that is no failure.
fn is_real(finish: Option<&str>) -> bool {
    finish.is_some_and(|it| it != "error")
}

/// Whether a chunk behind the commit point holds nothing but content, so it need not be read.
fn is_mere_content(data: &[u8]) -> bool {
    !says(data, &FINISH_REASON) && !says(data, &USAGE) && !says(data, &ERROR)
}

/// Whether a member of that name occurs with a value other than null.
fn says(data: &[u8], name: &Finder<'static>) -> bool {
    name.find_iter(data).any(|at| {
        let value = data.get(at + name.needle().len()..).unwrap_or_default().trim_ascii_start();
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii_start();
        !value.starts_with(b"null")
    })
}

fn usage(value: &str) -> Option<(u64, u64)> {
    answer::usage(value, "prompt_tokens", "completion_tokens")
}
