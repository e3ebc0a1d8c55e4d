//! Tables that scroll on their own on narrow screens.

use leptos::prelude::*;

/// A table. Its children are the rows of the body; the first cell of a row should be a `<th scope="row">`.
#[component]
pub fn Table(
    /// Caption for screen readers, and label of the scrollable region.
    #[prop(into)]
    caption: String,
    /// Column headings; none may be empty.
    heads: Vec<&'static str>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    let label = caption.clone();
    view! {
        // Not a landmark: a page may contain the same table twice, and landmarks must be unique.
        <div class="table-frame" role="group" tabindex="0" aria-label=label>
            <table>
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
