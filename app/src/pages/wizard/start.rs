//! Where a new balancer begins.

use leptos::prelude::*;

use crate::{
    api::wizard::StartBalancer,
    pages::loaded::outcome,
    ui::{Button, ButtonKind, PageHead},
};

/// What is ahead, and the button that makes the draft.
pub(super) fn view() -> impl IntoView {
    let start = ServerAction::<StartBalancer>::new();
    view! {
        <PageHead
            title="Create a balancer"
            lead="One model id for your clients; each call goes to the route whose intent fits it."
        />
        {move || outcome(start.value().get())}
        <section class="panel" aria-labelledby="ahead">
            <h2 id="ahead">"Six steps, filled in with the common case"</h2>
            <ol class="ahead">
                <li>"Pick a name and a serving name"</li>
                <li>"Choose the workload kind"</li>
                <li>"Choose a routing mode"</li>
                <li>"Pick a router model"</li>
                <li>"Add routes, one of them the default"</li>
                <li>"Save and test"</li>
            </ol>
            <p class="hint">
                "What you type is kept on the server at every step. Drafts wait for you on the page of the balancers."
            </p>
            <ActionForm action=start>
                <Button kind=ButtonKind::Primary disabled=start.pending()>"Start"</Button>
            </ActionForm>
        </section>
    }
}
