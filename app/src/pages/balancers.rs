//! The board: which balancers exist, are they well, who gets the traffic now; and the drafts that wait.

mod drafts;
mod load;
mod row;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::parts::{links::button_link, loaded::loaded, notice::noted};
use crate::web::page_params::PageParams;
use crate::{
    actions::drafts::TryDemo,
    pages::balancers::load::{Board, Lanes},
    ui::{Button, ButtonKind, ButtonLink, EmptyState, Field, PageHead},
    web::permissions::may_open,
};

/// Where a balancer is made.
const CREATE: &str = "/balancers/new/name";

/// The board.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::board(params.clone());
    view! {
        <PageHead title="Balancers" lead="One model id each; calls go on to the route that fits them.">
            {button_link(CREATE, ButtonKind::Primary, "Create a balancer")}
        </PageHead>
        {loaded(data, draw)}
    }
}

fn draw(board: Board) -> AnyView {
    let now = board.now;
    let rows = board.lanes.balancers.iter().map(|it| row::row(it, board.lanes.now)).collect::<Vec<_>>();
    let balancers = match &board.lanes.q {
        _ if !rows.is_empty() => rows.into_any(),
        q if q.is_empty() => empty(),
        q => not_found(q),
    };
    view! {
        {noted(board.note)}
        {search(&board.lanes)}
        <div class="board" id="board" data-live="calls health configuration">
            {balancers}
            {turns(&board.lanes)}
        </div>
        {may_open(CREATE).then(|| drafts::drafts(board.drafts, now))}
    }
    .into_any()
}

/// A way to one of many; few are seen at a glance.
fn search(lanes: &Lanes) -> Option<AnyView> {
    let q = lanes.q.clone();
    let clear = (!q.is_empty()).then(|| view! { <ButtonLink href="/">"Show all"</ButtonLink> });
    (lanes.many || !q.is_empty()).then(|| {
        view! {
            <form class="search" method="get" action="/" role="search">
                <Field path="q" name="q" label="Find a balancer" value=q placeholder="Name or serving name" />
                <div class="actions">
                    <Button>"Find"</Button>
                    {clear}
                </div>
            </form>
        }
        .into_any()
    })
}

fn not_found(q: &str) -> AnyView {
    let words = format!("No balancer has “{q}” in its name or serving name.");
    view! {
        <EmptyState words>
            <ButtonLink href="/">"Show all"</ButtonLink>
        </EmptyState>
    }
    .into_any()
}

/// Which balancers these are, and the way to the others, where there are others.
fn turns(lanes: &Lanes) -> Option<AnyView> {
    let Lanes { first, all, before, after, .. } = lanes;
    let last = first + lanes.balancers.len().saturating_sub(1);
    let link = |to: &Option<String>, words: &'static str| {
        to.clone().map(|href| view! { <ButtonLink href>{words}</ButtonLink> })
    };
    (before.is_some() || after.is_some()).then(|| {
        view! {
            <nav class="actions" aria-label="Pages of the board">
                {link(before, "Previous")}
                <span class="quiet">{format!("{first} to {last} of {all} balancers")}</span>
                {link(after, "Next")}
            </nav>
        }
        .into_any()
    })
}

fn empty() -> AnyView {
    if !may_open(CREATE) {
        return view! { <EmptyState words="There is no balancer yet. Editors and admins create them." /> }
            .into_any();
    }
    view! {
        <EmptyState words="A balancer is one model id that sends each call to the model whose intent fits it.">
            {button_link(CREATE, ButtonKind::Primary, "Create a balancer")}
            {post_form(TryDemo::url(), view! {
                <Button>"Try it with demo instances"</Button>
            }.into_any())}
        </EmptyState>
    }
    .into_any()
}
