//! The page of an instance: form, test, references, and deletion. Users who may not change it see its settings.

mod connection;
mod facts;
mod found;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;

use crate::{
    actions::instances::{SaveInstance, TestInstance},
    domain::{ids::ObjectKind, limits},
    pages::instances::load::InstanceFormPage,
    ui::{
        Button, ButtonKind, ButtonLink, Card, Checkbox, Choice, ChoiceCards, Disclosure, ErrorSummary, Field,
        FieldErrors, PageHead, Select, form::field::Input,
    },
    web::permissions::may_send,
};
use crate::{
    pages::parts::{
        body::{flag, text},
        links::used_by_list,
        loaded::loaded_form,
        member_table::{demo_mark, health, why},
        notice::flash_notice,
        removal::removal,
        stale_warning::stale_warning,
    },
    web::page_params::PageParams,
};

/// The page of a new instance.
#[component]
pub fn NewInstancePage() -> impl IntoView {
    page()
}

/// The page of a stored instance.
#[component]
pub fn EditInstancePage() -> impl IntoView {
    page()
}

fn page() -> impl IntoView {
    let params = PageParams::current();
    let data = super::load::form(params.clone());
    view! {
        {loaded_form(data, true, draw)}
    }
}

fn draw(page: InstanceFormPage) -> AnyView {
    let InstanceFormPage { form, facts, .. } = &page;
    let title = form.saved.as_ref().map_or_else(|| "Add an instance".to_owned(), |saved| saved.name.clone());
    let errors = FieldErrors::from(form.report.errors.clone());
    let after = form.saved.clone().zip(facts.clone()).map(|(saved, facts)| {
        let (id, used_by) = (saved.id.clone(), saved.used_by.clone());
        let removal = removal(ObjectKind::Instance, &form.confirm, saved);
        view! {
            <section class="panel" aria-labelledby="test">
                <h2 id="test">"Health"</h2>
                <p>
                    {health(facts.health.clone(), facts.enabled, form.now)}
                </p>
                {why(&facts.health, form.now).filter(|_| facts.enabled).map(|it| view! { <p>{it}</p> })}
                {facts.apis_learned.words().map(|it| view! { <p class="hint">{it}</p> })}
                {post_form(TestInstance::url(), view! {
                    <input type="hidden" name="form[id]" value=id />
                    <div class="actions">
                        <Button act="models">"Test"</Button>
                        <Button act="call">"Test with a one-token call"</Button>
                    </div>
                }.into_any())}
                {may_send(TestInstance::url())
                    .then(|| view! { <p class="hint">"“Test” reads the list of models, which is free."</p> })}
            </section>
            <section class="panel" aria-labelledby="used-by">
                <h2 id="used-by">"Used by"</h2>
                {used_by_list(used_by)}
            </section>
            {removal}
        }
        .into_any()
    });
    let set = (!may_send(SaveInstance::url())).then(|| facts::view(&form.body, facts.as_ref()));
    let demo = facts.as_ref().is_some_and(|it| it.demo);
    view! {
        <PageHead title=title>
            {demo.then(demo_mark)}
        </PageHead>
        {flash_notice(form.note.clone())}
        {stale_warning(form)}
        <ErrorSummary links=errors.links() />
        <div class="sheet">
            {set}
            {post_form(SaveInstance::url(), view! {
                <input
                    type="hidden"
                    name="form[id]"
                    value=form.saved.as_ref().map(|it| it.id.clone()).unwrap_or_default()
                />
                <input
                    type="hidden"
                    name="form[revision]"
                    value=form.saved.as_ref().map(|it| it.revision.to_string()).unwrap_or_default()
                />
                <input type="hidden" name="form[draft]" value=form.draft.clone() />
                <input type="hidden" name="form[draft_revision]" value=form.draft_revision.to_string() />
                // The Enter key presses the first submit button of a form.
                <button type="submit" name="act" value="save" class="unseen" tabindex="-1" aria-hidden="true">
                    "Save"
                </button>
                {fields(&page, &errors)}
                <div class="actions">
                    <Button kind=ButtonKind::Primary act="save">
                        "Save instance"
                    </Button>
                    <Button act="test">
                        "Save and test"
                    </Button>
                    <ButtonLink href="/instances" kind=ButtonKind::Quiet>
                        "Cancel"
                    </ButtonLink>
                </div>
            }.into_any())}
            <aside>{after}</aside>
        </div>
    }
    .into_any()
}

/// The workload kinds with explanations for newcomers.
pub(crate) fn workload_cards() -> Vec<Card> {
    vec![
        Card { value: "chat", label: "Chat", words: "Answers conversations, with or without streaming." },
        Card { value: "embeddings", label: "Embeddings", words: "Turns texts into vectors for search." },
        Card {
            value: "decision",
            label: "Decision",
            words: "Chooses among options and says how sure it is; only as a router model.",
        },
    ]
}

/// The workload kinds as options.
fn workload_choices() -> Vec<Choice> {
    workload_cards().into_iter().map(|it| Choice::new(it.value, it.label)).collect()
}

fn fields(page: &InstanceFormPage, errors: &FieldErrors) -> AnyView {
    let body = &page.form.body;
    view! {
        <Field
            path="name"
            label="Name"
            value=text(body, "name")
            errors=errors.clone()
            limit=limits::NAME_CHARS
            required=true
        />
        {connection::fields(page, errors)}
        <Field
            path="model"
            label="Model"
            value=text(body, "model")
            hint="The model id sent upstream. If empty, the caller's model id is sent; a router model requires one."
            errors=errors.clone()
            limit=limits::MODEL_CHARS
        />
        <ChoiceCards
            path="workload_kind"
            label="Workload kind"
            cards=workload_cards()
            value=text(body, "workload_kind")
            errors=errors.clone()
        />
        <Checkbox
            path="enabled"
            label="Enabled"
            checked=flag(body, "enabled", true)
            hint="A disabled instance gets no traffic."
            errors=errors.clone()
        />
        {limits_and_timeouts(body, errors)}
        {advanced(body, errors)}
    }
    .into_any()
}

/// The APIs that it serves.
fn advanced(body: &Value, errors: &FieldErrors) -> AnyView {
    let choices =
        || vec![Choice::new("auto", "Automatic"), Choice::new("yes", "Yes"), Choice::new("no", "No")];
    let api = |path: &'static str, label: &'static str, hint: &'static str| {
        let (value, errors) = (text(body, path), errors.clone());
        view! { <Select path label hint choices=choices() value errors /> }
    };
    let apis = [
        api("apis.chat_completions", "Chat completions", "Automatic means yes."),
        api("apis.completions", "Completions", "The older API with a plain prompt."),
        api("apis.responses", "Responses", "OpenAI's newer API, with responses that can be continued."),
        api("apis.messages", "Messages", "Anthropic's API."),
    ]
    .collect_view();
    view! {
        <Disclosure summary="Advanced" open=!errors.under("apis").is_empty()>
            <p class="hint">
                "Which APIs the server speaks. “Automatic” learns it from the server's answers; calls to an API that it \
                 does not speak go to other instances."
            </p>
            <div class="pair">{apis}</div>
        </Disclosure>
    }
    .into_any()
}

fn limits_and_timeouts(body: &Value, errors: &FieldErrors) -> AnyView {
    let number = |path: &'static str, label: &'static str, hint: &'static str| {
        let (value, errors) = (text(body, path), errors.clone());
        view! { <Field path label value hint input=Input::Number errors /> }
    };
    let open = ["max_in_flight", "dimensions", "timeouts"].iter().any(|path| !errors.under(path).is_empty());
    let numbers = [
        number("max_in_flight", "Max concurrent calls", "0 means no limit."),
        number("dimensions", "Dimensions", "Of embeddings; learned from the first answer."),
        number("timeouts.connect_ms", "Connect, ms", "Until the connection is open."),
        number(
            "timeouts.first_byte_ms",
            "First byte, ms",
            "Longest silence before the first content of a stream; for embeddings, until the answer begins.",
        ),
        number(
            "timeouts.answer_ms",
            "Answer, ms",
            "Until the first content of a stream, or until a plain answer begins.",
        ),
        number("timeouts.idle_ms", "Idle, ms", "Between two chunks of an answer."),
        number("timeouts.total_ms", "Total, ms", "The whole attempt; 0 means no limit."),
    ]
    .collect_view();
    view! {
        <Disclosure summary="Limits and timeouts" open>
            <div class="pair">{numbers}</div>
        </Disclosure>
    }
    .into_any()
}
