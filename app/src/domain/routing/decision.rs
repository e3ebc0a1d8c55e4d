//! The routing decision of a call, shared by headers, dry run, playground and log.

use serde::{
    Deserialize, Serialize,
    de::value::{self, StrDeserializer},
};

use crate::domain::{
    config::balancer::{
        Destination,
        confidence::{Confidence, OptionProbability},
    },
    ids::InstanceId,
};

/// Reason for a route. The names on the wire are fixed; dashboards and clients rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The caller named the route.
    Forced,
    /// The call ends in tool results and keeps its turn's route.
    Continued,
    /// The conversation already has a matched route.
    Pinned,
    /// The same text was classified recently.
    Cached,
    /// The router model chose it.
    Matched,
    /// The router model said that no route fits: the default.
    NoMatch,
    /// The router model is less sure of its route than the balancer demands: the default.
    LowConfidence,
    /// The router model was too slow: the default.
    RouterTimeout,
    /// The router model failed: the default.
    RouterError,
    /// The breaker of the router model is open: the default.
    RouterOpen,
    /// The router model's answer was not a label: the default.
    InvalidAnswer,
    /// There was no text to classify: the default.
    UnsupportedInput,
    /// The call asks for no answer, so the router model was not asked: the default.
    NotClassified,
    /// `ordered`: the first in order.
    Ordered,
    /// `ordered`: picked by weight.
    Weighted,
    /// `ordered`: an earlier route could not answer.
    Failover,
    /// The chosen route's destination could not answer: the default.
    DestinationUnavailable,
}

impl Reason {
    /// All reasons, in the order in which they are considered.
    pub const ALL: [Self; 17] = [
        Self::Forced,
        Self::Continued,
        Self::Pinned,
        Self::Cached,
        Self::Matched,
        Self::NoMatch,
        Self::LowConfidence,
        Self::RouterTimeout,
        Self::RouterError,
        Self::RouterOpen,
        Self::InvalidAnswer,
        Self::UnsupportedInput,
        Self::NotClassified,
        Self::Ordered,
        Self::Weighted,
        Self::Failover,
        Self::DestinationUnavailable,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forced => "forced",
            Self::Continued => "continued",
            Self::Pinned => "pinned",
            Self::Cached => "cached",
            Self::Matched => "matched",
            Self::NoMatch => "no_match",
            Self::LowConfidence => "low_confidence",
            Self::RouterTimeout => "router_timeout",
            Self::RouterError => "router_error",
            Self::RouterOpen => "router_open",
            Self::InvalidAnswer => "invalid_answer",
            Self::UnsupportedInput => "unsupported_input",
            Self::NotClassified => "not_classified",
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::Failover => "failover",
            Self::DestinationUnavailable => "destination_unavailable",
        }
    }

    /// The reason with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<value::Error>::new(text)).ok()
    }

    /// The reason as a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Forced => "The caller asked for this route.",
            Self::Continued => "Tool results keep the route of their turn.",
            Self::Pinned => "The conversation already had this route.",
            Self::Cached => "The same text was classified recently.",
            Self::Matched => "The router model chose this route by its intent.",
            Self::NoMatch => "No intent matched, so the default route answered.",
            Self::LowConfidence => {
                "The router model was less sure than the minimum confidence, so the default route answered."
            }
            Self::RouterTimeout => "The router model was too slow, so the default route answered.",
            Self::RouterError => "The router model failed, so the default route answered.",
            Self::RouterOpen => "The router model is paused after failures, so the default route answered.",
            Self::InvalidAnswer => "The router model named no known route, so the default route answered.",
            Self::UnsupportedInput => "There was no text to classify, so the default route answered.",
            Self::NotClassified => "It asks for no answer, so nothing was classified.",
            Self::Ordered => "This is the first route in order.",
            Self::Weighted => "This route was picked by weight.",
            Self::Failover => "An earlier route could not answer.",
            Self::DestinationUnavailable => {
                "The chosen destination could not answer, so the default route did."
            }
        }
    }
}

/// The decision of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Decision {
    /// `dec_…`, as in the header `x-sb-decision`.
    pub id: String,
    /// Name of the chosen route.
    pub route: String,
    /// Reason for the route.
    pub reason: Reason,
    /// The plan: routes in the order in which they would be tried, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// The exchange with the router model; absent if it was not asked.
    pub router: Option<RouterTrace>,
    /// What the router model saw of the call's text, or would have seen of a cached one; absent if the text did not
    /// matter. The request log has it of calls that asked the router model and of those that were cut.
    #[serde(default)]
    pub excerpt: Option<Excerpt>,
    /// The option that the router model chose, now or when the text was cached: a route, or the label for none. It counts
    /// only if the model was sure enough.
    #[serde(default)]
    pub chosen: Option<String>,
    /// How sure the router model was of it, from 0 to 1; absent if that is unknown.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<f64>))]
    pub confidence: Option<Confidence>,
    /// Duration of the decision, in milliseconds.
    pub ms: f64,
}

/// The part of a call's text that the router model sees: the last user turn and earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Excerpt {
    /// Its length in characters.
    pub chars: u64,
    /// Whether the middle of a long text was left out.
    pub cut: bool,
}

/// One route of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// Name of the route.
    pub route: String,
    /// Target of the route's calls.
    pub destination: Destination,
    /// Reason for its position in the plan.
    pub reason: Reason,
    /// Instances of the destination in the order in which they would be tried; unusable ones come last.
    pub members: Vec<CandidateMember>,
}

/// An instance of a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CandidateMember {
    /// The instance.
    pub instance_id: InstanceId,
    /// Tier, from 1.
    pub priority: u64,
    /// Weight within the tier.
    pub weight: u64,
    /// Whether it would be tried now.
    pub state: MemberState,
}

/// Whether a plan would use a member now, and if not, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// It would be tried.
    Available,
    /// Ejected and due: it gets one probe call.
    Probe,
    /// The instance, the member or the group is disabled.
    Disabled,
    /// The weight is 0.
    NoWeight,
    /// Ejected after failures.
    Ejected,
    /// Cooling down after a 429.
    Cooling,
    /// The upstream refuses the key or the model.
    Misconfigured,
    /// At its concurrency limit.
    Full,
    /// It does not speak the API of the call.
    ApiNotSupported,
}

impl MemberState {
    /// Whether it follows from the configuration alone, so that plans with only such members need no explanation.
    pub fn is_usual(self) -> bool {
        matches!(self, Self::Available | Self::Disabled | Self::NoWeight)
    }
}

/// The exchange with the router model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RouterTrace {
    /// Messages sent.
    pub messages: Vec<RouterMessage>,
    /// Text received, cut at 8 KiB; absent if there was none.
    pub answer: Option<String>,
    /// The probability of each option, if the router model tells them.
    #[serde(default)]
    pub probabilities: Vec<OptionProbability>,
    /// Duration of all router calls of this decision, in milliseconds.
    pub ms: f64,
}

/// A message to the router model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RouterMessage {
    /// `system` or `user`.
    pub role: String,
    /// Text of the message.
    pub content: String,
}

/// An upstream call, as listed in errors, smoke tests, the playground and the request log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AttemptRecord {
    /// The called instance.
    pub instance_id: InstanceId,
    /// A fixed name such as `ok`, `connect_failed` or `first_byte_timeout`.
    pub outcome: String,
    /// The upstream's status, if there was one.
    pub status: Option<u16>,
    /// Duration, in milliseconds.
    pub ms: f64,
}
