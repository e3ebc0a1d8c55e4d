//! Data of the playground.

use crate::{
    actions::playground::Played,
    domain::console::play::{PlayForm, Playable},
    fragments::play_result::InstanceNames,
    web::{action_error::ActionError, context, page_params::PageParams},
};

/// What the playground is drawn from.
pub(crate) struct PlaygroundPageData {
    /// What can be called.
    pub(crate) balancers: Vec<Playable>,
    /// Names of instances.
    pub(crate) names: InstanceNames,
    /// The form and the result of the last call; the form chooses the balancer of the address unless it was posted.
    pub(crate) played: Played,
}

/// What the playground offers, with the balancer of the address chosen and the last result shown.
pub(crate) async fn playground(params: PageParams) -> Result<PlaygroundPageData, ActionError> {
    let (who, wanted) = (context::actor()?, params.text("balancer"));
    let configuration = context::control()?.configuration();
    let balancers = Playable::all(&configuration);
    let mut played: Played = context::flash_message(&who, &params.text("result")).await.unwrap_or_default();
    if played.form.balancer.is_empty() {
        let known = balancers.iter().find(|it| it.id == wanted).or(balancers.first());
        let balancer = known.map(|it| it.id.clone()).unwrap_or_default();
        played.form = PlayForm { balancer, ..PlayForm::fresh() };
    }
    Ok(PlaygroundPageData { balancers, names: InstanceNames::of(&configuration), played })
}
