//! Fragments of pages: drawn as part of a page, and again by the actions that answer with them.

pub(crate) mod checklist;
pub(crate) mod decision;
pub(crate) mod play_form;
pub(crate) mod play_result;
pub(crate) mod refused;
pub(crate) mod router_prompt;
pub(crate) mod timings;

use leptos::prelude::{AnyView, Owner, RenderHtml as _};

/// A fragment as HTML, outside of a page.
pub(crate) fn to_html(draw: impl FnOnce() -> AnyView) -> String {
    Owner::new().with(|| draw().to_html())
}
