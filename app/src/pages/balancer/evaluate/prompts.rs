//! Labelled prompts: pasted, or read from a file with scripting; initially the starter set from the routes'
//! examples.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use super::{SubjectFields, invalid_prompts};
use crate::{
    actions::evaluation::Evaluate,
    islands::upload::Upload,
    pages::balancer::evaluate::load::EvaluationPage,
    ui::{Button, CodeBlock, Disclosure, FieldErrors, TextArea, TimeAgo, form::field_errors::id_of},
};

/// File types of labelled prompts.
const FILES: &str = ".csv,.jsonl,.ndjson,.txt,text/csv,application/jsonl";

pub(super) fn view(page: &EvaluationPage) -> AnyView {
    let now = page.now;
    let state = match &page.evaluation.set {
        Some(set) => {
            let (count, at, by) = (set.prompts.len(), set.updated_at, set.updated_by.clone());
            let prompts = if count == 1 { " prompt" } else { " prompts" };
            view! { <p class="quiet">{count}{prompts}", saved " <TimeAgo at now />" by "{by}"."</p> }
                .into_any()
        }
        None => {
            let words = if !page.may_edit {
                "None are saved yet."
            } else if page.evaluation.csv.is_empty() {
                "None are saved yet. Start with prompts that are hard to tell apart."
            } else {
                "None are saved yet. Start with the examples of the routes below, and add prompts that are hard to tell apart."
            };
            view! { <p class="quiet">{words}</p> }.into_any()
        }
    };
    let open = page.evaluation.set.is_none() || page.typed.is_some();
    let content = if page.may_edit {
        Some(editor(page))
    } else {
        let code = page.evaluation.csv.clone();
        page.evaluation
            .set
            .is_some()
            .then(|| view! { <CodeBlock label="Prompts and their routes" code /> }.into_any())
    };
    let content =
        content.map(|content| view! { <Disclosure summary="The prompts" open=open>{content}</Disclosure> });
    view! {
        <section class="panel" id="labelled" tabindex="-1" aria-labelledby="labelled-title">
            <h2 id="labelled-title">"Labelled prompts"</h2>
            {state}
            {invalid_prompts(page.errors.len())}
            {content}
        </section>
    }
    .into_any()
}

fn editor(page: &EvaluationPage) -> AnyView {
    let value = page.typed.clone().unwrap_or_else(|| page.evaluation.csv.clone());
    let errors = Signal::stored(FieldErrors::from(page.errors.clone()));
    let routes = page.routes.join(", ");
    let hint = format!(
        "One per line: the prompt, a comma, the route (CSV), or {{\"prompt\": \"…\", \"expected\": \"…\"}} (JSON lines). Routes: {routes}."
    );
    let content = view! {
        <SubjectFields subject=page.subject.clone() />
        <TextArea path="prompts" label="Prompts and their routes" value hint rows=10 code=true errors />
        <Upload into=id_of("prompts") accept=FILES.to_owned() />
        <div class="actions">
            <Button act="save">"Save prompts"</Button>
        </div>
    };
    post_form(Evaluate::url(), content.into_any())
}
