//! Serving name that follows the name until it is edited.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use std::cell::Cell;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use crate::domain::config::balancer::serving_name_from;

/// `follows` says whether it does so at first.
#[island]
pub(crate) fn FollowName(
    /// Whether it follows at first.
    follows: bool,
) -> impl IntoView {
    Effect::new(move |_| {
        let follows = Cell::new(follows);
        let (Some(name), Some(serving)) = (field("name"), field("serving_name")) else { return };
        let _ = window_event_listener(ev::input, move |typed| {
            let Some(target) = typed.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) else {
                return;
            };
            if target.id() == serving.id() {
                follows.set(serving.value().is_empty());
            } else if target.id() == name.id() && follows.get() {
                serving.set_value(&serving_name_from(&name.value()));
            }
        });
    });
}

fn field(id: &str) -> Option<web_sys::HtmlInputElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}
