//! The prompt to the router model, the requests that carry it and the parser of its answer. No other module knows their
//! format.
//!
//! Servers refuse parts of such a request in many ways. [`Adaptation`] finds the shape that one of them takes.
//!
//! The caller's text is sent as one JSON value with quotes and line ends escaped, so no text can break out of its
//! quotation. The answer can only name one of the labels or none.

mod adaptation;
mod answer;
mod envelope;
mod known_question;
mod prompt;
mod refusal;
mod request;
mod shape;

pub use adaptation::{Adaptation, Evidence, NextStep};
pub use answer::{ANSWER_TEXT_BYTES, Answer, parse};
pub use envelope::answer_text;
pub use known_question::{KnownQuestion, known_question};
pub use prompt::{
    PROMPT_VERSION, PromptRoute, Question, halve, messages, messages_with_excerpt, read_question,
    retry_messages,
};
pub use refusal::{RefusalCause, refusal_cause};
pub use request::request_body;
pub use shape::{AnswerLimit, RequestPart, RequestShape, SHAPE_TTL, TokenField, UNCERTAIN_SHAPE_TTL};

use crate::domain::config::balancer::Balancer;

/// The closed set of answers: the names of enabled routes, and one label for none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Each label with its route's index in the balancer.
    pub routes: Vec<(usize, String)>,
    /// The label for none of the routes.
    pub none: String,
}

impl Labels {
    /// The labels of a balancer, including the default route.
    pub fn of(balancer: &Balancer) -> Self {
        let routes: Vec<(usize, String)> = balancer
            .routes
            .iter()
            .enumerate()
            .filter(|(_, route)| route.enabled)
            .map(|(at, route)| (at, route.name.clone()))
            .collect();
        let taken = |name: &str| routes.iter().any(|(_, label)| label.eq_ignore_ascii_case(name));
        let mut none = "none".to_owned();
        while taken(&none) {
            none.push_str(if none == "none" { "_of_these" } else { "_" });
        }
        Self { routes, none }
    }

    /// The label equal to a text, ignoring case. Spaces, `_` and `-` are equivalent if the label is still
    /// unambiguous.
    fn named(&self, text: &str) -> Option<Answer> {
        let exact = self.answers().find(|(label, _)| label.eq_ignore_ascii_case(text));
        if let Some((_, answer)) = exact {
            return Some(answer);
        }
        let parts: Vec<&str> = parts(text).collect();
        self.at(&parts).filter(|(_, length)| *length == parts.len()).map(|(answer, _)| answer)
    }

    /// The longest label that the words start with, and its number of words. `None` if two labels of that length
    /// differ only by spaces, `_` and `-`.
    fn at(&self, words: &[&str]) -> Option<(Answer, usize)> {
        let matching = self.answers().filter_map(|(label, answer)| {
            let mut length = 0;
            for part in parts(label) {
                words.get(length).filter(|it| it.eq_ignore_ascii_case(part))?;
                length += 1;
            }
            (length > 0).then_some((answer, length))
        });
        let mut longest: Vec<(Answer, usize)> = Vec::new();
        for found in matching {
            if longest.first().is_none_or(|it| it.1 < found.1) {
                longest.clear();
            }
            if longest.first().is_none_or(|it| it.1 == found.1) {
                longest.push(found);
            }
        }
        if let [one] = longest.as_slice() { Some(*one) } else { None }
    }

    /// Whether a text in lower case has a label among its words.
    fn occur_in(&self, text: &str) -> bool {
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
        (0..words.len()).any(|at| self.at(&words[at..]).is_some())
    }

    /// All labels with their answers.
    fn answers(&self) -> impl Iterator<Item = (&str, Answer)> {
        let routes = self.routes.iter().map(|(at, label)| (label.as_str(), Answer::Route(*at)));
        routes.chain([(self.none.as_str(), Answer::None)])
    }

    /// All labels, `none` last.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(_, label)| label.as_str()).chain([self.none.as_str()])
    }
}

/// Splits a label, or a text to compare with one, into words.
fn parts(label: &str) -> impl Iterator<Item = &str> {
    label.split(|c: char| c.is_whitespace() || c == '_' || c == '-').filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests;
