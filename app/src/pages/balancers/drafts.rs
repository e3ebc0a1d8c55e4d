//! Unsaved drafts, which can be resumed or deleted.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::drafts::DropDraft,
    domain::timestamp::Timestamp,
    pages::balancers::load::DraftLine,
    ui::{Button, ButtonKind, TimeAgo},
};

/// The drafts, if there are any.
pub(super) fn drafts(drafts: Vec<DraftLine>, now: Timestamp) -> Option<AnyView> {
    if drafts.is_empty() {
        return None;
    }
    let lines = drafts.into_iter().map(|draft| line(draft, now)).collect_view();
    Some(
        view! {
            <section class="panel" aria-labelledby="drafts">
                <h2 id="drafts">"Drafts"</h2>
                <ul class="drafts">{lines}</ul>
            </section>
        }
        .into_any(),
    )
}

fn line(draft: DraftLine, now: Timestamp) -> AnyView {
    let name = if draft.name.is_empty() { "Unnamed".to_owned() } else { draft.name };
    let what = match draft.editing {
        true => format!("change of a {}", draft.kind.words()),
        false => format!("new {}", draft.kind.words()),
    };
    let label = format!("Discard {name}");
    view! {
        <li>
            <a href=draft.page>{name}</a>
            <span class="quiet">{what}", "<TimeAgo at=draft.updated_at now /></span>
            {post_form(DropDraft::url(), view! {
                <input type="hidden" name="form[id]" value=draft.id />
                <Button kind=ButtonKind::Quiet label>
                    "Discard"
                </Button>
            }.into_any())}
        </li>
    }
    .into_any()
}
