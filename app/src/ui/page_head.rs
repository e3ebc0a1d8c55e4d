//! The head of a page: what it is, in one line, and what can be done here.

use leptos::prelude::*;
use leptos_meta::Title;

/// The page's heading; also the title of the browser's tab.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: String,
    /// One line under it.
    #[prop(optional, into)]
    lead: String,
    /// What can be done here.
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

/// The title of the tab. The server's is written into the page as it is, so that what people name things would be markup
/// there; the browser's is text.
fn tab_title(title: &str) -> String {
    #[cfg(feature = "ssr")]
    return html_escape::encode_text(title).into_owned();
    #[cfg(not(feature = "ssr"))]
    title.to_owned()
}
