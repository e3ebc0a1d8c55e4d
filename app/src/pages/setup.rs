//! The first admin.

use leptos::prelude::*;

use crate::ui::PageHead;

/// The first admin.
#[component]
pub fn SetupPage() -> impl IntoView {
    view! { <PageHead title="Set up" /> }
}
