//! What a tab is told while it is open: that something changed, never what. Whoever shows it reads it again, by the
//! same way as at first, so that nothing is ever shown that the reader may not see.

use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// An event as a tab reads it. It takes whatever a newer server may say; a reader of its own for each kind of event would
/// be a third of what following costs the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Told {
    topic: String,
    balancers: Vec<String>,
    subject: String,
}

impl Told {
    /// What the live parts of pages name that this event concerns.
    pub fn concerns(&self) -> Vec<String> {
        match self.topic.as_str() {
            "anew" => vec![ANYTHING.to_owned()],
            "evaluation" => vec![format!("evaluation:{}", self.subject)],
            topic => {
                let each = self.balancers.iter().map(|it| format!("{topic}:{it}"));
                std::iter::once(topic.to_owned()).chain(each).collect()
            }
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

    fn concerns(event: &FeedEvent) -> Vec<String> {
        let told: Told = serde_json::from_value(serde_json::json!(event)).unwrap_or_default();
        told.concerns()
    }

    #[test]
    fn what_is_told_is_heard() {
        let (balancers, subject) = (vec!["sb_a".to_owned()], "sb_a".to_owned());
        assert_eq!(concerns(&FeedEvent::Anew), [ANYTHING]);
        assert_eq!(concerns(&FeedEvent::Calls { balancers }), ["calls", "calls:sb_a"]);
        assert_eq!(concerns(&FeedEvent::Health), ["health"]);
        assert_eq!(concerns(&FeedEvent::Configuration), ["configuration"]);
        assert_eq!(concerns(&FeedEvent::Evaluation { subject }), ["evaluation:sb_a"]);
    }
}
