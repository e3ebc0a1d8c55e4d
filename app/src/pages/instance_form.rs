//! One instance as a form.

use leptos::prelude::*;

use crate::ui::PageHead;

/// One instance as a form.
#[component]
pub fn NewInstancePage() -> impl IntoView {
    view! { <PageHead title="Instance" /> }
}

/// One instance as a form.
#[component]
pub fn EditInstancePage() -> impl IntoView {
    view! { <PageHead title="Instance" /> }
}
