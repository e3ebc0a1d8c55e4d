//! What every action of the wizard works with: the user, the ports, and their drafts.

use std::sync::Arc;

use super::destination_options::destination_options;
use super::{Which, wizard_draft::WizardDraft};
use crate::{
    domain::{
        config::{balancer::Balancer, configuration::Configuration},
        console::{balancer_draft::destination_option::DestinationOption, draft::Editing},
        field_error::ValidationReport,
        ids::ObjectKind,
    },
    ports::{Actor, ControlPlane, DataPlane},
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, context},
};

/// How often a change of a draft is retried after another request kept the draft first.
const TRIES: u32 = 8;

/// The user and the ports of one request of the wizard.
pub(crate) struct WizardContext {
    pub(crate) control: Arc<dyn ControlPlane>,
    pub(crate) gateway: Arc<dyn DataPlane>,
    pub(crate) who: Actor,
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) options: Vec<DestinationOption>,
}

impl WizardContext {
    /// Reads what the request came with; refused if nobody is signed in.
    pub(crate) fn new() -> Result<Self, ActionError> {
        let (control, gateway, who) = (context::control()?, context::gateway()?, context::actor()?);
        let configuration = control.configuration();
        let options = destination_options(&configuration, &*gateway);
        Ok(Self { control, gateway, who, configuration, options })
    }

    /// The draft of this user that is meant. If nothing is kept yet it is as it would begin: the common case, or the
    /// balancer that is edited.
    pub(crate) async fn draft(&self, which: &Which) -> Reply<WizardDraft> {
        if !which.draft.is_empty() {
            let gone = || Refusal::Gone("This draft is not one of the wizard's.".to_owned());
            let draft = self.control.draft(&self.who, &which.draft).await?;
            return WizardDraft::from_draft(draft).ok_or_else(gone);
        }
        let Some(Editing { id, revision }) = &which.editing else {
            return Ok(WizardDraft::prefilled(&self.options));
        };
        let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.clone() };
        let mut draft = WizardDraft::of_stored(self.configuration.balancer(id).ok_or_else(gone)?);
        if let Some(editing) = draft.editing.as_mut().filter(|_| *revision > 0) {
            // What the page showed may be older than what is saved by now.
            editing.revision = *revision;
        }
        Ok(draft)
    }

    /// Reads a draft, changes it and keeps it; the first change makes it. If it was kept by another request meanwhile, at
    /// any replica, it is read and changed again.
    pub(crate) async fn change(
        &self,
        which: &Which,
        mut edit: impl FnMut(&mut WizardDraft) + Send,
    ) -> Reply<WizardDraft> {
        let mut tries = 0;
        loop {
            let mut draft = self.draft(which).await?;
            edit(&mut draft);
            draft.notes.posts += 1;
            match self.control.keep_draft(&self.who, draft.to_draft()).await {
                Ok(kept) => {
                    (draft.id, draft.revision) = (kept.id, kept.revision);
                    return Ok(draft);
                }
                Err(Refusal::Stale { .. }) if tries < TRIES => tries += 1,
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// The balancer that a draft would become.
    pub(crate) fn balancer(&self, draft: &WizardDraft) -> Balancer {
        draft.balancer.to_balancer(&self.configuration)
    }

    /// The validation report that saving a draft would get.
    pub(crate) fn judge(&self, draft: &WizardDraft) -> ValidationReport {
        let editing = draft.editing.as_ref().map(|it| it.id.as_str());
        self.control.validate(ObjectKind::SmartBalancer, &draft.rest_body(), editing)
    }
}
