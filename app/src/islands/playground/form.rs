//! What is sent: the balancer, the route, the messages or inputs, and the settings of the call.

use leptos::{prelude::*, server_fn::ServerFn as _, wasm_bindgen::JsCast as _, web_sys};

use super::call::Call;
use crate::{
    actions::playground::{Playable, Playground, SendPlay},
    domain::config::{balancer::AUTOMATIC, instance::WorkloadKind},
    ui::{
        Button, ButtonKind, Checkbox, Choice, Disclosure, ErrorSummary, Field, FieldErrors, Select, TextArea,
        form::field::Input,
    },
    web::form::post_form::post_form,
};

pub(super) fn view(page: &Playground, call: Call) -> AnyView {
    let form = page.form.clone();
    let chosen = RwSignal::new(form.balancer.clone());
    let balancers = StoredValue::new(page.balancers.clone());
    let of_chosen = move |read: fn(&Playable) -> WorkloadKind| {
        let chosen = chosen.read();
        balancers.with_value(|all| all.iter().find(|it| it.id == *chosen).map(read)).unwrap_or_default()
    };
    let embeds = Memo::new(move |_| of_chosen(|it| it.workload_kind) == WorkloadKind::Embeddings);
    let choose = move |ev: web_sys::Event| {
        if let Some(select) = ev.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok()) {
            chosen.set(select.value());
        }
    };
    let choices = page
        .balancers
        .iter()
        .map(|it| Choice::new(it.id.clone(), format!("{} ({})", it.name, it.serving_name)))
        .collect::<Vec<_>>();
    let routes = {
        let (asked, balancer) = (form.route.clone(), form.balancer.clone());
        move || {
            let chosen = chosen.get();
            let mut choices = vec![Choice::new("", "Automatic")];
            balancers.with_value(|all| {
                let routes = all.iter().find(|it| it.id == chosen).map(|it| it.routes.as_slice());
                choices
                    .extend(routes.unwrap_or_default().iter().map(|it| Choice::new(it.clone(), it.clone())));
            });
            let value = if chosen == balancer { asked.clone() } else { String::new() };
            view! { <Select path="route" label="Route" choices value /> }
        }
    };
    let beside = {
        let (asked, balancer) = (form.second_route.clone(), form.balancer.clone());
        move || {
            let chosen = chosen.get();
            let mut choices = vec![Choice::new("", "Nothing"), Choice::new(AUTOMATIC, "Automatic, beside")];
            balancers.with_value(|all| {
                let routes = all.iter().find(|it| it.id == chosen).map(|it| it.routes.as_slice());
                choices
                    .extend(routes.unwrap_or_default().iter().map(|it| Choice::new(it.clone(), it.clone())));
            });
            let value = if chosen == balancer { asked.clone() } else { String::new() };
            view! { <Select path="second_route" label="Compare with" choices value /> }
        }
    };
    let errors: Signal<FieldErrors> = call.errors.into();
    let content = view! {
            {move || view! { <ErrorSummary links=errors.read().links() /> }}
            <div class="pair">
                <div on:change=choose>
                    <Select path="balancer" label="Balancer" choices value=form.balancer errors />
                </div>
                {routes}
                {beside}
            </div>
            <div class="stack" hidden=move || embeds.get()>
                <TextArea path="system" label="System message" value=form.system rows=2 errors />
                <TextArea path="message" label="Message" value=form.message rows=4 errors />
                <Checkbox path="stream" label="Stream" checked=form.stream.is_some() />
                <div class="pair">
                    <Field
                        path="temperature"
                        label="Temperature"
                        value=form.temperature
                        hint="Empty leaves it to the model."
                        errors
                    />
                    <Field
                        path="max_tokens"
                        label="Max tokens"
                        value=form.max_tokens
                        hint="Empty leaves it to the model."
                        input=Input::Number
                        errors
                    />
                </div>
            </div>
            <div class="stack" hidden=move || !embeds.get()>
                <TextArea path="input" label="Input" value=form.input rows=2 errors />
                <TextArea
                    path="second_input"
                    label="Second input"
                    value=form.second_input
                    hint="With two inputs you see how alike they are."
                    rows=2
                    errors
                />
            </div>
            <div class="actions">
                <Button act="send" kind=ButtonKind::Primary>"Send"</Button>
                <Show when=move || call.is_running()>
                    <button type="button" class="button" on:click=move |_| call.stop()>
                        "Stop"
                    </button>
                </Show>
                <span class="scriptless">
                    <Button act="choose">"Show the routes of this balancer"</Button>
                </span>
            </div>
            <Disclosure summary="More fields of the call" open=!form.more.is_empty()>
                <TextArea
                    path="more"
                    label="More fields (JSON)"
                    value=form.more
                    hint="An object such as {\"seed\": 7}. Its messages stand between the system message and yours."
                    code=true
                    errors
                />
            </Disclosure>
            <TextArea
                path="pasted"
                label="Paste a call"
                value=form.pasted
                hint="The JSON body of a call, or a whole curl command. It fills the form above and is not sent."
                code=true
                errors
            />
            <div class="actions">
                <Button act="fill">"Fill in"</Button>
            </div>
    };
    view! {
        <div class="play-form" on:submit=move |ev: web_sys::SubmitEvent| call.submitted(&ev)>
            {post_form(SendPlay::url(), content.into_any())}
        </div>
    }
    .into_any()
}
