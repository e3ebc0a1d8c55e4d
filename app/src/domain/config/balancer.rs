//! A balancer: one model id, a routing mode, and routes of which exactly one is the default.

use serde::{Deserialize, Serialize};

use super::instance::WorkloadKind;
use crate::domain::{ids::slug, limits, stable_hash::stable_hash};

/// What `x-sb-route` says for no route in particular; no route may be called so.
pub const AUTOMATIC: &str = "auto";

/// What a destination points at.
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
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Instance, Self::TargetGroup];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::TargetGroup => "target_group",
        }
    }
}

/// Where calls go: an instance or a target group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Destination {
    /// What `ref` names.
    #[serde(rename = "type")]
    pub kind: DestinationKind,
    /// An id; a unique name is taken too and stored as the id. Empty while a draft has none yet.
    #[serde(rename = "ref")]
    pub target: String,
}

/// How a balancer chooses.
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
    /// All of them.
    pub const ALL: [Self; 2] = [Self::IntentClassifier, Self::Ordered];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IntentClassifier => "intent_classifier",
            Self::Ordered => "ordered",
        }
    }
}

/// What `ordered` does with its routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderedStrategy {
    /// The first available in priority order.
    #[default]
    Failover,
    /// Shares by weight.
    Weighted,
}

impl OrderedStrategy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Failover, Self::Weighted];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Weighted => "weighted",
        }
    }
}

/// How long a choice of the router model holds within a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stickiness {
    /// Every call is classified, tool continuations too.
    PerRequest,
    /// Every new user turn is classified; tool continuations keep the turn's route.
    #[default]
    PerUserTurn,
    /// The first matched route holds until the conversation has been idle for ten minutes.
    PerConversation,
}

impl Stickiness {
    /// All of them.
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

/// How prompts are classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Classifier {
    /// How long a choice holds.
    pub stickiness: Stickiness,
    /// What all of a classification may take, re-ask included, in milliseconds, 100–30 000.
    pub budget_ms: u64,
    /// How long a decision about the same text is reused, in seconds, 0 (off) to 86 400.
    pub cache_ttl_s: u64,
    /// Earlier user turns shown to the router model, 0–10.
    pub context_turns: u64,
    /// The most text shown to the router model, in characters, 500–100 000; both ends are kept.
    pub max_chars: u64,
}

impl Default for Classifier {
    fn default() -> Self {
        Self {
            stickiness: Stickiness::PerUserTurn,
            budget_ms: 2_500,
            cache_ttl_s: 300,
            context_turns: 3,
            max_chars: 8_000,
        }
    }
}

/// One way through a balancer.
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
    /// Where its calls go.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub destination: Destination,
    /// Its place in `ordered`, from 1.
    pub priority: u64,
    /// Its part of the traffic in `ordered` by weight, 0–1 000 000.
    pub weight: u64,
    /// Whether it may be chosen.
    pub enabled: bool,
    /// Whether it answers when nothing else does. Exactly one route of a balancer is the default.
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
    /// What people see; up to 120 characters.
    pub display_name: String,
    /// Up to 500 characters.
    pub description: String,
    /// The calls that it serves.
    pub workload_kind: WorkloadKind,
    /// Whether it answers.
    pub enabled: bool,
    /// How it chooses.
    pub routing_mode: RoutingMode,
    /// What `ordered` does.
    pub ordered_strategy: OrderedStrategy,
    /// The chat instance or group that classifies; required for `intent_classifier`.
    pub router_model: Option<Destination>,
    /// How prompts are classified.
    pub classifier: Classifier,
    /// The most upstream calls for one call, 1–10.
    pub max_attempts: u64,
    /// Whether answers name the serving name instead of the upstream's model.
    pub mask_upstream_model: bool,
    /// The most time that one call may take before it begins to answer, in milliseconds; 0 means no bound.
    pub deadline_ms: u64,
    /// Seconds between keep-alive comments before the first event of a stream; 0 sends none.
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
            stream_keepalive_s: 0,
            routes: Vec::new(),
        }
    }
}

impl Balancer {
    /// What people read above it: its display name, or its name where it has none.
    pub fn title(&self) -> &str {
        if self.display_name.is_empty() { &self.name } else { &self.display_name }
    }

    /// The default route, where there is one.
    pub fn default_route(&self) -> Option<&Route> {
        self.routes.iter().find(|route| route.is_default)
    }

    /// The route of that name.
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }
}

/// The serving name that belongs to an internal name: its slug, within the limit. A name that holds no ASCII letter or
/// digit gets one that is made from its hash; no name, none.
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
