//! Instances: one model behind an OpenAI-compatible base URL.

pub mod connection;
pub mod presets;
pub mod secrets;

use serde::{Deserialize, Serialize};

use self::connection::{AUTHORIZATION, Apis, HeaderNames};
pub use self::secrets::KeyChange;

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
    /// Closed questions of a router. Instances and target groups of this kind can only be router models; no balancer
    /// serves it.
    Decision,
}

impl WorkloadKind {
    /// All values, in display order.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Embeddings, Self::Decision];

    /// The kinds that balancers serve, in display order.
    pub const SERVED: [Self; 2] = [Self::Chat, Self::Embeddings];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Decision => "decision",
        }
    }

    /// Display name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Embeddings => "Embeddings",
            Self::Decision => "Decision",
        }
    }

    /// Whether it can be a router model.
    pub fn may_route(self) -> bool {
        self != Self::Embeddings
    }

    /// What something of this kind serves.
    pub(super) fn served(self) -> &'static str {
        match self {
            Self::Decision => "decisions",
            other => other.as_str(),
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
    /// Longest silence of a stream before its first content; for embeddings, until the answer begins.
    pub first_byte_ms: u64,
    /// From the request to the first content of a stream, or to the head of a plain answer.
    pub answer_ms: u64,
    /// Between two chunks of an answer.
    pub idle_ms: u64,
    /// The whole attempt; 0 means no limit.
    pub total_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_byte_ms: 120_000, answer_ms: 600_000, idle_ms: 300_000, total_ms: 0 }
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
    /// `http` or `https`; `/v1` is appended only if the path is empty. A query follows the path of each API.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub base_url: String,
    /// The model id sent upstream; if empty, the caller's model id is passed on.
    pub model: String,
    /// Header of the upstream key: `authorization` sends `Bearer KEY`, any other one the bare key.
    pub auth_header: String,
    /// Up to 16 additional headers by name. Their values are write-only: reads show `null`; on write, `null` keeps the
    /// stored value and an absent name removes it.
    #[cfg_attr(feature = "ssr", schema(value_type = std::collections::BTreeMap<String, Option<String>>))]
    pub headers: HeaderNames,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// The APIs that it serves, if that is known.
    pub apis: Apis,
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
    /// Secrets without a stored value, such as `api_key` or `headers.X-Org`: until they are entered again, the instance
    /// is not called. Read-only.
    pub needs_reentry: Vec<String>,
    /// Whether it is served by this server's demo. Read-only.
    pub demo: bool,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            name: String::new(),
            base_url: String::new(),
            model: String::new(),
            auth_header: AUTHORIZATION.to_owned(),
            headers: HeaderNames::default(),
            workload_kind: WorkloadKind::Chat,
            apis: Apis::default(),
            enabled: true,
            max_in_flight: 0,
            timeouts: Timeouts::default(),
            dimensions: None,
            dimensions_learned: false,
            api_key_set: false,
            api_key_last4: None,
            needs_reentry: Vec::new(),
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
    /// Whether the address, the model or the names of its headers differ from `old`, which invalidates everything
    /// learned about the instance. So does a new key or header value, but those are not compared here.
    pub fn differs_in_target(&self, old: &Self) -> bool {
        self.model != old.model || self.differs_in_connection(old)
    }

    /// Whether what only admins may change differs from `old`, apart from the values of headers.
    pub fn differs_in_connection(&self, old: &Self) -> bool {
        self.base_url != old.base_url || self.auth_header != old.auth_header || self.headers != old.headers
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
