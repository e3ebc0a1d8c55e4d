//! Step 1: what people call it, and what clients send.

use leptos::{html, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use super::live::Live;
use crate::{
    api::wizard::WizardPage,
    domain::{balancer::serving_name_from, limits},
    ui::Field,
};

pub(super) fn view(page: &WizardPage, live: Live) -> AnyView {
    let name = page.fields.name.clone().unwrap_or_default();
    let serving = page.fields.serving_name.clone().unwrap_or_default();
    let editing = page.editing.is_some();
    let hint = if editing {
        "Clients send this as the model id. Calls with the old one will fail once you save a new one."
    } else {
        "Clients send this as the model id. It follows the name until you change it."
    };
    let follows = RwSignal::new(!editing && serving == serving_name_from(&name));
    let fields = NodeRef::<html::Div>::new();
    let follow = move |ev: web_sys::Event| {
        let Some(typed) = ev.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
            return;
        };
        if typed.id() == "serving_name" {
            follows.set(typed.value().is_empty());
        } else if follows.get_untracked()
            && let Some(serving) = document().get_element_by_id("serving_name")
            && let Ok(serving) = serving.dyn_into::<web_sys::HtmlInputElement>()
        {
            serving.set_value(&serving_name_from(&typed.value()));
        }
    };
    view! {
        <div class="stack" node_ref=fields on:input=follow>
            <Field
                path="name"
                label="Name"
                value=name
                hint="For you and your team; clients never see it."
                faults=live.faults()
                warnings=live.warnings()
                limit=limits::NAME_CHARS
                required=true
            />
            <Field
                path="serving_name"
                label="Serving name"
                value=serving
                hint
                faults=live.faults()
                warnings=live.warnings()
                limit=limits::SERVING_NAME_CHARS
            />
        </div>
    }
    .into_any()
}
