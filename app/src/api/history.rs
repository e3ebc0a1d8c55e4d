//! What was: a balancer's revisions with the way back to one of them, and the audit log.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{
    config::revision::{AuditEntry, Revision},
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// A page of a balancer's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BalancerHistory {
    /// The balancer's id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) title: String,
    /// The revision that it has now.
    pub(crate) current: u64,
    /// Its revisions, newest first.
    pub(crate) revisions: Vec<Revision>,
    /// The address of the next page, where there is one.
    pub(crate) older: Option<String>,
    /// The address of the first page, where this is another.
    pub(crate) newest: Option<String>,
    /// Whether this user may change it.
    pub(crate) may_edit: bool,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuditPage {
    /// What was done, newest first.
    pub(crate) entries: Vec<AuditEntry>,
    /// The address of the next page, where there is one.
    pub(crate) older: Option<String>,
    /// The address of the first page, where this is another.
    pub(crate) newest: Option<String>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// Where a balancer is to go back to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RollBackForm {
    id: String,
    /// The revision to save again.
    to: String,
    /// The revision that the page showed as the current one.
    revision: String,
}

/// A page of a balancer's history. `cursor` names where it begins, `note` what to say once.
#[server(prefix = "/fn", endpoint = "read_history")]
pub(crate) async fn read_history(
    #[server(default)] id: String,
    #[server(default)] cursor: String,
    #[server(default)] note: String,
) -> Answer<BalancerHistory> {
    crate::web::action_error::answer(server::history(&id, &cursor, &note).await)
}

/// Saves an earlier revision of a balancer as its next one.
#[server(prefix = "/fn", endpoint = "roll_back")]
pub(crate) async fn roll_back(form: RollBackForm) -> Answer<()> {
    crate::web::action_error::answer(server::roll_back(&form).await)
}

/// A page of the audit log.
#[server(prefix = "/fn", endpoint = "read_audit")]
pub(crate) async fn read_audit(#[server(default)] cursor: String) -> Answer<AuditPage> {
    crate::web::action_error::answer(server::audit(&cursor).await)
}
