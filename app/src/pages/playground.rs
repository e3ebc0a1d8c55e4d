//! The playground: send a call through a balancer, choose a route or leave it to the balancer, see the answer and why.

mod answer;
mod call;
mod form;

use leptos::prelude::*;

use self::call::Call;
use super::{
    loaded::{loaded, outcome},
    visit::Visit,
};
use crate::{
    api::playground::{Playground, SendPlay, read_playground},
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let send = ServerAction::<SendPlay>::new();
    let visit = Visit::new().follow(send);
    let data = Resource::new_with_options(
        move || visit.sight(),
        |sight| {
            let query = |name: &str| sight.query(name).unwrap_or_default();
            read_playground(query("balancer"), query("result"))
        },
        false,
    );
    view! {
        <PageHead title="Playground" lead="The same engine that serves your clients; nothing here is simulated." />
        {move || outcome(send.value().get())}
        {loaded(data, move |page| draw(page, send))}
    }
}

fn draw(page: Playground, send: ServerAction<SendPlay>) -> AnyView {
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
    let form = form::view(&page, call, send);
    view! {
        <div class="playground">
            {form}
            {answer::view(page, call)}
        </div>
    }
    .into_any()
}
