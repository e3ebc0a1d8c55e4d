//! Preset of an instance's form: choosing one fills in its address and headers.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use crate::domain::config::instance::presets;

/// Listens to the preset.
#[island]
pub(crate) fn FillPreset() -> impl IntoView {
    Effect::new(move |_| {
        let _ = window_event_listener(ev::change, move |changed| {
            let target = changed.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
            if target.is_none_or(|it| it.id() != "preset") {
                return;
            }
            let Some(preset) = presets::find(&event_target_value(&changed)) else { return };
            fill("base_url", preset.base_url);
            fill("auth_header", preset.auth_header);
            // A preset has at most one further header, which goes into the empty row.
            for (name, value) in preset.headers {
                if field(&format!("headers-{name}")).is_none() {
                    fill("new_header-name", name);
                    fill("new_header-value", value);
                }
            }
        });
    });
}

fn fill(id: &str, value: &str) {
    if let Some(field) = field(id) {
        field.set_value(value);
    }
}

fn field(id: &str) -> Option<web_sys::HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
