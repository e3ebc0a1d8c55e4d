//! Data of the audit log.

use crate::{
    actions::roll_back::whole_number,
    domain::{config::revision::AuditEntry, timestamp::Timestamp},
    pages::parts::changes::page_addresses,
    web::{action_error::ActionError, context, page_params::PageParams},
};

/// Entries per page.
const ROWS: usize = 50;

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AuditPage {
    /// The entries, newest first.
    pub(crate) entries: Vec<AuditEntry>,
    /// URL of the next page, if there is one.
    pub(crate) older: Option<String>,
    /// URL of the first page, if this is another.
    pub(crate) newest: Option<String>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

pub(crate) async fn audit(params: PageParams) -> Result<AuditPage, ActionError> {
    let cursor = &params.text("cursor");
    let (who, control) = (context::actor()?, context::control()?);
    let before = whole_number(cursor);
    let mut found = control.audit(&who, before, ROWS as u32 + 1).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let (older, newest) =
        page_addresses("/settings", found.last().filter(|_| more).map(|it| it.0), before.is_some());
    let entries = found.into_iter().map(|(_, entry)| entry).collect();
    Ok(AuditPage { entries, older, newest, now: context::now() })
}
