//! Entries of the request log: decision, attempts, durations and result of a call. They must never contain a prompt,
//! an answer or a key.

mod query;
pub mod threshold;

use serde::{Deserialize, Serialize};

use crate::domain::{
    api::Api,
    config::balancer::confidence::Confidence,
    ids::{BalancerId, InstanceId, RequestId},
    routing::decision::{AttemptRecord, Decision, Reason},
    timestamp::Timestamp,
};

pub use query::RequestQuery;

/// Properties of a call. Those that it did not reach are null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallFacts {
    /// `req_…`, as in the header `x-request-id`.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub id: RequestId,
    /// `dec_…`, as in the header `x-sb-decision`, which is also sent if no decision was made.
    pub decision_id: String,
    /// Time of arrival.
    pub at: Timestamp,
    /// Id of the balancer.
    pub balancer: Option<BalancerId>,
    /// Serving name of the balancer at that time.
    pub serving_name: Option<String>,
    /// The route that answered or would have answered.
    pub route: Option<String>,
    /// Reason for the route.
    pub reason: Option<Reason>,
    /// The option that the router model chose: a route, or the label for none.
    pub chosen: Option<String>,
    /// How sure the router model was of it, from 0 to 1.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<f64>))]
    pub confidence: Option<Confidence>,
    /// Instance of the last attempt.
    pub instance_id: Option<InstanceId>,
    /// Status sent to the caller; 499 if the caller disconnected.
    pub status: u16,
    /// Code of the error sent to the caller, possibly within the stream.
    pub code: Option<String>,
    /// Whether the caller asked for a stream.
    pub stream: bool,
    /// Durations.
    pub ms: CallMs,
    /// Token counts, if the upstream reported them.
    pub tokens: CallTokens,
    /// Id of the API key; null for calls from the console and for calls without a valid key.
    pub api_key: Option<String>,
    /// The API that was called; null for the list of models, unknown paths, and calls that older versions logged.
    pub api: Option<Api>,
    /// Whether the answer had no content.
    pub empty: bool,
    /// Whether the call only prepares one, such as one that counts tokens. It is not among the traffic.
    pub preparation: bool,
    /// Who made the call.
    pub origin: CallOrigin,
}

/// Who made a call. Only calls of API clients are traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallOrigin {
    /// An API client.
    #[default]
    Client,
    /// A person in the playground.
    Playground,
    /// A smoke test.
    SmokeTest,
}

/// Durations of a call in milliseconds, with microsecond precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallMs {
    /// The decision.
    pub route: Option<f64>,
    /// Until the first byte of the answer.
    pub first_byte: Option<f64>,
    /// The whole call.
    pub total: f64,
}

/// Token counts of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CallTokens {
    /// Prompt tokens.
    pub prompt: Option<u64>,
    /// Completion tokens.
    pub completion: Option<u64>,
}

/// A call in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestLine {
    /// Properties of the call.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// Number of attempts.
    pub attempts: u64,
}

/// A call with all details.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RequestDetail {
    /// Properties of the call.
    #[serde(flatten)]
    pub facts: CallFacts,
    /// The decision, without the messages to the router model and its answer.
    pub decision: Option<Decision>,
    /// All attempts, in order.
    pub attempts: Vec<AttemptRecord>,
}

/// Filter of the request log; absent fields match every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Id of the balancer.
    pub balancer: Option<String>,
    /// Name of the route.
    pub route: Option<String>,
    /// Reason for the route.
    pub reason: Option<Reason>,
    /// Status of the answer.
    pub status: Option<StatusFilter>,
}

/// A filter by status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this status.
    Exactly(u16),
    /// All statuses with this first digit.
    Class(u16),
}

impl StatusFilter {
    /// Parses a status such as `502` or a class such as `5xx`; `None` for other text.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            return class.parse().ok().filter(|it| (1..=5).contains(it)).map(Self::Class);
        }
        text.parse().ok().filter(|it| (100..=599).contains(it)).map(Self::Exactly)
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
}
