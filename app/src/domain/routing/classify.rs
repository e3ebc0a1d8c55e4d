//! The router prompt out, the router answer in. Nothing else in the house knows their format.
//!
//! What callers wrote goes out as one JSON value, in which quotes and line ends are escaped, so that no text can end
//! its own quotation; and what comes back can name one of the labels or nothing.

mod answer;
mod envelope;
mod prompt;
mod request;

pub use answer::{Answer, parse};
pub use envelope::{ANSWER_TEXT_BYTES, answer_text};
pub use prompt::{Hint, PROMPT_VERSION, Question, messages, messages_again, read_question};
pub use request::{ANSWER_TOKENS, request_body};

use crate::domain::config::balancer::Balancer;

/// The closed set of answers: the enabled routes' names and one more that means none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Each label with its route's place in the balancer.
    pub routes: Vec<(usize, String)>,
    /// What stands for "none of them".
    pub none: String,
}

impl Labels {
    /// The labels of a balancer; the default route has one like every other.
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

    /// The label that a text is, without regard to case; spaces, `_` and `-` are alike if that leaves one label.
    fn named(&self, text: &str) -> Option<Answer> {
        let exact = self.answers().find(|(label, _)| label.eq_ignore_ascii_case(text));
        if let Some((_, answer)) = exact {
            return Some(answer);
        }
        let parts: Vec<&str> = parts(text).collect();
        self.at(&parts).filter(|(_, length)| *length == parts.len()).map(|(answer, _)| answer)
    }

    /// The longest label that the words begin with, and how many of them it takes. `None` also if two labels of one
    /// length differ only by spaces, `_` and `-`.
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

    /// All labels with what each means.
    fn answers(&self) -> impl Iterator<Item = (&str, Answer)> {
        let routes = self.routes.iter().map(|(at, label)| (label.as_str(), Answer::Route(*at)));
        routes.chain([(self.none.as_str(), Answer::None)])
    }

    /// All labels, `none` last.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(_, label)| label.as_str()).chain([self.none.as_str()])
    }
}

/// The words of a label, or of a text that may be one.
fn parts(label: &str) -> impl Iterator<Item = &str> {
    label.split([' ', '\t', '_', '-']).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests;
