//! Keys of the data plane: who may call what, and how much.

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

/// What a key may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ApiKeyScope {
    /// What people call it; 1–80 characters.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// Balancer ids, or `["*"]` for all, those made later included.
    pub balancers: Vec<String>,
    /// Whether it may name a route with `x-sb-route`.
    pub force_route: bool,
    /// The most calls a minute; absent means no limit.
    pub rpm: Option<u64>,
    /// The most calls at once; absent means no limit.
    pub max_in_flight: Option<u64>,
    /// When it stops working; absent means never.
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
    /// Whether the key opens the balancer of that id.
    pub fn opens(&self, balancer_id: &str) -> bool {
        self.balancers.iter().any(|it| it == "*" || it == balancer_id)
    }
}

/// A key as lists show it: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ApiKeyView {
    /// Its id, the public part of the key.
    pub id: String,
    /// What it may do.
    #[serde(flatten)]
    pub scope: ApiKeyScope,
    /// The beginning of the key, enough to recognise it.
    pub prefix: String,
    /// Who made it, where that is known: a user name, `token` or `system`. They may revoke it, as admins may.
    pub made_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A key just made; the only time that the key itself is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// The whole key, `sb-…`.
    pub key: String,
    /// What lists will show.
    #[serde(flatten)]
    pub view: ApiKeyView,
}
