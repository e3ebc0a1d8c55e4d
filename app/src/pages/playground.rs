//! The playground: send a call through a balancer, choose a route or leave it to the balancer, see the answer and why.

mod load;

use leptos::prelude::*;

use super::parts::loaded::loaded;
use crate::islands::playground::Playground as PlaygroundIsland;
use crate::web::page_params::PageParams;
use crate::{
    actions::playground::Playground,
    islands::packed::Packed,
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::playground(params);
    view! {
        <PageHead title="Playground" lead="The same engine that serves your clients; nothing here is simulated." />
        {loaded(data, draw)}
    }
}

fn draw(page: Playground) -> AnyView {
    if page.balancers.is_empty() {
        return view! {
            <EmptyState message="There is no balancer that answers yet, so there is nothing to call.">
                <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                    "Create a balancer"
                </ButtonLink>
            </EmptyState>
        }
        .into_any();
    }
    view! { <PlaygroundIsland page=Packed::of(&page) /> }.into_any()
}
