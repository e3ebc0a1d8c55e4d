//! Form controls.

use leptos::prelude::*;

use super::{State, component};
use crate::{
    domain::field_error::FieldError,
    ui::{
        Button, ButtonKind, ButtonLink, Card, Checkbox, Choice, ChoiceCards, Field, FieldErrors, Radio,
        Select, TextArea, form::field::Input,
    },
};

pub(super) fn all() -> AnyView {
    [buttons(), fields(), text_areas(), selects(), cards(), checkboxes(), radios()].collect_view().into_any()
}

/// A message at `path` that is longer than a line.
fn message_at(path: &str) -> FieldErrors {
    vec![FieldError::new(
        path,
        "specimen",
        "Say which one is meant: two of them have the same name, and both are enabled.",
    )]
    .into()
}

fn buttons() -> AnyView {
    let kinds = [
        ("Primary", ButtonKind::Primary),
        ("Plain", ButtonKind::Plain),
        ("Quiet", ButtonKind::Quiet),
        ("Danger", ButtonKind::Danger),
    ];
    let states = kinds.into_iter().map(|(name, kind)| {
        let view = view! {
            <div class="actions">
                <Button kind>"Save"</Button>
                <Button kind disabled=true>"Save"</Button>
                <ButtonLink kind href="#main">"Open"</ButtonLink>
            </div>
        };
        (name, view.into_any())
    });
    component("Button", states.collect())
}

fn fields() -> AnyView {
    let states: Vec<State> = vec![
        (
            "Empty, with a hint",
            view! { <Field path="field_empty" label="Name" hint="At most 80 characters." /> }.into_any(),
        ),
        (
            "Empty, with an example",
            view! {
                <Field
                    path="field_example"
                    label="Base URL"
                    input=Input::Url
                    placeholder="https://models.example.com/v1"
                />
            }
            .into_any(),
        ),
        (
            "Filled in, required",
            view! {
                <Field
                    path="field_filled"
                    label="Serving name"
                    value="support-desk"
                    required=true
                />
            }
            .into_any(),
        ),
        (
            "With an error",
            view! {
                <Field
                    path="field_error"
                    label="Model"
                    value="small"
                    errors=message_at("field_error")
                />
            }
            .into_any(),
        ),
        (
            "With a warning and a hint",
            view! {
                <Field
                    path="field_warning"
                    label="Weight"
                    value="0"
                    input=Input::Number
                    hint="From 0 to 1 000 000."
                    warnings=message_at("field_warning")
                />
            }
            .into_any(),
        ),
        (
            "With both",
            view! {
                <Field
                    path="field_both"
                    label="Priority"
                    value="x"
                    input=Input::Number
                    errors=message_at("field_both")
                    warnings=message_at("field_both")
                />
            }
            .into_any(),
        ),
        (
            "Secret",
            view! {
                <Field
                    path="field_secret"
                    label="Upstream key"
                    input=Input::Password
                    placeholder="A key is kept"
                />
            }
            .into_any(),
        ),
        (
            "Label for screen readers only",
            view! { <Field path="field_bare" label="Weight of member 1" value="100" bare=true /> }.into_any(),
        ),
    ];
    component("Field", states)
}

fn text_areas() -> AnyView {
    let long = "Any question about a bill, an order or an account. ".repeat(8);
    let states: Vec<State> = vec![
        (
            "Empty, counted",
            view! {
                <TextArea
                    path="area_empty"
                    label="Intent"
                    hint="When should a call go here?"
                    limit=400_usize
                    counted=true
                />
            }
            .into_any(),
        ),
        (
            "Filled in past its height",
            view! { <TextArea path="area_long" label="Intent" value=long /> }.into_any(),
        ),
        (
            "Code",
            view! {
                <TextArea
                    path="area_code"
                    label="JSON"
                    value="{\n  \"name\": \"desk\"\n}"
                    code=true
                    rows=4
                />
            }
            .into_any(),
        ),
        (
            "With an error and a warning",
            view! {
                <TextArea
                    path="area_error"
                    label="Message"
                    required=true
                    placeholder="What is asked"
                    errors=message_at("area_error")
                    warnings=message_at("area_error")
                />
            }
            .into_any(),
        ),
    ];
    component("Text area", states)
}

fn selects() -> AnyView {
    let choices = || {
        let gone = Choice { disabled: true, ..Choice::under("Target groups", "tg_b", "Pool (disabled)") };
        vec![
            Choice::under("Instances", "inst_a", "Laptop · healthy"),
            Choice::under(
                "Instances",
                "inst_b",
                "A machine with a name that is far too long for its place on a phone",
            ),
            Choice::under("Target groups", "tg_a", "Paris · 3 of 4 can answer"),
            gone,
        ]
    };
    let states: Vec<State> = vec![
        (
            "Nothing chosen",
            view! {
                <Select
                    path="select_none"
                    label="Router model"
                    choices=choices()
                    hint="A small, quick model will do."
                />
            }
            .into_any(),
        ),
        (
            "Chosen",
            view! {
                <Select
                    path="select_chosen"
                    label="Destination"
                    choices=choices()
                    value="inst_b"
                />
            }
            .into_any(),
        ),
        (
            "Chosen, and gone since",
            view! {
                <Select
                    path="select_gone"
                    label="Destination"
                    choices=choices()
                    value="inst_gone"
                    errors=message_at("select_gone")
                />
            }
            .into_any(),
        ),
        (
            "With a warning",
            view! {
                <Select
                    path="select_warning"
                    label="Destination"
                    choices=choices()
                    value="tg_a"
                    warnings=message_at("select_warning")
                />
            }
            .into_any(),
        ),
    ];
    component("Select", states)
}

fn cards() -> AnyView {
    let cards = || {
        vec![
            Card {
                value: "failover",
                label: "Failover",
                words: "The first that can answer gets every call.",
            },
            Card { value: "weighted", label: "Weighted", words: "Each gets its part of the calls." },
        ]
    };
    let states: Vec<State> = vec![
        (
            "Chosen",
            view! {
                <ChoiceCards
                    path="cards_chosen"
                    label="Strategy"
                    cards=cards()
                    value="failover"
                    hint="It can be changed later."
                />
            }
            .into_any(),
        ),
        (
            "With an error",
            view! {
                <ChoiceCards
                    path="cards_error"
                    label="Strategy"
                    cards=cards()
                    value=""
                    errors=message_at("cards_error")
                />
            }
            .into_any(),
        ),
    ];
    component("Choice cards", states)
}

fn checkboxes() -> AnyView {
    let states: Vec<State> = vec![
        ("Not ticked", view! { <Checkbox path="tick_no" label="Stream the answer" /> }.into_any()),
        (
            "Ticked, with a hint",
            view! {
                <Checkbox
                    path="tick_yes"
                    label="Enabled"
                    checked=true
                    hint="What is disabled gets no calls."
                />
            }
            .into_any(),
        ),
        (
            "With an error",
            view! {
                <Checkbox
                    path="tick_error"
                    label="I know what this breaks"
                    errors=message_at("tick_error")
                />
            }
            .into_any(),
        ),
        (
            "Label for screen readers only",
            view! {
                <Checkbox
                    path="tick_bare"
                    label="Enabled, member 1"
                    checked=true
                    bare=true
                />
            }
            .into_any(),
        ),
    ];
    component("Checkbox", states)
}

fn radios() -> AnyView {
    let view = view! {
        <fieldset>
            <legend class="unseen">"Default route"</legend>
            <Radio path="radio" id="radio-a" label="Default route" value="a" checked=true />
            <Radio path="radio" id="radio-b" label="Default route" value="b" />
        </fieldset>
    };
    component("Radio", vec![("Chosen and not", view.into_any())])
}
