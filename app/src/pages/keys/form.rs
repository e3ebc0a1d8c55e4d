//! The form that makes an API key.

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

/// The form. `balancers` are those that a key can be limited to: id and name.
pub(super) fn form(form: KeyForm, errors: FieldErrors, balancers: Vec<(String, String)>) -> AnyView {
    view! {
        <ErrorSummary links=errors.links() />
        {post_form(CreateKey::url(), view! {
            <Field
                path="name"
                label="Name"
                value=form.name
                hint="Who or what will use it."
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
                    label="Most calls a minute"
                    value=form.rpm
                    hint="Empty means no limit."
                    input=Input::Number
                    errors=errors.clone()
                />
                <Field
                    path="max_in_flight"
                    label="Most calls at once"
                    value=form.max_in_flight
                    hint="Empty means no limit."
                    input=Input::Number
                    errors=errors.clone()
                />
                <Field
                    path="expires_at"
                    label="Last day"
                    value=form.expires_at
                    hint="Such as 2030-12-31; it works until that day ends in UTC. Empty means no end."
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
        Card { value: "all", label: "All balancers", words: "Those made later included." },
        Card { value: "some", label: "Only these", words: "The ones ticked below." },
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
        <ChoiceCards path="scope" label="It opens" cards value=chosen />
        <fieldset class="ticks" id="balancers" tabindex="-1">
            <legend>"Balancers"</legend>
            {none.then(|| view! { <p class="hint">"There is no balancer yet."</p> })}
            {ticks}
            <FieldNotes id="balancers" errors=words />
        </fieldset>
    }
    .into_any()
}
