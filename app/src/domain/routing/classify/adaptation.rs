//! Adaptation of router requests to an instance: from one refusal or unusable answer to the next shape of the request.
//!
//! Each step makes the request plainer, its limit longer or its prompt shorter, so a series of steps ends by itself.

use super::{
    ANSWER_TEXT_BYTES, Answer, Labels,
    envelope::Completion,
    parse,
    refusal::{RefusalCause, refusal_cause},
    shape::RequestShape,
};

/// What a changed shape follows from; the weakest of all its changes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Nothing was changed.
    Unchanged,
    /// Refusals that named the part.
    Named,
    /// Answers that ended by length.
    CutOff,
    /// A guess, because the upstream stated no cause.
    Guessed,
}

/// The next step after a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Ask again in the new shape.
    AskAgain,
    /// The text answers the question, or doesn't; empty if there is none.
    Read(String, Answer),
    /// The upstream works, but has no answer to this prompt.
    NoAnswer,
    /// The reply is a failure, as its status says.
    Failed,
}

/// A series of requests to one instance that put one question.
#[derive(Clone, Debug)]
pub struct Adaptation {
    shape: RequestShape,
    evidence: Evidence,
    is_shortened: bool,
    is_repeated: bool,
    tried_plainest: bool,
}

impl Adaptation {
    /// Starts with the shape that worked before, or the default one.
    pub fn new(shape: RequestShape) -> Self {
        Self {
            shape,
            evidence: Evidence::Unchanged,
            is_shortened: false,
            is_repeated: false,
            tried_plainest: false,
        }
    }

    /// The shape of the next request.
    pub fn shape(&self) -> RequestShape {
        self.shape
    }

    /// What the shape follows from.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Whether the next request has half of the prompt.
    pub fn is_shortened(&self) -> bool {
        self.is_shortened
    }

    /// Whether a response with this status may be about the shape of a request.
    pub fn may_concern(status: u16) -> bool {
        matches!(status, 400 | 404 | 409 | 413 | 415 | 422 | 500 | 501)
    }

    /// The step after a refusal. One within a 200 is like a 400.
    pub fn after_refusal(&mut self, status: u16, body: &[u8]) -> NextStep {
        let status = if status == 200 { 400 } else { status };
        if !Self::may_concern(status) {
            return NextStep::Failed;
        }
        match refusal_cause(status, body) {
            RefusalCause::Parts(parts) => {
                let plainer =
                    parts.into_iter().fold(self.shape, |shape, it| shape.without(it).unwrap_or(shape));
                if plainer != self.shape {
                    return self.change(plainer, Evidence::Named);
                }
            }
            RefusalCause::Length if !self.is_shortened => {
                self.is_shortened = true;
                return NextStep::AskAgain;
            }
            RefusalCause::Length | RefusalCause::Content => return NextStep::NoAnswer,
            RefusalCause::Generation => return NextStep::Read(String::new(), Answer::Invalid),
            // One answer may have gone wrong; a second one says that the request is at fault.
            RefusalCause::Json if !std::mem::replace(&mut self.is_repeated, true) => {
                return NextStep::AskAgain;
            }
            RefusalCause::Model => return uncured(status),
            RefusalCause::Json | RefusalCause::Unstated => {}
        }
        self.try_plainest().unwrap_or_else(|| uncured(status))
    }

    /// The step after a completion.
    pub fn after_completion(&mut self, body: &[u8], labels: &Labels) -> NextStep {
        let completion = Completion::read(body);
        let text = completion.text.unwrap_or_default();
        let answer = parse(&text, labels);
        if answer != Answer::Invalid {
            return NextStep::Read(shown(text), answer);
        }
        // Asking again would not make a model of that many words brief.
        if completion.is_filtered || (text.len() > ANSWER_TEXT_BYTES && !completion.is_cut) {
            return NextStep::NoAnswer;
        }
        let is_empty = text.trim().is_empty();
        // Not every server that lets a model think up to the limit says that the limit ended it.
        let used_up = is_empty && completion.tokens.is_some_and(|it| it >= self.shape.limit.tokens());
        // Under a schema, some models write white space up to any limit.
        let is_stuck = completion.is_blank && !self.shape.omits_schema;
        if (completion.is_cut || used_up) && !is_stuck {
            return match self.shape.with_longer_limit() {
                Some(longer) => self.change(longer, Evidence::CutOff),
                None => NextStep::Read(shown(text), answer),
            };
        }
        if !self.shape.omits_schema && (is_empty || repeats_schema(&text)) {
            return self.change(RequestShape { omits_schema: true, ..self.shape }, Evidence::Guessed);
        }
        NextStep::Read(shown(text), answer)
    }

    fn try_plainest(&mut self) -> Option<NextStep> {
        let plainest = self.shape.plainest();
        if std::mem::replace(&mut self.tried_plainest, true) || plainest == self.shape {
            return None;
        }
        Some(self.change(plainest, Evidence::Guessed))
    }

    fn change(&mut self, shape: RequestShape, evidence: Evidence) -> NextStep {
        self.shape = shape;
        self.evidence = self.evidence.max(evidence);
        NextStep::AskAgain
    }
}

/// The step after a refusal that no plainer request cures. A refused request is no sign that the upstream is down.
fn uncured(status: u16) -> NextStep {
    if matches!(status, 404 | 500..) { NextStep::Failed } else { NextStep::NoAnswer }
}

/// An answer as it is shown: its beginning, without what exceeds the limit.
fn shown(mut text: String) -> String {
    let mut end = text.len().min(ANSWER_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Whether an answer is the schema that was sent instead of a value of it.
fn repeats_schema(text: &str) -> bool {
    let is_object = text.trim_start().trim_start_matches("```json").trim_start().starts_with('{');
    is_object && ["\"enum\"", "\"properties\"", "\"json_schema\""].iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests;
