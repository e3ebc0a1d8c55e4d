//! Tabs that are links: each has an address of its own and works without scripting.

use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Where it goes.
    pub href: String,
    /// What it is called.
    pub label: &'static str,
    /// Whether it is the one that is open.
    pub current: bool,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// What the row is for.
    #[prop(into)]
    label: String,
    /// The tabs.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let tabs = tabs
        .into_iter()
        .map(|tab| {
            view! {
                <li>
                    <a href=tab.href aria-current=tab.current.then_some("page")>
                        {tab.label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{tabs}</ul>
        </nav>
    }
}
