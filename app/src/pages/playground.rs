//! The playground: send a call through a balancer, choose a route or leave it to the balancer, see the answer and why.

mod answer;
mod call;
mod form;

use leptos::prelude::*;

use self::call::Call;
use super::{
    loaded::{loaded, posted},
    visit::Visit,
};
use crate::{
    api::playground::{Playground, read_playground},
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let visit = Visit::new();
    let data = visit.read(|sight| read_playground(sight.text("balancer"), sight.text("result")));
    view! {
        <PageHead title="Playground" lead="The same engine that serves your clients; nothing here is simulated." />
        {posted(visit)}
        {loaded(data, move |page| draw(page, visit))}
    }
}

fn draw(page: Playground, visit: Visit) -> AnyView {
    if page.balancers.is_empty() {
        return view! {
            <EmptyState words="There is no balancer that answers yet, so there is nothing to call.">
                <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                    "Create a balancer"
                </ButtonLink>
            </EmptyState>
        }
        .into_any();
    }
    let call = Call::new(&page);
    let form = form::view(&page, call, visit);
    view! {
        <div class="playground">
            {form}
            {answer::view(page, call)}
        </div>
    }
    .into_any()
}
