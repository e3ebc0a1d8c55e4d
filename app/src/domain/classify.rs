//! The router prompt out, the router answer in. Nothing else in the house knows their format.
//!
//! What callers wrote goes out as one JSON value, in which quotes and line ends are escaped, so that no text can end
//! its own quotation; and what comes back can name one of the labels or nothing.

mod answer;
mod excerpt;
mod prompt;
mod request;

pub use answer::{Answer, parse};
pub use excerpt::excerpt;
pub use prompt::{Hint, PROMPT_VERSION, Question, messages, messages_again, read_question};
pub use request::{ANSWER_TOKENS, request_body};

use super::balancer::Balancer;

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

    /// All labels, `none` last.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(_, label)| label.as_str()).chain([self.none.as_str()])
    }
}

#[cfg(test)]
mod tests;
