//! One route as a row of controls, in a group named by the route.

use leptos::prelude::*;

use super::{destination_choices, step_errors::StepErrors};
use crate::{
    domain::{config::instance::WorkloadKind, console::balancer_draft::step_fields::RouteFields, limits},
    pages::wizard::load::WizardPage,
    ui::{
        Button, ButtonKind, Checkbox, Disclosure, Field, Radio, Select, TextArea,
        form::{field::Input, field_errors::name_of},
    },
};

/// What of a route the balancer's mode uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Uses {
    Nothing,
    Priority,
    Weight,
}

pub(super) fn view(page: &WizardPage, found: StepErrors, place: usize) -> AnyView {
    let route = page.fields.routes.get(place).cloned().unwrap_or_default();
    let kind = match page.fields.workload_kind.as_deref() {
        Some("embeddings") => WorkloadKind::Embeddings,
        _ => WorkloadKind::Chat,
    };
    let uses = match (page.fields.routing_mode.as_deref(), page.fields.ordered_strategy.as_deref()) {
        (Some("ordered"), Some("weighted")) => Uses::Weight,
        (Some("ordered"), _) => Uses::Priority,
        _ => Uses::Nothing,
    };
    let last = page.fields.routes.len().saturating_sub(1);
    let path = move |field: &str| format!("routes[{place}].{field}");
    let at = place.to_string();
    let is_default = page.fields.default_route.as_deref() == Some(at.as_str());
    let (errors, warnings) = (found.errors(), found.warnings());
    let named = match route.name.as_str() {
        "" => format!("Route {}", place + 1),
        name => format!("Route {name}"),
    };
    let picked = route.destination.value.clone();
    view! {
        <fieldset class="route" id=format!("routes-{place}") tabindex="-1" data-place=at.clone()>
            <legend>
                {named}
                // For pointers; the keyboard has the buttons.
                <span class="grip" aria-hidden="true" title="Drag to move"></span>
            </legend>
            <div class="route-head">
                <Field
                    path=path("name")
                    label="Route name"
                    value=route.name.clone()
                    errors
                    warnings
                    limit=limits::SLUG_CHARS
                    required=true
                />
                <Select
                    path=path("destination.ref")
                    label="Destination"
                    choices=destination_choices::choices(&page.options, kind, &picked)
                    value=picked
                    errors
                    warnings
                />
                {number(uses, place, &route, found)}
            </div>
            <TextArea
                path=path("intent")
                label="Intent"
                value=route.intent.clone()
                placeholder="One short sentence, such as: The user asks about an invoice."
                errors
                warnings
                limit=limits::INTENT_MAX_CHARS
                counted=true
                rows=2
                required=true
            />
            <div class="route-foot">
                <Radio
                    path="default_route"
                    id=format!("routes-{place}-default")
                    label="Default route"
                    value=at.clone()
                    checked=is_default
                />
                <div class="actions">
                    <Button
                        act=format!("up:{place}")
                        id=format!("routes-{place}-up")
                        kind=ButtonKind::Quiet
                        disabled=place == 0
                    >
                        "Move up"
                    </Button>
                    <Button
                        act=format!("down:{place}")
                        id=format!("routes-{place}-down")
                        kind=ButtonKind::Quiet
                        disabled=place == last
                    >
                        "Move down"
                    </Button>
                    <Button act=format!("remove:{place}") kind=ButtonKind::Quiet>"Remove route"</Button>
                </div>
            </div>
            <Disclosure summary="Examples and more" open=route.enabled.is_none()>
                <TextArea
                    path=path("examples")
                    label="Examples"
                    value=route.examples.clone()
                    hint="Prompts that belong here, one a line, 20 at most. The router model sees them."
                    errors
                    warnings
                />
                <Checkbox
                    path=path("enabled")
                    label="Enabled"
                    checked=route.enabled.is_some()
                    hint="A route that is not enabled is never taken."
                    errors
                />
            </Disclosure>
        </fieldset>
    }
    .into_any()
}

/// The number that the mode uses; the other ones go along unseen.
fn number(uses: Uses, place: usize, route: &RouteFields, found: StepErrors) -> AnyView {
    let (priority, weight) = (format!("routes[{place}].priority"), format!("routes[{place}].weight"));
    let unseen = |path: &str, value: &str| {
        let (name, value) = (name_of(path), value.to_owned());
        view! { <input type="hidden" name=name value=value data-base="" /> }
    };
    let shown = |path: String, label: &'static str, value: &str| {
        let value = value.to_owned();
        view! { <Field path label value errors=found.errors() warnings=found.warnings() input=Input::Number /> }
    };
    match uses {
        Uses::Priority => {
            view! { {shown(priority, "Priority", &route.priority)} {unseen(&weight, &route.weight)} }
                .into_any()
        }
        Uses::Weight => {
            view! { {shown(weight, "Weight", &route.weight)} {unseen(&priority, &route.priority)} }.into_any()
        }
        Uses::Nothing => {
            view! { {unseen(&priority, &route.priority)} {unseen(&weight, &route.weight)} }.into_any()
        }
    }
}
