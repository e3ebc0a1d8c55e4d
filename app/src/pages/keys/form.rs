//! The form for a new API key.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::keys::{CreateKey, KeyForm},
    domain::limits,
    ui::{
        Button, ButtonKind, Card, Checkbox, ChoiceCards, ErrorSummary, Field, FieldErrors, FieldNotes,
        form::field::Input,
    },
};

/// The form. `balancers` are ids and names for its scope.
pub(super) fn form(form: KeyForm, errors: FieldErrors, balancers: Vec<(String, String)>) -> AnyView {
    view! {
        <ErrorSummary links=errors.links() />
        {post_form(CreateKey::url(), view! {
            <Field
                path="name"
                label="Name"
                value=form.name
                hint="The person or application that will use it."
                errors=errors.clone()
                limit=limits::NAME_CHARS
                required=true
            />
            {scope(&form.scope, form.balancers, &errors, balancers)}
            <Checkbox
                path="force_route"
                label="May force a route"
                checked=form.force_route == "true"
                hint="With the header x-sb-route."
                errors=errors.clone()
            />
            <div class="pair">
                <Field
                    path="rpm"
                    label="Max calls per minute"
                    value=form.rpm
                    hint="Empty means no limit."
                    input=Input::Number
                    errors=errors.clone()
                />
                <Field
                    path="max_in_flight"
                    label="Max concurrent calls"
                    value=form.max_in_flight
                    hint="Empty means no limit."
                    input=Input::Number
                    errors=errors.clone()
                />
                <Field
                    path="expires_at"
                    label="Last day"
                    value=form.expires_at
                    hint="Such as 2030-12-31; the key expires at the end of that day in UTC. Empty means never."
                    errors
                />
            </div>
            <Button kind=ButtonKind::Primary>
                "Create key"
            </Button>
        }.into_any())}
    }
    .into_any()
}

fn scope(
    chosen: &str,
    ticked: Vec<String>,
    errors: &FieldErrors,
    balancers: Vec<(String, String)>,
) -> AnyView {
    let cards = vec![
        Card { value: "all", label: "All balancers", words: "Including future ones." },
        Card { value: "some", label: "Only these", words: "The ones selected below." },
    ];
    let ticks = balancers
        .into_iter()
        .enumerate()
        .map(|(at, (id, name))| {
            let checked = ticked.contains(&id);
            let place = format!("balancers[{at}]");
            view! { <Checkbox path=place label=name value=id checked /> }
        })
        .collect::<Vec<_>>();
    let none = ticks.is_empty();
    let words = errors.under("balancers").iter().map(|error| error.message.clone()).collect::<Vec<_>>();
    view! {
        <ChoiceCards path="scope" label="Balancers" cards value=chosen />
        <fieldset class="ticks" id="balancers" tabindex="-1">
            <legend>"Balancers"</legend>
            {none.then(|| view! { <p class="hint">"No balancers yet."</p> })}
            {ticks}
            <FieldNotes id="balancers" errors=words />
        </fieldset>
    }
    .into_any()
}
