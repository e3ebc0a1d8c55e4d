//! Which route a call took and why: the one record that headers, dry run, playground and log all show.

use serde::{
    Deserialize, Serialize,
    de::value::{self, StrDeserializer},
};

use crate::domain::{config::balancer::Destination, ids::InstanceId};

/// Why a route was taken. The wire names are fixed; dashboards and clients rely on them.
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
    /// The same text was classified a moment ago.
    Cached,
    /// The router model chose it.
    Matched,
    /// The router model said that none fits: the default.
    NoMatch,
    /// The router model was too slow: the default.
    RouterTimeout,
    /// The router model failed: the default.
    RouterError,
    /// The router model is resting after failures: the default.
    RouterOpen,
    /// The router model's answer was none of the routes: the default.
    InvalidAnswer,
    /// There was no text to classify: the default.
    UnsupportedInput,
    /// `ordered`: the first in order.
    Ordered,
    /// `ordered`: the one whose turn it was by weight.
    Weighted,
    /// `ordered`: an earlier route could not answer.
    Failover,
    /// The chosen route's destination could not answer: the default.
    DestinationUnavailable,
}

impl Reason {
    /// All reasons, in the order in which a call is decided.
    pub const ALL: [Self; 15] = [
        Self::Forced,
        Self::Continued,
        Self::Pinned,
        Self::Cached,
        Self::Matched,
        Self::NoMatch,
        Self::RouterTimeout,
        Self::RouterError,
        Self::RouterOpen,
        Self::InvalidAnswer,
        Self::UnsupportedInput,
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
            Self::RouterTimeout => "router_timeout",
            Self::RouterError => "router_error",
            Self::RouterOpen => "router_open",
            Self::InvalidAnswer => "invalid_answer",
            Self::UnsupportedInput => "unsupported_input",
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::Failover => "failover",
            Self::DestinationUnavailable => "destination_unavailable",
        }
    }

    /// The reason of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<value::Error>::new(text)).ok()
    }

    /// The reason as one plain sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Forced => "The caller asked for this route.",
            Self::Continued => "Tool results keep the route of their turn.",
            Self::Pinned => "The conversation already had this route.",
            Self::Cached => "The same text was classified a moment ago.",
            Self::Matched => "The router model chose this route by its intent.",
            Self::NoMatch => "No intent matched, so the default route answered.",
            Self::RouterTimeout => "The router model was too slow, so the default route answered.",
            Self::RouterError => "The router model failed, so the default route answered.",
            Self::RouterOpen => "The router model is resting after failures, so the default route answered.",
            Self::InvalidAnswer => "The router model named no known route, so the default route answered.",
            Self::UnsupportedInput => "There was no text to classify, so the default route answered.",
            Self::Ordered => "It is the first route in order.",
            Self::Weighted => "It was this route's turn by weight.",
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
    /// Its id, `dec_…`; the header `x-sb-decision` carries it.
    pub id: String,
    /// The chosen route's name.
    pub route: String,
    /// Why.
    pub reason: Reason,
    /// The plan: routes in the order in which they would be tried, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// What was asked of the router model and what it said; absent where it was not asked.
    pub router: Option<RouterTrace>,
    /// What the decision took, in milliseconds.
    pub ms: f64,
}

/// One route of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// The route's name.
    pub route: String,
    /// Where its calls go.
    pub destination: Destination,
    /// Why it is in the plan at this place.
    pub reason: Reason,
    /// The destination's instances in the order in which they would be tried; those that would not be come last.
    pub members: Vec<CandidateMember>,
}

/// One instance of a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CandidateMember {
    /// The instance.
    pub instance_id: InstanceId,
    /// Its tier, from 1.
    pub priority: u64,
    /// Its weight within the tier.
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
    /// Switched off, itself or its place in the group or the group.
    Disabled,
    /// Weight 0.
    NoWeight,
    /// Resting after failures.
    Ejected,
    /// Waiting out a `Retry-After`.
    Cooling,
    /// Its key or model is refused upstream.
    Misconfigured,
    /// At its limit of calls at once.
    Full,
}

/// What was asked of the router model and what it said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RouterTrace {
    /// The messages sent.
    pub messages: Vec<RouterMessage>,
    /// The text received, cut at 8 KiB; absent where none came.
    pub answer: Option<String>,
    /// What all router calls of this decision took, in milliseconds.
    pub ms: f64,
}

/// One message to the router model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RouterMessage {
    /// `system` or `user`.
    pub role: String,
    /// Its text.
    pub content: String,
}

/// One upstream call, as errors, smoke tests, the playground and the request log list it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AttemptRecord {
    /// The instance called.
    pub instance_id: InstanceId,
    /// What came of it, a fixed name such as `ok`, `connect_failed` or `first_byte_timeout`.
    pub outcome: String,
    /// The upstream's status, where there was one.
    pub status: Option<u16>,
    /// What it took, in milliseconds.
    pub ms: f64,
}
