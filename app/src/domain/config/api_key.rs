//! API keys of the data plane and their scopes.

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

/// Permissions and limits of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ApiKeyScope {
    /// Display name, 1–80 characters.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// Balancer ids, or `["*"]` for all balancers, including future ones.
    pub balancers: Vec<String>,
    /// Whether calls may force a route with `x-sb-route`.
    pub force_route: bool,
    /// Maximum calls per minute; absent means no limit.
    pub rpm: Option<u64>,
    /// Maximum concurrent calls; absent means no limit.
    pub max_in_flight: Option<u64>,
    /// Expiry; absent means never.
    pub expires_at: Option<Timestamp>,
}

impl Default for ApiKeyScope {
    fn default() -> Self {
        Self {
            name: String::new(),
            balancers: vec!["*".to_owned()],
            force_route: false,
            rpm: None,
            max_in_flight: None,
            expires_at: None,
        }
    }
}

impl ApiKeyScope {
    /// Whether the key may call the balancer with this id.
    pub fn opens(&self, balancer_id: &str) -> bool {
        self.balancers.iter().any(|it| it == "*" || it == balancer_id)
    }
}

/// A key as lists show it, without the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ApiKeyView {
    /// The public part of the key.
    pub id: String,
    /// Permissions and limits.
    #[serde(flatten)]
    pub scope: ApiKeyScope,
    /// The first characters of the key, enough to recognize it.
    pub prefix: String,
    /// User name, `token` or `system`; `None` if unknown. The creator may revoke the key, as admins may.
    pub made_by: Option<String>,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last use, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A new key. The key itself is shown only here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// The whole key, `sb-…`.
    pub key: String,
    /// The key as lists show it.
    #[serde(flatten)]
    pub view: ApiKeyView,
}
