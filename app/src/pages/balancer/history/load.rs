//! Data of the history of a balancer.

use crate::{
    actions::roll_back::whole_number,
    domain::{config::revision::Revision, ids::ObjectKind, timestamp::Timestamp},
    pages::parts::changes::page_addresses,
    ports::Role,
    refusal::Refusal,
    web::{
        action_error::ActionError, addresses, context, flash::notice::FlashNotice, page_params::PageParams,
        redirect,
    },
};

const KIND: ObjectKind = ObjectKind::SmartBalancer;
/// The revisions of a page; each may tell of many fields.
const REVISIONS: usize = 20;

/// A page of a balancer's history.
#[derive(Clone, Debug, PartialEq)]
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
