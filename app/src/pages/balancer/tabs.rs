//! The tabs of a balancer's page, each with its own URL.

use leptos::prelude::*;

use crate::ui::{Tab, Tabs};

/// The row of tabs; `open` is the URL name of the open one.
pub(super) fn view(id: &str, open: &str) -> AnyView {
    let tab = |name: &'static str, label: &'static str| Tab {
        href: match name {
            "" => format!("/balancers/{id}"),
            // These tabs load their own data, so they are separate pages.
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
