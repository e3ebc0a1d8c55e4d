//! All target groups.

use leptos::prelude::*;

use crate::ui::PageHead;

/// All target groups.
#[component]
pub fn TargetGroupsPage() -> impl IntoView {
    view! { <PageHead title="Target groups" /> }
}
