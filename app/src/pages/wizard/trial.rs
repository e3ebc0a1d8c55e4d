//! "Try a prompt": which route the router model picks for the draft as it is, before anything is saved.

use leptos::prelude::*;

use crate::{
    actions::wizard::draft_notes::Tried,
    domain::routing::decision::Decision,
    fragments::{decision, refused::refused},
    pages::wizard::load::WizardPage,
    ui::{Button, TextArea},
};

pub(super) fn view(page: &WizardPage) -> AnyView {
    let prompt = page.notes.prompt.clone();
    view! {
        <section class="trial" aria-labelledby="trial-title">
            <h3 id="trial-title">"Try a prompt"</h3>
            <TextArea
                path="prompt"
                label="Prompt"
                value=prompt
                hint="The router model says which route it would take. Nothing is saved, and no destination is called."
                rows=2
            />
            <div class="actions">
                <Button act="try">"Try"</Button>
            </div>
            <div id="tried" tabindex="-1" role="status">
                {page.notes.tried.clone().map(result)}
            </div>
        </section>
    }
    .into_any()
}

fn result(tried: Tried) -> AnyView {
    match tried.reply {
        Ok(found) => decided(tried.prompt, found),
        Err(refusal) => refused(&refusal),
    }
}

fn decided(prompt: String, found: Decision) -> AnyView {
    view! {
        <p class="tried-prompt">{prompt}</p>
        {decision::verdict(&found)}
        {decision::probabilities(&found)}
        {decision::router(&found)}
    }
    .into_any()
}
