//! The page for unknown URLs.

use leptos::prelude::*;

use crate::ui::PageHead;

/// The page for unknown URLs, with status 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    not_found_status()();
    view! {
        <PageHead title="Page not found" lead="There is nothing at this address." />
        <p>
            <a href="/">"Go to the balancers"</a>
        </p>
    }
}

/// Returns a function that sets the status 404 of the current response. Call this while rendering, when the response
/// is in the context; the returned function also works later.
pub(crate) fn not_found_status() -> impl FnOnce() + Send + 'static {
    #[cfg(feature = "ssr")]
    let response = use_context::<leptos_axum::ResponseOptions>();
    move || {
        #[cfg(feature = "ssr")]
        if let Some(response) = response {
            response.set_status(http::StatusCode::NOT_FOUND);
        }
    }
}
