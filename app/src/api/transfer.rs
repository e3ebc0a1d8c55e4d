//! Export and import in the browser: what a document that was handed in would change, and importing it.
//!
//! A document is handed in by a plain form that takes a file (the server has a handler of its own for that), judged, and
//! kept in memory for ten minutes at most. The page shows what it would change; it is never sent back, since it may hold
//! keys.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::config::{foreign::Left, transfer::ImportReport};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// Where the plain form sends a document.
pub const HAND_IN: &str = "/settings/import";
/// The largest document that is handed in by the browser, in bytes; the command line takes larger ones.
pub const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A document that waits to be imported.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct HandedIn {
    /// The document; it may hold keys.
    pub document: serde_json::Value,
    /// What of another gateway's configuration is not in it.
    pub left: Vec<Left>,
}

/// What the page shows of export and import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TransferPage {
    /// Whether this user may import.
    pub(crate) may_import: bool,
    /// The document that was handed in, where the address names one.
    pub(crate) waiting: Option<Waiting>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
}

/// A document that waits to be imported, as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// What names it.
    pub(crate) id: String,
    /// What importing it now would do; the first of each.
    pub(crate) report: ImportReport,
    /// How many changes there are.
    pub(crate) changes: usize,
    /// How many errors there are.
    pub(crate) errors: usize,
    /// What of another gateway's configuration is not in it.
    pub(crate) left: Vec<Left>,
}

/// What the page shows. `import` names what was handed in, `note` what to say once.
#[server(prefix = "/fn", endpoint = "read_transfer")]
pub(crate) async fn read_transfer(
    #[server(default)] import: String,
    #[server(default)] note: String,
) -> Answer<TransferPage> {
    crate::web::action_error::answer(server::read(&import, &note).await)
}

/// Imports what was handed in.
#[server(prefix = "/fn", endpoint = "apply_import")]
pub(crate) async fn apply_import(#[server(default)] id: String) -> Answer<()> {
    crate::web::action_error::answer(server::apply(&id).await)
}
