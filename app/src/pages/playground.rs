//! The playground: send a prompt, choose a route, see the answer and why.

use leptos::prelude::*;

use crate::ui::PageHead;

/// The playground.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    view! { <PageHead title="Playground" /> }
}
