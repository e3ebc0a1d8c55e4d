//! All instances.

use leptos::prelude::*;

use crate::ui::PageHead;

/// All instances.
#[component]
pub fn InstancesPage() -> impl IntoView {
    view! { <PageHead title="Instances" /> }
}
