//! Calls as the request log remembers them: what was decided and tried, what it took, what came of it. There is no
//! prompt, no answer and no key here, and there must never be.

mod query;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::{BalancerId, InstanceId},
    routing::decision::{AttemptRecord, Decision, Reason},
    timestamp::Timestamp,
};

pub use query::RequestQuery;

/// What is known of a call. Whatever it did not get as far as is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallFacts {
    /// Its id, `req_…`; the header `x-request-id` carried it.
    pub id: String,
    /// The id of its decision, `dec_…`; the header `x-sb-decision` carried it, even where nothing came to be decided.
    pub decision_id: Option<String>,
    /// When it came in.
    pub at: Timestamp,
    /// The balancer's id.
    pub balancer: Option<BalancerId>,
    /// The serving name that the balancer had then.
    pub serving_name: Option<String>,
    /// The route that answered, or was to answer.
    pub route: Option<String>,
    /// Why that route.
    pub reason: Option<Reason>,
    /// The instance of the last attempt.
    pub instance_id: Option<InstanceId>,
    /// The status that the caller got; 499 where the caller left.
    pub status: u16,
    /// The code of the error that the caller got, in the stream perhaps.
    pub code: Option<String>,
    /// Whether the answer was asked for as a stream.
    pub stream: bool,
    /// What it took.
    pub ms: CallMs,
    /// What it used, where the upstream told.
    pub tokens: CallTokens,
    /// The id of the API key; null for calls from the console and for those without a known key.
    pub api_key: Option<String>,
}

/// What a call took, in milliseconds, to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallMs {
    /// The decision.
    pub route: Option<f64>,
    /// From the call to the first byte of its answer.
    pub first_byte: Option<f64>,
    /// The whole call.
    pub total: f64,
}

/// The tokens that a call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallTokens {
    /// Of the prompt.
    pub prompt: Option<u64>,
    /// Of the answer.
    pub completion: Option<u64>,
}

/// A call in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestLine {
    /// What is known of it.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// How many attempts it took.
    pub attempts: u64,
}

/// A whole call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestDetail {
    /// What is known of it.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// The decision, without what was asked of the router model and what it said.
    pub decision: Option<Decision>,
    /// Every attempt, in order.
    pub attempts: Vec<AttemptRecord>,
}

/// Which calls to list; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Calls of this balancer.
    pub balancer: Option<String>,
    /// Calls of routes of this name.
    pub route: Option<String>,
    /// Calls routed for this reason.
    pub reason: Option<Reason>,
    /// Calls with this answer.
    pub status: Option<StatusFilter>,
}

/// Which statuses to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// This one alone.
    Exactly(u16),
    /// All whose first digit is this one.
    Class(u16),
}

impl StatusFilter {
    /// Reads a number such as `502` or a class such as `5xx`; `None` where the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            return class.parse().ok().filter(|it| (1..=5).contains(it)).map(Self::Class);
        }
        text.parse().ok().filter(|it| (100..=599).contains(it)).map(Self::Exactly)
    }
}

/// The place of a call in the log, which is ordered by time and id. As text it is the cursor of a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestPlace {
    /// When the call came in.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

impl RequestPlace {
    /// The place of a call.
    pub fn of(facts: &CallFacts) -> Self {
        Self { at: facts.at, id: facts.id.clone() }
    }

    /// Reads a cursor; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let is_plain = id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        let at = at.parse().ok().map(Timestamp)?;
        is_plain.then(|| Self { at, id: id.to_owned() })
    }
}

impl fmt::Display for RequestPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.0, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        assert_eq!(StatusFilter::parse("502"), Some(StatusFilter::Exactly(502)));
        assert_eq!(StatusFilter::parse("5xx"), Some(StatusFilter::Class(5)));
        for text in ["", "5", "99", "600", "0xx", "6xx", "xx", "5x", "50x", "-1", "2 00", "70000"] {
            assert_eq!(StatusFilter::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_cursor_reads_back_and_nonsense_is_none() {
        let place = RequestPlace { at: Timestamp(1_700_000_000_123), id: "req_0a".to_owned() };
        assert_eq!(RequestPlace::parse(&place.to_string()), Some(place));
        for text in ["", "req_0a", "x.req_0a", "1.req\0", "1.a.b", "99999999999999999999.a"] {
            assert_eq!(RequestPlace::parse(text), None, "{text}");
        }
    }
}
