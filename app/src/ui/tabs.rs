//! Tabs as links: each has its own URL and works without scripting.

use leptos::prelude::*;

/// A tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Target URL.
    pub href: String,
    /// Label.
    pub label: &'static str,
    /// Whether it is the open tab.
    pub current: bool,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// Label of the row.
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
