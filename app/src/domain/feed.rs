//! What a tab is told while it is open: that something changed, never what. Whoever shows it reads it again, by the
//! same way as at first, so that nothing is ever shown that the reader may not see.

use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum FeedEvent {
    /// The first of every connection, and what is told in place of events that were dropped: anything may have changed.
    Anew,
    /// Calls ended, or were written down, since the last event of this kind.
    Calls {
        /// The ids of their balancers, each once.
        balancers: Vec<String>,
    },
    /// An instance is doing better or worse.
    Health,
    /// The configuration is another one.
    Configuration,
    /// An evaluation went on, ended, or was begun.
    Evaluation {
        /// What is evaluated: the id of a balancer or of a draft.
        subject: String,
    },
}

/// What concerns every live part of a page.
pub const ANYTHING: &str = "anything";

impl FeedEvent {
    /// What the live parts of pages name that this event concerns.
    pub fn concerns(&self) -> Vec<String> {
        match self {
            Self::Anew => vec![ANYTHING.to_owned()],
            Self::Calls { balancers } => std::iter::once("calls".to_owned())
                .chain(balancers.iter().map(|it| format!("calls:{it}")))
                .collect(),
            Self::Health => vec!["health".to_owned()],
            Self::Configuration => vec!["configuration".to_owned()],
            Self::Evaluation { subject } => vec![format!("evaluation:{subject}")],
        }
    }
}

/// How many calls of the last minutes took a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteCalls {
    /// The balancer's id.
    pub balancer: String,
    /// The route's name.
    pub route: String,
    /// All of its calls.
    pub calls: u64,
    /// Those of them that another route was meant for, or that no intent was found for because the router failed.
    pub fallen_back: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_may_have_been_anything_and_calls_concern_their_balancers() {
        assert_eq!(FeedEvent::Anew.concerns(), [ANYTHING]);
        let calls = FeedEvent::Calls { balancers: vec!["sb_a".to_owned()] };
        assert_eq!(calls.concerns(), ["calls", "calls:sb_a"]);
    }
}
