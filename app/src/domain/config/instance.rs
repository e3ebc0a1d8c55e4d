//! An instance: one model behind an OpenAI-compatible base URL.

use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;

/// What kind of calls an object serves. A balancer rejects calls of the other kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WorkloadKind {
    /// `POST /v1/chat/completions`.
    #[default]
    Chat,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl WorkloadKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Embeddings];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
        }
    }
}

/// How long each part of one attempt may take, in milliseconds, 1 to 3 600 000 (one hour).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Timeouts {
    /// From the first packet to an open connection, TLS included.
    pub connect_ms: u64,
    /// From the request to the first content-bearing event, or to the first byte of a plain answer.
    pub first_byte_ms: u64,
    /// Between two pieces of an answer.
    pub idle_ms: u64,
    /// The whole attempt; 0 means no bound.
    pub total_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_byte_ms: 120_000, idle_ms: 60_000, total_ms: 0 }
    }
}

/// One model behind an OpenAI-compatible base URL. The upstream key is not here: see [`KeyChange`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Instance {
    /// What people call it; 1–80 characters, unique.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// Where it answers, `http` or `https`; `/v1` is appended only where the path is empty.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub base_url: String,
    /// The model id sent upstream; empty passes the caller's on.
    pub model: String,
    /// The calls that it serves.
    pub workload_kind: WorkloadKind,
    /// Whether it may get traffic.
    pub enabled: bool,
    /// The most calls at once; 0 means no limit.
    pub max_in_flight: u64,
    /// How long each part of an attempt may take.
    pub timeouts: Timeouts,
    /// Length of its embeddings; learned from the first answer, then checked.
    pub dimensions: Option<u64>,
    /// Whether that length was learned, and nobody typed it. The store's own: REST does not show it.
    #[cfg_attr(feature = "ssr", schema(ignore))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dimensions_learned: bool,
    /// Whether an upstream key is stored. Read-only.
    pub api_key_set: bool,
    /// The end of the stored key, where it is long enough to show it. Read-only.
    pub api_key_last4: Option<String>,
    /// Whether this server itself answers for it, in the demo. Read-only.
    pub demo: bool,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            name: String::new(),
            base_url: String::new(),
            model: String::new(),
            workload_kind: WorkloadKind::Chat,
            enabled: true,
            max_in_flight: 0,
            timeouts: Timeouts::default(),
            dimensions: None,
            dimensions_learned: false,
            api_key_set: false,
            api_key_last4: None,
            demo: false,
        }
    }
}

/// How an edit names the length of embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimensionsEdit {
    /// The body leaves it out.
    Absent,
    /// The body replaces the whole object, so it may only repeat what the object showed.
    Echoed,
    /// It was set on purpose, to a number or to none.
    Explicit,
}

impl Instance {
    /// Whether a change from `old` is one of address or model, after which nothing that was learned holds any more.
    /// Another key is a third such change; it is not in here.
    pub fn is_another_than(&self, old: &Self) -> bool {
        self.base_url != old.base_url || self.model != old.model
    }

    /// Settles the length of embeddings of an edited instance. `learned` is the length that nobody typed; it is kept unless
    /// the edit `forgets` what was learned.
    pub fn settle_dimensions(&mut self, edit: DimensionsEdit, learned: Option<u64>, forgets: bool) {
        let is_learned = match edit {
            DimensionsEdit::Explicit => false,
            DimensionsEdit::Absent => learned.is_some(),
            DimensionsEdit::Echoed => learned.is_some() && self.dimensions == learned,
        };
        if is_learned {
            self.dimensions = learned.filter(|_| !forgets);
        }
        self.dimensions_learned = is_learned && self.dimensions.is_some();
    }

    /// The length that was learned and is stored; `None` where somebody typed it, or where none is known.
    pub fn learned_dimensions(&self) -> Option<u64> {
        self.dimensions.filter(|_| self.dimensions_learned)
    }
}

/// What an edit does to the stored upstream key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyChange {
    /// Absent or empty: the old key stays.
    #[default]
    Keep,
    /// `null`: the key is removed.
    Remove,
    /// A new key.
    Set(Secret),
}
