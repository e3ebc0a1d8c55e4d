//! The page for an address that leads nowhere.

use leptos::prelude::*;

use crate::ui::PageHead;

/// Says so, with the status 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <PageHead title="Page not found" lead="There is nothing at this address." />
        <p>
            <a href="/">"Go to the balancers"</a>
        </p>
    }
}
