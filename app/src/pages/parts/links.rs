//! Links between objects, and to pages that require a role.

use leptos::prelude::*;

use crate::{
    domain::config::configuration::UsedBy,
    ui::{ButtonKind, ButtonLink},
    web::{addresses, permissions::may_open},
};

/// Maximum number of linked objects.
const NAMED: usize = 10;

/// A link that looks like a button, for users who may open its page.
pub(crate) fn button_link(href: &str, kind: ButtonKind, words: &'static str) -> Option<AnyView> {
    may_open(href).then(|| view! { <ButtonLink href kind>{words}</ButtonLink> }.into_any())
}

/// The objects that refer to an object; the first ones are links.
pub(crate) fn used_by_list(used_by: Vec<UsedBy>) -> AnyView {
    if used_by.is_empty() {
        return view! { <span class="quiet">"Nothing yet"</span> }.into_any();
    }
    let more = used_by.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| view! { <li class="quiet">{format!("and {more} more")}</li> });
    let links = used_by
        .into_iter()
        .take(NAMED)
        .map(|it| {
            let href = addresses::object(it.kind, &it.id);
            view! {
                <li>
                    <a href=href>{it.name}</a>
                    " "
                    <span class="quiet">{it.kind.words()}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="links">{links} {more}</ul> }.into_any()
}
