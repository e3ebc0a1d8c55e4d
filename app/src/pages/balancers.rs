//! The board: which balancers exist, are they well, who gets the traffic now; and the drafts that wait.

mod drafts;
mod row;

use leptos::{prelude::*, server_fn::ServerFn};

use super::{loaded::loaded, noted::noted, visit::Visit};
use crate::{
    api::board::{Board, TryDemo, read_board},
    ui::{Button, ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The board.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let visit = Visit::new();
    let data = visit.read(|sight| read_board(sight.text("note")));
    view! {
        <PageHead title="Balancers" lead="One model id each; calls go on to the route that fits them.">
            <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                "Create a balancer"
            </ButtonLink>
        </PageHead>
        {loaded(data, move |board| draw(board, visit))}
    }
}

fn draw(board: Board, visit: Visit) -> AnyView {
    let now = board.now;
    let rows = board.lanes.balancers.iter().map(|it| row::row(it, board.lanes.now)).collect::<Vec<_>>();
    let balancers = if rows.is_empty() { empty(visit) } else { rows.into_any() };
    view! {
        {noted(board.note)}
        <div class="board" id="board" data-live="calls health configuration">
            {balancers}
        </div>
        {drafts::drafts(board.drafts, now, visit)}
    }
    .into_any()
}

fn empty(visit: Visit) -> AnyView {
    view! {
        <EmptyState words="A balancer is one model id that sends each call to the model whose intent fits it.">
            <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                "Create a balancer"
            </ButtonLink>
            {visit.form(TryDemo::url(), view! {
                <Button>"Try it with demo instances"</Button>
            }.into_any())}
        </EmptyState>
    }
    .into_any()
}
