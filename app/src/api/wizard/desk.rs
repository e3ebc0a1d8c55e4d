//! What every server function of the wizard works with: who is asking, the ports, and the drafts.

use std::sync::Arc;

use futures_util::lock::Mutex;

use super::{kept::Kept, trial};
use crate::{
    api::{
        context,
        ending::Ending,
        leave,
        offers::{Offer, offers},
        ports::{Actor, ControlPlane, Gateway},
        refusal::{Refusal, Reply},
    },
    domain::{balancer::Balancer, configuration::Configuration, draft::Step, fault::Report, ids::ObjectKind},
};

/// Drafts are read, changed and written back one at a time, so that what is kept while somebody types and the press
/// of a button do not overwrite each other.
static TURN: Mutex<()> = Mutex::new(());

/// One request's view of the wizard's surroundings.
pub(super) struct Desk {
    pub(super) control: Arc<dyn ControlPlane>,
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) who: Actor,
    pub(super) configuration: Arc<Configuration>,
    pub(super) offers: Vec<Offer>,
}

impl Desk {
    /// Takes up what the request came with; refused where nobody is signed in.
    pub(super) fn open() -> Result<Self, Ending> {
        let (control, gateway, who) = (context::control()?, context::gateway()?, context::actor()?);
        let configuration = control.configuration();
        let offers = offers(&configuration, &|id| gateway.health(id));
        Ok(Self { control, gateway, who, configuration, offers })
    }

    /// A draft of this user.
    pub(super) async fn kept(&self, id: &str) -> Reply<Kept> {
        let gone = || Refusal::Gone("This draft is not one of the wizard's.".to_owned());
        Kept::open(self.control.draft(&self.who, id).await?).ok_or_else(gone)
    }

    /// Reads a draft, changes it and keeps it.
    pub(super) async fn change(&self, id: &str, edit: impl FnOnce(&mut Kept) + Send) -> Reply<Kept> {
        let _turn = TURN.lock().await;
        let mut kept = self.kept(id).await?;
        edit(&mut kept);
        kept.notes.posts += 1;
        self.control.keep_draft(&self.who, kept.draft()).await?;
        Ok(kept)
    }

    /// The balancer that a draft would become.
    pub(super) fn balancer(&self, kept: &Kept) -> Balancer {
        trial::balancer_of(kept, &self.configuration)
    }

    /// What saving a draft would be told.
    pub(super) fn judge(&self, kept: &Kept) -> Report {
        let editing = kept.editing.as_ref().map(|it| it.id.as_str());
        self.control.validate(ObjectKind::SmartBalancer, &kept.rest_body(), editing)
    }
}

/// Makes the draft of a new balancer and goes to its first step.
pub(crate) async fn start() -> Result<(), Ending> {
    let desk = Desk::open()?;
    begin(&desk, Kept::prefilled(&desk.offers)).await
}

/// Makes the draft of an edit and goes to its first step.
pub(super) async fn edit(id: &str) -> Result<(), Ending> {
    let desk = Desk::open()?;
    let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.to_owned() };
    begin(&desk, Kept::of_stored(desk.configuration.balancer(id).ok_or_else(gone)?)).await
}

async fn begin(desk: &Desk, mut kept: Kept) -> Result<(), Ending> {
    kept.id = desk.control.keep_draft(&desk.who, kept.draft()).await?;
    Ok(leave::to(&kept.address(Step::Name))?)
}
