//! API keys.

use leptos::prelude::*;

use crate::ui::PageHead;

/// API keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    view! { <PageHead title="API keys" /> }
}
