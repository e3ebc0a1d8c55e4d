//! The playground: send a call through a balancer, choose a route or leave it to the balancer, see the answer and why.

mod answer;
mod call;
mod form;

use leptos::prelude::*;

use self::call::Call;
use super::{loaded::loaded, visit::PageLoader};
use crate::{
    api::playground::{Playground, read_playground},
    islands::packed::Packed,
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let visit = PageLoader::new();
    let data = visit.read(|sight| read_playground(sight.text("balancer"), sight.text("result")));
    view! {
        <PageHead title="Playground" lead="The same engine that serves your clients; nothing here is simulated." />
        {loaded(data, draw)}
    }
}

fn draw(page: Playground) -> AnyView {
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
    view! { <Desk page=Packed::of(&page) /> }.into_any()
}

/// The form and what comes of it.
#[island]
fn Desk(
    /// What the server sent.
    page: Packed<Playground>,
) -> impl IntoView {
    let page = page.open();
    let call = Call::new(&page);
    let form = form::view(&page, call);
    view! {
        <div class="playground">
            {form}
            {answer::view(page, call)}
        </div>
    }
}
