//! The labelled prompts: pasted, or taken from a file where there is scripting; a starter set from the routes'
//! examples where none are kept.

use leptos::{prelude::*, server_fn::ServerFn as _, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

use super::{SubjectFields, not_taken};
use crate::{
    api::evaluation::{Evaluate, EvaluationPage},
    pages::visit::Visit,
    ui::{Button, Disclosure, Faults, TextArea, TimeAgo, faults::id_of},
};

pub(super) fn view(page: &EvaluationPage, visit: Visit) -> AnyView {
    let now = page.now;
    let state = match &page.evaluation.set {
        Some(set) => {
            let (count, at, by) = (set.prompts.len(), set.updated_at, set.updated_by.clone());
            view! { <p class="quiet">{count}" prompts, saved " <TimeAgo at now />" by "{by}"."</p> }.into_any()
        }
        None => view! {
            <p class="quiet">
                "None are saved yet. Below stand the examples of the routes, to begin with; add prompts that are hard to tell apart."
            </p>
        }
        .into_any(),
    };
    let open = page.evaluation.set.is_none() || page.typed.is_some();
    let editor = page.may_edit.then(|| {
        let form = editor(page, visit);
        view! { <Disclosure summary="The prompts" open=open>{form}</Disclosure> }
    });
    view! {
        <section class="panel" id="labelled" tabindex="-1" aria-labelledby="labelled-title">
            <h2 id="labelled-title">"Labelled prompts"</h2>
            {state}
            {not_taken(page.faults.len())}
            {editor}
        </section>
    }
    .into_any()
}

fn editor(page: &EvaluationPage, visit: Visit) -> AnyView {
    let value = page.typed.clone().unwrap_or_else(|| page.evaluation.csv.clone());
    let faults = Signal::stored(Faults::from(page.faults.clone()));
    let routes = page.routes.join(", ");
    let hint = format!(
        "One a line: the prompt, a comma, the route (CSV), or {{\"prompt\": \"…\", \"expected\": \"…\"}} (JSON lines). Routes: {routes}."
    );
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let content = view! {
        <SubjectFields subject=page.subject.clone() />
        <TextArea path="prompts" label="Prompts and their routes" value hint rows=10 code=true faults />
        // Without scripting a file cannot be read into the field, so there is nothing to choose one with.
        <Show when=move || awake.get()>
            <Upload />
        </Show>
        <div class="actions">
            <Button act="save" disabled=visit.is_sending()>"Save prompts"</Button>
        </div>
    };
    visit.form(Evaluate::url(), content.into_any())
}

/// Reads a file into the field, where it can be looked over before it is saved.
#[component]
fn Upload() -> impl IntoView {
    let chosen = move |ev: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&ev);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            let field = document().get_element_by_id(&id_of("prompts"));
            if let (Some(text), Some(field)) =
                (text, field.and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok()))
            {
                field.set_value(&text);
            }
        });
    };
    view! {
        <div class="field">
            <label for="prompts-file">"Take them from a file"</label>
            <input
                id="prompts-file"
                type="file"
                accept=".csv,.jsonl,.ndjson,.txt,text/csv,application/jsonl"
                on:change=chosen
            />
        </div>
    }
}
