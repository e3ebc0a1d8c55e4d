//! Balancers: one model id, a routing mode, and routes with exactly one default.

pub mod confidence;

use serde::{Deserialize, Serialize};

use self::confidence::Confidence;
pub use self::confidence::ConfidenceMode;
use super::instance::WorkloadKind;
use crate::domain::{ids::slug, limits, stable_hash::stable_hash};

/// The value of `x-sb-route` that forces no route. No route may have this name.
pub const AUTOMATIC: &str = "auto";

/// The answer of a router model that no route fits. No route may have this name.
pub const NO_ROUTE: &str = "none";

/// The kind of object that a destination refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// One instance.
    #[default]
    Instance,
    /// A pool.
    TargetGroup,
}

impl DestinationKind {
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::Instance, Self::TargetGroup];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::TargetGroup => "target_group",
        }
    }
}

/// The target of a route or router model: an instance or a target group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Destination {
    /// The kind of object that `ref` names.
    #[serde(rename = "type")]
    pub kind: DestinationKind,
    /// An id. Input may also be a unique name, which is stored as the id. Empty in a draft until it is chosen.
    #[serde(rename = "ref")]
    pub target: String,
}

/// How a balancer picks a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingMode {
    /// A router model picks the route by its intent.
    #[default]
    IntentClassifier,
    /// Routes in order or by weight, without a router model.
    Ordered,
}

impl RoutingMode {
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::IntentClassifier, Self::Ordered];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IntentClassifier => "intent_classifier",
            Self::Ordered => "ordered",
        }
    }
}

/// How `ordered` uses its routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderedStrategy {
    /// The first available route in priority order.
    #[default]
    Failover,
    /// Traffic is shared by weight.
    Weighted,
}

impl OrderedStrategy {
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::Failover, Self::Weighted];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Weighted => "weighted",
        }
    }
}

/// How long a classification holds within a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stickiness {
    /// Classifies every call, including tool continuations.
    PerRequest,
    /// Classifies every new user turn; tool continuations keep the turn's route.
    #[default]
    PerUserTurn,
    /// Keeps the first matched route until the conversation has been idle for ten minutes.
    PerConversation,
}

impl Stickiness {
    /// All values, in display order.
    pub const ALL: [Self; 3] = [Self::PerRequest, Self::PerUserTurn, Self::PerConversation];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PerRequest => "per_request",
            Self::PerUserTurn => "per_user_turn",
            Self::PerConversation => "per_conversation",
        }
    }
}

/// Settings of the classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Classifier {
    /// How long a classification holds within a conversation.
    pub stickiness: Stickiness,
    /// Time budget of a classification including a re-ask, in milliseconds, 100–30 000.
    pub budget_ms: u64,
    /// How long the decision for a text is reused, in seconds, up to 86 400; 0 turns the cache off.
    pub cache_ttl_s: u64,
    /// Context turns to the router model, 0–10.
    pub context_turns: u64,
    /// Maximum text shown to the router model, in characters, 500–100 000; both ends of a longer text are kept.
    pub max_chars: u64,
    /// The confidence below which a call goes to the default route, from 0 to 1; 0 means no minimum. It applies only to
    /// decisions that have a confidence.
    #[cfg_attr(feature = "ssr", schema(value_type = f64))]
    pub min_confidence: Confidence,
    /// Whether a chat model's confidence is read from the probabilities of its answer.
    pub confidence: ConfidenceMode,
}

impl Default for Classifier {
    fn default() -> Self {
        Self {
            stickiness: Stickiness::PerUserTurn,
            budget_ms: 2_500,
            cache_ttl_s: 300,
            context_turns: 3,
            max_chars: 8_000,
            min_confidence: Confidence::default(),
            confidence: ConfidenceMode::Auto,
        }
    }
}

/// A named intent and its destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Route {
    /// A slug, unique in the balancer.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// One short declarative sentence, 3–300 characters.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub intent: String,
    /// Up to 20 sample prompts.
    pub examples: Vec<String>,
    /// Target of the route's calls.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub destination: Destination,
    /// Position in `ordered`, from 1.
    pub priority: u64,
    /// Share of the traffic in weighted `ordered`, 0–1 000 000.
    pub weight: u64,
    /// Whether the route may be chosen.
    pub enabled: bool,
    /// Whether this is the fallback. Exactly one route of a balancer is the default.
    pub is_default: bool,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            name: String::new(),
            intent: String::new(),
            examples: Vec::new(),
            destination: Destination::default(),
            priority: 1,
            weight: 100,
            enabled: true,
            is_default: false,
        }
    }
}

/// One model id with routes behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Balancer {
    /// Internal name; 1–80 characters, unique.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// The model id that clients send; unique without regard to case.
    pub serving_name: String,
    /// Display name, up to 120 characters.
    pub display_name: String,
    /// Up to 500 characters.
    pub description: String,
    /// The kind of calls served: `chat` or `embeddings`.
    pub workload_kind: WorkloadKind,
    /// Whether the balancer serves calls.
    pub enabled: bool,
    /// How the balancer picks a route.
    pub routing_mode: RoutingMode,
    /// How `ordered` uses its routes.
    pub ordered_strategy: OrderedStrategy,
    /// The chat or decision instance or group that classifies prompts; required for `intent_classifier`.
    pub router_model: Option<Destination>,
    /// Settings of the classification.
    pub classifier: Classifier,
    /// Maximum upstream calls per call, 1–10.
    pub max_attempts: u64,
    /// Whether answers show the serving name instead of the upstream's model.
    pub mask_upstream_model: bool,
    /// Maximum time until an answer begins, in milliseconds; 0 means no limit.
    pub deadline_ms: u64,
    /// Interval of keep-alive comments before the first event of a stream, in seconds; 0 sends none.
    pub stream_keepalive_s: u64,
    /// 1–64 routes, exactly one of them the default.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub routes: Vec<Route>,
}

impl Default for Balancer {
    fn default() -> Self {
        Self {
            name: String::new(),
            serving_name: String::new(),
            display_name: String::new(),
            description: String::new(),
            workload_kind: WorkloadKind::Chat,
            enabled: true,
            routing_mode: RoutingMode::IntentClassifier,
            ordered_strategy: OrderedStrategy::Failover,
            router_model: None,
            classifier: Classifier::default(),
            max_attempts: 3,
            mask_upstream_model: false,
            deadline_ms: 0,
            stream_keepalive_s: 25,
            routes: Vec::new(),
        }
    }
}

impl Balancer {
    /// The display name, or the name if there is none.
    pub fn title(&self) -> &str {
        if self.display_name.is_empty() { &self.name } else { &self.display_name }
    }

    /// The default route; `None` in an incomplete draft.
    pub fn default_route(&self) -> Option<&Route> {
        self.routes.iter().find(|route| route.is_default)
    }

    /// The route with this name.
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }
}

/// Derives a serving name from an internal name: its slug, within the limit. A name without ASCII letters or digits
/// gets one made from its hash; an empty name gets an empty one.
pub fn serving_name_from(name: &str) -> String {
    let name = name.trim();
    let mut serving = slug(name);
    if serving.is_empty() && !name.is_empty() {
        serving = format!("balancer-{:08x}", stable_hash(name) >> 32);
    }
    serving.truncate(limits::SERVING_NAME_CHARS);
    serving
}

/// Whether `text` is 1–128 of `A–Z a–z 0–9 . _ - / :` and starts with a letter or digit.
pub fn is_serving_name(text: &str) -> bool {
    text.len() <= limits::SERVING_NAME_CHARS
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:".contains(&b))
}
