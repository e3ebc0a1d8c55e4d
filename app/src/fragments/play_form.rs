//! Form of the playground: the balancer, the route, the messages or inputs, and the settings of the call.

use leptos::prelude::*;

use crate::{
    domain::{
        api::Api,
        config::{balancer::AUTOMATIC, instance::WorkloadKind},
        console::play::{CHAT_APIS, PlayForm, Playable},
        field_error::FieldError,
    },
    ui::{
        Button, ButtonKind, Checkbox, Choice, Disclosure, ErrorSummary, Field, FieldErrors, Select, TextArea,
        form::field::Input,
    },
};

/// The element that holds the fields.
pub(crate) const FIELDS: &str = "play-fields";

/// The fields and buttons, with what is wrong with them.
pub(crate) fn fields(balancers: &[Playable], form: PlayForm, errors: Vec<FieldError>) -> AnyView {
    let chosen = balancers.iter().find(|it| it.id == form.balancer);
    let embeds = chosen.is_some_and(|it| it.workload_kind == WorkloadKind::Embeddings);
    let choices = balancers
        .iter()
        .map(|it| Choice::new(it.id.clone(), format!("{} ({})", it.name, it.serving_name)))
        .collect::<Vec<_>>();
    let with_routes = |mut choices: Vec<Choice>| {
        let routes = chosen.map(|it| it.routes.as_slice()).unwrap_or_default();
        choices.extend(routes.iter().map(|it| Choice::new(it.clone(), it.clone())));
        choices
    };
    let routes = with_routes(vec![Choice::new("", "Automatic")]);
    let apis = CHAT_APIS.into_iter().map(|it| Choice::new(it.name(), it.title())).collect::<Vec<_>>();
    let api = Some(form.api.clone()).filter(|it| !it.is_empty());
    let api = api.unwrap_or_else(|| Api::default().name().to_owned());
    let beside = with_routes(vec![Choice::new("", "Nothing"), Choice::new(AUTOMATIC, "Automatic, beside")]);
    let errors = FieldErrors::from(errors);
    let links = errors.links();
    let errors = Signal::stored(errors);
    view! {
        <div id=FIELDS class="stack">
            <ErrorSummary links />
            <div class="pair">
                <div data-stream-change="choose">
                    <Select path="balancer" label="Balancer" choices value=form.balancer errors />
                </div>
                {(!embeds)
                    .then(|| {
                        view! { <Select path="api" label="API" choices=apis value=api errors /> }
                    })}
                <Select path="route" label="Route" choices=routes value=form.route />
                <Select path="second_route" label="Compare with" choices=beside value=form.second_route />
            </div>
            <div class="stack" hidden=embeds>
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
            <div class="stack" hidden=!embeds>
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
                <span role="status" data-stream-status="true"></span>
                <button type="button" class="button" data-stream-stop="true">
                    "Stop"
                </button>
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
        </div>
    }
    .into_any()
}
