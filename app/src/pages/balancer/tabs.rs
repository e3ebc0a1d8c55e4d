//! The parts of a balancer's page, each with an address of its own.

use leptos::prelude::*;

use crate::ui::{Tab, Tabs};

/// The row of tabs; `open` is the part of the address that names the one that is open.
pub(super) fn view(id: &str, open: &str) -> AnyView {
    let tab = |name: &'static str, label: &'static str| Tab {
        href: match name {
            "" => format!("/balancers/{id}"),
            // These read something of their own, so they are pages of their own.
            "history" | "evaluate" => format!("/balancers/{id}/{name}"),
            _ => format!("/balancers/{id}?tab={name}"),
        },
        label,
        current: open == name,
    };
    let tabs = vec![
        tab("", "Overview"),
        tab("routes", "Routes"),
        tab("decisions", "Decisions"),
        tab("evaluate", "Evaluate"),
        tab("history", "History"),
        tab("json", "JSON"),
    ];
    view! { <Tabs label="Parts of this page" tabs /> }.into_any()
}
