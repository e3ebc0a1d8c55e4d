//! The parts of a balancer's page, each with an address of its own.

use leptos::prelude::*;

use crate::ui::{Tab, Tabs};

/// The row of tabs; `open` is the part of the address that names the one that is open.
pub(super) fn view(id: &str, open: &str) -> AnyView {
    let tab = |name: &'static str, label: &'static str| Tab {
        href: match name {
            "" => format!("/balancers/{id}"),
            // It is read page by page, so it is a page of its own.
            "history" => format!("/balancers/{id}/history"),
            _ => format!("/balancers/{id}?tab={name}"),
        },
        label,
        current: open == name,
    };
    let tabs =
        vec![tab("", "Overview"), tab("routes", "Routes"), tab("history", "History"), tab("json", "JSON")];
    view! { <Tabs label="Parts of this page" tabs /> }.into_any()
}
