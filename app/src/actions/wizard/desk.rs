//! What every server function of the wizard works with: who is asking, the ports, and the drafts.

use std::sync::Arc;

use futures_util::lock::Mutex;

use super::{Which, kept::Kept, trial};
use crate::{
    actions::offers::{Offer, offers},
    domain::{
        config::{balancer::Balancer, configuration::Configuration},
        console::draft::Editing,
        field_error::ValidationReport,
        ids::ObjectKind,
    },
    ports::{Actor, ControlPlane, DataPlane},
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, context},
};

/// Drafts are read, changed and written back one at a time, so that what is kept while somebody types and the press
/// of a button do not overwrite each other.
static TURN: Mutex<()> = Mutex::new(());

/// One request's view of the wizard's surroundings.
pub(crate) struct Desk {
    pub(crate) control: Arc<dyn ControlPlane>,
    pub(crate) gateway: Arc<dyn DataPlane>,
    pub(crate) who: Actor,
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) offers: Vec<Offer>,
}

impl Desk {
    /// Takes up what the request came with; refused where nobody is signed in.
    pub(crate) fn open() -> Result<Self, ActionError> {
        let (control, gateway, who) = (context::control()?, context::gateway()?, context::actor()?);
        let configuration = control.configuration();
        let offers = offers(&configuration, &*gateway);
        Ok(Self { control, gateway, who, configuration, offers })
    }

    /// The draft of this user that is meant. Where nothing is kept yet it is as it would begin: the common case, or the
    /// balancer that is edited.
    pub(crate) async fn kept(&self, which: &Which) -> Reply<Kept> {
        if !which.draft.is_empty() {
            let gone = || Refusal::Gone("This draft is not one of the wizard's.".to_owned());
            return Kept::open(self.control.draft(&self.who, &which.draft).await?).ok_or_else(gone);
        }
        let Some(Editing { id, revision }) = &which.editing else { return Ok(Kept::prefilled(&self.offers)) };
        let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.clone() };
        let mut kept = Kept::of_stored(self.configuration.balancer(id).ok_or_else(gone)?);
        if let Some(editing) = kept.editing.as_mut().filter(|_| *revision > 0) {
            // What the page showed may be older than what is saved by now.
            editing.revision = *revision;
        }
        Ok(kept)
    }

    /// Reads a draft, changes it and keeps it; the first change makes it.
    pub(crate) async fn change(&self, which: &Which, edit: impl FnOnce(&mut Kept) + Send) -> Reply<Kept> {
        let _turn = TURN.lock().await;
        let mut kept = self.kept(which).await?;
        edit(&mut kept);
        kept.notes.posts += 1;
        kept.id = self.control.keep_draft(&self.who, kept.draft()).await?;
        Ok(kept)
    }

    /// The balancer that a draft would become.
    pub(crate) fn balancer(&self, kept: &Kept) -> Balancer {
        trial::balancer_of(kept, &self.configuration)
    }

    /// What saving a draft would be told.
    pub(crate) fn judge(&self, kept: &Kept) -> ValidationReport {
        let editing = kept.editing.as_ref().map(|it| it.id.as_str());
        self.control.validate(ObjectKind::SmartBalancer, &kept.rest_body(), editing)
    }
}
