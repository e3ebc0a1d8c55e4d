//! The playground: send a call through a balancer, choose a route or leave it to the balancer, see the answer and why.

mod load;

use leptos::{prelude::*, server_fn::ServerFn as _};

use self::load::PlaygroundPageData;
use super::parts::loaded::loaded;
use crate::{
    actions::playground::{Play, SendPlay},
    fragments::{
        play_form::fields,
        play_result::{endings, results},
    },
    islands::streams::Streams,
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead},
    web::{form::post_form::post_form, page_params::PageParams},
};

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let data = load::playground(PageParams::current());
    view! {
        <PageHead title="Playground" lead="The same engine that serves your clients; nothing here is simulated." />
        {loaded(data, draw)}
    }
}

fn draw(page: PlaygroundPageData) -> AnyView {
    let PlaygroundPageData { balancers, names, played } = page;
    if balancers.is_empty() {
        return view! {
            <EmptyState message="There is no balancer that answers yet, so there is nothing to call.">
                <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                    "Create a balancer"
                </ButtonLink>
            </EmptyState>
        }
        .into_any();
    }
    let form = post_form(SendPlay::url(), fields(&balancers, played.form, played.errors));
    view! {
        <div class="playground" data-stream=Play::url()>
            <div class="play-form">{form}</div>
            {results(&names, played.outcome.as_ref(), played.beside.as_ref())}
            {endings()}
        </div>
        <Streams />
    }
    .into_any()
}
