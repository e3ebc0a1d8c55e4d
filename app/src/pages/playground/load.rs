//! Data of the playground.

use crate::{
    actions::playground::{Played, Playground, form::PlayForm, playable},
    web::{action_error::ActionError, context, page_params::PageParams, redirect},
};

pub(crate) async fn playground(params: PageParams) -> Result<Playground, ActionError> {
    let balancer = params.text("balancer");
    let result = &params.text("result");
    let who = context::actor()?;
    let configuration = context::control()?.configuration();
    let instances = configuration.instances.iter().map(|it| (it.id.to_string(), it.spec.name.clone()));
    let played: Played = redirect::peek_message(&who, result).await.unwrap_or_default();
    let mut page = Playground {
        balancers: playable(&configuration),
        instances: instances.collect(),
        form: played.form,
        errors: played.errors,
        outcome: played.outcome,
        beside: played.beside,
    };
    if page.form.balancer.is_empty() {
        let known = page.balancers.iter().find(|it| it.id == balancer).or(page.balancers.first());
        let balancer = known.map(|it| it.id.clone()).unwrap_or_default();
        page.form = PlayForm { balancer, ..PlayForm::fresh() };
    }
    Ok(page)
}
