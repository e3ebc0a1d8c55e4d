//! Gallery of all `ui` components in all states at [`ADDRESS`], for work on styles. Only in debug builds of the
//! server: a document of its own without hydration, so nothing of it is in the WebAssembly. It reads and changes
//! nothing.

mod controls;
mod sequences;
mod words;

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

use crate::ui::{ButtonKind, ButtonLink, PageHead};

/// Path of the gallery.
pub const ADDRESS: &str = "/dev/components";

/// A component in a state, with the state's name.
type State = (&'static str, AnyView);

/// The whole document.
pub fn document_of_components() -> impl IntoView {
    provide_meta_context();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="icon" type="image/svg+xml" href="/pkg/favicon.svg" />
                <link rel="stylesheet" href="/pkg/smart-balancer.css" />
                <MetaTags />
            </head>
            <body>
                <main id="main">
                    <PageHead
                        title="Components"
                        lead="All components in all states, in the browser's light or dark mode."
                    >
                        <ButtonLink href="/" kind=ButtonKind::Primary>
                            "Go to the balancers"
                        </ButtonLink>
                    </PageHead>
                    {controls::all()}
                    {words::all()}
                    {sequences::all()}
                </main>
            </body>
        </html>
    }
}

/// A component in its states.
fn component(name: &'static str, states: Vec<State>) -> AnyView {
    let id = format!("component-{}", name.to_lowercase().replace(' ', "-"));
    let labelled = id.clone();
    let states = states
        .into_iter()
        .map(|(state, view)| {
            view! {
                <div>
                    <p class="hint">{state}</p>
                    {view}
                </div>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby=labelled>
            <h2 id=id>{name}</h2>
            <div class="pair">{states}</div>
        </section>
    }
    .into_any()
}
