//! The page of a balancer.

pub mod evaluate;
pub mod history;

mod decisions;
mod first_call;
mod json;
mod latest;
mod load;
mod overview;
mod recipes;
mod routes;
mod sample;
mod smoke;
mod tabs;
mod traffic;

use leptos::prelude::*;

use super::parts::{links::button_link, loaded::loaded_with_head, notice::flash_notice};
use crate::web::page_params::PageParams;
use crate::{
    pages::balancer::load::BalancerDetail,
    ui::{ButtonKind, PageHead},
};

/// The page of a balancer.
#[component]
pub fn BalancerPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::balancer(params.clone());
    view! {
        {loaded_with_head(data, move |detail| draw(detail, &params))}
    }
}

fn draw(detail: BalancerDetail, params: &PageParams) -> AnyView {
    let id = detail.stored.id.to_string();
    let spec = &detail.stored.spec;
    let title = spec.title().to_owned();
    let edit = button_link(&format!("/balancers/{id}/edit"), ButtonKind::Plain, "Edit");
    let play = button_link(&format!("/playground?balancer={id}"), ButtonKind::Plain, "Open in playground");
    let lead = match (&spec.serving_name, spec.enabled) {
        (name, true) => format!("Clients call it by the model id “{name}”."),
        (name, false) => format!("It is disabled: clients get 404 for “{name}”."),
    };
    let note = flash_notice(detail.note.clone());
    let open = params.text("tab");
    let tabs = tabs::view(&id, &open);
    let part = match open.as_str() {
        "routes" => routes::view(&detail),
        "decisions" => decisions::view(&detail),
        "json" => json::view(&detail),
        _ => overview::view(&detail, params),
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
