//! Where a draft begins, or is taken up again: of a new balancer, or of a change.

use leptos::prelude::*;

use crate::{
    api::{
        note::Note,
        wizard::{DiscardDraft, DraftRow, EditBalancer, StartBalancer, StartPage as Start, read_drafts},
    },
    domain::timestamp::Timestamp,
    pages::{
        loaded::{failed, loaded, refused},
        visit::Visit,
    },
    ui::{Button, ButtonKind, PageHead, Table, TimeAgo},
};

/// Where a new balancer begins.
#[component]
pub fn StartPage() -> impl IntoView {
    let begin = ServerAction::<StartBalancer>::new();
    let discard = ServerAction::<DiscardDraft>::new();
    let visit = Visit::new().follow(begin).follow(discard);
    let data = Resource::new(
        move || visit.sight(),
        |sight| read_drafts(String::new(), sight.query("note").unwrap_or_default()),
    );
    view! {
        <PageHead
            title="Create a balancer"
            lead="One model id for your clients, and routes behind it that are picked by intent."
        />
        {move || begin.value().get().and_then(Result::err).map(failed)}
        <ol class="wizard-preview">
            <li>"Name it, and name what clients send"</li>
            <li>"Choose chat or embeddings"</li>
            <li>"Choose how routes are picked"</li>
            <li>"Pick the router model"</li>
            <li>"Add the routes and mark the default"</li>
            <li>"Save and test"</li>
        </ol>
        <ActionForm action=begin>
            <Button kind=ButtonKind::Primary>"Start"</Button>
        </ActionForm>
        {loaded(data, move |start| kept(start, discard))}
    }
}

/// Where a change of a saved balancer begins.
#[component]
pub fn EditPage() -> impl IntoView {
    let begin = ServerAction::<EditBalancer>::new();
    let discard = ServerAction::<DiscardDraft>::new();
    let visit = Visit::new().follow(begin).follow(discard);
    let data = Resource::new(
        move || visit.sight(),
        |sight| read_drafts(sight.part("id"), sight.query("note").unwrap_or_default()),
    );
    let id = move || visit.sight().part("id");
    view! {
        <PageHead
            title="Edit balancer"
            lead="Changes are kept in a draft until you save them; calls go on as before."
        />
        {move || begin.value().get().and_then(Result::err).map(failed)}
        <ActionForm action=begin>
            <input type="hidden" name="id" value=id />
            <Button kind=ButtonKind::Primary>"Start editing"</Button>
        </ActionForm>
        {loaded(data, move |start| kept(start, discard))}
    }
}

/// The drafts that are kept already.
fn kept(start: Start, discard: ServerAction<DiscardDraft>) -> AnyView {
    let note = match &start.note {
        Some(Note::Refused(refusal)) => Some(refused(refusal)),
        _ => None,
    };
    let now = start.now;
    let none = start.drafts.is_empty();
    let rows = start.drafts.into_iter().map(|draft| row(draft, now, discard)).collect_view();
    view! {
        {note}
        {(!none)
            .then(|| {
                view! {
                    <section class="drafts" aria-labelledby="drafts-title">
                        <h2 id="drafts-title">"Drafts"</h2>
                        <Table caption="Drafts" heads=vec!["Name", "Last touched", "Actions"]>
                            {rows}
                        </Table>
                    </section>
                }
            })}
    }
    .into_any()
}

fn row(draft: DraftRow, now: Timestamp, discard: ServerAction<DiscardDraft>) -> impl IntoView {
    let name = if draft.name.is_empty() { "Not named yet".to_owned() } else { draft.name };
    let mark = draft.edits.then_some(" (a change)");
    let label = format!("Throw away the draft “{name}”");
    view! {
        <tr>
            <th scope="row"><a href=draft.href>{name}</a>{mark}</th>
            <td><TimeAgo at=draft.updated_at now /></td>
            <td>
                <ActionForm action=discard>
                    <input type="hidden" name="id" value=draft.id />
                    <Button kind=ButtonKind::Quiet label>"Throw away"</Button>
                </ActionForm>
            </td>
        </tr>
    }
}
