//! The live feed of open tabs. Events say that something changed, never what: the tab loads the page's data again,
//! so nothing is shown that the user may not see.

use serde::{Deserialize, Serialize};

/// A change that open tabs may show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum FeedEvent {
    /// Anything may have changed: the first event of every connection, and the replacement of dropped events.
    Resync,
    /// Calls ended or were recorded since the last event of this kind.
    Calls {
        /// Ids of their balancers, without duplicates.
        balancers: Vec<String>,
    },
    /// The health of an instance changed.
    Health,
    /// The configuration changed.
    Configuration,
    /// An evaluation started, progressed or ended.
    Evaluation {
        /// Id of the evaluated balancer or draft.
        subject: String,
    },
}

/// Topic of events that concern every live part of a page.
pub const ANYTHING: &str = "anything";

/// An event as a tab reads it. Accepts unknown events of newer servers; deserializing [`FeedEvent`] itself would
/// take a third of the feed's code size in the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FeedMessage {
    topic: String,
    balancers: Vec<String>,
    subject: String,
}

impl FeedMessage {
    /// Topics of the live parts that the event concerns.
    pub fn concerns(&self) -> Vec<String> {
        match self.topic.as_str() {
            "resync" => vec![ANYTHING.to_owned()],
            "evaluation" => vec![format!("evaluation:{}", self.subject)],
            topic => {
                let each = self.balancers.iter().map(|it| format!("{topic}:{it}"));
                std::iter::once(topic.to_owned()).chain(each).collect()
            }
        }
    }
}

/// Number of recent calls that took a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteCalls {
    /// Id of the balancer.
    pub balancer: String,
    /// Name of the route.
    pub route: String,
    /// All calls.
    pub calls: u64,
    /// Calls that were meant for another route, or that took the default because the router model failed.
    pub fallen_back: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concerns(event: &FeedEvent) -> Vec<String> {
        let message: FeedMessage = serde_json::from_value(serde_json::json!(event)).unwrap_or_default();
        message.concerns()
    }

    #[test]
    fn a_tab_reads_every_event() {
        let (balancers, subject) = (vec!["sb_a".to_owned()], "sb_a".to_owned());
        assert_eq!(concerns(&FeedEvent::Resync), [ANYTHING]);
        assert_eq!(concerns(&FeedEvent::Calls { balancers }), ["calls", "calls:sb_a"]);
        assert_eq!(concerns(&FeedEvent::Health), ["health"]);
        assert_eq!(concerns(&FeedEvent::Configuration), ["configuration"]);
        assert_eq!(concerns(&FeedEvent::Evaluation { subject }), ["evaluation:sb_a"]);
    }
}
