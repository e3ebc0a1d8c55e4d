//! API keys of the data plane: the list, making one, revoking one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{field_error::FieldError, timestamp::Timestamp};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// The page of API keys.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyPage {
    /// All keys, newest first.
    pub(crate) keys: Vec<KeyLine>,
    /// Whether whoever looks may make a key.
    pub(crate) may_create: bool,
    /// The balancers that a key can be limited to: id and name.
    pub(crate) balancers: Vec<(String, String)>,
    /// The key that was just made, this once.
    pub(crate) made: Option<MadeKey>,
    /// Whether the address names a key that was shown already.
    pub(crate) shown_before: bool,
    /// What was typed about a new key, and what is wrong with it.
    pub(crate) form: KeyForm,
    /// What is wrong with it.
    pub(crate) errors: Vec<FieldError>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// One key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyLine {
    /// Its id, the public part of the key.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// The beginning of the key.
    pub(crate) prefix: String,
    /// The names of the balancers that it opens; `None` for all.
    pub(crate) opens: Option<Vec<String>>,
    /// Whether it may force a route.
    pub(crate) force_route: bool,
    /// The most calls a minute.
    pub(crate) rpm: Option<u64>,
    /// The most calls at once.
    pub(crate) max_in_flight: Option<u64>,
    /// Who made it, where that is known.
    pub(crate) made_by: Option<String>,
    /// Whether whoever looks may revoke it.
    pub(crate) may_revoke: bool,
    /// When it stops working.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was last used.
    pub(crate) last_used_at: Option<Timestamp>,
}

/// A key that was just made. It has no `Debug`: the key itself is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeKey {
    /// What people call it.
    pub(crate) name: String,
    /// The whole key.
    pub(crate) key: String,
}

/// What somebody typed about a new key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeyForm {
    pub(crate) name: String,
    /// `all` or `some`.
    pub(crate) scope: String,
    /// Ids of balancers, where the scope is `some`.
    pub(crate) balancers: Vec<String>,
    pub(crate) force_route: String,
    pub(crate) rpm: String,
    pub(crate) max_in_flight: String,
    /// A day such as `2026-12-31`, or a whole moment.
    pub(crate) expires_at: String,
}

/// What the address of the page asks to see.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeyQuery {
    /// The flash of a key that was just made.
    pub(crate) made: String,
    /// The flash of a form that was refused.
    pub(crate) form: String,
    /// What to say once.
    pub(crate) note: String,
}

/// A key to revoke.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RevokeForm {
    id: String,
}

/// All keys; and, once, the one that was just made.
#[server(prefix = "/fn", endpoint = "read_keys")]
pub(crate) async fn read_keys(#[server(default)] look: KeyQuery) -> Answer<KeyPage> {
    crate::web::action_error::answer(server::page(look).await)
}

/// Makes a key. It is kept in memory until the next page of the same user fetches it, once; it is never in an
/// address.
#[server(prefix = "/fn", endpoint = "create_key")]
pub(crate) async fn create_key(form: KeyForm) -> Answer<()> {
    crate::web::action_error::answer(server::create(form).await)
}

/// Revokes a key at once.
#[server(prefix = "/fn", endpoint = "revoke_key")]
pub(crate) async fn revoke_key(form: RevokeForm) -> Answer<()> {
    crate::web::action_error::answer(server::revoke(&form.id).await)
}
