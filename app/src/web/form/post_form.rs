//! A form that the browser posts to an action. It works the same with and without scripting.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::web::permissions::may_send;

/// A form that posts to the action at `address`; nothing for users who may not send it. An island that draws it belongs to
/// a page that its reader was allowed to open.
pub(crate) fn post_form(address: &'static str, content: AnyView) -> AnyView {
    #[cfg(feature = "ssr")]
    if !may_send(address) {
        return ().into_any();
    }
    view! {
        <form method="post" action=address>
            {content}
        </form>
    }
    .into_any()
}
