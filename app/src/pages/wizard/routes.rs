//! Step 5: the routes, exactly one of them the default.

use leptos::prelude::*;

use super::{add_instance, route_row, router, step_errors::StepErrors, trial};
use crate::{
    islands::drag::{Drag, MOVE},
    pages::wizard::load::WizardPage,
    ui::{Button, Notice, Tone},
};

pub(super) fn view(page: &WizardPage, found: StepErrors) -> AnyView {
    let count = page.fields.routes.len();
    let rows = (0..count).map(|place| route_row::view(page, found, place)).collect_view();
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    let lead = match page.fields.ordered_strategy.as_deref() {
        _ if !ordered => {
            "The router model picks the route whose intent fits; the default answers where none does."
        }
        Some("weighted") => "Routes share the calls by their weight. The intent says what each route is for.",
        _ => "Routes are tried from the top. The intent says what each route is for.",
    };
    let errors = found.errors().get_untracked().at("routes");
    let whole = (!errors.is_empty()).then(|| {
        let words = errors.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
        view! { <Notice tone=Tone::Bad>{words}</Notice> }
    });
    view! {
        <p class="lead">{lead}</p>
        {router::filled(page)}
        <div id="routes" class="routes" tabindex="-1">
            {whole}
            {rows}
        </div>
        <button type="submit" class="unseen" id=MOVE name="act" value="keep" tabindex="-1" aria-hidden="true">
            "Move"
        </button>
        <Drag />
        <div class="actions">
            <Button act="add_route">"Add route"</Button>
        </div>
        {add_instance::view(page)}
        {(!ordered).then(|| trial::view(page))}
    }
    .into_any()
}
