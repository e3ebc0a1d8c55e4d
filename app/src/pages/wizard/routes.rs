//! Step 5: the routes, exactly one of them the default.

use leptos::prelude::*;

use super::{add_instance, live::Live, route_row, router, trial};
use crate::{
    api::wizard::WizardPage,
    ui::{Button, Notice, Tone},
};

pub(super) fn view(page: &WizardPage, live: Live) -> AnyView {
    let count = page.fields.routes.len();
    let rows = (0..count).map(|place| route_row::view(page, live, place)).collect_view();
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    let lead = match page.fields.ordered_strategy.as_deref() {
        _ if !ordered => {
            "The router model picks the route whose intent fits; the default answers where none does."
        }
        Some("weighted") => "Routes share the calls by their weight. The intent says what each route is for.",
        _ => "Routes are tried from the top. The intent says what each route is for.",
    };
    let whole = move || {
        let faults = live.faults().get().at("routes");
        (!faults.is_empty()).then(|| {
            let words = faults.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
            view! { <Notice tone=Tone::Bad>{words}</Notice> }
        })
    };
    view! {
        <p class="lead">{lead}</p>
        {router::filled(page)}
        <div id="routes" class="routes" tabindex="-1">
            {whole}
            {rows}
        </div>
        <div class="actions">
            <Button act="add_route">"Add route"</Button>
        </div>
        {add_instance::view(page)}
        {(!ordered).then(|| trial::view(page))}
    }
    .into_any()
}
