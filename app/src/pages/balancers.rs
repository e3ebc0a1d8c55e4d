//! Which balancers exist, how they are, who gets the traffic.

use leptos::prelude::*;

use crate::ui::PageHead;

/// Which balancers exist, how they are, who gets the traffic.
#[component]
pub fn BalancersPage() -> impl IntoView {
    view! { <PageHead title="Balancers" /> }
}
