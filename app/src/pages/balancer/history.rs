//! A balancer's revisions: who changed what and when, and the way back to each.

use leptos::{prelude::*, server_fn::ServerFn as _};

use super::tabs;
use crate::{
    api::history::{BalancerHistory, RollBack, read_history},
    domain::revision::Revision,
    pages::{
        history::{changes, turns},
        loaded::loaded_with_head,
        noted::noted,
        visit::Visit,
    },
    ui::{Button, Disclosure, EmptyState, PageHead, TimeAgo},
};

/// A balancer's history.
#[component]
pub fn BalancerHistoryPage() -> impl IntoView {
    let visit = Visit::new();
    let data = visit.read(|sight| read_history(sight.part("id"), sight.text("cursor"), sight.text("note")));
    view! {
        {loaded_with_head(data, move |history| draw(history, visit))}
    }
}

fn draw(history: BalancerHistory, visit: Visit) -> AnyView {
    let revisions = history.revisions.iter().map(|it| revision(it, &history, visit)).collect_view();
    let none = history.revisions.is_empty();
    view! {
        <PageHead title=history.title.clone() />
        {noted(history.note.clone())}
        {tabs::view(&history.id, "history")}
        {none.then(|| view! { <EmptyState words="There are no older revisions." /> })}
        <div class="route-list">{revisions}</div>
        {turns("Pages of the history", history.newest, history.older)}
    }
    .into_any()
}

fn revision(revision: &Revision, history: &BalancerHistory, visit: Visit) -> AnyView {
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
    let back = (history.may_edit && number < history.current).then(|| back(number, history, visit));
    view! {
        <article class="panel" aria-labelledby=labelled>
            <div class="panel-head">
                <h2 id=id>{format!("Revision {number}")}</h2>
                {(number == history.current).then(|| view! { <span class="badge">"Current"</span> })}
                <span class="quiet">
                    <TimeAgo at now />" by "{by}
                </span>
            </div>
            {what}
            {back}
        </article>
    }
    .into_any()
}

/// The way back, which is asked for twice.
fn back(to: u64, history: &BalancerHistory, visit: Visit) -> AnyView {
    let words = format!(
        "New calls are then routed as revision {to} had it. It is saved as revision {}; nothing of the history is lost.",
        history.current + 1
    );
    let content = view! {
        <input type="hidden" name="form[id]" value=history.id.clone() />
        <input type="hidden" name="form[to]" value=to.to_string() />
        <input type="hidden" name="form[revision]" value=history.current.to_string() />
        <Button>"Roll back to this"</Button>
    };
    view! {
        <details class="sure">
            <summary>"Roll back…"</summary>
            <p>{words}</p>
            {visit.form(RollBack::url(), content.into_any())}
        </details>
    }
    .into_any()
}
