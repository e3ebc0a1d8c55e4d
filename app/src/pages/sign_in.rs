//! Signing in.

use leptos::prelude::*;

use crate::ui::PageHead;

/// Signing in.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! { <PageHead title="Sign in" /> }
}
