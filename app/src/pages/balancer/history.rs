//! A balancer's revisions: who changed what and when, and the way back to each.

mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use super::tabs;
use crate::{
    actions::roll_back::RollBack,
    domain::config::revision::Revision,
    pages::{
        balancer::history::load::BalancerHistory,
        parts::changes::pager,
        parts::{changes::changes, loaded::loaded_with_head, notice::noted},
    },
    ui::{Button, Disclosure, EmptyState, PageHead, TimeAgo},
    web::page_params::PageParams,
};

/// A balancer's history.
#[component]
pub fn BalancerHistoryPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::history(params.clone());
    view! {
        {loaded_with_head(data, draw)}
    }
}

fn draw(history: BalancerHistory) -> AnyView {
    let revisions = history.revisions.iter().map(|it| revision(it, &history)).collect_view();
    let none = history.revisions.is_empty();
    let may_go_back = history.may_edit && history.current > 1;
    let lead = if may_go_back {
        "Rolling back saves a revision again as the newest: new calls follow it at once, and nothing of the history is lost."
    } else {
        ""
    };
    view! {
        <PageHead title=history.title.clone() lead />
        {noted(history.note.clone())}
        {tabs::view(&history.id, "history")}
        {none.then(|| view! { <EmptyState words="There are no older revisions." /> })}
        <div class="route-list">{revisions}</div>
        {pager("Pages of the history", history.newest, history.older)}
    }
    .into_any()
}

fn revision(revision: &Revision, history: &BalancerHistory) -> AnyView {
    let number = revision.revision;
    let (at, now, by) = (revision.at, history.now, revision.by.clone());
    let (id, labelled) = (format!("revision-{number}"), format!("revision-{number}"));
    let diff = changes(&revision.diff, format!("What revision {number} changed"));
    let what = match (number, revision.diff.len()) {
        // All of it is new, which is long.
        (1, fields) => {
            view! { <Disclosure summary=format!("Made with {fields} fields")>{diff}</Disclosure> }.into_any()
        }
        _ => diff,
    };
    let back = (history.may_edit && number < history.current).then(|| back(number, history));
    view! {
        <article class="panel" aria-labelledby=labelled>
            <div class="panel-head">
                <h2 id=id>{format!("Revision {number}")}</h2>
                {(number == history.current).then(|| view! { <span class="badge">"Current"</span> })}
                <span class="quiet">
                    <TimeAgo at now />" by "{by}
                </span>
                {back}
            </div>
            {what}
        </article>
    }
    .into_any()
}

/// The way back. It can be taken back the same way, so that it is asked for once.
fn back(to: u64, history: &BalancerHistory) -> AnyView {
    let content = view! {
        <input type="hidden" name="form[id]" value=history.id.clone() />
        <input type="hidden" name="form[to]" value=to.to_string() />
        <input type="hidden" name="form[revision]" value=history.current.to_string() />
        <Button described_by=format!("revision-{to}")>"Roll back to this"</Button>
    };
    post_form(RollBack::url(), content.into_any())
}
