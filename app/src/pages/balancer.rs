//! One balancer: how it is called, whether it works, where its routes go.

mod decisions;
pub mod evaluate;
mod first_call;
pub mod history;
mod json;
mod latest;
mod overview;
mod routes;
mod sample;
mod smoke;
mod tabs;
mod traffic;

use leptos::prelude::*;

use super::{links::button_link, loaded::loaded_with_head, noted::noted, visit::PageLoader};
use crate::{
    api::balancers::{BalancerDetail, read_balancer},
    ui::{ButtonKind, PageHead},
};

/// One balancer.
#[component]
pub fn BalancerPage() -> impl IntoView {
    let visit = PageLoader::new();
    let data = visit.read(|sight| read_balancer(sight.part("id"), sight.text("result"), sight.text("note")));
    view! {
        {loaded_with_head(data, move |detail| draw(detail, visit))}
    }
}

fn draw(detail: BalancerDetail, visit: PageLoader) -> AnyView {
    let id = detail.stored.id.to_string();
    let spec = &detail.stored.spec;
    let title = spec.title().to_owned();
    let edit = button_link(&format!("/balancers/{id}/edit"), ButtonKind::Plain, "Edit");
    let play = button_link(&format!("/playground?balancer={id}"), ButtonKind::Plain, "Open in playground");
    let lead = match (&spec.serving_name, spec.enabled) {
        (name, true) => format!("Clients call it by the model id “{name}”."),
        (name, false) => format!("It is disabled: clients get 404 for “{name}”."),
    };
    let note = noted(detail.note.clone());
    let open = visit.sight().text("tab");
    let tabs = tabs::view(&id, &open);
    let part = match open.as_str() {
        "routes" => routes::view(&detail),
        "decisions" => decisions::view(&detail),
        "json" => json::view(&detail),
        _ => overview::view(&detail, visit),
    };
    view! {
        <PageHead title=title lead>
            {edit}
            {play}
        </PageHead>
        {note}
        {tabs}
        {part}
    }
    .into_any()
}
