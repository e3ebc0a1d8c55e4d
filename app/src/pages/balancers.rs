//! The board: which balancers exist, are they well, who gets the traffic now; and the drafts that wait.

mod drafts;
mod row;

use leptos::prelude::*;

use super::{
    loaded::{loaded, outcome},
    noted::noted,
    visit::Visit,
};
use crate::{
    api::board::{Board, DropDraft, TryDemo, read_board},
    ui::{Button, ButtonKind, ButtonLink, EmptyState, PageHead},
};

/// The board.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let (drop, demo) = (ServerAction::<DropDraft>::new(), ServerAction::<TryDemo>::new());
    let visit = Visit::new().follow(drop).follow(demo);
    let data =
        Resource::new(move || visit.sight(), |sight| read_board(sight.query("note").unwrap_or_default()));
    view! {
        <PageHead title="Balancers" lead="One model id each; calls go on to the route that fits them.">
            <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                "Create a balancer"
            </ButtonLink>
        </PageHead>
        {move || outcome(drop.value().get())}
        {move || outcome(demo.value().get())}
        {loaded(data, move |board| draw(board, drop, demo))}
    }
}

fn draw(board: Board, drop: ServerAction<DropDraft>, demo: ServerAction<TryDemo>) -> AnyView {
    let now = board.now;
    let balancers = if board.balancers.is_empty() {
        empty(demo)
    } else {
        let rows = board.balancers.into_iter().map(|it| row::row(it, now)).collect_view();
        view! { <div class="board">{rows}</div> }.into_any()
    };
    view! {
        {noted(board.note)}
        {balancers}
        {drafts::drafts(board.drafts, now, drop)}
    }
    .into_any()
}

fn empty(demo: ServerAction<TryDemo>) -> AnyView {
    view! {
        <EmptyState words="A balancer is one model id that sends each call to the model whose intent fits it.">
            <ButtonLink href="/balancers/new/name" kind=ButtonKind::Primary>
                "Create a balancer"
            </ButtonLink>
            <ActionForm action=demo>
                <Button disabled=demo.pending()>"Try it with demo instances"</Button>
            </ActionForm>
        </EmptyState>
    }
    .into_any()
}
