//! Links between objects.

use leptos::prelude::*;

use crate::{api::addresses, domain::configuration::UsedBy};

/// What refers to an object, each with a link.
pub(crate) fn used_by_list(used_by: Vec<UsedBy>) -> AnyView {
    if used_by.is_empty() {
        return view! { <span class="quiet">"Nothing yet"</span> }.into_any();
    }
    let links = used_by
        .into_iter()
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
    view! { <ul class="links">{links}</ul> }.into_any()
}
