//! The board: which balancers exist, are they well, who gets the traffic now; and the drafts that wait.

mod drafts;
mod row;

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    feed::live,
    loaded::{loaded, posted},
    noted::noted,
    visit::Visit,
};
use crate::{
    api::board::{Board, TryDemo, read_board, read_lanes},
    domain::feed::FeedEvent,
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
        {posted(visit)}
        {loaded(data, move |board| draw(board, visit))}
    }
}

fn draw(board: Board, visit: Visit) -> AnyView {
    let now = board.now;
    let lanes = live(board.lanes, |event| !matches!(event, FeedEvent::Evaluation { .. }), read_lanes);
    let none = Memo::new(move |_| lanes.read().balancers.is_empty());
    let ids = move || lanes.read().balancers.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let balancers = move || {
        if none.get() {
            return empty(visit);
        }
        view! {
            <div class="board">
                <For each=ids key=String::clone children=move |id| row::row(id, lanes) />
            </div>
        }
        .into_any()
    };
    view! {
        {noted(board.note)}
        {balancers}
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
                <Button disabled=visit.is_sending()>"Try it with demo instances"</Button>
            }.into_any())}
        </EmptyState>
    }
    .into_any()
}
