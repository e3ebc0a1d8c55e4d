//! The wizard: where a balancer is made, one step at a time.

use leptos::prelude::*;

use crate::ui::PageHead;

/// Where a new balancer begins.
#[component]
pub fn StartPage() -> impl IntoView {
    view! { <PageHead title="Create a balancer" /> }
}

/// One step of a draft, new or editing.
#[component]
pub fn StepPage() -> impl IntoView {
    view! { <PageHead title="Create a balancer" /> }
}
