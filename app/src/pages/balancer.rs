//! One balancer: how it is called, how it is doing, how it routes.

use leptos::prelude::*;

use crate::ui::PageHead;

/// One balancer.
#[component]
pub fn BalancerPage() -> impl IntoView {
    view! { <PageHead title="Balancer" /> }
}

/// Where an edit begins.
#[component]
pub fn EditPage() -> impl IntoView {
    view! { <PageHead title="Edit balancer" /> }
}
