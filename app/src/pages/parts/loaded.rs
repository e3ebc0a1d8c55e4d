//! Rendering of a page from its loaded data, or of an error. The page is sent as a whole.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    fragments::refused::{Link, notice, refused, way_on},
    pages::errors::not_found::not_found_status,
    refusal::Refusal,
    ui::{Notice, PageHead, Tone},
    web::{action_error::ActionError, server_error::ServerError},
};

/// The subject of a page, which determines the error if its data cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageSubject {
    /// The page does not depend on an object.
    Nothing,
    /// An object named by the URL; if it does not exist, the status is 404.
    Object,
    /// The form of such an object or of a draft. If the draft does not exist, the object still may.
    Form,
}

/// Renders a page.
pub(crate) fn loaded<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Nothing, false)
}

/// Renders a page about an object named by the URL.
pub(crate) fn loaded_object<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, false)
}

/// Renders a page about an object whose view has its own heading; on error the page gets a generic heading.
pub(crate) fn loaded_with_head<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, true)
}

/// Renders the form of an object or draft. `headed` means that its view has its own heading.
pub(crate) fn loaded_form<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    headed: bool,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Form, headed)
}

fn drawn<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
    subject: PageSubject,
    headed: bool,
) -> AnyView {
    let set_status = not_found_status();
    let draft = use_query_map().get_untracked().get("draft").is_some_and(|it| !it.is_empty());
    let content = Suspend::new(async move {
        let words = match data.await {
            Ok(data) => return view(data),
            Err(ActionError::Refused(refusal @ (Refusal::NotFound { .. } | Refusal::Gone(_))))
                if subject != PageSubject::Nothing =>
            {
                set_status();
                let without = (subject == PageSubject::Form && draft).then_some(WITHOUT_DRAFT);
                notice(&refusal, without.or_else(|| way_on(&refusal)))
            }
            Err(ActionError::Refused(refusal)) => refused(&refusal),
            Err(ActionError::Failed(error)) => failed(error),
        };
        if !headed {
            return words;
        }
        view! {
            <PageHead title="This page cannot be shown" />
            {words}
        }
        .into_any()
    });
    view! { <Suspense>{content}</Suspense> }.into_any()
}

/// The same page without its query: the stored object, or an empty form.
const WITHOUT_DRAFT: Link = ("?", "Open this page without the draft");

/// An unexpected error with a link to continue.
fn failed(error: ServerError) -> AnyView {
    let words = error.to_string();
    let (href, way_on) = match error {
        ServerError::SignedOut => ("/sign-in", "Sign in"),
        _ => ("", "Reload this page"),
    };
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            <p>
                <a href=href>{way_on}</a>
            </p>
        </Notice>
    }
    .into_any()
}
