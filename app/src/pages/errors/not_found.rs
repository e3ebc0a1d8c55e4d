//! The page for an address that leads nowhere.

use leptos::prelude::*;

use crate::ui::PageHead;

/// Says so, with the status 404.
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

/// Gives the answer under way the status 404 when it is called, which may be after the page's data has come. Only while a
/// page is drawn is the answer at hand.
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
