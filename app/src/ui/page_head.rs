//! The head of a page: heading, lead and actions.

use leptos::prelude::*;
use leptos_meta::Title;

/// The heading of a page, which is also the title of the browser tab.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A line below the heading.
    #[prop(optional, into)]
    lead: String,
    /// Actions of the page.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <Title text=tab_title(&title) />
        <header class="page-head">
            <div>
                <h1>{title}</h1>
                {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </header>
    }
}

/// The title of the tab. On the server it is escaped here, because the framework writes it as markup and it may
/// contain names given by users; in the browser it is text.
fn tab_title(title: &str) -> String {
    #[cfg(feature = "ssr")]
    return html_escape::encode_text(title).into_owned();
    #[cfg(not(feature = "ssr"))]
    title.to_owned()
}
