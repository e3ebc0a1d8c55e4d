//! The history of a balancer: its revisions with differences, and rollback.

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
        parts::{changes::changes, loaded::loaded_with_head, notice::flash_notice},
    },
    ui::{Button, Disclosure, EmptyState, PageHead, TimeAgo},
    web::page_params::PageParams,
};

/// The history of a balancer.
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
        "Rolling back saves an earlier revision as the newest one. New calls use it at once, and the history stays complete."
    } else {
        ""
    };
    view! {
        <PageHead title=history.title.clone() lead />
        {flash_notice(history.note.clone())}
        {tabs::view(&history.id, "history")}
        {none.then(|| view! { <EmptyState message="There are no older revisions." /> })}
        <div class="route-list">{revisions}</div>
        {pager("Pages of the history", history.newest, history.older)}
    }
    .into_any()
}

fn revision(revision: &Revision, history: &BalancerHistory) -> AnyView {
    let number = revision.revision;
    let (at, now, by) = (revision.at, history.now, revision.by.clone());
    let (id, labelled) = (format!("revision-{number}"), format!("revision-{number}"));
    let diff = changes(&revision.diff, format!("Changes of revision {number}"));
    let what = match (number, revision.diff.len()) {
        // All fields are new in the first revision, which would be long.
        (1, fields) => {
            view! { <Disclosure summary=format!("Created with {fields} fields")>{diff}</Disclosure> }
                .into_any()
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

/// The rollback button. A rollback can be undone in the same way, so it needs no confirmation by name.
fn back(to: u64, history: &BalancerHistory) -> AnyView {
    let content = view! {
        <input type="hidden" name="form[id]" value=history.id.clone() />
        <input type="hidden" name="form[to]" value=to.to_string() />
        <input type="hidden" name="form[revision]" value=history.current.to_string() />
        <Button described_by=format!("revision-{to}")>"Roll back to this"</Button>
    };
    post_form(RollBack::url(), content.into_any())
}
