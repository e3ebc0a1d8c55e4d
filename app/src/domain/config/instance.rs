//! Instances: one model behind an OpenAI-compatible base URL.

use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;

/// The kind of calls that an object serves. Objects of different kinds cannot be combined.
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
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Embeddings];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
        }
    }
}

/// Time limits of one attempt, in milliseconds, 1 to 3 600 000 (one hour).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Timeouts {
    /// Until the connection is open, including TLS.
    pub connect_ms: u64,
    /// From the request to the first content-bearing event, or to the first byte of a plain answer.
    pub first_byte_ms: u64,
    /// Between two chunks of an answer.
    pub idle_ms: u64,
    /// The whole attempt; 0 means no limit.
    pub total_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_byte_ms: 120_000, idle_ms: 60_000, total_ms: 0 }
    }
}

/// One model behind an OpenAI-compatible base URL. The upstream key is stored separately, see [`KeyChange`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Instance {
    /// Display name, 1–80 characters, unique.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// `http` or `https`; `/v1` is appended only if the path is empty.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub base_url: String,
    /// The model id sent upstream; if empty, the caller's model id is passed on.
    pub model: String,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// Whether it may receive traffic.
    pub enabled: bool,
    /// Maximum concurrent calls; 0 means no limit.
    pub max_in_flight: u64,
    /// Time limits of one attempt.
    pub timeouts: Timeouts,
    /// Length of the embeddings; learned from the first answer, then enforced.
    pub dimensions: Option<u64>,
    /// Whether `dimensions` was learned rather than entered. Stored, but not part of the REST API.
    #[cfg_attr(feature = "ssr", schema(ignore))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dimensions_learned: bool,
    /// Whether an upstream key is stored. Read-only.
    pub api_key_set: bool,
    /// The last four characters of the stored key, if it is long enough to reveal them. Read-only.
    pub api_key_last4: Option<String>,
    /// Whether it is served by this server's demo. Read-only.
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

/// How an edit refers to `dimensions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DimensionsEdit {
    /// Missing from the body.
    Absent,
    /// Part of a full replacement, so it may just repeat the value that was read.
    Echoed,
    /// Set deliberately, to a number or to `null`.
    Explicit,
}

impl Instance {
    /// Whether the address or the model differs from `old`, which invalidates everything learned about the instance.
    /// A new key invalidates it too, but is not compared here.
    pub fn differs_in_target(&self, old: &Self) -> bool {
        self.base_url != old.base_url || self.model != old.model
    }

    /// Resolves `dimensions` of an edited instance. `learned` is the stored learned value; it is kept unless the
    /// edit `forgets` everything learned.
    pub fn resolve_dimensions(&mut self, edit: DimensionsEdit, learned: Option<u64>, forgets: bool) {
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

    /// The learned length; `None` if it was entered by hand or is unknown.
    pub fn learned_dimensions(&self) -> Option<u64> {
        self.dimensions.filter(|_| self.dimensions_learned)
    }
}

/// The change that an edit makes to the stored upstream key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyChange {
    /// Absent or empty: keeps the stored key.
    #[default]
    Keep,
    /// `null`: removes the stored key.
    Remove,
    /// A new key.
    Set(Secret),
}
