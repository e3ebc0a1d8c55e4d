//! The board of balancers: health, traffic, and unsaved drafts.

mod drafts;
mod load;
mod row;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::parts::{links::button_link, loaded::loaded, notice::flash_notice};
use crate::web::page_params::PageParams;
use crate::{
    actions::drafts::TryDemo,
    pages::balancers::load::{Board, BoardPage},
    ui::{Button, ButtonKind, ButtonLink, EmptyState, Field, PageHead},
    web::permissions::may_open,
};

/// The first step of the wizard.
const CREATE: &str = "/balancers/new/name";

/// The board of balancers.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::board(params.clone());
    view! {
        <PageHead title="Balancers" lead="Each balancer is one model id; its calls go to the route that fits them.">
            {button_link(CREATE, ButtonKind::Primary, "Create a balancer")}
        </PageHead>
        {loaded(data, draw)}
    }
}

fn draw(board: Board) -> AnyView {
    let now = board.now;
    let rows = board.page.balancers.iter().map(|it| row::row(it, board.page.now)).collect::<Vec<_>>();
    let balancers = match &board.page.q {
        _ if !rows.is_empty() => rows.into_any(),
        q if q.is_empty() => empty(),
        q => not_found(q),
    };
    view! {
        {flash_notice(board.note)}
        {search(&board.page)}
        <div class="board" id="board" data-live="calls health configuration">
            {balancers}
            {page_links(&board.page)}
        </div>
        {may_open(CREATE).then(|| drafts::drafts(board.drafts, now))}
    }
    .into_any()
}

/// The search form; a few balancers need none.
fn search(page: &BoardPage) -> Option<AnyView> {
    let q = page.q.clone();
    let clear = (!q.is_empty()).then(|| view! { <ButtonLink href="/">"Show all"</ButtonLink> });
    (page.many || !q.is_empty()).then(|| {
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
        <EmptyState message=words>
            <ButtonLink href="/">"Show all"</ButtonLink>
        </EmptyState>
    }
    .into_any()
}

/// The position of this page among all balancers, with links to the others.
fn page_links(page: &BoardPage) -> Option<AnyView> {
    let BoardPage { first, all, before, after, .. } = page;
    let last = first + page.balancers.len().saturating_sub(1);
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
        return view! { <EmptyState message="No balancers yet. Editors and admins can create them." /> }
            .into_any();
    }
    view! {
        <EmptyState message="A balancer is one model id that sends each call to the model that fits it.">
            {button_link(CREATE, ButtonKind::Primary, "Create a balancer")}
            {post_form(TryDemo::url(), view! {
                <Button>"Try it with demo instances"</Button>
            }.into_any())}
        </EmptyState>
    }
    .into_any()
}
