//! Data of a balancer's history.

use crate::{
    actions::roll_back::whole_number,
    domain::{config::revision::Revision, ids::ObjectKind, timestamp::Timestamp},
    pages::parts::changes::page_addresses,
    ports::Role,
    refusal::Refusal,
    web::{
        action_error::ActionError, addresses, context, flash::notice::FlashNotice, page_params::PageParams,
    },
};

const KIND: ObjectKind = ObjectKind::SmartBalancer;
/// Revisions per page; each may list many fields.
const REVISIONS: usize = 20;

/// A page of a balancer's history.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BalancerHistory {
    /// Id of the balancer.
    pub(crate) id: String,
    /// Display name.
    pub(crate) title: String,
    /// The current revision.
    pub(crate) current: u64,
    /// The revisions, newest first.
    pub(crate) revisions: Vec<Revision>,
    /// URL of the next page, if there is one.
    pub(crate) older: Option<String>,
    /// URL of the first page, if this is another.
    pub(crate) newest: Option<String>,
    /// Whether the user may change it.
    pub(crate) may_edit: bool,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

pub(crate) async fn history(params: PageParams) -> Result<BalancerHistory, ActionError> {
    let id = &params.part("id");
    let cursor = &params.text("cursor");
    let note = &params.text("note");
    let (who, control) = (context::actor()?, context::control()?);
    let before = whole_number(cursor);
    let mut revisions = control.revisions(&who, KIND, id, before, REVISIONS as u32 + 1).await?;
    let more = revisions.len() > REVISIONS;
    revisions.truncate(REVISIONS);
    let configuration = control.configuration();
    let gone = || Refusal::NotFound { kind: KIND, id: id.to_owned() };
    let stored = configuration.balancer(id).ok_or_else(gone)?;
    let (older, newest) = page_addresses(
        &addresses::history(id),
        revisions.last().filter(|_| more).map(|it| it.revision),
        before.is_some(),
    );
    Ok(BalancerHistory {
        id: id.to_owned(),
        title: stored.spec.title().to_owned(),
        current: stored.revision,
        revisions,
        older,
        newest,
        may_edit: who.role >= Role::Editor,
        note: context::flash_message(&who, note).await,
        now: context::now(),
    })
}
