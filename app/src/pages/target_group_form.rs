//! One target group as a form.

use leptos::prelude::*;

use crate::ui::PageHead;

/// One target group as a form.
#[component]
pub fn NewTargetGroupPage() -> impl IntoView {
    view! { <PageHead title="Target group" /> }
}

/// One target group as a form.
#[component]
pub fn EditTargetGroupPage() -> impl IntoView {
    view! { <PageHead title="Target group" /> }
}
